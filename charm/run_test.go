package charm_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
)

// environment is the environment of a hook, as names and values.
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// closing is a transport that notes that it was closed.
type closing struct {
	hooktool.Transport
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

var silent = hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
	return hooktool.Result{Stdout: []byte("{}")}, nil
})

func doNothing(b *charm.Base) (*charm.Base, error) { return b, nil }

func TestRunWithoutJuju(t *testing.T) {
	t.Parallel()
	transport := &closing{Transport: silent}
	_, err := charm.Run(t.Context(), func(*charm.Base) (*charm.Base, error) { panic("constructed") }, charm.Options{
		Getenv: environment(), Transport: transport,
	})
	require.ErrorIs(t, err, charm.ErrNotUnderJuju)
	require.True(t, transport.closed)
}

func TestRunOfWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, value, want string }{
		{"JUJU_DISPATCH_PATH", "start", `cannot tell the event: JUJU_DISPATCH_PATH is "start", not hooks/NAME or actions/NAME`},
		{"JUJU_DISPATCH_PATH", "hooks/", `cannot tell the event: JUJU_DISPATCH_PATH is "hooks/", not hooks/NAME or actions/NAME`},
		{"JUJU_DISPATCH_PATH", "tools/start", `cannot tell the event: JUJU_DISPATCH_PATH is "tools/start", not hooks/NAME or actions/NAME`},
		{"JUJU_SECRET_REVISION", "x", `cannot tell the event: JUJU_SECRET_REVISION is "x", not a number`},
	} {
		_, err := charm.Run(t.Context(), doNothing, charm.Options{
			Getenv: environment(test.name, test.value, "JUJU_DISPATCH_PATH", "hooks/secret-remove"), Transport: silent,
		})
		require.EqualError(t, err, test.want)
	}
}

func TestRunOfACharmThatCannotBeMade(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	transport := &closing{Transport: silent}
	_, err := charm.Run(t.Context(), func(*charm.Base) (*charm.Base, error) { return nil, broken }, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/start"), Transport: transport,
	})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "cannot construct the charm: ")
	require.True(t, transport.closed)
}

func TestRunReadsTheCharmDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte(metadataYAML), 0o644))
	transport := &closing{Transport: silent}
	b, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		require.Equal(t, "/charm/containers/app/pebble.socket", b.Container("app").Socket())
		return b, nil
	}, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_CHARM_DIR", dir,
			"JUJU_UNIT_NAME", "wiki/3", "JUJU_MODEL_NAME", "prod"),
		Transport: transport,
	})
	require.NoError(t, err)
	require.Equal(t, []string{"wiki/3", "wiki", "prod"}, []string{b.Unit(), b.App(), b.Model()})
	require.True(t, transport.closed)
}

func TestRunOfAnActionThatTheCharmDoesNotHave(t *testing.T) {
	t.Parallel()
	_, err := charm.Run(t.Context(), doNothing, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "actions/dance"), Transport: silent,
		Files: fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
	})
	require.EqualError(t, err, `cannot run action "dance": the charm does not handle it`)
}

func TestACancelledContextFailsTheHook(t *testing.T) {
	t.Parallel()
	stopped := errors.New("the agent stops")
	ctx, cancel := context.WithCancelCause(t.Context())
	var reconciled bool
	_, err := charm.Run(ctx, func(b *charm.Base) (*charm.Base, error) {
		b.On.Start(func(context.Context, *charm.StartEvent) error {
			cancel(stopped)
			return nil
		})
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			reconciled = true
			_, err := b.IsLeader(ctx)
			return err
		})
		return b, nil
	}, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_UNIT_NAME", "wiki/0"),
		Files:  fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
		Transport: hooktool.Func(func(ctx context.Context, _ hooktool.Call) (hooktool.Result, error) {
			return hooktool.Result{Stdout: []byte("true")}, context.Cause(ctx)
		}),
	})
	require.ErrorIs(t, err, stopped)
	require.True(t, reconciled)
}

func TestAHookThatFindsNothingToDoMakesFewCalls(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		config := charm.Config[struct {
			Level string `charm:"log-level"`
		}](b)
		database := b.Requires("database")
		b.Provides("website").OnChanged(func(context.Context, *charm.RelationChangedEvent) error { return nil })
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			_, configErr := config.Get(ctx)
			_, err := database.Relation(ctx)
			return errors.Join(configErr, err)
		})
	})
	first := succeed(t, c, charmtest.State{}, charmtest.UpdateStatus())
	again := succeed(t, c, first.State, charmtest.UpdateStatus())
	require.Equal(t, []string{"config-get", "relation-ids", "status-get"}, again.Calls.Tools())
}

func TestLeadershipIsAskedOnce(t *testing.T) {
	t.Parallel()
	for _, leader := range []bool{true, false} {
		c := handling(func(ctx context.Context, b *charm.Base) error {
			for range 3 {
				is, err := b.IsLeader(ctx)
				require.NoError(t, err)
				require.Equal(t, leader, is)
			}
			return nil
		})
		out := succeed(t, c, charmtest.State{Leader: leader}, charmtest.ConfigChanged())
		require.Equal(t, []string{"is-leader"}, out.Calls.Tools())
	}
}

func TestPortsAndVersion(t *testing.T) {
	t.Parallel()
	c := handling(func(ctx context.Context, b *charm.Base) error {
		return errors.Join(b.SetPorts(ctx, charm.TCP(8080), charm.UDP(53)), b.SetWorkloadVersion(ctx, "-1.2"))
	})
	out := succeed(t, c, charmtest.State{Ports: []string{"8080/tcp", "22/tcp"}}, charmtest.ConfigChanged())
	require.Equal(t, []string{"opened-ports", "close-port", "open-port", "application-version-set"}, out.Calls.Tools())
	require.ElementsMatch(t, []string{"8080/tcp", "53/udp"}, out.State.Ports)
	require.Equal(t, "-1.2", out.State.WorkloadVersion)

	again := succeed(t, c, out.State, charmtest.ConfigChanged())
	require.Equal(t, []string{"opened-ports", "application-version-set"}, again.Calls.Tools())
}

// FuzzEnvironment holds Run to an event or an error, whatever the environment.
func FuzzEnvironment(f *testing.F) {
	f.Add("hooks/website-relation-changed", "website", "website:7", "proxy", "proxy/0", "")
	f.Add("hooks/app-pebble-ready", "", "", "", "", "")
	f.Add("hooks/secret-expired", "", "", "", "", "3")
	f.Add("hooks/-relation-broken", "", "", "", "", "-1")
	f.Add("actions/backup", "", "", "", "", "99999999999999999999")
	f.Add("", "x", "", "", "", "")
	files := fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}}
	f.Fuzz(func(t *testing.T, path, relation, id, app, unit, revision string) {
		var got seen
		_, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
			observeAll(b, &got)
			return b, nil
		}, charm.Options{
			Getenv: environment("JUJU_DISPATCH_PATH", path, "JUJU_RELATION", relation, "JUJU_RELATION_ID", id,
				"JUJU_REMOTE_APP", app, "JUJU_REMOTE_UNIT", unit, "JUJU_SECRET_REVISION", revision),
			Transport: silent,
			Files:     files,
		})
		if err != nil {
			require.Empty(t, got)
			require.ErrorContains(t, err, "cannot ")
		}
		require.LessOrEqual(t, len(got), 1)
	})
}
