package uniter_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/uniter"
)

// running starts the agent of web/0 until the test ends.
func (w *world) running() *uniter.Uniter {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	agent := w.agent("web/0")
	go func() { ended <- agent.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		require.ErrorIs(w.t, <-ended, context.Canceled)
	})
	return agent
}

// C-016, C-384, C-386.
func TestWorkloadEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fail := true
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		if c.Info().Kind == hook.PebbleReady && fail {
			fail = false
			return hook.Outcome{Code: 1}
		}
		return hook.Outcome{}
	}
	w.settle("web/0")
	agent := w.running()
	ready := hook.Info{Kind: hook.PebbleReady, Workload: "nginx"}
	require.EqualError(t, agent.Workload(t.Context(), ready), "failed to send pebble-ready event: hook failed")
	require.NotEqual(t, "error", w.unit("web/0").Agent.Current().Status, "a failed Pebble hook is no error of the unit")
	require.NoError(t, agent.Workload(t.Context(), ready))
	require.NoError(t, agent.Workload(t.Context(), hook.Info{Kind: hook.PebbleCheckFailed, Workload: "nginx", CheckName: "up"}))
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Equal(t, []string{"web/0 nginx-pebble-ready", "web/0 nginx-pebble-ready", "web/0 nginx-pebble-check-failed"}, w.hooks[len(w.hooks)-3:])
}

func TestRunWakesUpAndEndsWithTheUnit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ended := make(chan error, 1)
	go func() { ended <- w.agent("web/0").Run(t.Context()) }()
	waitFor(t, w, func(s *model.State) bool { return s.Units["web/0"].Agent.Current().Status == "idle" })
	w.do(func(s *model.State) error { return s.RemoveUnit("web/0") })
	require.NoError(t, <-ended)
	w.View(func(s *model.State) { require.Empty(t, s.Units) })
}

// waitFor waits for a change after which the state is as wanted.
func waitFor(t *testing.T, w *world, wanted func(*model.State) bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		changed := w.Watch()
		ok := false
		w.View(func(s *model.State) { ok = wanted(s) })
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatal("the model does not become what is wanted")
		}
	}
}

// C-088.
func TestUpdateStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(func(s *model.State) error { s.Settings.UpdateStatusInterval = 0; return nil })
	w.settle("web/0")
	for range 2 {
		w.clock.Advance(5*time.Minute - time.Second)
		require.Empty(t, w.settle("web/0"))
		w.clock.Advance(time.Second)
		require.Equal(t, []string{"update-status"}, w.settle("web/0"))
	}
	for _, s := range w.unit("web/0").Agent {
		require.NotContains(t, s.Message, "update-status", "the agent does not show it")
	}
}

// C-097, C-098, C-099.
func TestSecretHooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	const id = "cq1m8t8p8nqc77k3c1ag"
	daily := "daily"
	w.do(func(s *model.State) error {
		return s.CreateSecret(id, model.Owner{Kind: model.ApplicationOwner, Name: "web"},
			model.SecretChange{Rotate: &daily, Content: map[string]string{"key": "YQ=="}})
	})
	rotate := false
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		switch c.Info().Kind {
		case hook.SecretRotate:
			if rotate {
				w.tool(c, "secret-get", id)
				w.tool(c, "secret-set", id, "key=b")
			}
		case hook.SecretChanged:
			w.tool(c, "secret-get", id, "--refresh")
		case hook.SecretRemove:
			w.tool(c, "secret-remove", id, "--revision", "1")
		}
		return hook.Outcome{}
	}
	require.Empty(t, w.settle("web/0"))
	w.clock.Advance(24 * time.Hour)
	require.Equal(t, []string{"secret-rotate"}, w.settle("web/0"))
	rotate = true
	w.clock.Advance(5 * time.Minute)
	require.Equal(t, []string{"secret-rotate", "secret-changed", "secret-remove"}, w.settle("web/0"),
		"what was not rotated is asked for again after 5 minutes")
	w.View(func(s *model.State) {
		require.Len(t, s.Secrets[id].Revisions, 1)
		require.Equal(t, 2, s.Secrets[id].Latest().Number)
	})
	require.Empty(t, w.settle("web/0"))
}

// A hook about the application's secret that had failed is dropped when the unit
// leads no more.
// C-100.
func TestSecretHooksAreTheLeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(func(s *model.State) error { return s.Scale("web", 2) })
	w.settle("web/0")
	w.settle("web/1")
	w.settle("web/0")
	const id = "cq1m8t8p8nqc77k3c1ag"
	at := w.clock.Now().Add(time.Hour)
	w.do(func(s *model.State) error {
		return s.CreateSecret(id, model.Owner{Kind: model.ApplicationOwner, Name: "web"},
			model.SecretChange{Expire: &at, Content: map[string]string{"key": "YQ=="}})
	})
	w.clock.Advance(time.Hour)
	require.Empty(t, w.settle("web/1"))
	w.charm = failing(hook.SecretExpired)
	require.Equal(t, []string{"secret-expired"}, w.settle("web/0"))
	w.charm = nil
	w.do(func(s *model.State) error { s.Applications["web"].Leader = "web/1"; return nil })
	w.clock.Advance(5 * time.Second)
	require.NotContains(t, w.settle("web/0"), "secret-expired")
	require.NotEqual(t, "error", w.unit("web/0").Agent.Current().Status)
	require.Contains(t, w.settle("web/1"), "secret-expired")
}

// C-070, C-098.
func TestSecretExpired(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	const id = "cq1m8t8p8nqc77k3c1ag"
	at := w.clock.Now().Add(time.Hour)
	w.do(func(s *model.State) error {
		return s.CreateSecret(id, model.Owner{Kind: model.UnitOwner, Name: "web/0"},
			model.SecretChange{Expire: &at, Content: map[string]string{"key": "YQ=="}})
	})
	var env []string
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		env = c.Env(hook.Paths{})
		return hook.Outcome{}
	}
	w.clock.Advance(time.Hour)
	require.Equal(t, []string{"secret-expired"}, w.settle("web/0"))
	require.Contains(t, env, "JUJU_SECRET_ID=secret:"+id)
	require.Contains(t, env, "JUJU_SECRET_REVISION=1")
	w.clock.Advance(5 * time.Minute)
	require.Equal(t, []string{"secret-expired"}, w.settle("web/0"))
}

// A first read of a secret that is at revision 2 already is followed by one
// secret-changed.
// C-097.
func TestSecretChangedAfterFirstReadOfALaterRevision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	const id = "cq1m8t8p8nqc77k3c1ag"
	w.do(func(s *model.State) error {
		owner := model.Owner{Kind: model.UnitOwner, Name: "web/0"}
		if err := s.CreateSecret(id, owner, model.SecretChange{Content: map[string]string{"key": "YQ=="}}); err != nil {
			return err
		}
		if err := s.UpdateSecret("web/0", id, model.SecretChange{Content: map[string]string{"key": "Yg=="}}); err != nil {
			return err
		}
		return s.SetConfig("web", map[string]string{"name": "y"})
	})
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		if c.Info().Kind == hook.ConfigChanged {
			w.tool(c, "secret-get", id)
		}
		return hook.Outcome{}
	}
	require.Equal(t, []string{"secret-remove", "config-changed", "secret-changed"}, w.settle("web/0"))
}
