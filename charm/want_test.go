package charm_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/pebble"
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
			service: {Command: "sleep 600", Startup: pebble.StartupEnabled},
		}}}, nil
	})
}

func TestAComponentWantsALayerOfItsOwn(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		app := b.Container("app")
		exporter(b, app, "exporter")
		b.Want(app, "app", func(context.Context) (*pebble.Want, error) {
			return &pebble.Want{Layer: pebble.Layer{Services: map[string]*pebble.Service{
				"app": {Command: "sleep 600", Startup: pebble.StartupEnabled},
			}}}, nil
		})
	})
	running := func(s charmtest.State) (names []string) {
		for name, service := range s.Containers["app"].Pebble.Services {
			if service.Status == pebble.StatusActive {
				names = append(names, name)
			}
		}
		return names
	}
	out := succeed(t, c, charmtest.State{Containers: map[string]charmtest.Container{"app": {}}}, charmtest.PebbleReady("app"))
	require.Equal(t, charmtest.Active(""), out.State.Status)
	require.ElementsMatch(t, []string{"app", "exporter"}, running(out.State))

	out.State.Config = map[string]any{"log-level": "loud"}
	out = succeed(t, c, out.State, charmtest.ConfigChanged())
	require.Equal(t, "blocked", out.State.Status.Status)
	require.ElementsMatch(t, []string{"app", "exporter"}, running(out.State), "nothing is changed while it cannot tell")

	out.State.Config = map[string]any{"log-level": "debug"}
	out = succeed(t, c, out.State, charmtest.ConfigChanged())
	require.Equal(t, []string{"app"}, running(out.State))

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
