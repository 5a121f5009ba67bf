package charm_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

// component is a library: one line of a charm's constructor adds it.
func component(b *charm.Base, name string, conditions ...error) {
	b = b.Component(name)
	b.Reconcile(func(context.Context, *charm.Status) error { return errors.Join(conditions...) })
}

func TestTheCharmRanksItsComponents(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rank func(*charm.Base)
		want charmtest.Status
	}{
		"by level": {
			func(*charm.Base) {},
			charmtest.Blocked("integrate store; set title; upgrading; waiting for Godot"),
		},
		"one above the others": {
			func(b *charm.Base) { b.Prioritize("database", 1) },
			charmtest.Maintenance("upgrading; waiting for Godot; integrate store; set title"),
		},
		"one below the others": {
			func(b *charm.Base) { b.Prioritize("backup", -1) },
			charmtest.Blocked("set title; upgrading; waiting for Godot; integrate store"),
		},
		"what is said last holds": {
			func(b *charm.Base) {
				b.Prioritize("database", 7)
				b.Prioritize("database", 0)
			},
			charmtest.Blocked("integrate store; set title; upgrading; waiting for Godot"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := wiki(func(b *charm.Base) {
				component(b, "database", charm.Waiting("waiting for Godot"), charm.Maintenance("upgrading"))
				component(b, "backup", charm.Blocked("integrate store"))
				b.Reconcile(func(context.Context, *charm.Status) error { return charm.Blocked("set title") })
				test.rank(b)
			})
			require.Equal(t, test.want, succeed(t, c, charmtest.State{}, charmtest.UpdateStatus()).State.Status)
		})
	}
}

func TestConditionsTellWhoseTheyAre(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		component(b, "database", charm.Waiting("waiting for Godot"))
		b.Reconcile(func(_ context.Context, st *charm.Status) error {
			st.Blocked("set title")
			require.Equal(t, []charm.Condition{
				{Level: charm.LevelBlocked, Message: "set title"},
				{Level: charm.LevelWaiting, Message: "waiting for Godot", Component: "database"},
			}, st.Conditions())
			return nil
		})
	})
	succeed(t, c, charmtest.State{}, charmtest.UpdateStatus())
}

func TestAComponentRegistersOnTheCharm(t *testing.T) {
	t.Parallel()
	var got seen
	c := wiki(func(b *charm.Base) {
		part := b.Component("storage")
		part.On.Start(note[charm.StartEvent](&got))
		require.Same(t, b.Container("app"), part.Container("app"))
	})
	out := succeed(t, c, charmtest.State{}, charmtest.Start())
	require.Equal(t, seen{charm.StartEvent{}}, got)
	require.Equal(t, "wiki/0", out.Charm.Component("later").Unit())
}

func TestPriorityOfAnError(t *testing.T) {
	t.Parallel()
	require.NoError(t, charm.WithPriority(nil, 3))
	failure := errors.New("the disk is full")
	for name, test := range map[string]struct {
		err  error
		want charmtest.Status
	}{
		"above the worse": {
			errors.Join(charm.Blocked("a"), charm.WithPriority(charm.Waiting("b"), 1)), charmtest.Waiting("b; a"),
		},
		"of all that are joined": {
			errors.Join(charm.Blocked("a"), charm.WithPriority(errors.Join(charm.Waiting("b"), charm.Maintenance("c")), 1)),
			charmtest.Maintenance("c; b; a"),
		},
		"the innermost holds": {
			errors.Join(charm.Blocked("a"), charm.WithPriority(fmt.Errorf("backup: %w", charm.WithPriority(charm.Waiting("b"), -1)), 1)),
			charmtest.Blocked("a; b"),
		},
		"the same twice": {
			errors.Join(charm.Blocked("a"), charm.Waiting("b"), charm.WithPriority(charm.Waiting("b"), 1)), charmtest.Waiting("b; a"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := reconciling(func(context.Context, *charm.Base, *charm.Status) error { return test.err })
			require.Equal(t, test.want, succeed(t, c, charmtest.State{}, charmtest.UpdateStatus()).State.Status)
		})
	}
	c := reconciling(func(context.Context, *charm.Base, *charm.Status) error { return charm.WithPriority(failure, 9) })
	out := charmtest.Run(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.ErrorIs(t, out.Err, failure, "a failure is no condition, whatever its priority")
}

// The options of a charm and of its components are one configuration to the
// operator.
func TestInvalidOptionsOfSeveralHandlesAreOneList(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		general := charm.Config[wikiOptions](b)
		part := b.Component("limits")
		limits := charm.Config[struct {
			Limit   *int8         `charm:"limit"`
			Timeout time.Duration `charm:"timeout"`
		}](part)
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			_, err := general.Get(ctx)
			return errors.Join(err, charm.Waiting("waiting for Godot"))
		})
		part.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			_, err := limits.Get(ctx)
			return err
		})
	})
	out := succeed(t, c, charmtest.State{Config: map[string]any{"limit": 1000, "timeout": 0.5, "log-level": "loud"}}, charmtest.ConfigChanged())
	require.Equal(t, charmtest.Blocked(
		"invalid configuration: limit is too large; log-level is not info or debug; timeout is below 1; waiting for Godot"), out.State.Status)
}
