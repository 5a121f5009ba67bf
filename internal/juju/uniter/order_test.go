package uniter_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/uniter"
)

var firstHooks = []string{"install", "peers-relation-created", "leader-elected", "config-changed", "start"}

// related adds db with two units to the model and relates it to web.
func (w *world) related() {
	w.t.Helper()
	w.do(func(s *model.State) error {
		if err := s.Deploy("db", loadCharm(w.t, dbMetadata), model.DeployOptions{Units: 2, ServiceAddress: "10.1.1.2"}); err != nil {
			return err
		}
		_, err := s.Integrate("web", "db")
		return err
	})
}

// C-080, C-104.
func TestNewUnit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Equal(t, firstHooks, w.settle("web/0"))
	require.Empty(t, w.settle("web/0"), "nothing more is to be done")
	require.Equal(t, "unknown", w.unit("web/0").Workload.Current().Status, "the charm never set a status")
	var history []string
	for _, s := range w.unit("web/0").Workload {
		history = append(history, s.Status+": "+s.Message)
	}
	require.Equal(t, []string{"waiting: installing agent", "maintenance: installing charm software", "unknown: "}, history)

	w.do(func(s *model.State) error { return s.Scale("web", 2) })
	require.Equal(t, []string{"install", "peers-relation-created", "leader-settings-changed", "config-changed", "start",
		"peers-relation-joined web/0", "peers-relation-changed web/0"}, w.settle("web/1"))
	require.Equal(t, []string{"peers-relation-joined web/1", "peers-relation-changed web/1"}, w.settle("web/0"))
}

// C-089, C-090, C-092.
func TestRelationOfTwoApplications(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.related()
	require.Equal(t, []string{"db-relation-created"}, w.settle("web/0"))
	require.Equal(t, []string{"install", "database-relation-created", "leader-elected", "config-changed", "start",
		"database-relation-joined web/0", "database-relation-changed web/0"}, w.settle("db/0"))
	w.settle("db/1")
	require.Equal(t, []string{
		"db-relation-joined db/0", "db-relation-changed db/0", "db-relation-joined db/1", "db-relation-changed db/1",
	}, w.settle("web/0"))

	w.do(func(s *model.State) error {
		s.Relations[1].AppData("db").Merge(map[string]string{"version": "16"})
		s.Relations[1].Units["db/1"].Merge(map[string]string{"host": "h"})
		return nil
	})
	require.Equal(t, []string{"db-relation-changed", "db-relation-changed db/1"}, w.settle("web/0"))

	w.do(func(s *model.State) error { return s.Scale("db", 1) })
	require.Equal(t, []string{"database-relation-departed web/0", "database-relation-broken", "stop", "remove"}, w.settle("db/1"))
	require.Equal(t, []string{"db-relation-departed db/1"}, w.settle("web/0"))

	w.do(func(s *model.State) error { return s.RemoveRelation(1) })
	require.Equal(t, []string{"db-relation-departed db/0", "db-relation-broken"}, w.settle("web/0"))
	require.Equal(t, []string{"database-relation-departed web/0", "database-relation-broken"}, w.settle("db/0"))
	w.View(func(s *model.State) { require.NotContains(t, s.Relations, 1) })
}

// The application databag comes before the units, if it was written.
// C-089.
func TestApplicationDatabagComesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.related()
	w.do(func(s *model.State) error {
		s.Relations[1].AppData("db").Merge(map[string]string{"version": "16"})
		return s.EnterScope(1, "db/0")
	})
	require.Equal(t, []string{
		"db-relation-created", "db-relation-changed", "db-relation-joined db/0", "db-relation-changed db/0",
	}, w.settle("web/0"))
}

// C-130.
func TestRelationListShowsWhatTheCharmWasTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.related()
	w.do(func(s *model.State) error {
		s.Relations[1].Units = map[string]*model.RelationUnit{"db/0": {InScope: true}, "db/1": {InScope: true}}
		return nil
	})
	var seen []string
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		seen = append(seen, c.Info().Name()+": "+w.tool(c, "relation-list", "--format=json"))
		return hook.Outcome{}
	}
	w.settle("web/0")
	w.do(func(s *model.State) error {
		s.LeaveScope(1, "db/0")
		return nil
	})
	w.settle("web/0")
	require.Equal(t, []string{
		"db-relation-created: []\n",
		"db-relation-joined: [\"db/0\"]\n",
		"db-relation-changed: [\"db/0\"]\n",
		"db-relation-joined: [\"db/0\",\"db/1\"]\n",
		"db-relation-changed: [\"db/0\",\"db/1\"]\n",
		"db-relation-departed: [\"db/1\"]\n",
	}, seen)
}

// C-067.
func TestDepartingUnit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.related()
	w.settle("db/0")
	w.settle("web/0")
	departing := map[string]string{}
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		if i := c.Info(); i.Kind == hook.RelationDeparted {
			departing[c.UnitName()] = i.DepartingUnit
		}
		return hook.Outcome{}
	}
	w.settle("db/0")
	w.do(func(s *model.State) error { return s.RemoveApplication("db") })
	w.settle("db/0")
	w.settle("web/0")
	require.Equal(t, map[string]string{"db/0": "db/0", "web/0": "db/0"}, departing)
}

// C-030, C-082.
func TestConfigChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	for _, change := range []func(*model.State) error{
		func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": "y"}) },
		func(s *model.State) error { s.Applications["web"].Trust = true; return nil },
		func(s *model.State) error { s.Units["web/0"].Address = "10.0.0.9"; return nil },
	} {
		w.do(change)
		require.Equal(t, []string{"config-changed"}, w.settle("web/0"))
	}
	w.do(func(s *model.State) error { return s.SetConfig("web", map[string]string{"name": "y"}) })
	require.Empty(t, w.settle("web/0"), "the same value is no change")
}

// C-086, C-087.
func TestLeadershipMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(func(s *model.State) error { return s.Scale("web", 2) })
	w.settle("web/0")
	w.settle("web/1")
	w.settle("web/0")
	w.do(func(s *model.State) error { s.Applications["web"].Leader = "web/1"; return nil })
	require.Equal(t, []string{"leader-settings-changed"}, w.settle("web/0"), "it may have missed some while it led")
	require.Equal(t, []string{"leader-elected"}, w.settle("web/1"))
	require.Empty(t, w.settle("web/0"))
	w.do(func(s *model.State) error { return s.SetLeaderSettings("web/1", map[string]string{"k": "v"}) })
	require.Equal(t, []string{"leader-settings-changed"}, w.settle("web/0"))
	require.Empty(t, w.settle("web/1"), "the leader is not told of its own")
	w.restart("web/0")
	require.Equal(t, []string{"start", "leader-settings-changed"}, w.settle("web/0"), "once after every start of the agent")
}

// The leader is not told of what it wrote into its own peer databag, the others
// are.
// C-091.
func TestPeerDatabag(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do(func(s *model.State) error { return s.Scale("web", 2) })
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		if c.Info().Kind == hook.ConfigChanged && c.IsLeader() {
			w.tool(c, "relation-set", "-r", "0", "--app", "k=v")
		}
		return hook.Outcome{}
	}
	require.Equal(t, firstHooks, w.settle("web/0"))
	require.Contains(t, w.settle("web/1"), "peers-relation-changed")
	w.do(func(s *model.State) error { s.Applications["web"].Leader = "web/1"; return nil })
	require.NotContains(t, w.settle("web/0"), "peers-relation-changed")
}

// C-094, C-118.
func TestRemoveApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.do(func(s *model.State) error { return s.RemoveApplication("web") })
	require.Equal(t, []string{"stop", "remove"}, w.settle("web/0"))
	w.View(func(s *model.State) {
		require.Empty(t, s.Units)
		require.Empty(t, s.Applications)
		require.Empty(t, s.Relations)
	})
	require.Empty(t, w.settle("web/0"))
}

// C-084.
func TestPodReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.restart("web/0")
	w.do(func(s *model.State) error { s.Units["web/0"].Pod++; return nil })
	require.Equal(t, []string{"upgrade-charm", "config-changed", "start"}, w.settle("web/0"))
}

// C-085.
func TestAgentRestarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.restart("web/0")
	require.Equal(t, []string{"start"}, w.settle("web/0"))
}

// C-083.
func TestRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.do(func(s *model.State) error { return s.Refresh("web", nil, map[string]string{"image": "new"}) })
	require.Equal(t, []string{"upgrade-charm", "config-changed"}, w.settle("web/0"))
}

// C-084.
func TestShutdownRunsStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.hooks = nil
	w.agent("web/0").Shutdown()
	require.ErrorIs(t, w.agent("web/0").Run(t.Context()), uniter.ErrShutdown)
	require.Equal(t, []string{"web/0 stop"}, w.hooks)
	w.restart("web/0")
	w.do(func(s *model.State) error { s.Units["web/0"].Pod++; return nil })
	require.Equal(t, []string{"upgrade-charm", "config-changed", "start"}, w.settle("web/0"))
}

// Implicit juju-info relations run no hooks.
// C-095.
func TestJujuInfoRunsNoHooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settle("web/0")
	w.do(func(s *model.State) error {
		s.Relate(
			model.Endpoint{Application: "web", Name: "juju-info", Interface: "juju-info", Role: metadata.Provides},
			model.Endpoint{Application: "agent", Name: "info", Interface: "juju-info", Role: metadata.Requires})
		return nil
	})
	require.Empty(t, w.settle("web/0"))
}
