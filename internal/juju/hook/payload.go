package hook

import (
	"context"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// TrackPayload tells Juju of a payload that runs, at once.
func (c *Context) TrackPayload(ctx context.Context, p model.Payload) error {
	return c.updateUnit(ctx, func(u *model.Unit) error {
		u.TrackPayload(p)
		return nil
	})
}

// SetPayloadStatus changes the status of a tracked payload, at once.
func (c *Context) SetPayloadStatus(ctx context.Context, class, status string) error {
	return c.updateUnit(ctx, func(u *model.Unit) error { return u.SetPayloadStatus(class, status) })
}

// UntrackPayload makes Juju forget a payload, at once. One that it does not know
// is no error.
func (c *Context) UntrackPayload(ctx context.Context, class string) error {
	return c.updateUnit(ctx, func(u *model.Unit) error {
		u.UntrackPayload(class)
		return nil
	})
}

func (c *Context) updateUnit(ctx context.Context, fn func(*model.Unit) error) error {
	return c.model.Update(ctx, func(s *model.State) error {
		u, err := s.Unit(c.unit)
		if err != nil {
			return err
		}
		return fn(u)
	})
}
