package charmtest

import (
	"context"
	"errors"
	"testing"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/tracing"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/pebble"
)

// Run runs one event. What the test itself got wrong, an endpoint that
// metadata.yaml does not have say, fails the test with all of it; [Check] tells
// what is looked at.
func Run[C any](t testing.TB, c Charm[C], state State, event Event) Result[C] {
	t.Helper()
	files, err := c.load()
	if err != nil {
		t.Fatalf("cannot load the charm: %v", err)
	}
	if err := check(files, c.cache, &state, event); err != nil {
		t.Fatal(err)
	}
	w, err := newWorld(files, &state, event)
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
	ctx := t.Context()
	if err := run.Begin(ctx); err != nil {
		t.Fatalf("cannot begin the action: %v", err)
	}
	result := Result[C]{Calls: make(Calls, 0, 8)}
	transport := hooktool.Record(inprocess.Transport(run), func(r hooktool.Recorded) { result.Calls = append(result.Calls, r.Call) })
	containers := &pebbles{containers: state.Containers, cache: c.cache}
	result.Charm, err = c.run(ctx, run, transport, containers.container, func(trace *tracing.Trace) { result.Spans = trace.Spans() })
	var outcome hook.Outcome
	if err != nil {
		outcome.Code = 1
	}
	refused := run.Finish(ctx, outcome)
	if errors.Is(refused, hook.ErrReboot) {
		result.Reboot, refused = true, nil
	}
	if err == nil {
		err = refused
	}
	if err != nil {
		result.Err = newHookError(event, err)
	}
	read(w, &state, containers, &result)
	return result
}

// run runs the charm in a hook.
func (c Charm[C]) run(
	ctx context.Context, run *hook.Context, transport hooktool.Transport, containers func(string) *pebble.Container, traced func(*tracing.Trace),
) (made C, err error) {
	files, err := c.load()
	if err != nil {
		return made, err
	}
	return charm.Run(ctx, c.construct, charm.Options{
		Getenv: inprocess.Getenv(run), Transport: transport, Files: c.files, Metadata: &files.Meta, Pebble: containers, Traced: traced,
	})
}

// runHook is run for who does not want the charm itself.
func (c Charm[C]) runHook(ctx context.Context, run *hook.Context, transport hooktool.Transport, containers func(string) *pebble.Container) error {
	_, err := c.run(ctx, run, transport, containers, func(*tracing.Trace) {})
	return err
}

func newHookError(event Event, err error) error {
	e := &HookError{Event: event, Err: err}
	if p, ok := errors.AsType[*charm.PanicError](err); ok {
		e.Stack = p.Stack
	}
	return e
}
