package uniter_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

const storageMetadata = webMetadata + `
storage:
  data: {type: filesystem, location: /srv}
  logs: {type: filesystem, multiple: {range: 0-2}}
`

// newStorageWorld is a model with web, which has one data and two logs.
func newStorageWorld(t *testing.T, kind model.Type) *world {
	t.Helper()
	w := newWorld(t)
	w.do(func(s *model.State) error {
		s.UnitGone("web/0")
		s.Type = kind
		if err := s.RemoveApplication("web"); err != nil {
			return err
		}
		return s.Deploy("web", loadCharm(t, storageMetadata), model.DeployOptions{Units: 1, Storage: map[string]int{"logs": 2}})
	})
	return w
}

func (w *world) provision(unit string) {
	w.do(func(s *model.State) error { return s.ProvisionStorage(unit) })
}

var storageHooks = []string{"data-storage-attached", "logs-storage-attached", "logs-storage-attached"}

// C-080.
func TestStorageThatIsThereComesBeforeConfigChanged(t *testing.T) {
	t.Parallel()
	w := newStorageWorld(t, model.Kubernetes)
	w.provision("web/0")
	require.Equal(t, []string{"install", "peers-relation-created", "leader-elected",
		storageHooks[0], storageHooks[1], storageHooks[2], "config-changed", "start"}, w.settle("web/0"))
}

// C-096, C-262.
func TestStorageThatComesLater(t *testing.T) {
	t.Parallel()
	w := newStorageWorld(t, model.Kubernetes)
	require.Equal(t, firstHooks, w.settle("web/0"))
	w.provision("web/0")
	var seen []map[string]string
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		seen = append(seen, map[string]string{"id": c.Info().StorageID, "location": w.tool(c, "storage-get", "location")})
		return hook.Outcome{}
	}
	require.Equal(t, storageHooks, w.settle("web/0"))
	require.Equal(t, []map[string]string{
		{"id": "data/0", "location": "/srv\n"},
		{"id": "logs/1", "location": "/var/lib/juju/storage/logs/1\n"},
		{"id": "logs/2", "location": "/var/lib/juju/storage/logs/2\n"},
	}, seen)
	w.restart("web/0")
	w.charm = nil
	require.Equal(t, []string{"start"}, w.settle("web/0"), "storage is attached once")
}

// C-081.
func TestInstallWaitsForStorageOnMachines(t *testing.T) {
	t.Parallel()
	w := newStorageWorld(t, model.Machines)
	require.Empty(t, w.settle("web/0"))
	w.provision("web/0")
	require.Equal(t, append(append([]string{}, storageHooks...), firstHooks...), w.settle("web/0"))
	w.do(func(s *model.State) error { return s.DetachStorage("logs/1") })
	require.Equal(t, []string{"logs-storage-detaching"}, w.settle("web/0"))
	w.do(func(s *model.State) error { return s.AddStorage("web/0", "logs", 1) })
	require.Empty(t, w.settle("web/0"), "later storage is not waited for")
	w.provision("web/0")
	require.Equal(t, []string{"logs-storage-attached"}, w.settle("web/0"))
}

// A dying unit lets go of its storage first. What it was never told of goes
// silently.
// C-096, C-103, C-105.
func TestRemovalOfAUnitWithStorage(t *testing.T) {
	t.Parallel()
	w := newStorageWorld(t, model.Kubernetes)
	w.settle("web/0")
	w.do(func(s *model.State) error { s.Storage["data/0"].Provisioned = true; return nil })
	require.Equal(t, storageHooks[:1], w.settle("web/0"))
	w.related()
	w.settle("db/0")
	w.settle("web/0")
	w.do(func(s *model.State) error { return s.Scale("web", 0) })
	require.Equal(t, []string{"data-storage-detaching", "db-relation-departed db/0", "db-relation-broken", "stop", "remove"}, w.settle("web/0"))

	// The next unit of that name takes up what was left.
	w.do(func(s *model.State) error { return s.Scale("web", 1) })
	w.provision("web/0")
	require.Subset(t, w.settle("web/0"), storageHooks)
	w.View(func(s *model.State) { require.Len(t, s.Storage, 3) })
}

func TestStorageAddedByAHook(t *testing.T) {
	t.Parallel()
	w := newStorageWorld(t, model.Kubernetes)
	w.do(func(s *model.State) error { delete(s.Storage, "logs/2"); return nil })
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		if c.Info().Kind == hook.Start {
			w.tool(c, "storage-add", "logs")
		}
		return hook.Outcome{}
	}
	require.Equal(t, firstHooks, w.settle("web/0"))
	w.charm = nil
	w.provision("web/0")
	require.Equal(t, storageHooks, w.settle("web/0"))
	w.View(func(s *model.State) { require.Contains(t, s.Storage, "logs/3") })
}

// Juju has one place for the hook that comes next: one of storage takes it.
// C-102.
func TestStorageTakesThePlaceOfAQueuedHook(t *testing.T) {
	t.Parallel()
	w := newStorageWorld(t, model.Kubernetes)
	w.settle("web/0")
	w.charm = func(_ context.Context, c *hook.Context) hook.Outcome {
		if c.Info().Kind == hook.UpgradeCharm {
			w.do(func(s *model.State) error { s.Storage["data/0"].Provisioned = true; return nil })
		}
		return hook.Outcome{}
	}
	w.do(func(s *model.State) error { return s.Refresh("web", nil, nil) })
	require.Equal(t, []string{"upgrade-charm", "data-storage-attached"}, w.settle("web/0"))
}

// C-014.
func TestFailedStorageHookIsNamedByItsKind(t *testing.T) {
	t.Parallel()
	w := newStorageWorld(t, model.Kubernetes)
	w.settle("web/0")
	w.charm = failing(hook.StorageAttached)
	w.provision("web/0")
	w.settle("web/0")
	require.Equal(t, `hook failed: "storage-attached"`, w.unit("web/0").Agent.Current().Message)
}
