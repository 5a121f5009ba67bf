package charm_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/recording"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// runRecorded runs a hook of a charm that is recorded, and returns its error.
func runRecorded(t *testing.T, dir string, record charm.RecordOptions, options charm.Options, declare func(*charm.Base)) error {
	t.Helper()
	options.Dir = dir
	options.Files = fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}}
	if options.Getenv == nil {
		options.Getenv = environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_UNIT_NAME", "wiki/0")
	}
	_, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		b.Record(record)
		declare(b)
		return b, nil
	}, options)
	return err
}

// recordings are those in a charm's directory, oldest first, as text.
func recordings(t *testing.T, dir string) (paths []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, ".charmkit", "recordings", "*"))
	require.NoError(t, err)
	return paths
}

// recorded reads the only recording.
func recorded(t *testing.T, dir string) *recording.Recording {
	t.Helper()
	paths := recordings(t, dir)
	require.Len(t, paths, 1)
	file, err := os.Open(paths[0])
	require.NoError(t, err)
	defer file.Close()
	r, err := recording.Read(file)
	require.NoError(t, err)
	return r
}

// The calls that are under way together are recorded each with its answer.
func TestRecordedTools(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]func(hooktool.Func) hooktool.Transport{
		"one at a time": func(f hooktool.Func) hooktool.Transport { return f },
		"together":      func(f hooktool.Func) hooktool.Transport { return pipelining{f} },
	} {
		for _, lost := range []bool{false, true} {
			answers := map[string]string{
				"relation-ids": `["database:1"]`, "relation-list": `["pg/0", "pg/1"]`, "status-get": `{"status": "active"}`,
				"relation-get pg/0": `{"host": "a"}`, "relation-get pg/1": `{"host": "b"}`,
			}
			if lost {
				answers["relation-get pg/0"] = "LOST: the agent has gone"
			}
			dir := t.TempDir()
			err := runRecorded(t, dir, charm.RecordOptions{}, charm.Options{Transport: transport(answering(answers))}, func(b *charm.Base) {
				database := b.Requires("database")
				b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
					r, err := database.Relation(ctx)
					require.NoError(t, err)
					return second(r.RemoteUnits(ctx))
				})
			})
			require.Equal(t, lost, err != nil, name)
			r := recorded(t, dir)
			said := map[string]string{}
			for _, entry := range r.Entries {
				if tool := entry.Tool; tool != nil && len(tool.Args) > 0 {
					said[tool.Name+" "+tool.Args[len(tool.Args)-1]] = tool.Stdout + tool.Error
				}
			}
			if lost {
				require.Equal(t, "LOST: the agent has gone", said["relation-get pg/0"], name)
				require.Contains(t, r.End().Error, "LOST")
				continue
			}
			require.JSONEq(t, `{"host": "a"}`, said["relation-get pg/0"], name)
			require.JSONEq(t, `{"host": "b"}`, said["relation-get pg/1"], name)
			require.Empty(t, r.End().Error)
		}
	}
}

// What Juju gives a hook is recorded, new variables too, but nothing that lets
// somebody speak to the agent, and nothing of others.
func TestRecordedEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"JUJU_NEW_THING": "new", "JUJU_CONTEXT_ID": "wiki/0-start-1", "JUJU_AGENT_SOCKET_ADDRESS": "@agent", "HOME": "/root",
		"JUJU_DISPATCH_PATH": "hooks/start", "JUJU_UNIT_NAME": "wiki/0", "JUJU_RELATION": "",
	} {
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	options := charm.Options{Transport: silent, Getenv: os.Getenv}
	require.NoError(t, runRecorded(t, dir, charm.RecordOptions{}, options, func(*charm.Base) {}))
	env := recorded(t, dir).Header.Env
	require.Equal(t, "new", env["JUJU_NEW_THING"])
	require.Equal(t, "wiki/0", env["JUJU_UNIT_NAME"])
	for _, name := range []string{"JUJU_CONTEXT_ID", "JUJU_AGENT_SOCKET_ADDRESS", "HOME", "PATH"} {
		require.NotContains(t, env, name)
	}

	// One that is not this process's own has the usual names.
	dir = t.TempDir()
	options.Getenv = environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_UNIT_NAME", "wiki/7")
	require.NoError(t, runRecorded(t, dir, charm.RecordOptions{}, options, func(*charm.Base) {}))
	env = recorded(t, dir).Header.Env
	require.Equal(t, "wiki/7", env["JUJU_UNIT_NAME"])
	require.NotContains(t, env, "JUJU_STORAGE_ID")
}

func TestHowManyHooksAreRecorded(t *testing.T) {
	t.Parallel()
	for hooks, want := range map[int]int{0: 20, -1: 20, 1: 1, 3: 3} {
		dir := t.TempDir()
		for range 22 {
			require.NoError(t, runRecorded(t, dir, charm.RecordOptions{Hooks: hooks}, charm.Options{Transport: silent}, func(*charm.Base) {}))
		}
		require.Len(t, recordings(t, dir), want)
	}
}

// A hook does not fail because it cannot be recorded.
func TestNowhereToRecord(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	handled := false
	require.NoError(t, runRecorded(t, dir, charm.RecordOptions{}, charm.Options{Transport: silent}, func(b *charm.Base) {
		b.On.Start(func(context.Context, *charm.StartEvent) error { handled = true; return nil })
	}))
	require.True(t, handled)
}

// Secrets are not recorded that a charm has read or written, nor what it says is
// one.
func TestSecretsAreNotRecorded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	transport := answering(map[string]string{
		"config-get": `{"shibboleth": "friend1"}`, "secret-add": "secret:abc", "secret-get": `{"password": "sesame2"}`,
	})
	var logged []string
	listening := hooktool.Record(transport, func(r hooktool.Recorded) {
		if r.Call.Tool == "juju-log" {
			logged = append(logged, r.Call.Args[len(r.Call.Args)-1])
		}
	})
	err := runRecorded(t, dir, charm.RecordOptions{Keys: []string{"shibboleth"}}, charm.Options{Transport: listening}, func(b *charm.Base) {
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			tools := b.Tools()
			uri, err := tools.SecretAdd(ctx, map[string]string{"token": "mellon3"}, hooktool.SecretAddOptions{Owner: hooktool.OwnerUnit})
			require.NoError(t, err)
			require.NoError(t, tools.SecretSet(ctx, uri, hooktool.SecretChange{Content: map[string]string{"token": "mellon4"}}))
			require.NoError(t, second(tools.SecretGet(ctx, hooktool.SecretGetOptions{URI: uri})))
			require.NoError(t, second(tools.ConfigGet(ctx)))
			// What is no content has no file.
			require.NoError(t, tools.SecretSet(ctx, uri, hooktool.SecretChange{SecretMetadata: hooktool.SecretMetadata{Label: "l"}}))
			b.Log.InfoContext(ctx, "mellon3 mellon4 sesame2")
			b.Log.InfoContext(ctx, "later: mellon3 mellon4 sesame2")
			return errors.New("mellon3 mellon4 sesame2")
		})
	})
	require.Error(t, err)
	text, readErr := os.ReadFile(recordings(t, dir)[0])
	require.NoError(t, readErr)
	all := string(text) + err.Error() + strings.Join(logged, "")
	for _, secret := range []string{"friend1", "sesame2", "mellon3", "mellon4"} {
		require.NotContains(t, all, secret)
	}
	require.Len(t, logged, 4, "two messages, the failure, and that for the security log")
	require.Equal(t, "later: "+logged[0], logged[1])
}

// A large answer of Pebble is used and not recorded.
func TestRecordedAnswersOfPebble(t *testing.T) {
	t.Parallel()
	daemon := pebbletest.Start(t, pebbletest.Options{})
	path := filepath.Join(t.TempDir(), "large")
	require.NoError(t, os.WriteFile(path, make([]byte, 257<<10), 0o644))
	dir := t.TempDir()
	options := charm.Options{Transport: silent, Pebble: daemon.Container}
	err := runRecorded(t, dir, charm.RecordOptions{}, options, func(b *charm.Base) {
		app := b.Container("app")
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			content, err := app.Pull(ctx, path)
			require.NoError(t, err)
			require.Len(t, content, 257<<10)
			return second(app.Plan(ctx))
		})
	})
	require.NoError(t, err)
	var requests []string
	for _, entry := range recorded(t, dir).Entries {
		p := entry.Pebble
		if p == nil {
			continue
		}
		requests = append(requests, p.URL)
		switch {
		case strings.HasPrefix(p.URL, "/v1/files"):
			require.True(t, p.Cut)
			require.Empty(t, p.Body)
		case strings.HasPrefix(p.URL, "/v1/plan"):
			require.False(t, p.Cut)
			require.Equal(t, 200, p.Code)
			require.Equal(t, "application/json", p.Type)
			require.Contains(t, p.Body, "result")
		}
	}
	require.Contains(t, strings.Join(requests, " "), "/v1/plan")
	require.Contains(t, strings.Join(requests, " "), "/v1/files")
}
