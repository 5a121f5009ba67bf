//go:build conformance

package conform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// paths are the places that both sides' environments name.
func paths(h Hook) hook.Paths {
	tag := "unit-" + strings.Replace(h.Unit, "/", "-", 1)
	return hook.Paths{
		CharmDir: "/var/lib/juju/agents/" + tag + "/charm", ToolsDir: "/var/lib/juju/tools/" + tag,
		Socket: "<SOCKET>", AgentPath: "/usr/bin:/charm/bin",
	}
}

// attached opens resources: what is attached is the content.
type attached string

func (attached) Open(content string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(content)), nil
}

// runEngine runs a script in process.
func runEngine(ctx context.Context, s Script, dir string) (Result, error) {
	world, err := clone(s.World)
	if err != nil {
		return Result{}, err
	}
	state, err := world.state()
	if err != nil {
		return Result{}, fmt.Errorf("cannot make the model: %w", err)
	}
	m := model.New(*state, model.Options{})
	var result Result
	for _, h := range s.Hooks {
		r, err := runHook(ctx, m, h, result.Hooks, dir)
		if err != nil {
			result.Error = err.Error()
			return result, nil
		}
		result.Hooks = append(result.Hooks, r)
	}
	m.View(func(s *model.State) { result.World = worldOf(s, world) })
	return result, nil
}

func clone(w World) (World, error) {
	data, err := json.Marshal(w)
	if err != nil {
		return World{}, err
	}
	var out World
	return out, json.Unmarshal(data, &out)
}

func runHook(ctx context.Context, m *model.Model, h Hook, before []HookResult, dir string) (HookResult, error) {
	var memory *hook.Memory
	if h.Members != nil {
		memory = hook.NewMemory(h.Members)
	}
	c, err := hook.New(hook.Options{Model: m, Unit: h.Unit, Info: h.Info, Memory: memory})
	if err != nil {
		return HookResult{}, err
	}
	c.UseResources(filepath.Join(dir, "resources"), attached(dir))
	if err := c.Begin(ctx); err != nil {
		return HookResult{}, err
	}
	logged := len(m.Logs())
	result := HookResult{Env: c.Env(paths(h))}
	for _, call := range h.Calls {
		call = fill(call, dir, append(before, result))
		response, err := tools.Run(ctx, c, tools.Request{
			Command: call.Command, Args: call.Args, Dir: call.Dir, Stdin: call.Stdin, StdinSet: call.StdinSet,
		})
		answer := Answer{Code: response.Code, Stdout: response.Stdout, Stderr: response.Stderr}
		if err != nil {
			answer.Error = err.Error()
		}
		result.Answers = append(result.Answers, answer)
	}
	if err := c.Finish(ctx, hook.Outcome{Code: h.Exit, Missing: h.Missing}); err != nil {
		var refused *hook.CommitError
		if errors.As(err, &refused) {
			err = refused.Err // the rest is how the agent logs it
		}
		result.Failure = err.Error()
	}
	for _, r := range m.Logs()[logged:] {
		if strings.HasSuffix(r.Module, ".juju-log") {
			result.Log = append(result.Log, r.Level+" "+r.Message)
		}
	}
	return result, nil
}
