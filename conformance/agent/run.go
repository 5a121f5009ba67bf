package agent

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/juju/charm/v12/hooks"
	"github.com/juju/cmd/v3"
	"github.com/juju/names/v5"
	"github.com/juju/utils/v3/exec"

	"github.com/juju/juju/api/agent/uniter"
	"github.com/juju/juju/charmkit-conformance/controller"
	"github.com/juju/juju/charmkit-conformance/script"
	jujuos "github.com/juju/juju/core/os"
	"github.com/juju/juju/core/os/ostype"
	"github.com/juju/juju/internal/worker/common/charmrunner"
	"github.com/juju/juju/internal/worker/uniter/hook"
	"github.com/juju/juju/internal/worker/uniter/runner/context"
	"github.com/juju/juju/internal/worker/uniter/runner/jujuc"
)

// Sessions are the streams of hooks that somebody else calls tools of.
type Sessions struct {
	In  *bufio.Reader
	Out io.Writer
}

// Run runs a script. Dir is an empty folder for sockets and resources.
func Run(s script.Script, dir string, sessions Sessions) script.Result {
	var result script.Result
	// Agents run on the charm's Ubuntu base, this program anywhere.
	jujuos.HostOS = func() ostype.OSType { return ostype.Ubuntu }
	c, err := controller.New(&s.World)
	if err != nil {
		return script.Result{Error: err.Error()}
	}
	for i, h := range s.Hooks {
		r, err := runHook(c, h, dir, filler{s.Dir, &result.Hooks}, sessions)
		if err != nil {
			result.Error = fmt.Sprintf("hook %d: %v", i, err)
			return result
		}
		result.Hooks = append(result.Hooks, r)
	}
	if s.Keep {
		result.World = &s.World
	}
	return result
}

func runHook(c *controller.Controller, h script.Hook, dir string, fill filler, sessions Sessions) (script.HookResult, error) {
	var result script.HookResult
	caller := c.Connect(h.Unit)
	caller.Record = func(request string, params json.RawMessage) {
		if request == "CommitHookChanges" {
			result.Commits = append(result.Commits, params)
		}
	}
	tag := names.NewUnitTag(h.Unit)
	base := "/var/lib/juju/agents/" + tag.String()
	a := &agent{
		controller: c, caller: caller, state: uniter.NewState(caller, tag), unit: tag, hook: h, logs: newLogs(),
		paths: paths{
			base: cmp.Or(fill.dir, dir), charm: base + "/charm", tools: "/var/lib/juju/tools/" + tag.String(),
			socket: filepath.Join(dir, "agent.socket"),
		},
	}
	if h.CharmDir != "" {
		a.paths.charm = h.CharmDir
	}
	if h.Socket != "" {
		a.paths.socket = h.Socket
	}
	ctx, err := a.context()
	if err != nil {
		return result, err
	}
	ctx.SetProcess(process{})
	if err := ctx.Prepare(); err != nil {
		return result, err
	}
	vars, err := ctx.HookVars(a.paths, false, context.NewRemoteEnvironmenter(
		func() []string { return nil },
		func(name string) string { return map[string]string{"PATH": "/usr/bin:/charm/bin"}[name] },
		func(string) (string, bool) { return "", false },
	))
	if err != nil {
		return result, err
	}
	result.Env = append(vars, "JUJU_DISPATCH_PATH="+dispatchPath(ctx, vars))
	server, err := jujuc.NewServer(commands(ctx), a.paths.GetJujucServerSocket(false), "")
	if err != nil {
		return result, err
	}
	done := make(chan error, 1)
	go func() { done <- server.Run() }()
	exit := h.Exit
	if h.Socket != "" {
		exit, err = session(result.Env, sessions)
	} else {
		result.Answers, err = call(a.paths.socket, ctx.Id(), h.Calls, fill)
	}
	server.Close()
	if err := errors.Join(err, <-done); err != nil {
		return result, err
	}
	if err := finish(ctx, h, exit); err != nil {
		result.Failure = err.Error()
	}
	result.Log = a.logs.lines
	return result, nil
}

// process stands in for the charm's, which juju-reboot --now kills.
type process struct{}

func (process) Pid() int { return 1 }

// Kill says that the process is dead already.
func (process) Kill() error { return os.ErrProcessDone }

// dispatchPath is what the runner adds to the environment.
func dispatchPath(ctx *context.HookContext, vars []string) string {
	if data, err := ctx.ActionData(); err == nil {
		return "actions/" + data.Name
	}
	for _, v := range vars {
		if name, ok := strings.CutPrefix(v, "JUJU_HOOK_NAME="); ok {
			return "hooks/" + name
		}
	}
	return ""
}

// finish flushes as the runner does after the process ended.
func finish(ctx *context.HookContext, h script.Hook, exit int) error {
	name := h.Info.Kind
	if data, err := ctx.ActionData(); err == nil {
		name = data.Name
		if !h.Missing {
			// The runner reports these of every action that ran.
			if err := ctx.UpdateActionResults([]string{"return-code"}, exit); err != nil {
				return err
			}
		}
	}
	var failure error
	if h.Missing {
		failure = charmrunner.NewMissingHookError(name)
	} else if exit != 0 {
		failure = fmt.Errorf("exit status %d", exit)
	}
	return ctx.Flush(name, failure)
}

func (a *agent) context() (*context.HookContext, error) {
	factory, err := a.factory()
	if err != nil {
		return nil, err
	}
	i := a.hook.Info
	if i.Kind == "action" {
		action, ok := a.controller.World.Actions[i.ActionID]
		if !ok {
			return nil, fmt.Errorf("no action %s", i.ActionID)
		}
		tag := names.NewActionTag(i.ActionID)
		return factory.ActionContext(context.NewActionData(action.Name, &tag, action.Params, nil))
	}
	return factory.HookContext(hook.Info{
		Kind: hooks.Kind(i.Kind), RelationId: i.RelationID, RemoteApplication: i.RemoteApp, RemoteUnit: i.RemoteUnit,
		MachineUpgradeTarget: i.TargetBase,
		DepartingUnit:        i.DepartingUnit, WorkloadName: i.Workload, NoticeID: i.NoticeID, NoticeType: i.NoticeType,
		NoticeKey: i.NoticeKey, CheckName: i.CheckName, SecretURI: i.SecretURI, SecretLabel: i.SecretLabel,
		SecretRevision: i.SecretRevision, StorageId: i.StorageID,
	})
}

// commands looks tools up as the runner's server does.
func commands(ctx *context.HookContext) jujuc.CmdGetter {
	return func(id, name string) (cmd.Command, error) {
		if id != ctx.Id() {
			return nil, fmt.Errorf("wrong context ID; got %q", id)
		}
		return jujuc.NewCommand(ctx, name)
	}
}

// call calls tools one after the other, the way the stock client does.
func call(socket, id string, calls []script.Call, fill filler) ([]script.Answer, error) {
	if len(calls) == 0 {
		return nil, nil
	}
	client, err := rpc.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	answers := make([]script.Answer, len(calls))
	for i, c := range calls {
		c = fill.call(c, answers[:i])
		req := jujuc.Request{
			ContextId: id, Dir: c.Dir, CommandName: c.Command, Args: c.Args, StdinSet: c.StdinSet, Stdin: c.Stdin,
		}
		var resp exec.ExecResponse
		if err := client.Call("Jujuc.Main", req, &resp); err != nil {
			answers[i].Error = err.Error()
			continue
		}
		answers[i] = script.Answer{Code: resp.Code, Stdout: resp.Stdout, Stderr: resp.Stderr}
	}
	return answers, nil
}

// session tells the environment and waits for the exit code.
func session(env []string, s Sessions) (int, error) {
	if err := json.NewEncoder(s.Out).Encode(env); err != nil {
		return 0, err
	}
	line, err := s.In.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("cannot read the exit code: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(line))
}

// TempDir makes the folder that Run needs.
func TempDir() (string, error) { return os.MkdirTemp("", "conformance") }

// filler puts what is known only at run time into calls.
type filler struct {
	dir   string
	hooks *[]script.HookResult
}

var reference = regexp.MustCompile(`<(\d+)\.(\d+)>`)

func (f filler) call(c script.Call, current []script.Answer) script.Call {
	text := func(s string) string {
		return reference.ReplaceAllStringFunc(strings.ReplaceAll(s, "<DIR>", f.dir), func(r string) string {
			var hook, call int
			if _, err := fmt.Sscanf(r, "<%d.%d>", &hook, &call); err != nil {
				return r
			}
			if hook > len(*f.hooks) {
				return r
			}
			answers := current
			if hook < len(*f.hooks) {
				answers = (*f.hooks)[hook].Answers
			}
			if call >= len(answers) {
				return r
			}
			return strings.TrimSpace(string(answers[call].Stdout))
		})
	}
	if c.Dir == "" {
		c.Dir = f.dir
	}
	if c.Dir == "" {
		c.Dir = "/"
	}
	c.Dir = text(c.Dir)
	c.Stdin = []byte(text(string(c.Stdin)))
	for i, a := range c.Args {
		c.Args[i] = text(a)
	}
	return c
}
