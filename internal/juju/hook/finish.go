package hook

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"syscall"
	"unicode/utf8"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// ErrTerminated says that SIGTERM or SIGKILL ended the hook: it has not failed,
// and is run again.
var ErrTerminated = errors.New("hook execution terminated")

// ExitError says that the charm exited with a code other than 0.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

// Outcome is how the charm's process ended. The zero value is success.
type Outcome struct {
	// Code is the exit code.
	Code int
	// Signal is the signal that ended the process, or 0.
	Signal syscall.Signal
	// Missing says that the charm has nothing to run for the hook.
	Missing bool
	// Err says that the process could not be run.
	Err error
	// Stdout and Stderr are what an action wrote; hooks leave them empty.
	Stdout, Stderr []byte
}

// Failure returns what the outcome means: nil, [ErrTerminated], an [ExitError]
// or Err.
func (o Outcome) Failure() error {
	switch {
	case o.Err != nil:
		return o.Err
	case o.Signal == syscall.SIGTERM || o.Signal == syscall.SIGKILL:
		return ErrTerminated
	case o.Signal != 0:
		return fmt.Errorf("signal: %s", o.Signal)
	case o.Code != 0:
		return &ExitError{Code: o.Code}
	}
	return nil
}

// Finish ends the run as the unit agent does: it commits after success,
// discards after failure, and completes an action whatever the outcome. It
// returns what the hook failed with; an action fails in the model only.
func (c *Context) Finish(ctx context.Context, o Outcome) error {
	failure := o.Failure()
	if c.action != nil {
		return c.finishAction(ctx, o, failure)
	}
	if failure != nil || o.Missing {
		c.Discard()
	} else {
		failure = c.Commit(ctx)
	}
	return c.finishReboot(ctx, failure)
}

// Begin notes in the model that the run's action is running. It does nothing
// for a hook.
func (c *Context) Begin(ctx context.Context) error {
	if c.action == nil {
		return nil
	}
	return c.model.Update(ctx, func(s *model.State) error { return s.BeginAction(c.action.id) })
}

func (c *Context) finishAction(ctx context.Context, o Outcome, failure error) error {
	a := c.action
	results := maps.Clone(a.results)
	if results == nil {
		results = map[string]any{}
	}
	status, message := model.ActionCompleted, ""
	if a.failed {
		status, message = model.ActionFailed, a.message
	}
	var refused error
	switch {
	case o.Missing:
		c.Discard()
		status, message = model.ActionFailed, fmt.Sprintf("action not implemented on unit %q", c.unit)
	case errors.Is(failure, ErrTerminated):
		c.Discard()
		status, message = model.ActionFailed, "action terminated"
	case failure != nil:
		c.Discard()
		status, message = model.ActionFailed, failure.Error()
	default:
		refused = c.Commit(ctx)
	}
	if !o.Missing {
		results["return-code"] = o.Code
	}
	addOutput(results, "stdout", o.Stdout)
	addOutput(results, "stderr", o.Stderr)
	if refused != nil {
		status = model.ActionFailed
		if message == "" {
			message = "committing requested changes failed"
		}
		addRefusal(results, refused)
	}
	return c.model.Update(ctx, func(s *model.State) error {
		return s.FinishAction(a.id, status, message, results)
	})
}

// addRefusal adds to an action's output why its commit was refused. The return
// code stays 0: Juju 3.6.11 means to change it, but compares a number with text.
func addRefusal(results map[string]any, refused error) {
	text := refused.Error()
	if c, ok := errors.AsType[*CommitError](refused); ok {
		text = c.Err.Error()
	}
	if stderr, ok := results["stderr"].(string); ok {
		text = stderr + "\n" + text
	}
	results["stderr"] = text
}

// addOutput stores what an action wrote, as base64 if it is not UTF-8.
func addOutput(results map[string]any, key string, output []byte) {
	switch {
	case len(output) == 0:
	case utf8.Valid(output):
		results[key] = string(output)
	default:
		results[key] = base64.StdEncoding.EncodeToString(output)
		results[key+"-encoding"] = "base64"
	}
}
