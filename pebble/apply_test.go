package pebble_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

func TestApplyStartsRestartsAndReloads(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		c := d.Container("app")
		s := newServer(t)

		want := s.want("a", "1")
		applied := apply(t, c, want)
		require.Equal(t, &pebble.Applied{
			Pushed:     []string{s.path("reloaded"), s.path("restarted")},
			LayerAdded: true,
			Started:    []string{"server"},
		}, applied)
		loaded, err := s.loaded(t.Context())
		require.NoError(t, err)
		require.Equal(t, "a1", loaded)
		quiet(t, d, want)

		want = s.want("b", "1")
		applied = apply(t, c, want)
		require.Equal(t, &pebble.Applied{Pushed: []string{s.path("reloaded")}, Reloaded: []string{"server"}}, applied)
		require.Equal(t, 1, s.starts(t))
		quiet(t, d, want)

		want = s.want("b", "2")
		applied = apply(t, c, want)
		require.Equal(t, &pebble.Applied{
			Pushed:     []string{s.path("restarted")},
			LayerAdded: true,
			Restarted:  []string{"server"},
		}, applied)
		require.Equal(t, 2, s.starts(t))
		loaded, err = s.loaded(t.Context())
		require.NoError(t, err)
		require.Equal(t, "b2", loaded)
		quiet(t, d, want)

		// The file is right again, but the process has loaded another one.
		require.NoError(t, os.WriteFile(s.path("reloaded"), []byte("c"), 0o644))
		require.NoError(t, c.Signal(t.Context(), "SIGHUP", "server"))
		require.Eventually(t, func() bool { got, _ := s.loaded(t.Context()); return got == "c2" }, wait, poll)
		require.NoError(t, os.WriteFile(s.path("reloaded"), []byte("b"), 0o644))
		applied = apply(t, c, want)
		require.Equal(t, &pebble.Applied{Reloaded: []string{"server"}}, applied)
	})
}

func TestApplyThatFailsValidationTouchesNothing(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		c := d.Container("app")
		s := newServer(t)
		// Like nginx -t, the check follows the include of the first file to the second one.
		validated := func(main, included string) pebble.Want {
			want := s.want("include "+s.path("restarted")+"; # "+main, included)
			want.Reloads[0].Validate = func(staged func(string) string) pebble.Command {
				require.Equal(t, "/other", staged("/other"))
				return pebble.Command{Args: sh(`
					included=$(sed -n 's/^include \(.*\);.*/\1/p' ` + staged(s.path("reloaded")) + `)
					grep -q good "$included" || { echo "$included is bad" >&2; exit 1; }`)}
			}
			return want
		}
		want := validated("1", "good")
		apply(t, c, want)
		plan, err := c.Plan(t.Context())
		require.NoError(t, err)

		worse := validated("2", "bad")
		worse.Layer.Services["server"].Environment = map[string]string{"NEW": "1"}
		applied, err := c.Apply(t.Context(), worse)
		var refused *pebble.ValidationError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "server", refused.Service)
		require.Equal(t, s.path(".restarted.charmkit-staged")+" is bad", refused.Output)
		var exit *pebble.ExecError
		require.ErrorAs(t, err, &exit)
		require.False(t, applied.Changed())
		now, err := c.Plan(t.Context())
		require.NoError(t, err)
		require.Equal(t, plan, now)
		require.Equal(t, 1, s.starts(t))
		entries, err := os.ReadDir(s.dir)
		require.NoError(t, err)
		require.Len(t, entries, 4, "no copies are left")
		quiet(t, d, want)

		better := validated("2", "good, too")
		apply(t, c, better)
		data, err := os.ReadFile(s.path("reloaded"))
		require.NoError(t, err)
		require.Equal(t, better.Files[0].Content, data, "the file itself names the other one as it was written")
		quiet(t, d, better)
	})
}

func TestApplyReloadErrors(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		c := d.Container("app")
		s := newServer(t)
		apply(t, c, s.want("a", "1"))

		var failed *pebble.ReloadError
		want := s.want("b", "1")
		want.Reloads[0].Signal, want.Reloads[0].Command = "", &pebble.Command{Args: sh("echo cannot >&2; exit 1")}
		_, err := c.Apply(t.Context(), want)
		require.ErrorAs(t, err, &failed)
		require.ErrorContains(t, err, `cannot reload service "server"`)
		var exit *pebble.ExecError
		require.ErrorAs(t, err, &exit)

		// The command works, but the process does not follow.
		want.Reloads[0].Command = &pebble.Command{Args: []string{"true"}}
		want.Reloads[0].Timeout = 2 * time.Second
		_, err = c.Apply(t.Context(), want)
		require.ErrorAs(t, err, &failed)
		require.Equal(t, &pebble.ReloadError{Service: "server", Want: "b1", Got: "a1"}, failed)

		// It cannot be asked.
		want.Reloads[0].Loaded = func(context.Context) (string, error) { return "", os.ErrDeadlineExceeded }
		_, err = c.Apply(t.Context(), want)
		require.ErrorAs(t, err, &failed)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)

		// The file is right all the time; still the next one reloads.
		require.Equal(t, &pebble.Applied{Reloaded: []string{"server"}}, apply(t, c, s.want("b", "1")))

		// A service that does not run cannot load anything, and will when it starts.
		require.NoError(t, c.Stop(t.Context(), "server"))
		disabled := s.want("c", "1")
		disabled.Layer.Services["server"].Startup = pebble.StartupDisabled
		require.Equal(t, []string{s.path("reloaded")}, apply(t, c, disabled).Pushed)
		quiet(t, d, disabled)
	})
}

func TestApplyAfterARestartOfPebble(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		c := d.Container("app")
		s := newServer(t)
		want := s.want("a", "1")
		apply(t, c, want)
		d.Restart()
		require.Equal(t, &pebble.Applied{LayerAdded: true, Started: []string{"server"}}, apply(t, c, want))
		require.Equal(t, 2, s.starts(t))
		quiet(t, d, want)
	})
}

func TestApplyNeedsANewerPebble(t *testing.T) {
	t.Parallel()
	proxy := start(t, "1.19.2").Proxy(t)
	want := services(map[string]*pebble.Service{"s": {Command: "sleep 1", Workload: "w"}})
	want.Files = []pebble.File{{Path: filepath.Join(t.TempDir(), "f")}}
	_, err := proxy.Container("app").Apply(t.Context(), want)
	var unsupported *pebble.NotSupportedError
	require.ErrorAs(t, err, &unsupported)
	require.ErrorContains(t, err, `workload of service "s" needs Pebble 1.22.2, this is 1.19.2`)
	require.Empty(t, proxy.Writes())
}

func TestApplyReportsAllThatIsWrong(t *testing.T) {
	t.Parallel()
	want := pebble.Want{
		Layer: pebble.Layer{Services: map[string]*pebble.Service{"s": sleeper(), "charmkit-charm": sleeper()}},
		Files: []pebble.File{
			{Path: "relative"},
			{Path: "/a/../b"},
			{Path: "/c", Mode: os.ModeSetuid | 0o755, Restarts: []string{"x"}, Reloads: []string{"s"}},
			{Path: "/c", Owner: pebble.Owner{Group: "g"}},
		},
		Reloads: []pebble.Reload{
			{Service: "y", Signal: "SIGHUP", Command: &pebble.Command{}},
			{Service: "y", Loaded: func(context.Context) (string, error) { return "", nil }},
		},
	}
	_, err := pebble.NewContainer("app", "/no/such.socket").Apply(t.Context(), want)
	var invalid *pebble.PlanError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, []string{
		`service name "charmkit-charm" is reserved`,
		`reload names service "y", which the layer does not have`,
		`reload of service "y" has both a command and a signal`,
		`reload names service "y", which the layer does not have`,
		`service "y" has more than one reload`,
		`reload of service "y" asks for the generation but names none`,
		`file "relative" must have an absolute path without . and ..`,
		`file "/a/../b" must have an absolute path without . and ..`,
		`file /c has mode urwxr-xr-x; only permissions can be set`,
		`file /c restarts service "x", which the layer does not have`,
		`file /c reloads service "s", which has no reload`,
		`file /c is there twice`,
		`file /c has a group but no user`,
	}, invalid.Problems)

	// What Pebble alone can find is reported by it, before any service is touched.
	_, err = start(t, "1.19.2").Container("app").Apply(t.Context(), services(map[string]*pebble.Service{
		"s": {Command: "sleep 1", Requires: []string{"unknown"}},
	}))
	require.ErrorAs(t, err, &invalid)
}

func TestApplyPushesOddNames(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		dir := t.TempDir()
		var want pebble.Want
		for _, name := range []string{"a[b]", "a b", "c?", `d\e`, "ä.conf"} {
			want.Files = append(want.Files, pebble.File{Path: filepath.Join(dir, name), Content: []byte(name)})
		}
		require.Len(t, apply(t, d.Container("app"), want).Pushed, len(want.Files))
		quiet(t, d, want)
	})
}
