package charm_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

// backups is what the charms of these tests keep.
type backups struct {
	Last  string   `charm:"last"`
	Count int      `charm:"count"`
	Paths []string `charm:"paths,json"`
}

// keeping is a charm that keeps backups in its unit's state, and does with them
// what a function says in config-changed.
func keeping(do func(context.Context, *charm.UnitState[backups]) error) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		state := charm.UnitStateOf[backups](b, "backups")
		b.On.ConfigChanged(func(ctx context.Context, _ *charm.ConfigChangedEvent) error { return do(ctx, state) })
	})
}

func TestUnitStateLivesFromHookToHook(t *testing.T) {
	t.Parallel()
	first := keeping(func(ctx context.Context, s *charm.UnitState[backups]) error {
		v, err := s.Get(ctx)
		require.NoError(t, err)
		require.Zero(t, v)
		v = backups{Last: "monday", Count: 1, Paths: []string{"/a"}}
		require.NoError(t, s.Set(ctx, v))
		seen, err := s.Get(ctx)
		require.Equal(t, v, seen)
		return err
	})
	out := succeed(t, first, charmtest.State{}, charmtest.ConfigChanged())
	require.Equal(t, map[string]string{"backups.last": "monday", "backups.count": "1", "backups.paths": `["/a"]`}, out.State.Stored)
	require.Equal(t, []string{"state-get", "state-set"}, out.Calls.Tools())

	second := keeping(func(ctx context.Context, s *charm.UnitState[backups]) error {
		v, err := s.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, backups{Last: "monday", Count: 1, Paths: []string{"/a"}}, v)
		require.NoError(t, s.Set(ctx, v), "the same is nothing")
		v.Paths, v.Count = nil, 2
		return s.Set(ctx, v)
	})
	out = succeed(t, second, out.State, charmtest.ConfigChanged())
	require.Equal(t, map[string]string{"backups.last": "monday", "backups.count": "2"}, out.State.Stored)
	require.Equal(t, []string{"state-get", "state-set", "state-delete"}, out.Calls.Tools())
	require.JSONEq(t, `{"backups.count": "2"}`, string(out.Calls[1].Stdin), "only what differs")
}

func TestUnitStateOfAFailedHookIsNotKept(t *testing.T) {
	t.Parallel()
	c := keeping(func(ctx context.Context, s *charm.UnitState[backups]) error {
		require.NoError(t, s.Set(ctx, backups{Count: 1}))
		return fmt.Errorf("cannot go on")
	})
	out := charmtest.Run(t, c, charmtest.State{}, charmtest.ConfigChanged())
	require.Error(t, out.Err)
	require.Empty(t, out.State.Stored)
}

func TestUnitStateThatDoesNotFit(t *testing.T) {
	t.Parallel()
	c := keeping(func(ctx context.Context, s *charm.UnitState[backups]) error {
		_, err := s.Get(ctx)
		return err
	})
	out := charmtest.Run(t, c, charmtest.State{Stored: map[string]string{"backups.count": "many", "backups.paths": "[", "other.count": "x"}}, charmtest.ConfigChanged())
	var wrong *charm.InvalidError
	require.ErrorAs(t, out.Err, &wrong)
	require.Equal(t, `state "backups"`, wrong.Subject)
	require.Equal(t, []string{"count is not a number", "paths is not valid JSON for its type"}, wrong.Problems)
}

// Juju would refuse the commit of this hook, and of each one after it.
func TestUnitStateIsBounded(t *testing.T) {
	t.Parallel()
	c := keeping(func(ctx context.Context, s *charm.UnitState[backups]) error {
		return s.Set(ctx, backups{Last: "now"})
	})
	full := map[string]string{}
	for i := range 18 {
		full[fmt.Sprint("other.", i)] = strings.Repeat("x", 60000)
	}
	out := charmtest.Run(t, c, charmtest.State{Stored: full}, charmtest.ConfigChanged())
	var stateFull *charm.StateFullError
	require.ErrorAs(t, out.Err, &stateFull)
	require.Equal(t, `state "backups"`, stateFull.For)
	require.Greater(t, stateFull.Size, stateFull.Limit)
}

func TestStateNeedsAName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "a.b"} {
		require.Panics(t, func() {
			charmtest.Run(t, wiki(func(b *charm.Base) { charm.UnitStateOf[backups](b, name) }), charmtest.State{}, charmtest.Start())
		})
	}
}

// cluster is what units share.
type cluster struct {
	Address string `charm:"address"`
	Size    int    `charm:"size"`
}

// sharing is a charm that shares data over its peer relation.
func sharing(do func(context.Context, *charm.PeerUnitState[cluster], *charm.PeerAppState[cluster]) error) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		peers := b.Peers("cluster")
		each, all := charm.PeerUnitStateOf[cluster](peers, "member"), charm.PeerAppStateOf[cluster](peers, "config")
		b.On.ConfigChanged(func(ctx context.Context, _ *charm.ConfigChangedEvent) error { return do(ctx, each, all) })
	})
}

func TestPeerStateIsShared(t *testing.T) {
	t.Parallel()
	c := sharing(func(ctx context.Context, each *charm.PeerUnitState[cluster], all *charm.PeerAppState[cluster]) error {
		v, err := each.Get(ctx)
		require.NoError(t, err)
		require.Zero(t, v)
		require.NoError(t, each.Set(ctx, cluster{Address: "10.0.0.1", Size: 3}))
		require.NoError(t, all.Set(ctx, cluster{Size: 2}))
		members, err := each.All(ctx)
		require.NoError(t, err)
		require.Equal(t, map[string]cluster{"wiki/0": {"10.0.0.1", 3}, "wiki/1": {"10.0.0.2", 0}, "wiki/2": {}}, members)
		whole, err := all.Get(ctx)
		require.Equal(t, cluster{Size: 2}, whole)
		return err
	})
	out := succeed(t, c, charmtest.State{Leader: true, Relations: []charmtest.Relation{{
		Endpoint:     "cluster",
		LocalAppData: map[string]string{"unrelated": "x"},
		RemoteUnits:  map[string]map[string]string{"wiki/1": {"member.address": "10.0.0.2", "private-address": "10.9.9.9"}, "wiki/2": {}},
	}}}, charmtest.ConfigChanged())
	require.Subset(t, out.State.Relations[0].LocalUnitData, map[string]string{"member.address": "10.0.0.1", "member.size": "3"})
	require.Equal(t, map[string]string{"config.size": "2", "unrelated": "x"}, out.State.Relations[0].LocalAppData)
}

func TestPeerStateOfOthersThatDoesNotFit(t *testing.T) {
	t.Parallel()
	c := sharing(func(ctx context.Context, each *charm.PeerUnitState[cluster], _ *charm.PeerAppState[cluster]) error {
		members, err := each.All(ctx)
		require.Len(t, members, 2)
		return err
	})
	out := charmtest.Run(t, c, charmtest.State{Relations: []charmtest.Relation{{
		Endpoint:    "cluster",
		RemoteUnits: map[string]map[string]string{"wiki/1": {"member.size": "big"}, "wiki/2": {"member.size": "1"}},
	}}}, charmtest.ConfigChanged())
	require.ErrorContains(t, out.Err, `invalid state "member" of unit wiki/1: size is not a number`)
}

func TestPeerAppStateIsTheLeadersToWrite(t *testing.T) {
	t.Parallel()
	c := sharing(func(ctx context.Context, _ *charm.PeerUnitState[cluster], all *charm.PeerAppState[cluster]) error {
		v, err := all.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, cluster{Size: 2}, v)
		return all.Set(ctx, cluster{Size: 3})
	})
	out := charmtest.Run(t, c, charmtest.State{Relations: []charmtest.Relation{{
		Endpoint: "cluster", LocalAppData: map[string]string{"config.size": "2"},
	}}}, charmtest.ConfigChanged())
	require.ErrorIs(t, out.Err, charm.ErrNotLeader)
}

func TestPeerStateBeforeThePeerRelation(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		state := charm.PeerAppStateOf[cluster](b.Peers("cluster"), "config")
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			_, err := state.Get(ctx)
			require.ErrorIs(t, err, charm.ErrAbsent)
			return err
		})
	})
	out := succeed(t, c, charmtest.State{}, charmtest.Install())
	require.Equal(t, charmtest.Waiting("waiting for the peer relation cluster"), out.State.Status)
}
