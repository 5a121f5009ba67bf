package uniter_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// A forced upgrade changes the code under a failed hook, which is then run
// again; there is no upgrade-charm.
// C-017.
func TestForcedUpgradeWhileAHookHasFailed(t *testing.T) {
	t.Parallel()
	for _, force := range []bool{false, true} {
		w := newWorld(t)
		w.settle("web/0")
		revision := -1
		w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
			w.View(func(s *model.State) { revision = s.Applications["web"].CharmRevision })
			return hook.Outcome{Code: 1 - min(revision, 1)}
		}
		w.do(func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": "y"}) })
		require.Equal(t, []string{"config-changed"}, w.settle("web/0"))
		w.do(func(s *model.State) error { return s.RefreshWith("web", model.RefreshOptions{Force: force}) })
		require.Empty(t, w.settle("web/0"))
		w.clock.Advance(5 * time.Second)
		want := []string{"config-changed"}
		if !force {
			want = append(want, "upgrade-charm", "config-changed")
		}
		require.Equal(t, want, w.settle("web/0"))
	}
}

// C-093.
func TestSuspendedRelation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.related()
	w.settle("db/0")
	w.settle("web/0")
	w.settle("db/0")
	w.do(func(s *model.State) error { return s.SuspendRelation(1, true) })
	require.Equal(t, []string{"db-relation-departed db/0", "db-relation-broken"}, w.settle("web/0"))
	require.Equal(t, []string{"database-relation-departed web/0", "database-relation-broken"}, w.settle("db/0"))
	w.View(func(s *model.State) { require.Equal(t, "suspended", s.Relations[1].Status()) })
	w.do(func(s *model.State) error { return s.SuspendRelation(1, false) })
	require.Equal(t, []string{"db-relation-created"}, w.settle("web/0"))
	require.Equal(t, []string{"database-relation-created", "database-relation-joined web/0", "database-relation-changed web/0"}, w.settle("db/0"))
	require.Equal(t, []string{"db-relation-joined db/0", "db-relation-changed db/0"}, w.settle("web/0"))
}

// A unit of another model is known only by its databag.
// C-135, C-183.
func TestRelationAcrossModels(t *testing.T) {
	t.Parallel()
	const offering = "a6ad6b7c-3d3c-4b9e-8a57-6d5c7f4f0a11"
	w := newWorld(t)
	w.settle("web/0")
	w.do(func(s *model.State) error {
		err := s.Consume("pg", model.RemoteApplication{
			ModelUUID: offering, OfferURL: "prod.pg", Endpoints: map[string]metadata.Relation{"database": {Role: metadata.Provides, Interface: "database"}},
		})
		if err != nil {
			return err
		}
		r, err := s.Integrate("web", "pg")
		if err != nil {
			return err
		}
		s.EnterRemoteUnit(r.ID, "pg/0", map[string]string{"host": "h"})
		return nil
	})
	var model string
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		if c.Info().Kind == hook.RelationChanged {
			model = w.tool(c, "relation-model-get", "--format=json") + w.tool(c, "relation-get", "host") + w.tool(c, "goal-state", "--format=json")
		}
		return hook.Outcome{}
	}
	require.Equal(t, []string{"db-relation-created", "db-relation-joined pg/0", "db-relation-changed pg/0"}, w.settle("web/0"))
	require.Contains(t, model, `{"uuid":"`+offering+"\"}\nh\n")
	require.Contains(t, model, `"relations":{"db":{"prod.pg":{"status":"joined"`)
	require.NotContains(t, model, `"pg/0"`)
}

// C-104.
func TestStatusesThatJujuSets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.related()
	w.settle("db/0")
	var messages []string
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		u := w.unit("web/0")
		messages = append(messages, u.Agent.Current().Message+" | "+u.Workload.Current().Status+" "+u.Workload.Current().Message)
		return hook.Outcome{}
	}
	w.settle("web/0")
	w.do(func(s *model.State) error { return s.Scale("web", 0) })
	w.settle("web/0")
	require.Equal(t, []string{
		"running db-relation-created hook | unknown ",
		"running db-relation-joined hook for db/0 | unknown ",
		"running db-relation-changed hook for db/0 | unknown ",
		"running db-relation-departed hook for db/0 | unknown ",
		"running db-relation-broken hook | unknown ",
		"running stop hook | maintenance stopping charm software",
		"running remove hook | maintenance cleaning up prior to charm deletion",
	}, messages)
}

// A unit that dies before it was started has nothing to stop.
// C-103.
func TestUnitThatWasNotStartedIsNotStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.charm = failing(hook.ConfigChanged)
	w.settle("web/0")
	w.do(func(s *model.State) error {
		s.Units["web/0"].Resolve = model.ResolveNoRetry
		return s.Scale("web", 0)
	})
	w.charm = nil
	require.Equal(t, []string{"start", "stop", "remove"}, w.settle("web/0"), "start was queued")

	w = newWorld(t)
	_, err := w.agent("web/0").Step(t.Context())
	require.NoError(t, err)
	w.do(func(s *model.State) error { return s.Scale("web", 0) })
	w.hooks = nil
	require.Equal(t, []string{"remove"}, w.settle("web/0"))
}

// C-340, C-341.
func TestRebootOfAMachine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(func(s *model.State) error { s.Type = model.Machines; return nil })
	w.settle("web/0")
	now := []string(nil)
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		if c.Info().Kind == hook.ConfigChanged {
			w.tool(c, "state-set", "a=b")
			w.tool(c, append([]string{"juju-reboot"}, now...)...)
			if now != nil {
				return hook.Outcome{Signal: syscall.SIGKILL}
			}
		}
		return hook.Outcome{}
	}
	reboot := func(value string) {
		w.do(func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": value}) })
		require.Equal(t, []string{"config-changed"}, w.settle("web/0"))
		require.Equal(t, "rebooting", w.unit("web/0").Agent.Current().Status)
		require.Empty(t, w.settle("web/0"))
		w.charm = nil
		w.do(func(s *model.State) error { s.Units["web/0"].Rebooting = false; return nil })
	}
	charm := w.charm
	reboot("1")
	require.Equal(t, []string{"start"}, w.settle("web/0"))
	require.Equal(t, map[string]string{"a": "b"}, w.unit("web/0").CharmState)
	w.charm, now = charm, []string{"--now"}
	reboot("2")
	require.Equal(t, []string{"config-changed", "start"}, w.settle("web/0"), "the hook runs again")
}

// C-342.
func TestRebootOnKubernetesFailsTheHook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		w.tool(c, "state-set", "a=b")
		w.tool(c, "juju-reboot")
		return hook.Outcome{}
	}
	w.do(func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": "y"}) })
	w.settle("web/0")
	require.Equal(t, `hook failed: "config-changed"`, w.unit("web/0").Agent.Current().Message)
	require.Equal(t, map[string]string{"a": "b"}, w.unit("web/0").CharmState, "its changes were saved before")
}

// A due update-status is dropped when another hook runs.
// C-088.
func TestUpdateStatusIsForUnitsWithNothingElseToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(func(s *model.State) error { s.Settings.UpdateStatusInterval = 0; return nil })
	w.settle("web/0")
	w.clock.Advance(5 * time.Minute)
	w.do(func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": "y"}) })
	require.Equal(t, []string{"config-changed"}, w.settle("web/0"))
}

// C-423.
func TestChecksHaveNoHooksBefore36(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(func(s *model.State) error { s.Version = "3.5.7"; return nil })
	w.settle("web/0")
	agent := w.agent("web/0")
	require.NoError(t, agent.Workload(t.Context(), hook.Info{Kind: hook.PebbleCheckFailed, Workload: "nginx", CheckName: "up"}))
	require.Empty(t, w.settle("web/0"))
}

// The hook of a relation that went while it had failed does not run any more.
// C-018.
func TestFailedHookOfARelationThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.related()
	w.charm = failing(hook.RelationCreated)
	require.Equal(t, []string{"db-relation-created"}, w.settle("web/0"))
	w.do(func(s *model.State) error { delete(s.Relations, 1); return nil })
	w.clock.Advance(5 * time.Second)
	require.Empty(t, w.settle("web/0"))
	w.do(func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": "y"}) })
	require.Equal(t, []string{"config-changed"}, w.settle("web/0"), "it is in error no more")
}
