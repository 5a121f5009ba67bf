package charmbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/charmkit/charmkit/internal/juju/agentsocket"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/sandbox"
)

// agentPath is the PATH of the agent in a charm container.
const agentPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/charm/bin"

// runHook runs the charm for a hook or an action in the pod's charm container,
// with the environment that Juju gives and the hook tools on the agent's
// socket.
func (p *unitPod) runHook(ctx context.Context, m *model.Model, run *hook.Context) hook.Outcome {
	program, err := p.program(run.Info())
	if errors.Is(err, fs.ErrNotExist) {
		return hook.Outcome{Missing: true}
	}
	if err != nil {
		return hook.Outcome{Err: err}
	}
	listener, err := p.listen(ctx)
	if err != nil {
		return hook.Outcome{Err: fmt.Errorf("cannot serve the hook tools: %w", err)}
	}
	// The agent runs as the charm's user.
	run.UseFiles(p.charm.Files(p.runAs()))
	server := agentsocket.Serve(listener, run)
	// As in Juju, this waits for connections that the charm has left open.
	defer server.Close()

	d := p.spec.dirs
	charmDir := d.insideAgent() + "/charm"
	cut := func() {
		m.Log(model.LogRecord{Unit: p.spec.unit, Module: "charmbox", Level: "WARNING",
			Message: fmt.Sprintf("the action wrote more than %d MiB: the rest is lost", maxOutput>>20)})
	}
	stdout, stderr := &boundedBuffer{full: sync.OnceFunc(cut)}, &boundedBuffer{full: sync.OnceFunc(cut)}
	output := p.output(m, run.Info(), stdout, stderr)
	exit, err := p.charm.Exec(ctx, sandbox.ExecSpec{
		Argv: []string{charmDir + "/" + program},
		Env: run.Env(hook.Paths{
			CharmDir:  charmDir,
			ToolsDir:  d.insideTools(),
			Socket:    d.insideAgent() + "/agent.socket",
			AgentPath: agentPath,
		}),
		Dir:    charmDir,
		RunAs:  p.runAs(),
		Stdout: output.stdout,
		Stderr: output.stderr,
	})
	output.flush()
	if errors.Is(err, sandbox.ErrStopped) || err != nil && ctx.Err() != nil {
		// It was killed with its container or by its agent: it has not failed.
		exit, err = sandbox.Exit{Signal: syscall.SIGKILL}, nil
	}
	outcome := hook.Outcome{Code: exit.Code, Signal: exit.Signal, Err: err, Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}
	p.logOutcome(m, run.Info(), program, outcome)
	return outcome
}

// logOutcome tells what was run in the words of Juju's agent. That a hook failed
// is told by who runs it again.
func (p *unitPod) logOutcome(m *model.Model, info hook.Info, program string, outcome hook.Outcome) {
	what := fmt.Sprintf("%q hook", info.Name())
	if info.Kind == hook.Action {
		what = fmt.Sprintf("%q action", info.ActionName)
	}
	record := model.LogRecord{Unit: p.spec.unit, Module: "juju.worker.uniter.operation", Level: "INFO"}
	record.Message = fmt.Sprintf("ran %s (via hook dispatching script: %s)", what, program)
	if err := outcome.Failure(); err != nil {
		if info.Kind != hook.Action {
			return
		}
		record.Level, record.Message = "WARNING", fmt.Sprintf("%s failed: %v", what, err)
	}
	m.Log(record)
}

// program is what Juju runs for a hook, relative to the charm directory:
// dispatch, or else a script of the hook's own.
func (p *unitPod) program(info hook.Info) (string, error) {
	for _, name := range []string{"dispatch", info.DispatchPath()} {
		_, err := exec.LookPath(filepath.Join(p.spec.dirs.charm(), name))
		if !errors.Is(err, fs.ErrNotExist) {
			return name, err
		}
	}
	return "", fs.ErrNotExist
}

// listen makes the socket that only the charm's user may use. The folders on the
// way belong to the charm, which may put links in their place.
func (p *unitPod) listen(ctx context.Context) (net.Listener, error) {
	pod, err := os.OpenRoot(p.spec.dirs.root)
	if err != nil {
		return nil, err
	}
	defer pod.Close()
	path, err := filepath.Rel(p.spec.dirs.root, p.spec.dirs.agentSocket())
	if err != nil {
		return nil, err
	}
	agent, err := pod.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer agent.Close()
	name := filepath.Base(path)
	// An agent that was killed leaves its socket.
	if err := agent.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := sandbox.ListenUnixIn(ctx, agent, name, 0o700)
	if err != nil {
		return nil, err
	}
	if err := sandbox.ChownIn(agent, name, p.user.uid, p.user.gid); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// hookOutput sorts what a charm writes: a hook's goes line by line into the
// log, an action's becomes part of its results.
type hookOutput struct{ stdout, stderr io.Writer }

func (p *unitPod) output(m *model.Model, info hook.Info, stdout, stderr io.Writer) hookOutput {
	if info.Kind == hook.Action {
		return hookOutput{stdout, stderr}
	}
	logger := func(level string) *lineWriter {
		return &lineWriter{line: func(line string) {
			m.Log(model.LogRecord{
				Unit: p.spec.unit, Module: "unit." + p.spec.unit + "." + info.Name(), Level: level, Message: line,
			})
		}}
	}
	return hookOutput{logger("DEBUG"), logger("WARNING")}
}

func (o hookOutput) flush() {
	for _, w := range []io.Writer{o.stdout, o.stderr} {
		if closer, ok := w.(io.Closer); ok {
			closer.Close()
		}
	}
}
