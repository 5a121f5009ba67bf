package charm_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

type site struct {
	Host string `charm:"host"`
	Port int    `charm:"port"`
}

// related is a unit with one relation on website, to the application proxy.
func related(r charmtest.Relation) charmtest.State {
	r.Endpoint, r.ID, r.RemoteApp = "website", 7, "proxy"
	return charmtest.State{Leader: true, Relations: []charmtest.Relation{r}}
}

// withRelation is a charm that handles config-changed with its one relation on
// website.
func withRelation(f func(context.Context, *charm.Relation) error) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		website := b.Provides("website")
		b.On.ConfigChanged(func(ctx context.Context, _ *charm.ConfigChangedEvent) error {
			relation, err := website.Relation(ctx)
			return errors.Join(err, f(ctx, relation))
		})
	})
}

func TestDatabagsAreReadOnce(t *testing.T) {
	t.Parallel()
	c := withRelation(func(ctx context.Context, r *charm.Relation) error {
		for range 2 {
			app, err := r.RemoteApp().Get(ctx)
			require.NoError(t, err)
			require.Equal(t, map[string]string{"host": "h"}, app)
			app["host"] = "changed by the caller"
			unit, err := r.RemoteUnit("proxy/1").Get(ctx)
			require.NoError(t, err)
			require.Equal(t, map[string]string{"port": "1"}, unit)
			own, err := r.LocalUnit().Get(ctx)
			require.NoError(t, err)
			require.Equal(t, map[string]string{"a": "b"}, own)
		}
		return nil
	})
	out := succeed(t, c, related(charmtest.Relation{
		RemoteAppData: map[string]string{"host": "h"},
		RemoteUnits:   map[string]map[string]string{"proxy/1": {"port": "1"}},
		LocalUnitData: map[string]string{"a": "b"},
	}), charmtest.ConfigChanged())
	require.Equal(t, []string{"relation-ids", "relation-list", "relation-get", "relation-get", "relation-get"}, out.Calls.Tools())
}

func TestRemoteUnitsAreReadTogether(t *testing.T) {
	t.Parallel()
	c := withRelation(func(ctx context.Context, r *charm.Relation) error {
		_, err := r.RemoteUnit("proxy/1").Get(ctx)
		require.NoError(t, err)
		bags, err := r.RemoteUnits(ctx)
		require.NoError(t, err)
		var got []string
		for _, bag := range bags {
			owner, err := bag.Owner(ctx)
			require.NoError(t, err)
			s, err := charm.Read[site](ctx, bag)
			require.NoError(t, err)
			got = append(got, owner, s.Host)
		}
		require.Equal(t, []string{"proxy/0", "a", "proxy/1", "b", "proxy/2", "c"}, got)
		units, err := r.Units(ctx)
		require.Equal(t, []string{"proxy/0", "proxy/1", "proxy/2"}, units)
		return err
	})
	out := succeed(t, c, related(charmtest.Relation{RemoteUnits: map[string]map[string]string{
		"proxy/2": {"host": "c"}, "proxy/0": {"host": "a"}, "proxy/1": {"host": "b"},
	}}), charmtest.ConfigChanged())
	require.Equal(t, []string{"relation-ids", "relation-get", "relation-list", "relation-get", "relation-get"}, out.Calls.Tools())
}

func TestDatabagsAreWrittenByDifference(t *testing.T) {
	t.Parallel()
	write := func(s site) charmtest.Charm[*charm.Base] {
		return withRelation(func(ctx context.Context, r *charm.Relation) error {
			err := errors.Join(charm.Write(ctx, r.LocalApp(), s), charm.Write(ctx, r.LocalUnit(), &s))
			// What was written is there, and the same again is nothing.
			back, readErr := charm.Read[site](ctx, r.LocalApp())
			require.Equal(t, s, back)
			return errors.Join(err, readErr, charm.Write(ctx, r.LocalApp(), s))
		})
	}
	out := succeed(t, write(site{"h", 80}), related(charmtest.Relation{LocalAppData: map[string]string{"other": "stays"}}), charmtest.ConfigChanged())
	require.Equal(t, map[string]string{"host": "h", "port": "80", "other": "stays"}, out.State.Relations[0].LocalAppData)
	// Juju adds the unit's addresses.
	require.Subset(t, out.State.Relations[0].LocalUnitData, map[string]string{"host": "h", "port": "80"})

	out = succeed(t, write(site{"h", 80}), out.State, charmtest.ConfigChanged())
	require.NotContains(t, out.Calls.Tools(), "relation-set")

	out = succeed(t, write(site{"", 80}), out.State, charmtest.ConfigChanged())
	require.Equal(t, map[string]string{"port": "80", "other": "stays"}, out.State.Relations[0].LocalAppData)
	for _, call := range out.Calls {
		if call.Tool == "relation-set" {
			require.JSONEq(t, `{"host": ""}`, string(call.Stdin))
		}
	}
}

func TestAFailedHookWritesNothing(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is full")
	c := withRelation(func(ctx context.Context, r *charm.Relation) error {
		require.NoError(t, charm.Write(ctx, r.LocalUnit(), site{"h", 80}))
		return broken
	})
	out := charmtest.Run(t, c, related(charmtest.Relation{}), charmtest.ConfigChanged())
	require.ErrorIs(t, out.Err, broken)
	require.Empty(t, out.State.Relations[0].LocalUnitData)
}

func TestOnlyTheLeaderWritesTheApplicationsDatabag(t *testing.T) {
	t.Parallel()
	state := related(charmtest.Relation{})
	state.Leader = false
	c := withRelation(func(ctx context.Context, r *charm.Relation) error {
		err := charm.Write(ctx, r.LocalApp(), site{"h", 80})
		require.ErrorIs(t, err, charm.ErrNotLeader)
		require.EqualError(t, err, "cannot write the databag of application wiki: this unit is not the leader")
		return charm.Write(ctx, r.LocalUnit(), site{"h", 80})
	})
	out := succeed(t, c, state, charmtest.ConfigChanged())
	require.Equal(t, []string{"relation-ids", "is-leader", "relation-get", "relation-set"}, out.Calls.Tools())
	require.Empty(t, out.State.Relations[0].LocalAppData)
}

func TestRemoteDatabagsCannotBeWritten(t *testing.T) {
	t.Parallel()
	c := withRelation(func(ctx context.Context, r *charm.Relation) error {
		require.EqualError(t, charm.Write(ctx, r.RemoteApp(), site{}), "cannot write the databag of proxy: it is not this unit's")
		require.EqualError(t, charm.Write(ctx, r.RemoteUnit("proxy/0"), site{}), "cannot write the databag of proxy/0: it is not this unit's")
		return nil
	})
	out := succeed(t, c, related(charmtest.Relation{}), charmtest.ConfigChanged())
	require.Equal(t, []string{"relation-ids", "relation-list"}, out.Calls.Tools())
}

func TestReadTellsAbsentInvalidAndReadyApart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		data map[string]string
		want charmtest.Status
	}{
		"nothing published": {nil, charmtest.Waiting("waiting for proxy to publish on website")},
		"what does not fit": {
			map[string]string{"host": "h", "port": "s3cret"},
			charmtest.Blocked("invalid data on relation website:7: port is not a number"),
		},
		"keys of Juju and of others": {
			map[string]string{"port": "80", "ingress-address": "10.1.0.1", "egress-subnets": "10.1.0.1/32", "x": "y"},
			charmtest.Active(""),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := wiki(func(b *charm.Base) {
				website := b.Provides("website")
				b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
					relation, err := website.Relation(ctx)
					require.NoError(t, err)
					_, err = charm.Read[site](ctx, relation.RemoteApp())
					return err
				})
			})
			out := succeed(t, c, related(charmtest.Relation{RemoteAppData: test.data}), charmtest.UpdateStatus())
			require.Equal(t, test.want, out.State.Status)
		})
	}
}

func TestInAPeerRelationTheRemoteApplicationIsOnesOwn(t *testing.T) {
	t.Parallel()
	state := charmtest.State{Leader: true, Relations: []charmtest.Relation{{
		Endpoint: "cluster", LocalAppData: map[string]string{"host": "old"},
		RemoteUnits: map[string]map[string]string{"wiki/1": {"host": "peer"}},
	}}}
	c := wiki(func(b *charm.Base) {
		cluster := b.Peers("cluster")
		cluster.OnChanged(func(ctx context.Context, e *charm.RelationChangedEvent) error {
			before, err := charm.Read[site](ctx, e.Relation.RemoteApp())
			require.NoError(t, err)
			require.Equal(t, "old", before.Host)
			require.NoError(t, charm.Write(ctx, e.Relation.LocalApp(), site{Host: "new"}))
			after, err := charm.Read[site](ctx, e.Relation.RemoteApp())
			require.Equal(t, "new", after.Host)
			return err
		})
	})
	out := succeed(t, c, state, charmtest.RelationChanged("cluster", "wiki/1"))
	require.Equal(t, "new", out.State.Relations[0].LocalAppData["host"])

	state.Leader = false
	follower := wiki(func(b *charm.Base) {
		b.Peers("cluster").OnChanged(func(ctx context.Context, e *charm.RelationChangedEvent) error {
			got, err := charm.Read[site](ctx, e.Relation.LocalApp())
			require.Equal(t, "old", got.Host)
			return err
		})
	})
	succeed(t, follower, state, charmtest.RelationChanged("cluster", "wiki/1"))
}
