package pebble

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// readyPoll is how often a Pebble that does not answer is asked again.
const readyPoll = 50 * time.Millisecond

var errNoDeadline = errors.New("the context has no deadline, and a hook must not hang")

// WaitReady waits until Pebble answers. The context must have a deadline; if that passes, the error is ErrNotReady.
//
// A charm rather returns ErrNotReady and comes back with pebble-ready. What waits is a short restart in the midst of things,
// or an action.
func (c *Container) WaitReady(ctx context.Context) error {
	_, err := c.waitReady(ctx)
	if err != nil {
		return fmt.Errorf("cannot wait for container %q: %w", c.name, err)
	}
	return nil
}

func (c *Container) waitReady(ctx context.Context) (SystemInfo, error) {
	if _, ok := ctx.Deadline(); !ok {
		return SystemInfo{}, errNoDeadline
	}
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		info, err := c.fetchInfo(ctx)
		if err != nil && ctx.Err() != nil {
			return SystemInfo{}, lastError(ctx, &NotReadyError{c.name, err})
		}
		if !errors.Is(err, ErrNotReady) {
			return info, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return SystemInfo{}, lastError(ctx, err)
		}
	}
}

// lastError is the error when the time is up: ErrNotReady, and also what the context says.
func lastError(ctx context.Context, err error) error {
	return fmt.Errorf("%w: %w", context.Cause(ctx), err)
}

// Retry waits until Pebble answers, calls a function, and does so again as long as the function returns ErrNotReady; any other
// result is returned. It also calls the function again if Pebble has restarted while it ran, since that loses all layers that
// were added and stops all services: a Pebble that is process 1, as in a pod, tells by its boot id.
//
// So the function must make everything anew that it needs, and may be repeated at any point: Apply is made for it. The
// context must have a deadline; when that passes, the error is that of the last attempt.
func (c *Container) Retry(ctx context.Context, do func(context.Context) error) error {
	tick := time.NewTicker(readyPoll)
	defer tick.Stop()
	for {
		before, err := c.waitReady(ctx)
		if err != nil {
			return fmt.Errorf("cannot wait for container %q: %w", c.name, err)
		}
		if err = do(ctx); err == nil {
			var after SystemInfo
			after, err = c.fetchInfo(ctx)
			if err == nil && after.BootID != before.BootID {
				err = &NotReadyError{c.name, errors.New("it has restarted")}
			}
		}
		if !errors.Is(err, ErrNotReady) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return lastError(ctx, err)
		}
	}
}
