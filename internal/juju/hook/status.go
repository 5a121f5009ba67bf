package hook

import (
	"context"
	"fmt"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// Status returns the unit's workload status. It is read once in a hook.
func (c *Context) Status() model.Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unitStatus == nil {
		c.model.View(func(s *model.State) {
			if u, err := s.Unit(c.unit); err == nil {
				v := u.Workload.Current()
				c.unitStatus = &v
			}
		})
	}
	if c.unitStatus == nil {
		return model.Status{Status: "unknown"}
	}
	return *c.unitStatus
}

// SetStatus sets the unit's workload status, at once.
func (c *Context) SetStatus(ctx context.Context, status, message string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setStatus = true
	return c.model.Update(ctx, func(s *model.State) error { return s.SetUnitStatus(c.unit, status, message) })
}

// HasSetStatus reports whether the charm set the unit's status in this run.
func (c *Context) HasSetStatus() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.setStatus
}

// ApplicationStatus returns the application's status and that of all its units,
// by name. Only the leader may ask ([ErrNotLeader]).
func (c *Context) ApplicationStatus() (model.Status, map[string]model.Status, error) {
	if !c.IsLeader() {
		return model.Status{}, nil, ErrNotLeader
	}
	var app model.Status
	units := map[string]model.Status{}
	c.model.View(func(s *model.State) {
		app = s.ApplicationStatus(c.app)
		for _, name := range s.UnitsOf(c.app) {
			units[name] = s.UnitStatus(name)
		}
	})
	return app, units, nil
}

// SetApplicationStatus sets the application's status, at once. Only the leader
// may ([ErrNotLeader]).
func (c *Context) SetApplicationStatus(ctx context.Context, status, message string) error {
	if !c.IsLeader() {
		return ErrNotLeader
	}
	err := c.model.Update(ctx, func(s *model.State) error {
		return s.SetApplicationStatus(c.app, status, message)
	})
	if err != nil {
		return fmt.Errorf("cannot set the application's status: %w", err)
	}
	return nil
}
