package webapp_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/webapp"
)

// charmFiles declare what an Operator needs.
func charmFiles() fstest.MapFS {
	return fstest.MapFS{
		"metadata.yaml": {Data: []byte(metadataYAML)},
		"config.yaml":   {Data: []byte(configYAML)},
	}
}

// operated is a charm that is an Operator and nothing else.
func operated(options webapp.Options) charmtest.Charm[*webapp.Operator] {
	if options.Workload == nil {
		options.Workload = func(context.Context) (*webapp.Workload, error) { return &webapp.Workload{}, nil }
	}
	return charmtest.New(func(b *charm.Base) (*webapp.Operator, error) { return webapp.New(b, options), nil }, charmFiles())
}

// Charms of earlier versions may have opened others.
func TestPortsAreOpened(t *testing.T) {
	t.Parallel()
	earlier := charmtest.State{Ports: []string{"9/tcp"}}
	for _, event := range []charmtest.Event{charmtest.Install(), charmtest.UpgradeCharm()} {
		out := charmtest.Run(t, operated(webapp.Options{}), earlier, event)
		require.NoError(t, out.Err)
		require.Equal(t, []string{"8080/tcp"}, out.State.Ports)
		require.Equal(t, "app", out.Charm.App().Name())
		require.Equal(t, "nginx", out.Charm.NGINX().Name())
	}
	out := charmtest.Run(t, operated(webapp.Options{}), earlier, charmtest.ConfigChanged())
	require.NoError(t, out.Err)
	require.Equal(t, earlier.Ports, out.State.Ports)
}

// A part of the charm that NGINX's configuration cannot have is told, beside
// what else is missing.
func TestOptionsThatCannotBeRendered(t *testing.T) {
	t.Parallel()
	out := charmtest.Run(t, operated(webapp.Options{
		Static:   []webapp.Static{{Prefix: "no slash", Dir: "/srv"}},
		Workload: func(context.Context) (*webapp.Workload, error) { return nil, charm.Waiting("waiting for credentials") },
	}), charmtest.State{}, charmtest.ConfigChanged())
	require.NoError(t, out.Err)
	require.Equal(t, "blocked", out.State.Status.Status)
	require.Contains(t, out.State.Status.Message, "no slash")
	require.Contains(t, out.State.Status.Message, "waiting for credentials; waiting for container app")
}

// What makes the workload may fail: so does the hook.
func TestWorkloadThatCannotBeMade(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	out := charmtest.Run(t, operated(webapp.Options{
		Workload: func(context.Context) (*webapp.Workload, error) { return nil, broken },
	}), charmtest.State{}, charmtest.Start())
	require.ErrorIs(t, out.Err, broken)
}
