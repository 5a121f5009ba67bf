package charm

import (
	"context"
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/charm/internal/bind"
)

// Action is a registered action.
type Action struct {
	run       func(context.Context) error
	reconcile bool
}

// ThenReconcile makes the reconcilers run after the action, if it succeeds.
func (a *Action) ThenReconcile() *Action {
	a.reconcile = true
	return a
}

// None is the type of parameters or results of which there are none.
type None struct{}

// OnAction registers the function of an action: it takes the parameters and
// returns the results, both as structs with `charm` tags. An error fails the
// action with its message: the results beside it are dropped, as anywhere in Go,
// but what the action has recorded before is kept.
//
// Results pass through the agent's command line and are shown to whoever ran
// the action: return the URI of a secret rather than its content where that
// will do.
func OnAction[P, R any](b *Base, name string, f func(context.Context, P) (R, error)) *Action {
	declareOnce(b.actions, "action", name)
	b.names.use(nameAction, name)
	bind.Keys[P]()
	bind.Keys[R]()
	action := &Action{}
	action.run = func(ctx context.Context) error {
		result, err := runAction(ctx, b, f)
		if err != nil {
			// A non-zero exit would replace the message.
			action.reconcile = false
			return b.run.tools.ActionFail(ctx, actionMessage(err))
		}
		values, err := bind.ToStrings(result)
		if err != nil {
			return err
		}
		for key, value := range values {
			if value == "" {
				delete(values, key)
			}
		}
		return b.run.tools.ActionSet(ctx, values)
	}
	b.actions[name] = action
	return action
}

func runAction[P, R any](ctx context.Context, b *Base, f func(context.Context, P) (R, error)) (R, error) {
	var params P
	var none R
	if len(bind.Keys[P]()) > 0 {
		values, err := b.run.tools.ActionGet(ctx)
		if err != nil {
			return none, err
		}
		problems := bind.FromJSON(values, &params)
		if err := invalid("parameters", problems, &params); err != nil {
			return none, err
		}
	}
	return f(ctx, params)
}

// actionMessage tells what the user of the action can do about an error.
func actionMessage(err error) string {
	status := &Status{}
	if status.Check(err) != nil || errors.As(err, new(*InvalidError)) {
		return err.Error()
	}
	return "not ready: " + status.final().Message
}

// ActionID returns the number of the task that Juju runs the action as; it is
// empty in other events.
func (b *Base) ActionID() string { return b.run.event.actionID }

// ActionLog shows a message to whoever ran the action, at once.
func (b *Base) ActionLog(ctx context.Context, format string, args ...any) error {
	return b.run.tools.ActionLog(ctx, fmt.Sprintf(format, args...))
}
