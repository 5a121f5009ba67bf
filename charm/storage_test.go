package charm_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

// storing is a charm whose start is this function.
func storing(f func(context.Context, *charm.Storage)) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		data := b.Storage("data")
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			f(ctx, data)
			return nil
		})
	})
}

func TestInstancesOfAStorage(t *testing.T) {
	t.Parallel()
	first := charmtest.Storage{ID: "data/0", Location: "/srv/0"}
	second := charmtest.Storage{ID: "data/1"}
	pending := charmtest.Storage{ID: "data/2", Pending: true}
	all := storing(func(ctx context.Context, data *charm.Storage) {
		got, err := data.Instances(ctx)
		require.NoError(t, err)
		require.Equal(t, []charm.StorageInstance{
			{ID: "data/0", Kind: "filesystem", Location: "/srv/0"}, {ID: "data/1", Kind: "filesystem", Location: "/var/lib/juju/storage/data/1"},
		}, got)
		_, err = data.Instance(ctx)
		require.EqualError(t, err, `cannot choose among 2 instances of storage "data"`)
	})
	succeed(t, all, charmtest.State{Storage: []charmtest.Storage{first, second, pending}}, charmtest.Start())

	one := storing(func(ctx context.Context, data *charm.Storage) {
		got, err := data.Instance(ctx)
		require.NoError(t, err)
		require.Equal(t, "/srv/0", got.Location)
	})
	succeed(t, one, charmtest.State{Storage: []charmtest.Storage{first, pending}}, charmtest.Start())

	none := storing(func(ctx context.Context, data *charm.Storage) {
		_, err := data.Instance(ctx)
		require.ErrorIs(t, err, charm.ErrAbsent)
		require.EqualError(t, err, "waiting for storage data")
	})
	succeed(t, none, charmtest.State{Storage: []charmtest.Storage{pending}}, charmtest.Start())
	succeed(t, none, charmtest.State{}, charmtest.Start())
}

func TestMoreStorageIsRequested(t *testing.T) {
	t.Parallel()
	c := storing(func(ctx context.Context, data *charm.Storage) { require.NoError(t, data.Request(ctx, 2)) })
	out := succeed(t, c, charmtest.State{}, charmtest.Start())
	require.Len(t, out.State.Storage, 2)
	require.True(t, out.State.Storage[0].Pending)
}
