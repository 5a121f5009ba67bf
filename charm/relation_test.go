package charm_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
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
	require.Equal(t, charmtest.Blocked("integrate database"), out.State.Status)

	one := charmtest.Relation{Endpoint: "database", ID: 3, RemoteApp: "pg"}
	out = succeed(t, c, charmtest.State{Relations: []charmtest.Relation{one}}, charmtest.UpdateStatus())
	require.Equal(t, charmtest.Active("database:3"), out.State.Status)
	require.Equal(t, []string{"relation-ids", "status-get", "status-set"}, out.Calls.Tools())

	unlimited := reconciling(func(ctx context.Context, b *charm.Base, _ *charm.Status) error {
		_, err := b.Requires("cache").Relation(ctx)
		return err
	})
	two := charmtest.State{Relations: []charmtest.Relation{{Endpoint: "cache", RemoteApp: "redis"}, {Endpoint: "cache", RemoteApp: "valkey"}}}
	out = charmtest.Run(t, unlimited, two, charmtest.UpdateStatus())
	require.ErrorContains(t, out.Err, `cannot choose among 2 relations on endpoint "cache": declare it with "limit: 1"`)
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
	out := succeed(t, c, state, charmtest.RelationBroken("website").In(7))
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
	require.Equal(t, charmtest.Active("10.1.0.5"), out.State.Status)
}

func TestRelationsByTheirID(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		website, cluster := b.Provides("website"), b.Peers("cluster")
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			relation, err := website.Lookup(ctx, "website:7")
			require.NoError(t, err)
			require.Equal(t, 7, relation.Number())
			require.False(t, relation.IsPeer())
			active, err := relation.Active(ctx)
			require.NoError(t, err)
			require.True(t, active)
			peers, err := cluster.Lookup(ctx, "cluster:9")
			require.NoError(t, err)
			require.True(t, peers.IsPeer())
			_, err = website.Lookup(ctx, "website:99")
			require.Equal(t, &charm.AbsentError{Endpoint: "website"}, err)
			return nil
		})
		website.OnBroken(func(ctx context.Context, e *charm.RelationBrokenEvent) error {
			active, err := e.Relation.Active(ctx)
			require.NoError(t, err)
			require.False(t, active)
			_, err = website.Lookup(ctx, e.Relation.ID())
			require.ErrorIs(t, err, charm.ErrAbsent)
			return nil
		})
	})
	state := related(charmtest.Relation{})
	state.Relations = append(state.Relations, charmtest.Relation{Endpoint: "cluster", ID: 9})
	require.Equal(t, []string{"relation-ids", "relation-ids"}, succeed(t, c, state, charmtest.Start()).Calls.Tools())
	succeed(t, c, state, charmtest.RelationBroken("website"))
}

func TestRemoteModel(t *testing.T) {
	t.Parallel()
	c := withRelation(func(ctx context.Context, r *charm.Relation) error {
		for range 2 {
			uuid, err := r.RemoteModel(ctx)
			require.NoError(t, err)
			require.Regexp(t, `^[0-9a-f-]{36}$`, uuid)
		}
		return nil
	})
	out := succeed(t, c, related(charmtest.Relation{}), charmtest.ConfigChanged())
	require.Equal(t, []string{"relation-ids", "relation-model-get"}, out.Calls.Tools())
}

func TestTooManyRelations(t *testing.T) {
	t.Parallel()
	c := withRelation(func(context.Context, *charm.Relation) error { return nil })
	state := related(charmtest.Relation{})
	state.Relations = append(state.Relations, charmtest.Relation{Endpoint: "website", ID: 8})
	out := charmtest.Run(t, c, state, charmtest.ConfigChanged())
	var tooMany *charm.TooManyRelationsError
	require.ErrorAs(t, out.Err, &tooMany)
	require.Equal(t, charm.TooManyRelationsError{Endpoint: "website", Count: 2}, *tooMany)
}

// The event of a relation can be all that is left of it: Juju then refuses to
// tell of it, in one of two ways.
func TestARelationThatIsGoneReadsAsAbsent(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]hooktool.Result{
		"not found":      {Code: 2, Stderr: []byte(`ERROR invalid value "website:7" for option -r: relation not found`)},
		"not permission": {Code: 1, Stderr: []byte("ERROR permission denied")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var handled bool
			_, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
				b.Provides("website").OnChanged(func(ctx context.Context, e *charm.RelationChangedEvent) error {
					handled = true
					for _, bag := range []*charm.Databag{e.Relation.RemoteApp(), e.Relation.RemoteUnit(e.Unit), e.Relation.LocalUnit()} {
						content, err := bag.Get(ctx)
						require.NoError(t, err)
						require.Empty(t, content)
						_, err = charm.Read[site](ctx, bag)
						require.ErrorIs(t, err, charm.ErrAbsent)
					}
					if name == "not found" {
						bags, err := e.Relation.RemoteUnits(ctx)
						require.NoError(t, err)
						require.Empty(t, bags)
					}
					return nil
				})
				return b, nil
			}, charm.Options{
				Getenv: environment("JUJU_DISPATCH_PATH", "hooks/website-relation-changed", "JUJU_UNIT_NAME", "wiki/0",
					"JUJU_RELATION_ID", "website:7", "JUJU_REMOTE_APP", "proxy", "JUJU_REMOTE_UNIT", "proxy/0"),
				Files: fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
				Transport: hooktool.Func(func(_ context.Context, call hooktool.Call) (hooktool.Result, error) {
					if call.Tool == "relation-ids" {
						return hooktool.Result{Stdout: []byte("[]")}, nil
					}
					return refusal, nil
				}),
			})
			require.NoError(t, err)
			require.True(t, handled)
		})
	}
}

// The same refusal of a relation that is there is a mistake of the charm's.
func TestWhatIsNotForThisUnitIsAnError(t *testing.T) {
	t.Parallel()
	c := withRelation(func(ctx context.Context, r *charm.Relation) error {
		_, err := r.RemoteUnit("stranger/0").Get(ctx)
		require.ErrorIs(t, err, charm.ErrPermission)
		_, err = r.LocalApp().Get(ctx)
		require.ErrorIs(t, err, charm.ErrNotLeader)
		require.EqualError(t, err, "cannot read the databag of application wiki: this unit is not the leader")
		return nil
	})
	state := related(charmtest.Relation{})
	state.Leader = false
	succeed(t, c, state, charmtest.ConfigChanged())
}

func TestADepartingUnitsDatabagCanBeRead(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		b.Provides("website").OnDeparted(func(ctx context.Context, e *charm.RelationDepartedEvent) error {
			got, err := charm.Read[site](ctx, e.Relation.RemoteUnit(e.Unit))
			require.Equal(t, "gone", got.Host)
			return err
		})
	})
	succeed(t, c, related(charmtest.Relation{RemoteUnits: map[string]map[string]string{"proxy/0": {"host": "gone"}}}),
		charmtest.RelationDeparted("website", "proxy/0"))
}
