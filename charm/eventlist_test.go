package charm_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
)

func TestEventsAreThoseWithHandlers(t *testing.T) {
	t.Parallel()
	events, err := charm.Events(func(b *charm.Base) (*charm.Base, error) {
		b.On.Start(func(context.Context, *charm.StartEvent) error { return nil })
		b.On.Start(func(context.Context, *charm.StartEvent) error { return nil })
		b.Provides("web").OnBroken(func(context.Context, *charm.RelationBrokenEvent) error { return nil })
		b.Container("app").OnPebbleReady(func(context.Context, *charm.PebbleReadyEvent) error { return nil })
		charm.OnAction(b, "greet", func(context.Context, charm.None) (charm.None, error) { return charm.None{}, nil })
		b.Reconcile(func(context.Context, *charm.Status) error { return nil })
		return b, nil
	})
	require.NoError(t, err)
	require.Equal(t, []string{"app-pebble-ready", "start", "web-relation-broken"}, events)
}

func TestEventsOfACharmThatCannotBeMade(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	_, err := charm.Events(func(*charm.Base) (*charm.Base, error) { return nil, broken })
	require.ErrorIs(t, err, broken)
}
