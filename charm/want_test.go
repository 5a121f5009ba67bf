package charm_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// exporter is a component that wants a service beside the charm's own.
func exporter(b *charm.Base, app *charm.Container, service string) {
	b = b.Component("exporter")
	config := charm.Config[wikiOptions](b)
	b.Want(app, "exporter", func(ctx context.Context) (*pebble.Want, error) {
		options, err := config.Get(ctx)
		if err != nil || options.LogLevel == "debug" {
			return nil, err
		}
		return &pebble.Want{Layer: pebble.Layer{Services: map[string]*pebble.Service{
			service: {Command: pebble.CommandLine("/bin/sleep", "600"), Startup: pebble.StartupEnabled},
		}}}, nil
	})
}

func TestAComponentWantsALayerOfItsOwn(t *testing.T) {
	t.Parallel()
	d := pebbletest.Start(t, pebbletest.Options{})
	c := wiki(func(b *charm.Base) {
		app := b.Container("app")
		exporter(b, app, "exporter")
		b.Want(app, "app", func(context.Context) (*pebble.Want, error) {
			return &pebble.Want{Layer: pebble.Layer{Services: map[string]*pebble.Service{
				"app": {Command: pebble.CommandLine("/bin/sleep", "600"), Startup: pebble.StartupEnabled},
			}}}, nil
		})
	})
	running := func() (names []string) {
		services, err := d.Container("app").Services(t.Context())
		require.NoError(t, err)
		for _, s := range services {
			if s.Status == pebble.StatusActive {
				names = append(names, s.Name)
			}
		}
		return names
	}
	state := charmtest.State{Containers: map[string]charmtest.Container{"app": {Socket: d.Socket}}}
	out := succeed(t, c, state, charmtest.PebbleReady("app"))
	require.Equal(t, charmtest.Active(""), out.State.Status)
	require.ElementsMatch(t, []string{"app", "exporter"}, running())

	state.Config = map[string]any{"log-level": "loud"}
	out = succeed(t, c, state, charmtest.ConfigChanged())
	require.Equal(t, "blocked", out.State.Status.Status)
	require.ElementsMatch(t, []string{"app", "exporter"}, running(), "nothing is changed while it cannot tell")

	state.Config = map[string]any{"log-level": "debug"}
	succeed(t, c, state, charmtest.ConfigChanged())
	require.Equal(t, []string{"app"}, running())

	out = succeed(t, c, charmtest.State{}, charmtest.ConfigChanged())
	require.Equal(t, charmtest.Waiting("waiting for container app"), out.State.Status)
}

func TestTwoPartsCannotWantTheSameLayer(t *testing.T) {
	t.Parallel()
	require.PanicsWithValue(t, `charm: what is wanted in a container "app/exporter" is registered twice`, func() {
		_, _ = charm.Events(func(b *charm.Base) (*charm.Base, error) {
			exporter(b, b.Container("app"), "one")
			exporter(b, b.Container("app"), "two")
			return b, nil
		})
	})
}
