package charm_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// waker is a charm that asks for a wake-up after some time, if that is not 0.
type waker struct {
	after     time.Duration
	container charmtest.Container
	handled   []string
}

// state is that of the unit.
func (w *waker) state() charmtest.State {
	return charmtest.State{Containers: map[string]charmtest.Container{"app": w.container}}
}

func (w *waker) charm() charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		app := b.Container("app")
		b.WakeUpBy(app)
		app.OnCheckFailed(func(_ context.Context, e *charm.PebbleCheckFailedEvent) error {
			w.handled = append(w.handled, e.Check)
			return nil
		})
		b.Reconcile(func(context.Context, *charm.Status) error {
			if w.after > 0 {
				b.After(time.Hour)
				b.After(w.after)
			}
			return nil
		})
	})
}

// run lets the charm handle an event, and returns the check and its period.
func (w *waker) run(t *testing.T, event charmtest.Event) (pebble.CheckInfo, time.Duration) {
	t.Helper()
	w.container = succeed(t, w.charm(), w.state(), event).State.Containers["app"]
	return w.look(t)
}

func (w *waker) look(t *testing.T) (pebble.CheckInfo, time.Duration) {
	t.Helper()
	app := memory.New(w.container.Pebble, memory.Options{}).Container("app")
	if w.container.Socket != "" {
		app = pebble.NewContainer("app", w.container.Socket)
	}
	checks, err := app.Checks(t.Context(), charm.CheckWakeUp)
	require.NoError(t, err)
	plan, err := app.Plan(t.Context())
	require.NoError(t, err)
	if plan.Checks[charm.CheckWakeUp] == nil {
		return checks[charm.CheckWakeUp], 0
	}
	period, _ := plan.Checks[charm.CheckWakeUp].Period.Value()
	return checks[charm.CheckWakeUp], period
}

func TestACharmIsWokenUp(t *testing.T) {
	t.Parallel()
	for _, version := range pebbletest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := &waker{container: charmtest.Container{Socket: pebbletest.Start(t, pebbletest.Options{Version: version}).Socket}}
			check, _ := w.run(t, charmtest.UpdateStatus())
			require.Empty(t, check.Name, "a charm that wants no wake-up leaves no trace")

			w.after = time.Second
			check, period := w.run(t, charmtest.UpdateStatus())
			require.NotEqual(t, pebble.CheckInactive, check.Status)
			require.Equal(t, time.Second, period)
			require.Empty(t, check.Level)

			// Juju tells of the change that the check makes when it fails.
			require.Eventually(t, func() bool {
				check, _ = w.look(t)
				return check.Status == pebble.CheckDown
			}, 2*time.Minute, 20*time.Millisecond)
			failed := check.ChangeID
			require.NotEmpty(t, failed)

			// The event is the framework's own; the charm wants another wake-up.
			check, period = w.run(t, charmtest.PebbleCheckFailed("app", charm.CheckWakeUp))
			require.Empty(t, w.handled)
			require.NotEqual(t, pebble.CheckInactive, check.Status)
			require.NotEqual(t, failed, check.ChangeID)
			require.Equal(t, time.Second, period)

			w.after = 0
			check, _ = w.run(t, charmtest.UpdateStatus())
			require.Equal(t, pebble.CheckInactive, check.Status)

			check, _ = w.run(t, charmtest.PebbleCheckFailed("app", "up"))
			require.Equal(t, []string{"up"}, w.handled)
			require.Equal(t, pebble.CheckInactive, check.Status)
		})
	}
}

// A check that waits for about as long, or for less, is left alone: a deadline that
// comes nearer with each hook costs few layers.
func TestAWakeUpThatComesSoonEnoughIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := &waker{}
	for _, step := range []struct{ after, period time.Duration }{
		{time.Hour, time.Hour}, {57 * time.Minute, time.Hour}, {2 * time.Hour, time.Hour}, {50 * time.Minute, 50 * time.Minute},
		{5 * time.Millisecond, time.Second},
	} {
		w.after = step.after
		check, period := w.run(t, charmtest.UpdateStatus())
		require.Equal(t, step.period, period, "asked for %s", step.after)
		require.NotEqual(t, pebble.CheckInactive, check.Status)
	}
}

// So is one that is further away than anybody can wait.
func TestTheLongestWakeUp(t *testing.T) {
	t.Parallel()
	w := &waker{after: math.MaxInt64}
	c := wiki(func(b *charm.Base) {
		b.WakeUpBy(b.Container("app"))
		b.Reconcile(func(context.Context, *charm.Status) error {
			b.After(w.after)
			return nil
		})
	})
	w.container = succeed(t, c, w.state(), charmtest.UpdateStatus()).State.Containers["app"]
	first, period := w.look(t)
	require.Equal(t, w.after, period)
	w.container = succeed(t, c, w.state(), charmtest.UpdateStatus()).State.Containers["app"]
	again, _ := w.look(t)
	require.Equal(t, pebble.CheckUp, again.Status)
	require.Equal(t, first.ChangeID, again.ChangeID)
}

func TestWithoutItsContainerThereIsNoWakeUp(t *testing.T) {
	t.Parallel()
	succeed(t, (&waker{after: time.Second}).charm(), charmtest.State{}, charmtest.UpdateStatus())
}

func TestAfterNeedsAContainer(t *testing.T) {
	t.Parallel()
	c := reconciling(func(_ context.Context, b *charm.Base, _ *charm.Status) error {
		b.After(time.Second)
		return nil
	})
	out := charmtest.Run(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.ErrorContains(t, out.Err, "WakeUpBy")
}

// A secret that a hook has made can be used in the next one, which comes soon.
func TestAPendingSecretAsksForAHook(t *testing.T) {
	t.Parallel()
	type token struct {
		Value string `charm:"value"`
	}
	w := &waker{}
	c := wiki(func(b *charm.Base) {
		b.WakeUpBy(b.Container("app"))
		secret := charm.OwnedSecret[token](b, "token", charm.SecretOptions{Owner: hooktool.OwnerUnit})
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			_, err := secret.Ensure(ctx, func() (token, error) { return token{"t"}, nil })
			return err
		})
	})
	out := succeed(t, c, w.state(), charmtest.UpdateStatus())
	w.container = out.State.Containers["app"]
	require.Equal(t, "waiting", out.State.Status.Status)
	check, period := w.look(t)
	require.NotEqual(t, pebble.CheckInactive, check.Status)
	require.Equal(t, time.Second, period)

	out = succeed(t, c, out.State, charmtest.PebbleCheckFailed("app", charm.CheckWakeUp))
	w.container = out.State.Containers["app"]
	require.Equal(t, "active", out.State.Status.Status)
	check, _ = w.look(t)
	require.Equal(t, pebble.CheckInactive, check.Status)
}
