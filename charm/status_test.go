package charm_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/pebble"
)

// finding is a charm whose reconcilers return these errors.
func finding(errs ...error) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		for _, err := range errs {
			b.Reconcile(func(context.Context, *charm.Status) error { return err })
		}
	})
}

func TestStatusTellsEverythingWorstFirst(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		b.Reconcile(func(_ context.Context, st *charm.Status) error {
			st.Active("not shown")
			st.Waiting("waiting for %s", "tea")
			st.Waiting("waiting for tea")
			return errors.Join(charm.Maintenance("sweeping"), charm.Blocked("set %q", "colour"))
		})
		b.Reconcile(func(_ context.Context, st *charm.Status) error {
			st.Blocked("integrate database")
			require.False(t, st.Clear())
			require.Equal(t, []charm.Condition{
				{Level: charm.LevelBlocked, Message: `set "colour"`},
				{Level: charm.LevelBlocked, Message: "integrate database"},
				{Level: charm.LevelMaintenance, Message: "sweeping"},
				{Level: charm.LevelWaiting, Message: "waiting for tea"},
			}, st.Conditions())
			return nil
		})
	})
	out := succeed(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.Equal(t, charmtest.Blocked(`set "colour"; integrate database; sweeping; waiting for tea`), out.State.Status)
}

func TestStatusIsWrittenOnlyIfItChanged(t *testing.T) {
	t.Parallel()
	c := finding(charm.Waiting("waiting for tea"))
	out := succeed(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.Equal(t, []string{"status-get", "status-set"}, out.Calls.Tools())
	out = succeed(t, c, out.State, charmtest.UpdateStatus())
	require.Equal(t, []string{"status-get"}, out.Calls.Tools())
	require.Equal(t, charmtest.Waiting("waiting for tea"), out.State.Status)
}

func TestAStatusIsOneLineOfSensibleLength(t *testing.T) {
	t.Parallel()
	c := finding(charm.Blocked("NGINX refuses:\r\n\x1b[2J\tno\xff"), charm.Waiting("%s", strings.Repeat("ü", 100_000)))
	out := succeed(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.Equal(t, "blocked", out.State.Status.Status)
	require.Regexp(t, `^NGINX refuses: \[2J no\?; ü+\.\.\.$`, out.State.Status.Message)
	require.LessOrEqual(t, len(out.State.Status.Message), 1000)
	out = succeed(t, c, out.State, charmtest.UpdateStatus())
	require.NotContains(t, out.Calls.Tools(), "status-set")
}

func TestProgressIsShownAtOnce(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is full")
	c := reconciling(func(ctx context.Context, _ *charm.Base, st *charm.Status) error {
		if err := st.Progress(ctx, "migrating"); err != nil {
			return err
		}
		require.True(t, st.Clear(), "progress is no condition")
		return nil
	})
	out := succeed(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.Equal(t, []charmtest.Status{{Status: "maintenance", Message: "migrating"}, {Status: "active"}}, out.Statuses[len(out.Statuses)-2:])

	failing := reconciling(func(ctx context.Context, _ *charm.Base, st *charm.Status) error {
		return errors.Join(st.Progress(ctx, "migrating"), broken)
	})
	out = charmtest.Run(t, failing, charmtest.State{}, charmtest.UpdateStatus())
	require.ErrorIs(t, out.Err, broken)
	require.Equal(t, charmtest.Maintenance("migrating"), out.State.Status)
}

func TestARealErrorFailsTheHook(t *testing.T) {
	t.Parallel()
	broken, torn := errors.New("the disk is full"), errors.New("the line is cut")
	for name, test := range map[string]struct {
		errs []error
		want string
	}{
		"alone":              {[]error{broken}, "the disk is full"},
		"beside a condition": {[]error{errors.Join(charm.Blocked("set colour"), broken)}, "the disk is full"},
		"several":            {[]error{broken, errors.Join(torn, broken)}, "the disk is full\nthe line is cut"},
		"under one roof with a condition": {
			[]error{fmt.Errorf("cannot set up: %w", errors.Join(charm.Waiting("waiting for tea"), broken))},
			"cannot set up: waiting: waiting for tea\nthe disk is full",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := charmtest.Active("as it was")
			out := charmtest.Run(t, finding(test.errs...), charmtest.State{Status: before}, charmtest.UpdateStatus())
			require.EqualError(t, out.Err, "update-status: "+test.want)
			require.Equal(t, before, out.State.Status)
			require.NotContains(t, out.Calls.Tools(), "status-set")
		})
	}
}

func TestAllReconcilersHaveTheirTurn(t *testing.T) {
	t.Parallel()
	broken, called := errors.New("the disk is full"), false
	c := wiki(func(b *charm.Base) {
		b.Reconcile(func(context.Context, *charm.Status) error { return broken })
		b.Reconcile(func(_ context.Context, st *charm.Status) error {
			called = true
			require.ErrorIs(t, st.Err(), broken)
			require.False(t, st.Clear())
			return nil
		})
	})
	out := charmtest.Run(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.ErrorIs(t, out.Err, broken)
	require.True(t, called)
}

func TestCheckReturnsWhatIsNoCondition(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is full")
	c := reconciling(func(_ context.Context, _ *charm.Base, st *charm.Status) error {
		require.NoError(t, st.Check(nil))
		require.True(t, st.Clear())
		require.NoError(t, st.Err())
		require.NoError(t, st.Check(charm.Waiting("waiting for tea")))
		err := st.Check(errors.Join(charm.Waiting("waiting for tea"), broken))
		require.EqualError(t, err, "the disk is full")
		require.Len(t, st.Conditions(), 1)
		// It is told once, though it is returned as well.
		return fmt.Errorf("cannot brew: %w", err)
	})
	out := charmtest.Run(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.EqualError(t, out.Err, "update-status: the disk is full")
}

func TestWhatIsNotReady(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want charmtest.Status
	}{
		"no relation":     {&charm.AbsentError{Endpoint: "database"}, charmtest.Blocked("integrate database")},
		"nothing said":    {&charm.WaitingError{For: "endpoints"}, charmtest.Waiting("waiting for endpoints")},
		"refused by Juju": {&charm.WaitingError{For: "a grant", Err: charm.ErrPermission}, charmtest.Waiting("waiting for a grant")},
		"secret not stored": {
			&charm.PendingError{Label: "admin"}, charmtest.Waiting(`waiting for the secret "admin" to be stored`),
		},
		"invalid data": {
			&charm.InvalidError{Subject: "data", Problems: []string{"a is missing", "b is no number"}},
			charmtest.Blocked("invalid data: a is missing; b is no number"),
		},
		"container": {
			&pebble.NotReadyError{Container: "app", Err: errors.New("no socket")}, charmtest.Waiting("waiting for container app"),
		},
		"wrapped": {fmt.Errorf("cannot go on: %w", charm.Blocked("set colour")), charmtest.Blocked("set colour")},
		"several, wrapped": {
			fmt.Errorf("cannot go on: %w", errors.Join(charm.Waiting("waiting for tea"), charm.Blocked("set colour"))),
			charmtest.Blocked("set colour; waiting for tea"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := succeed(t, finding(test.err), charmtest.State{}, charmtest.UpdateStatus())
			require.Equal(t, test.want, out.State.Status)
		})
	}
}

func TestAContainerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		app := b.Container("app")
		require.Same(t, app, b.Container("app"))
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			_, err := app.Apply(ctx, pebble.Want{})
			require.ErrorIs(t, err, pebble.ErrNotReady)
			return err
		})
	})
	out := succeed(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.Equal(t, charmtest.Waiting("waiting for container app"), out.State.Status)
}
