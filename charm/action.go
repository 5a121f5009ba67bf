package charm

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
// returns the results, both as structs with `charm` tags; a dot in the key of a
// result begins a level, as in "size.total". An error fails the action with its
// message, without secrets that the action has read: the results beside it are
// dropped, as anywhere in Go, but what the action has recorded before is kept.
//
// Results pass through the agent's command line and are shown to whoever ran
// the action: return the URI of a secret rather than its content where that
// will do.
func OnAction[P, R any](b *Base, name string, f func(context.Context, P) (R, error)) *Action {
	declareOnce(b.actions, "action", name)
	b.names.use(nameAction, name)
	b.names.use(nameParameter+name, bind.Keys[P]()...)
	checkResults[R](name)
	action := &Action{}
	action.run = func(ctx context.Context) error {
		result, err := runAction(ctx, b, f)
		if err != nil {
			// A non-zero exit would replace the message.
			action.reconcile = false
			return b.run.tools.ActionFail(ctx, shorten(printable(b.run.instruments.redact(actionMessage(err))), maxLogMessage))
		}
		return SetResults(ctx, b, result)
	}
	b.actions[name] = action
	return action
}

// SetResults gives results of the running action before it ends: Juju keeps them
// whatever becomes of it, even if the charm is killed. It is for what would be lost
// otherwise, such as a password that is about to take effect. Results that the
// function of the action returns are added to them, and take the place of those of
// the same key.
func SetResults[R any](ctx context.Context, b *Base, results R) error {
	checkResults[R](b.run.event.name)
	values, err := bind.ToStrings(results)
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

// checkResults panics on keys that Juju would refuse: it is a mistake in the
// program.
func checkResults[R any](action string) {
	for _, key := range bind.Keys[R]() {
		if !validResult(key) {
			panic(fmt.Sprintf("charm: action %q has the result %q, which is no key that Juju takes", action, key))
		}
	}
}

// validResult tells whether Juju takes a key of a result: lower-case words with
// dots between levels, none of them one that Juju fills in itself.
func validResult(key string) bool {
	for _, level := range strings.Split(key, ".") {
		switch level {
		case "", "stdout", "stdout-encoding", "stderr", "stderr-encoding":
			return false
		}
		if strings.Trim(level, "-") != level || strings.Trim(level, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return key != "return-code"
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
