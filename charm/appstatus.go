package charm

import (
	"context"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/tracing"
)

// AppStatus returns the application's status, and its units' ones. It is for the
// leader; others get [ErrNotLeader].
func (b *Base) AppStatus(ctx context.Context) (hooktool.ApplicationStatus, error) {
	return b.run.tools.ApplicationStatusGet(ctx)
}

// SetAppStatus sets the application's status, which `juju status` shows above its
// units' ones; without it Juju shows the worst of theirs. It is written at once,
// if it differs. It is for the leader; others get [ErrNotLeader].
func (b *Base) SetAppStatus(ctx context.Context, level Level, message string) error {
	want := hooktool.Status{Status: string(level), Message: oneLine(message)}
	if b.run.appStatus == nil {
		now, err := b.AppStatus(ctx)
		if err != nil {
			return err
		}
		b.run.appStatus = &now.Status
	}
	if *b.run.appStatus == want {
		return nil
	}
	if err := b.run.tools.ApplicationStatusSet(ctx, want); err != nil {
		return err
	}
	b.run.appStatus = &want
	return nil
}

// ReconcileApp registers a function that the leader runs before its reconcilers, in
// the same hooks: it makes what is the application's, and what it finds missing
// becomes the application's status, as a reconciler's becomes the unit's. A charm
// without one leaves that status to Juju.
func (b *Base) ReconcileApp(f func(context.Context, *Status) error) {
	b.appReconcilers = append(b.appReconcilers, reconciler{b.component, f})
}

// reconcileApp runs those functions, and writes the application's status.
func (b *Base) reconcileApp(ctx context.Context) error {
	if len(b.appReconcilers) == 0 {
		return nil
	}
	leader, err := b.IsLeader(ctx)
	if err != nil || !leader {
		return err
	}
	status := &Status{b: b}
	status.run(ctx, "reconcile the application", b.appReconcilers)
	if err := status.Err(); err != nil {
		return err
	}
	final := status.final()
	return b.SetAppStatus(ctx, Level(final.Status), final.Message)
}

// run runs reconcilers one after the other. One that fails does not stop the others.
func (s *Status) run(ctx context.Context, span string, reconcilers []reconciler) {
	for _, r := range reconcilers {
		s.component = r.component
		s.b.run.debugger.stop(ctx, debugHook)
		inner, span := tracing.Start(ctx, span)
		err := r.reconcile(inner, s)
		span.End(err)
		_ = s.Check(err)
	}
}
