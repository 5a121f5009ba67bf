package charm_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

func TestRelationOfALimitedEndpoint(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		database := b.Requires("database")
		require.Equal(t, "database", database.Name())
		require.Same(t, database, b.Requires("database"))
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			relation, err := database.Relation(ctx)
			if err != nil {
				return err
			}
			again, err := database.Relation(ctx)
			require.Same(t, relation, again)
			st.Active(relation.ID())
			return err
		})
	})
	out := succeed(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.Equal(t, status("blocked", "integrate database"), out.State.Status)

	one := charmtest.Relation{Endpoint: "database", ID: 3, RemoteApp: "pg"}
	out = succeed(t, c, charmtest.State{Relations: []charmtest.Relation{one}}, charmtest.UpdateStatus())
	require.Equal(t, status("active", "database:3"), out.State.Status)
	require.Equal(t, []string{"relation-ids", "status-get", "status-set"}, tools(out.Calls))

	two := charmtest.Relation{Endpoint: "database", ID: 4, RemoteApp: "pg2"}
	out = charmtest.Run(t, c, charmtest.State{Relations: []charmtest.Relation{one, two}}, charmtest.UpdateStatus())
	require.EqualError(t, out.Err, `cannot choose among 2 relations on endpoint "database": declare it with "limit: 1"`)
}

func TestABrokenRelationIsNotListedButCanBeRead(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		website := b.Provides("website")
		website.OnBroken(func(ctx context.Context, e *charm.RelationBrokenEvent) error {
			relations, err := website.Relations(ctx)
			require.NoError(t, err)
			require.Len(t, relations, 1)
			require.Equal(t, "website:8", relations[0].ID())
			units, err := e.Relation.Units(ctx)
			require.NoError(t, err)
			require.Empty(t, units)
			theirs, err := e.Relation.RemoteApp().Get(ctx)
			require.NoError(t, err)
			require.Equal(t, map[string]string{"host": "gone"}, theirs)
			ours, err := e.Relation.LocalUnit().Get(ctx)
			require.Equal(t, map[string]string{"host": "ours"}, ours)
			return err
		})
	})
	state := charmtest.State{Relations: []charmtest.Relation{
		{
			Endpoint: "website", ID: 7, RemoteApp: "proxy", RemoteUnits: map[string]map[string]string{"proxy/0": {}},
			RemoteAppData: map[string]string{"host": "gone"}, LocalUnitData: map[string]string{"host": "ours"},
		},
		{Endpoint: "website", ID: 8, RemoteApp: "other"},
	}}
	out := succeed(t, c, state, charmtest.RelationBroken("website"))
	require.Len(t, out.State.Relations, 1, "it is gone after the event")
	require.Equal(t, 8, out.State.Relations[0].ID)
}

func TestADepartingUnitIsNoMember(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		b.Provides("website").OnDeparted(func(ctx context.Context, e *charm.RelationDepartedEvent) error {
			units, err := e.Relation.Units(ctx)
			require.Equal(t, []string{"proxy/1"}, units)
			return err
		})
	})
	out := succeed(t, c, related(charmtest.Relation{RemoteUnits: map[string]map[string]string{
		"proxy/0": {}, "proxy/1": {},
	}}), charmtest.RelationDeparted("website", "proxy/0"))
	require.Equal(t, map[string]map[string]string{"proxy/1": {}}, out.State.Relations[0].RemoteUnits)
}

func TestRelationThatJujuDoesNotKnow(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			_, err := b.Tools().RelationUnits(ctx, "website:99")
			return err
		})
	})
	out := charmtest.Run(t, c, charmtest.State{}, charmtest.Start())
	require.ErrorIs(t, out.Err, charm.ErrRelationGone)
}

func TestBindAddress(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		website := b.Provides("website")
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			address, err := website.BindAddress(ctx)
			st.Active(address.String())
			return err
		})
	})
	out := succeed(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.Equal(t, status("active", "10.1.0.5"), out.State.Status)
}
