package charmtest

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// Charm is the charm to be tested.
type Charm[C any] struct {
	New charm.Constructor[C]
	// Files is the charm directory, with metadata.yaml and its siblings.
	Files fs.FS
}

// Result is what came of an event.
type Result[C any] struct {
	// State is the state after the event.
	State State
	// Charm is the charm that handled it.
	Charm C
	// Err is why the hook failed; nil if it did not. A refused commit is a
	// failure too.
	Err error
	// Statuses are all values the unit's status had during the hook.
	Statuses []Status
	// Logs are what the charm logged.
	Logs []Log
	// Calls are the hook tools that were run, in order.
	Calls []hooktool.Call
	// Reboot says that the hook asked for a reboot of its machine, which would
	// come now.
	Reboot bool
	// Action is what became of the action, if it was one.
	Action Action
}

// Run runs one event. What the test itself got wrong (an endpoint that
// metadata.yaml does not have, say) fails the test.
func Run[C any](t testing.TB, c Charm[C], state State, event Event) Result[C] {
	t.Helper()
	source, err := metadata.Source(c.Files)
	if err != nil {
		t.Fatalf("cannot load the charm: %v", err)
	}
	c.Files = source
	files, err := metadata.Load(c.Files)
	if err != nil {
		t.Fatalf("cannot load the charm: %v", err)
	}
	if err := charm.Check(c.New, files); err != nil {
		t.Fatal(err)
	}
	w, err := newWorld(files, state, event)
	if err != nil {
		t.Fatalf("cannot set up the state of the test: %v", err)
	}
	run, err := hook.New(hook.Options{
		Model: w.model, Unit: w.unit, Info: w.info,
		BeforeCommit: func() error { return state.RefuseCommit },
	})
	if err != nil {
		t.Fatalf("cannot set up the event of the test: %v", err)
	}
	if len(state.Resources) > 0 {
		run.UseResources(t.TempDir(), nil)
	}
	var result Result[C]
	transport := hooktool.Record(inProcess(run), func(r hooktool.Recorded) {
		result.Calls = append(result.Calls, r.Call)
	})
	env := environment(run)
	ctx := t.Context()
	var outcome hook.Outcome
	if err := run.Begin(ctx); err != nil {
		t.Fatalf("cannot begin the action: %v", err)
	}
	result.Charm, result.Err = charm.Run(ctx, c.New, charm.Options{
		Getenv:    func(name string) string { return env[name] },
		Transport: transport,
		Files:     c.Files,
		Socket:    w.socket,
	})
	if result.Err != nil {
		outcome.Code = 1
	}
	switch err := run.Finish(ctx, outcome); {
	case errors.Is(err, hook.ErrReboot):
		result.Reboot = true
	case err != nil && result.Err == nil:
		result.Err = err
	}
	read(w, state, &result)
	return result
}

// inProcess runs the hook tools without a process or a socket.
func inProcess(run *hook.Context) hooktool.Transport {
	return hooktool.Func(func(ctx context.Context, call hooktool.Call) (hooktool.Result, error) {
		response, err := tools.Run(ctx, run, tools.Request{
			Command: call.Tool, Args: call.Args, Dir: "/", Stdin: call.Stdin, StdinSet: call.Stdin != nil,
		})
		if err != nil {
			return hooktool.Result{}, &hooktool.RPCError{Message: err.Error()}
		}
		return hooktool.Result(response), nil
	})
}
