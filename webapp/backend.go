package webapp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/pebble"
)

// lookAgainAfter is when the charm looks again at an app that it waits for.
const lookAgainAfter = 10 * time.Second

// reconcileApp makes the app container run what the charm wants, and waits
// until it is ready.
func (o *Operator) reconcileApp(ctx context.Context, st *charm.Status) error {
	workload, err := o.options.Workload(ctx)
	if err != nil {
		return errors.Join(err, o.stopWithout(ctx, err))
	}
	applied, err := o.app.Apply(ctx, o.wantApp(workload))
	var failed *pebble.ChangeError
	if errors.As(err, &failed) {
		// The app ended right after its start; Pebble tries again.
		return o.notReady(ctx)
	}
	if err != nil {
		return err
	}
	if applied.Changed() {
		if err := st.Progress(ctx, "starting the app"); err != nil {
			return err
		}
	}
	return o.awaitReady(ctx, applied)
}

// stopWithout stops the app if what is missing is an integration: it must not
// go on with a database that was taken away. With anything else that is not
// ready it is left as it is.
func (o *Operator) stopWithout(ctx context.Context, err error) error {
	if !errors.As(err, new(*charm.AbsentError)) {
		// Tell of a container that is missing as well.
		return o.app.Ready(ctx)
	}
	_, applyErr := o.app.Apply(ctx, pebble.Want{Layer: pebble.Layer{
		Summary: "the app, stopped while something that it needs is not integrated",
		Checks:  map[string]*pebble.Check{CheckReady: o.readyCheck()},
	}})
	return applyErr
}

func (o *Operator) wantApp(w *Workload) pebble.Want {
	service := w.Service
	service.Startup = pebble.StartupEnabled
	service.OnCheckFailure = map[string]pebble.Action{CheckUp: pebble.ActionRestart}
	return pebble.Want{
		Layer: pebble.Layer{
			Summary:  "the app",
			Services: map[string]*pebble.Service{ServiceApp: &service},
			Checks: map[string]*pebble.Check{
				CheckReady: o.readyCheck(),
				// Six failures are longer than any start.
				CheckUp: {
					Threshold: 6,
					HTTP:      &pebble.HTTPCheck{URL: appURL(o.options.UpPath)},
				},
			},
		},
		Files: w.Files,
	}
}

// readyCheck takes the pod out of service while the app cannot serve; also
// while it is stopped.
func (o *Operator) readyCheck() *pebble.Check {
	return &pebble.Check{
		Level:     pebble.LevelReady,
		Period:    pebble.NewDuration(5 * time.Second),
		Threshold: 3,
		HTTP:      &pebble.HTTPCheck{URL: appURL(o.options.ReadyPath)},
	}
}

func appURL(path string) string { return fmt.Sprintf("http://127.0.0.1:%d%s", PortApp, path) }

// awaitReady waits for an app that was just started, and only looks at one that
// was running before.
func (o *Operator) awaitReady(ctx context.Context, applied *pebble.Applied) error {
	deadline := time.Now()
	if len(applied.Started)+len(applied.Restarted) > 0 {
		deadline = deadline.Add(o.options.StartTimeout)
	}
	for {
		_, err := o.get(ctx, appURL(o.options.ReadyPath))
		if err == nil {
			return nil
		}
		if !time.Now().Before(deadline) || o.hasFailed(ctx) {
			return o.notReady(ctx)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// hasFailed tells whether the app has ended, so that there is nothing to wait
// for: the next event finds what has become of it.
func (o *Operator) hasFailed(ctx context.Context) bool {
	services, err := o.app.Services(ctx, ServiceApp)
	return err == nil && services[ServiceApp].Status != pebble.StatusActive
}

// notReady says why the app is not ready, as far as the charm can tell, and sees
// to it that the charm looks again.
func (o *Operator) notReady(ctx context.Context) error {
	if err := o.lookAgain(ctx); err != nil {
		return err
	}
	if o.options.Diagnose != nil {
		if err := o.options.Diagnose(ctx); err != nil {
			return err
		}
	}
	return charm.Waiting("waiting for the app to be ready")
}

// lookAgain asks for a hook soon. An app that is not ready when a hook ends may
// become ready without an event that tells of it: its check reports only failures
// that have lasted, and the next update-status is minutes away. If the check has
// failed, its recovery is an event.
func (o *Operator) lookAgain(ctx context.Context) error {
	checks, err := o.app.Checks(ctx, CheckReady)
	if err == nil && checks[CheckReady].Status != pebble.CheckDown {
		o.b.After(lookAgainAfter)
	}
	return err
}
