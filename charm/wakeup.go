package charm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

// A wake-up is a hook that the charm asks for. Juju has none; but it has an event
// for a check that fails. So in one container, which the charm chooses, runs a
// check that always fails, after as long as the charm wants to wait.
//
// A notice by "pebble notify" would be simpler. But it belongs to the user that
// sends it, and Juju's agent (3.6.11) sees only its own and public ones, which is
// not enough where the charm and the workload run as different users.

// CheckWakeUp is the name of the check that [Base.After] starts in a container, and
// of its layer. It has no level, so no probe depends on it. Its events are no
// handler's.
const CheckWakeUp = "charmkit-wake-up"

// The bounds of what can be waited for: a check of a shorter period costs more than
// it is worth.
const (
	minWakeUp = time.Second
	// wakeUpTimeout is how long the check may take; it fails at once.
	wakeUpTimeout = 500 * time.Millisecond
)

// WakeUpBy says which container's Pebble sends the wake-ups that [Base.After] asks
// for. In every hook but stop and remove the framework then looks after the check
// that does it. A charm has one such container; of several calls the last holds.
func (b *Base) WakeUpBy(c *Container) { b.waker = c }

// After asks for a hook after some time, if none has come before: the reconcilers
// run in it as in any. It is for what no event tells of, and holds until the next
// hook, which asks again if it still wants one. Of several calls in a hook the
// soonest counts. It may come a tenth late, and sooner than that after another
// hook asked for a sooner one; times below a second are one.
//
// The charm must have said [Base.WakeUpBy]. While that container does not answer
// there is no wake-up; its pebble-ready comes when it does. A hook that secrets are
// pending in asks for one by itself.
func (b *Base) After(d time.Duration) {
	if b.waker == nil {
		panic("charm: After was called, and the charm has not said by which container: call WakeUpBy in its constructor")
	}
	d = max(d, minWakeUp)
	if b.run.wakeUp == 0 || d < b.run.wakeUp {
		b.run.wakeUp = d
	}
}

// isWakeUp tells whether the event is nobody's but the framework's.
func (e *event) isWakeUp() bool {
	return e.check == CheckWakeUp && (e.kind == kindPebbleCheckFailed || e.kind == kindPebbleCheckRecovered)
}

// arrangeWakeUp makes the check run as the hook has asked, or not at all.
func (b *Base) arrangeWakeUp(ctx context.Context) error {
	if b.waker == nil {
		return nil
	}
	err := b.waker.arrangeWakeUp(ctx, b.run.wakeUp)
	if err == nil || errors.Is(err, pebble.ErrNotReady) {
		return nil
	}
	return fmt.Errorf("cannot arrange for the next hook: %w", err)
}

func (c *Container) arrangeWakeUp(ctx context.Context, after time.Duration) error {
	checks, err := c.Checks(ctx, CheckWakeUp)
	if err != nil {
		return err
	}
	check, known := checks[CheckWakeUp]
	runs := known && check.Status != pebble.CheckInactive
	if after == 0 && !runs {
		return nil
	}
	var period time.Duration
	if after > 0 && known {
		plan, err := c.Plan(ctx)
		if err != nil {
			return err
		}
		if planned := plan.Checks[CheckWakeUp]; planned != nil {
			period, _ = planned.Period.Value()
		}
	}
	soon := period > 0 && period-after <= after/10
	if runs && check.Status == pebble.CheckUp && soon {
		return nil // it comes soon enough
	}
	if runs {
		if _, err := c.Container.StopChecks(ctx, CheckWakeUp); err != nil {
			return err
		}
	}
	if after == 0 {
		return nil
	}
	// One that is much too soon is good enough while it waits, and not for another time.
	if !soon || period < after-after/10 {
		if err := c.AddLayer(ctx, CheckWakeUp, wakeUpLayer(after)); err != nil {
			return err
		}
	}
	_, err = c.StartChecks(ctx, CheckWakeUp)
	return err
}

func wakeUpLayer(after time.Duration) *pebble.Layer {
	return &pebble.Layer{
		Summary: "a hook that the charm has asked for",
		Checks: map[string]*pebble.Check{CheckWakeUp: {
			Override:  pebble.OverrideReplace,
			Startup:   pebble.StartupDisabled,
			Period:    pebble.NewDuration(after),
			Timeout:   pebble.NewDuration(wakeUpTimeout),
			Threshold: 1,
			TCP:       &pebble.TCPCheck{Port: 1}, // where nothing listens
		}},
	}
}
