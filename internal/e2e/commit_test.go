package e2e_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// refusals refuse the first commit of each hook of each unit.
type refusals struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (r *refusals) once(unit string, info hook.Info) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := unit + " " + info.Name()
	if info.Kind == hook.Action || r.seen[name] {
		return nil
	}
	r.seen[name] = true
	return errors.New("the controller is busy")
}

// TestRefusedCommits deploys with a controller that refuses the first commit of
// every hook, whatever it wrote: secrets, databags, nothing. What the charms did
// in the containers stays done, what they recorded is lost, and they converge.
func TestRefusedCommits(t *testing.T) {
	t.Parallel()
	refused := &refusals{seen: map[string]bool{}}
	b := newBox(t, charmbox.Options{RetryDelay: 20 * time.Millisecond, BeforeCommit: refused.once})
	b.deployPostgreSQL(t)
	b.deployUnleash(t, nil)
	b.integrate(t)
	b.settle(t)

	// Among them are the hooks that made the secrets and wrote the databags.
	for _, name := range []string{
		"postgresql/0 leader-elected", "postgresql/0 postgresql-pebble-ready", "postgresql/0 database-relation-changed",
		"unleash/0 leader-elected", "unleash/0 app-pebble-ready", "unleash/0 database-relation-created",
		"unleash/0 database-relation-changed",
	} {
		require.True(t, refused.seen[name], "%s was not run", name)
	}
	require.Equal(t, []string{"administrator", "database.0.user"}, secretLabels(t, b.dir))
	token := b.run(t, "create-api-token", map[string]any{"name": "e2e"})["token"].(string)
	require.Equal(t, http.StatusOK, b.site(t).get(t, "/api/client/features", "Authorization", token).status)
}

// stored reads a model from its folder.
func stored(t *testing.T, dir string) *model.State {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "model.json"))
	require.NoError(t, err)
	var state model.State
	require.NoError(t, json.Unmarshal(data, &state))
	return &state
}

// secretLabels are the labels of a model's secrets, sorted.
func secretLabels(t *testing.T, dir string) []string {
	t.Helper()
	var labels []string
	for _, secret := range stored(t, dir).Secrets {
		labels = append(labels, secret.Label)
	}
	slices.Sort(labels)
	return labels
}
