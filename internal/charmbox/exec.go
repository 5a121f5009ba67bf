package charmbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/charmkit/charmkit/internal/sandbox"
	"github.com/charmkit/charmkit/pebble"
)

// ExecRequest runs a command in a container of a unit.
type ExecRequest struct {
	Unit string `json:"unit"`
	// Container is a workload container; empty means the charm's.
	Container string   `json:"container,omitempty"`
	Command   []string `json:"command"`
}

// ExecResult is what the command wrote, and how it ended.
type ExecResult struct {
	Code   int    `json:"code"`
	Stdout []byte `json:"stdout,omitempty"`
	Stderr []byte `json:"stderr,omitempty"`
}

// Exec runs a command: in a workload container by its Pebble, in the charm's as
// the charm's user.
func (b *Box) Exec(ctx context.Context, r ExecRequest) (ExecResult, error) {
	if len(r.Command) == 0 {
		return ExecResult{}, errors.New("cannot run a command: there is none")
	}
	pod, err := b.pod(r.Unit)
	if err != nil {
		return ExecResult{}, fmt.Errorf("cannot run %s: %w", r.Command[0], err)
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	tooMuch := func() { end(fmt.Errorf("it wrote more than %d MiB, and was killed", maxOutput>>20)) }
	stdout, stderr := &boundedBuffer{full: tooMuch}, &boundedBuffer{full: tooMuch}
	code, err := pod.exec(ctx, r, stdout, stderr)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("cannot run %s: %w", r.Command[0], context.Cause(ctx))
	}
	return ExecResult{Code: code, Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}, err
}

// exec returns the exit code of a command.
func (p *unitPod) exec(ctx context.Context, r ExecRequest, stdout, stderr io.Writer) (int, error) {
	if r.Container == "" {
		return p.execInCharm(ctx, r.Command, stdout, stderr)
	}
	if !slices.Contains(p.containers(), r.Container) {
		return 0, fmt.Errorf("cannot run %s: %s has no container %q", r.Command[0], r.Unit, r.Container)
	}
	socket, err := sandbox.ShortSocketPath(p.spec.dirs.shared(r.Container) + "/pebble.socket")
	if err != nil {
		return 0, err
	}
	defer socket.Close()
	_, err = pebble.NewContainer(r.Container, socket.String()).Exec(ctx, pebble.Command{Args: r.Command, Stdout: stdout, Stderr: stderr})
	var failed *pebble.ExecError
	if errors.As(err, &failed) {
		return failed.ExitCode, nil
	}
	return 0, err
}

func (p *unitPod) execInCharm(ctx context.Context, command []string, stdout, stderr io.Writer) (int, error) {
	exit, err := p.charm.Exec(ctx, sandbox.ExecSpec{
		Argv:   command,
		Env:    []string{"PATH=" + agentPath, "LANG=C.UTF-8"},
		Dir:    p.spec.dirs.insideAgent() + "/charm",
		RunAs:  p.runAs(),
		Stdout: stdout,
		Stderr: stderr,
	})
	if exit.Signal != 0 {
		exit.Code = 128 + int(exit.Signal) // as in a shell
	}
	return exit.Code, err
}

// pod returns the running pod of a unit.
func (b *Box) pod(name string) (*unitPod, error) {
	b.mu.Lock()
	u, ok := b.units[name]
	b.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("there is no unit %s", name)
	}
	pod := u.current()
	if pod == nil {
		return nil, fmt.Errorf("the pod of %s is not there yet", name)
	}
	return pod, nil
}
