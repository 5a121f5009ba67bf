package charm_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/recording"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// applied declares a charm that keeps a file and a service in its container.
func applied(path string) charm.Constructor[*charm.Base] {
	return func(b *charm.Base) (*charm.Base, error) {
		b.Record(charm.RecordOptions{})
		app := b.Container("app")
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			v, err := charm.ReadSecret[struct {
				Token string `charm:"token"`
			}](ctx, b, "secret:abc", "token")
			if err != nil {
				return err
			}
			_, err = app.Apply(ctx, pebble.Want{
				Layer: pebble.Layer{Services: map[string]*pebble.Service{
					"sleep": {Startup: pebble.StartupEnabled, Command: "sleep 1000", Environment: map[string]string{"API_TOKEN": v.Token}},
				}},
				Files: []pebble.File{{Path: path, Content: []byte("hello")}},
			})
			return err
		})
		return b, nil
	}
}

func TestAHookThatUsesPebbleIsReplayedAndExplained(t *testing.T) {
	t.Parallel()
	daemon := pebbletest.Start(t, pebbletest.Options{})
	dir := t.TempDir()
	tools := hooktool.Func(func(_ context.Context, call hooktool.Call) (hooktool.Result, error) {
		if call.Tool == "secret-get" {
			return hooktool.Result{Stdout: []byte(`{"token":"open-sesame"}`)}, nil
		}
		return silent(t.Context(), call)
	})
	path := filepath.Join(t.TempDir(), "file")
	options := charm.Options{
		Getenv:    environment("JUJU_DISPATCH_PATH", "hooks/config-changed", "JUJU_UNIT_NAME", "wiki/0"),
		Transport: tools,
		Files:     fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
		Pebble:    daemon.Container,
		Dir:       dir,
	}

	// Dry: it is told, and not done.
	dry := recording.NewDry(tools, &recording.Redactor{})
	dryOptions := options
	dryOptions.Transport, dryOptions.Dir = dry, ""
	_, err := charm.Run(pebble.WithMiddleware(t.Context(), dry.RoundTripper), applied(path), dryOptions)
	require.NoError(t, err)
	require.Greater(t, len(dry.Would()), 3)
	require.Contains(t, dry.Would()[0], "POST /v1/files")
	require.Contains(t, dry.Would()[0], path)
	for _, would := range dry.Would() {
		require.NotContains(t, would, "open-sesame")
	}
	require.NoFileExists(t, path)
	plan, err := pebble.NewContainer("app", daemon.Socket).Plan(t.Context())
	require.NoError(t, err)
	require.Empty(t, plan.Services)

	// Done, and done again without the daemon.
	_, err = charm.Run(t.Context(), applied(path), options)
	require.NoError(t, err)
	require.FileExists(t, path)
	files, err := filepath.Glob(filepath.Join(dir, ".charmkit", "recordings", "*.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	data, err := os.Open(files[0])
	require.NoError(t, err)
	defer data.Close()
	r, err := recording.Read(data)
	require.NoError(t, err)
	player := recording.NewPlayer(r, &recording.Redactor{})
	ctx := pebble.WithMiddleware(t.Context(), func(container string, _ http.RoundTripper) http.RoundTripper {
		return player.RoundTripper(container)
	})
	replayOptions := options
	replayOptions.Transport, replayOptions.Dir = hooktool.Transport(player), ""
	_, err = charm.Run(ctx, applied(path), replayOptions)
	require.Empty(t, player.Differences())
	require.NoError(t, err)
	whole, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.NotContains(t, string(whole), "open-sesame")
}
