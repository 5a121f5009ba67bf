package charm

import (
	"context"
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// GoalState returns what the model is to become: the units of this application,
// and the applications that are related, or about to be, with their units.
func (b *Base) GoalState(ctx context.Context) (hooktool.GoalState, error) {
	if b.run.goals == nil {
		goals, err := b.run.tools.GoalState(ctx)
		if err != nil {
			return hooktool.GoalState{}, err
		}
		b.run.goals = &goals
	}
	return *b.run.goals, nil
}

// PlannedUnits returns how many units the application is to have: those that are
// there or coming, without those that are going.
func (b *Base) PlannedUnits(ctx context.Context) (int, error) {
	goals, err := b.GoalState(ctx)
	return goals.Planned(), err
}

// CloudCredential returns the cloud that the model is in, with a credential for
// it. Without the operator's trust it is a [*NotTrustedError]. On Kubernetes Juju
// has it since 3.6.10 ([FeatureKubernetesCredential]).
func (b *Base) CloudCredential(ctx context.Context) (hooktool.Cloud, error) {
	spec, err := b.run.tools.CredentialGet(ctx)
	if errors.Is(err, ErrPermission) {
		return spec, &NotTrustedError{App: b.App(), Err: err}
	}
	return spec, err
}

// NotTrustedError tells that the operator does not trust the application with the
// cloud's credential. It is [ErrPermission], and as a condition it blocks the
// unit.
type NotTrustedError struct {
	App string
	// Err is what Juju said.
	Err error
}

func (e *NotTrustedError) Error() string {
	return fmt.Sprintf("application %s is not trusted: run juju trust %s --scope=cluster", e.App, e.App)
}

func (e *NotTrustedError) Unwrap() error { return e.Err }

// Reboot asks for a reboot of the unit's machine after the hook. There is none on
// Kubernetes, where asking fails the hook, nor in actions.
func (b *Base) Reboot(ctx context.Context) error {
	b.run.security(ctx, securityRestart, b.run.unit, "the charm asks for a reboot of its machine")
	return b.run.tools.Reboot(ctx)
}

// ErrRebooting is what [Base.RebootNow] returns.
var ErrRebooting = errors.New("the machine reboots, and the hook runs again")

// RebootNow reboots the unit's machine now: what the hook has recorded is
// discarded, and it runs again after the reboot. The agent kills the hook, at any
// moment; until then it returns [ErrRebooting], which the handler should return.
func (b *Base) RebootNow(ctx context.Context) error {
	b.run.security(ctx, securityRestart, b.run.unit, "the charm reboots its machine at once")
	if err := b.run.tools.RebootNow(ctx); err != nil {
		return err
	}
	return ErrRebooting
}
