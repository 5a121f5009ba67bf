package pebble_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

func TestChanges(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		require.NoError(t, c.AddLayer(ctx, "l", &pebble.Layer{Services: map[string]*pebble.Service{
			"good": {Override: pebble.OverrideReplace, Command: "sleep 3600", Startup: pebble.StartupEnabled},
			"bad":  {Override: pebble.OverrideReplace, Command: "sh -c 'echo out of luck; exit 7'", OnFailure: pebble.ActionIgnore},
		}}))
		good, err := c.Begin(ctx, pebble.KindStart, "good")
		require.NoError(t, err)
		change, err := c.Change(ctx, good)
		require.NoError(t, err)
		require.Equal(t, pebble.KindStart, change.Kind)
		require.Equal(t, `Start service "good"`, change.Summary)
		require.WithinDuration(t, time.Now(), change.SpawnTime, time.Minute)
		change, err = c.WaitChange(ctx, good)
		require.NoError(t, err)
		require.NoError(t, change.Failure())
		require.True(t, change.Ready)
		require.Equal(t, pebble.ChangeDone, change.Status)
		require.False(t, change.ReadyTime.Before(change.SpawnTime))
		require.Len(t, change.Tasks, 1)
		task := change.Tasks[0]
		require.Equal(t, "start", task.Kind)
		require.Equal(t, pebble.ChangeDone, task.Status)
		require.Equal(t, pebble.Progress{Done: 1, Total: 1}, task.Progress)
		require.False(t, task.ReadyTime.IsZero())

		bad, err := c.Begin(ctx, pebble.KindRestart, "bad")
		require.NoError(t, err)
		change, err = c.WaitChange(ctx, bad)
		require.NoError(t, err, "waiting went well")
		require.Equal(t, pebble.ChangeFailed, change.Status)
		var failed *pebble.ChangeError
		require.ErrorAs(t, change.Failure(), &failed)
		require.Equal(t, bad, failed.ChangeID)
		require.Equal(t, []string{"bad"}, failed.Services())
		require.Contains(t, change.Tasks[len(change.Tasks)-1].Log[0], "out of luck")

		for service, want := range map[string][]string{"": {good, bad}, "good": {good}, "bad": {bad}, "other": nil} {
			changes, err := c.Changes(ctx, &pebble.ChangesOptions{Select: pebble.SelectReady, Service: service})
			require.NoError(t, err)
			require.ElementsMatch(t, want, ids(changes), service)
		}
		changes, err := c.Changes(ctx, nil)
		require.NoError(t, err)
		require.Empty(t, changes, "nothing is in progress")

		_, err = c.Change(ctx, "4711")
		require.ErrorIs(t, err, fs.ErrNotExist)
		_, err = c.WaitChange(ctx, "../services")
		require.ErrorContains(t, err, "letters and digits")
		_, err = c.Begin(ctx, "dance", "good")
		require.ErrorContains(t, err, "dance")
	})
}

func ids(changes []*pebble.Change) []string {
	var ids []string
	for _, change := range changes {
		ids = append(ids, change.ID)
	}
	return ids
}

func TestAbortChange(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		p := startCommand(t, c, pebble.Command{Args: []string{"sleep", "3600"}})
		changes, err := c.Changes(ctx, &pebble.ChangesOptions{Select: pebble.SelectInProgress})
		require.NoError(t, err)
		require.Len(t, changes, 1)
		id := changes[0].ID
		require.Equal(t, pebble.KindExec, changes[0].Kind)
		require.Equal(t, pebble.ChangeDoing, changes[0].Status)
		require.False(t, changes[0].Ready)

		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		_, err = c.WaitChange(short, id)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		_, err = c.AbortChange(ctx, id)
		require.NoError(t, err)
		require.Error(t, p.Wait())
		change, err := c.WaitChange(ctx, id)
		require.NoError(t, err)
		require.True(t, change.Ready)
		var code int
		require.NoError(t, json.Unmarshal(change.Tasks[0].Data["exit-code"], &code))
		require.NotZero(t, code)

		_, err = c.AbortChange(ctx, id)
		var refused *pebble.APIError
		require.ErrorAs(t, err, &refused, "it has ended")
		require.Equal(t, http.StatusBadRequest, refused.StatusCode)
	})
}

// A newer Pebble may say things that are not known here.
func TestUnknownValuesAreKept(t *testing.T) {
	t.Parallel()
	for path, test := range map[string]struct {
		answer string
		read   func(context.Context, *pebble.Container) (any, error)
		want   any
	}{
		"changes": {
			`[{"id": "1", "kind": "dance", "status": "Dizzy", "tasks": [{"status": "Spinning", "tempo": 3}], "partner": {}}]`,
			func(ctx context.Context, c *pebble.Container) (any, error) {
				changes, err := c.Changes(ctx, nil)
				return changes, err
			},
			[]*pebble.Change{{ID: "1", Kind: "dance", Status: "Dizzy", Tasks: []pebble.Task{{Status: "Spinning"}}}},
		},
		"services": {
			`[{"name": "a", "startup": "sometimes", "current": "asleep"}]`,
			func(ctx context.Context, c *pebble.Container) (any, error) { return c.Services(ctx) },
			map[string]pebble.ServiceInfo{"a": {Name: "a", Startup: "sometimes", Status: "asleep"}},
		},
		"checks": {
			`[{"name": "a", "level": "undead", "startup": "sometimes", "status": "sideways"}]`,
			func(ctx context.Context, c *pebble.Container) (any, error) { return c.Checks(ctx) },
			map[string]pebble.CheckInfo{"a": {Name: "a", Level: "undead", Startup: "sometimes", Status: "sideways"}},
		},
		"notices": {
			`[{"id": "1", "type": "omen", "key": "raven", "occurrences": 1, "expire-after": "168h0m0s", "user-id": null}]`,
			func(ctx context.Context, c *pebble.Container) (any, error) { return c.Notices(ctx, nil) },
			[]*pebble.Notice{{ID: "1", Type: "omen", Key: "raven", Occurrences: 1, ExpireAfter: 168 * time.Hour}},
		},
		"identities": {
			`{"a": {"access": "godlike", "retina": {}}}`,
			func(ctx context.Context, c *pebble.Container) (any, error) { return c.Identities(ctx) },
			map[string]*pebble.Identity{"a": {Access: "godlike"}},
		},
		"files": {
			`[{"path": "/a", "name": "a", "type": "hologram", "permissions": "644", "last-modified": "2030-01-02T03:04:05Z"}]`,
			func(ctx context.Context, c *pebble.Container) (any, error) { return c.Stat(ctx, "/a") },
			&pebble.FileInfo{Path: "/a", Mode: fs.ModeIrregular | 0o644, ModTime: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)},
		},
		"plan": {
			`"services: {a: {override: sideways, startup: sometimes, colour: red, on-success: cheer}}"`,
			func(ctx context.Context, c *pebble.Container) (any, error) { return c.Plan(ctx) },
			&pebble.Plan{Services: map[string]*pebble.Service{"a": {Override: "sideways", Startup: "sometimes", OnSuccess: "cheer"}}},
		},
	} {
		got, err := test.read(answering(t.Context(), "application/json", syncAnswer(test.answer)), nowhere)
		require.NoError(t, err, path)
		require.Equal(t, test.want, got, path)
	}
}
