package webapp

import (
	"context"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

// An app that is not ready when a hook ends may become ready without an event
// that tells of it: a check reports only failures that have lasted, and the next
// update-status is minutes away. So while the charm waits for the app, and no
// recovery of its check is to be reported, a check that always fails gives the
// charm an event after a while.
//
// A notice by "pebble notify" would be simpler. But it belongs to the user that
// sends it, and Juju's agent (3.6.11) sees only its own and public ones, which is
// not enough where the charm and the workload run as different users.

// wakeUpPeriod is when the charm looks again at an app that it waits for.
const wakeUpPeriod = 10 * time.Second

// wakeUpCheck runs from startWakeUp to stopWakeUp. It has no level, so no probe
// depends on it.
func wakeUpCheck() *pebble.Check {
	return &pebble.Check{
		Startup:   pebble.StartupDisabled,
		Period:    pebble.NewDuration(wakeUpPeriod),
		Threshold: 1,
		TCP:       &pebble.TCPCheck{Port: 1}, // where nothing listens
	}
}

// startWakeUp makes sure that an event comes.
func (o *Operator) startWakeUp(ctx context.Context) error {
	checks, err := o.app.Checks(ctx, CheckReady, CheckWakeUp)
	if err != nil || checks[CheckReady].Status == pebble.CheckDown {
		return err // its recovery will be an event
	}
	switch checks[CheckWakeUp].Status {
	case pebble.CheckUp: // it has not failed yet
		return nil
	case pebble.CheckDown:
		if _, err := o.app.StopChecks(ctx, CheckWakeUp); err != nil {
			return err
		}
	}
	_, err = o.app.StartChecks(ctx, CheckWakeUp)
	return err
}

// stopWakeUp only looks if there is nothing to stop, as in nearly every hook.
func (o *Operator) stopWakeUp(ctx context.Context) error {
	checks, err := o.app.Checks(ctx, CheckWakeUp)
	if check, ok := checks[CheckWakeUp]; err != nil || !ok || check.Status == pebble.CheckInactive {
		return err
	}
	_, err = o.app.StopChecks(ctx, CheckWakeUp)
	return err
}
