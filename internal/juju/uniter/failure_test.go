package uniter_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/uniter"
)

// C-011, C-015.
func TestFailedHookIsRetriedEverMoreRarely(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.charm = failing(hook.ConfigChanged)
	w.do(func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": "y"}) })
	require.Equal(t, []string{"config-changed"}, w.settle("web/0"))
	agent := w.unit("web/0").Agent.Current()
	require.Equal(t, `error hook failed: "config-changed"`, agent.Status+" "+agent.Message)
	require.Equal(t, map[string]any{"hook": "config-changed"}, agent.Data)

	for _, seconds := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300} {
		w.clock.Advance(seconds*time.Second - time.Millisecond)
		require.Empty(t, w.settle("web/0"), "%d s are not over", seconds)
		w.clock.Advance(time.Millisecond)
		require.Equal(t, []string{"config-changed"}, w.settle("web/0"))
	}
	w.charm = nil
	w.clock.Advance(5 * time.Minute)
	require.Equal(t, []string{"config-changed"}, w.settle("web/0"))

	w.charm = failing(hook.ConfigChanged)
	w.do(func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": "z"}) })
	w.settle("web/0")
	w.clock.Advance(5 * time.Second)
	require.Equal(t, []string{"config-changed"}, w.settle("web/0"), "success makes the delay short again")
}

// C-011, C-012.
func TestResolve(t *testing.T) {
	t.Parallel()
	for mode, want := range map[model.Resolve][]string{
		model.ResolveRetry:   {"install"},
		model.ResolveNoRetry: {"peers-relation-created", "leader-elected", "config-changed", "start"},
	} {
		w := newWorld(t)
		w.do(func(s *model.State) error { s.Settings.NoRetry = true; return nil })
		w.charm = failing(hook.Install)
		require.Equal(t, []string{"install"}, w.settle("web/0"))
		w.clock.Advance(time.Hour)
		require.Empty(t, w.settle("web/0"))
		w.do(func(s *model.State) error { s.Units["web/0"].Resolve = mode; return nil })
		require.Equal(t, want, w.settle("web/0"))
		require.Equal(t, model.Unresolved, w.unit("web/0").Resolve)
	}
}

// C-014, C-015.
func TestFailedRelationHookIsNamedInFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.related()
	w.settle("db/0")
	w.charm = failing(hook.RelationJoined)
	w.settle("web/0")
	agent := w.unit("web/0").Agent.Current()
	require.Equal(t, `hook failed: "db-relation-joined"`, agent.Message)
	require.Equal(t, map[string]any{"hook": "db-relation-joined", "relation-id": 1, "remote-unit": "db/0"}, agent.Data)
}

// C-008.
func TestKilledHookIsRunAgainAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	times := 0
	w.charm = func(ctx context.Context, c *hook.Context) hook.Outcome {
		if times++; times <= 2 {
			return killed(ctx, c)
		}
		return hook.Outcome{}
	}
	require.Equal(t, append([]string{"install", "install"}, firstHooks...), w.settle("web/0"))
}

// Juju cannot tell why the hook did not end: it has failed.
// C-010.
func TestHookOfADeadAgentIsRunAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.do(func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": "y"}) })
	w.charm = func(context.Context, *hook.Context) hook.Outcome { panic("the agent dies") }
	require.Panics(t, func() { _, _ = w.agent("web/0").Step(t.Context()) })
	w.charm = nil
	w.restart("web/0")
	require.Empty(t, w.settle("web/0"))
	require.Equal(t, `hook failed: "config-changed"`, w.unit("web/0").Agent.Current().Message)
	w.clock.Advance(5 * time.Second)
	require.Equal(t, []string{"config-changed", "start"}, w.settle("web/0"))
}

// C-025.
func TestRefusedCommitFailsTheHook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refuse := true
	w.agents["web/0"] = uniter.New(uniter.Options{
		Model: w.Model, Unit: "web/0", Runner: w, Clock: w.clock, Jitter: func() float64 { return 0.5 },
		BeforeCommit: func(i hook.Info) error {
			if refuse && i.Kind == hook.Start {
				return errors.New("no")
			}
			return nil
		},
	})
	require.Equal(t, firstHooks, w.settle("web/0"))
	require.Equal(t, `hook failed: "start"`, w.unit("web/0").Agent.Current().Message)
	refuse = false
	w.clock.Advance(5 * time.Second)
	require.Equal(t, []string{"start"}, w.settle("web/0"))
}

// C-013.
func TestActionsRunWhileAHookHasFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.charm = failing(hook.ConfigChanged)
	w.do(func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": "y"}) })
	w.settle("web/0")
	var id string
	w.do(func(s *model.State) error {
		a, err := s.EnqueueAction("web/0", "backup", nil)
		id = a.ID
		return err
	})
	require.Equal(t, []string{"action backup"}, w.settle("web/0"))
	w.View(func(s *model.State) { require.Equal(t, "completed", s.Actions[id].Status) })
	require.Equal(t, "error", w.unit("web/0").Agent.Current().Status)
}

// C-040, C-041, C-043, C-045, C-047.
func TestActionOutcomes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		action          string
		charm           func(w *world) func(context.Context, *hook.Context) hook.Outcome
		status, message string
	}{
		"fail": {"backup", func(w *world) func(context.Context, *hook.Context) hook.Outcome {
			return func(_ context.Context, c *hook.Context) hook.Outcome {
				w.tool(c, "action-fail", "first")
				w.tool(c, "action-fail", "second")
				return hook.Outcome{}
			}
		}, "failed", "second"},
		"exit": {"backup", func(w *world) func(context.Context, *hook.Context) hook.Outcome {
			return func(_ context.Context, c *hook.Context) hook.Outcome {
				w.tool(c, "action-fail", "replaced")
				return hook.Outcome{Code: 3}
			}
		}, "failed", "exit status 3"},
		"commit": {"backup", func(w *world) func(context.Context, *hook.Context) hook.Outcome {
			return func(_ context.Context, c *hook.Context) hook.Outcome {
				w.tool(c, "open-port", "icmp")
				return hook.Outcome{}
			}
		}, "failed", "committing requested changes failed"},
		"missing": {"backup", func(*world) func(context.Context, *hook.Context) hook.Outcome {
			return func(context.Context, *hook.Context) hook.Outcome { return hook.Outcome{Missing: true} }
		}, "failed", `action not implemented on unit "web/0"`},
		"undefined": {"nosuch", func(*world) func(context.Context, *hook.Context) hook.Outcome {
			return nil
		}, "failed", `cannot run "nosuch" action: not defined`},
	} {
		w := newWorld(t)
		w.settle("web/0")
		w.charm = test.charm(w)
		w.do(func(s *model.State) error { s.AddAction("web/0", test.action, nil); return nil })
		w.settle("web/0")
		w.View(func(s *model.State) {
			require.Equal(t, test.status, s.Actions["1"].Status, name)
			require.Equal(t, test.message, s.Actions["1"].Message, name)
		})
	}
}

// C-048.
func TestCancelledActionIsKilledAndAborted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.do(func(s *model.State) error { s.AddAction("web/0", "backup", nil); return nil })
	w.charm = func(ctx context.Context, c *hook.Context) hook.Outcome {
		w.do(func(s *model.State) error { return s.CancelAction("1") })
		<-ctx.Done()
		return killed(ctx, c)
	}
	w.settle("web/0")
	w.View(func(s *model.State) { require.Equal(t, "aborted", s.Actions["1"].Status) })
}

// C-049.
func TestActionOfADeadAgentHasFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.do(func(s *model.State) error { s.AddAction("web/0", "backup", nil); return nil })
	w.charm = func(context.Context, *hook.Context) hook.Outcome { panic("the agent dies") }
	require.Panics(t, func() { _, _ = w.agent("web/0").Step(t.Context()) })
	w.charm = nil
	w.restart("web/0")
	require.Equal(t, []string{"start"}, w.settle("web/0"))
	w.View(func(s *model.State) {
		require.Equal(t, "failed action terminated", s.Actions["1"].Status+" "+s.Actions["1"].Message)
	})
}
