package uniter_test

import (
	"context"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
	"github.com/charmkit/charmkit/internal/juju/uniter"
)

const webMetadata = `
name: web
summary: s
description: d
requires: {db: {interface: database}}
peers: {peers: {interface: peers}}
`

const dbMetadata = `
name: db
summary: s
description: d
provides: {database: {interface: database}}
`

const webActions = `
backup: {}
`

func loadCharm(t testing.TB, meta string) *metadata.Charm {
	t.Helper()
	charm, err := metadata.Load(fstest.MapFS{
		"metadata.yaml": {Data: []byte(meta)},
		"config.yaml":   {Data: []byte("options: {name: {type: string, default: x}}")},
		"actions.yaml":  {Data: []byte(webActions)},
	})
	require.NoError(t, err)
	return charm
}

// world is a model whose units' agents the test moves step by step.
type world struct {
	*model.Model
	t      *testing.T
	clock  *inprocess.Clock
	agents map[string]*uniter.Uniter

	mu    sync.Mutex
	hooks []string // what ran, "unit hook"
	// charm, if set, is what the charm does in a hook.
	charm func(ctx context.Context, c *hook.Context) hook.Outcome
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: inprocess.NewClock(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)), agents: map[string]*uniter.Uniter{}}
	w.Model = model.New(model.State{Settings: model.Settings{UpdateStatusInterval: -1}}, model.Options{Now: w.clock.Now, Store: &model.MemoryStore{}})
	w.do(func(s *model.State) error {
		return s.Deploy("web", loadCharm(t, webMetadata), model.DeployOptions{Units: 1, ServiceAddress: "10.1.1.1"})
	})
	return w
}

func (w *world) do(fn func(*model.State) error) {
	w.t.Helper()
	require.NoError(w.t, w.Update(w.t.Context(), fn))
}

func (w *world) unit(name string) (u model.Unit) {
	w.View(func(s *model.State) {
		stored, err := s.Unit(name)
		require.NoError(w.t, err)
		u = *stored
	})
	return u
}

// Run is the charm.
func (w *world) Run(ctx context.Context, c *hook.Context) hook.Outcome {
	name := c.Info().Name()
	if c.Info().Kind == hook.Action {
		name = "action " + c.Info().ActionName
	}
	if c.Info().RemoteUnit != "" {
		name += " " + c.Info().RemoteUnit
	}
	w.mu.Lock()
	w.hooks = append(w.hooks, c.UnitName()+" "+name)
	w.mu.Unlock()
	if w.charm == nil {
		return hook.Outcome{}
	}
	return w.charm(ctx, c)
}

func (w *world) agent(unit string) *uniter.Uniter {
	if _, ok := w.agents[unit]; !ok {
		w.agents[unit] = uniter.New(uniter.Options{
			Model: w.Model, Unit: unit, Runner: w, Clock: w.clock, Jitter: func() float64 { return 0.5 },
		})
	}
	return w.agents[unit]
}

// restart forgets a unit's agent, as if its process had ended.
func (w *world) restart(unit string) { delete(w.agents, unit) }

// settle steps one unit until it waits, and returns the hooks that ran, without
// the unit's name.
func (w *world) settle(unit string) []string {
	w.t.Helper()
	w.hooks = nil
	for range 100 {
		op, err := w.agent(unit).Step(w.t.Context())
		require.NoError(w.t, err)
		if op.Kind == uniter.Nothing || op.Kind == uniter.Finish {
			var names []string
			for _, h := range w.hooks {
				names = append(names, h[len(unit)+1:])
			}
			return names
		}
	}
	w.t.Fatalf("%s does not settle: %q", unit, w.hooks)
	return nil
}

// tool runs a hook tool that must succeed, inside a charm.
func (w *world) tool(c *hook.Context, args ...string) string {
	r, err := tools.Run(w.t.Context(), c, tools.Request{Command: args[0], Args: args[1:], Dir: "/"})
	if err != nil || r.Code != 0 {
		w.t.Errorf("%q: %v %s", args, err, r.Stderr)
	}
	return string(r.Stdout)
}

// failing makes one kind of hook fail.
func failing(kind hook.Kind) func(context.Context, *hook.Context) hook.Outcome {
	return func(_ context.Context, c *hook.Context) hook.Outcome {
		if c.Info().Kind == kind {
			return hook.Outcome{Code: 1}
		}
		return hook.Outcome{}
	}
}

func killed(context.Context, *hook.Context) hook.Outcome {
	return hook.Outcome{Signal: syscall.SIGKILL}
}
