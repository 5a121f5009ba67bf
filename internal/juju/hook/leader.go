package hook

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// errMinion is what Juju says to a unit that writes leadership settings and is
// not leader.
var errMinion = errors.New("not the leader")

// IsLeader reports whether the unit leads its application. Once it did not, it
// does not for the rest of the hook.
func (c *Context) IsLeader() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isLeader()
}

func (c *Context) isLeader() bool {
	if !c.lostLead {
		c.model.View(func(s *model.State) { c.lostLead = !s.IsLeader(c.unit) })
	}
	return !c.lostLead
}

// LeaderSettings returns what leaders wrote. They are read once in a hook, and
// again after the hook wrote them.
func (c *Context) LeaderSettings() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaderSettings == nil {
		c.model.View(func(s *model.State) {
			if a, err := s.Application(c.app); err == nil {
				c.leaderSettings = clone(a.LeaderSettings.Data)
			}
		})
	}
	return maps.Clone(c.leaderSettings)
}

// SetLeaderSettings merges leadership settings, at once. An empty value deletes
// its key. Only the leader may.
func (c *Context) SetLeaderSettings(ctx context.Context, settings map[string]string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isLeader() {
		return fmt.Errorf("cannot write settings: %w", errMinion)
	}
	c.leaderSettings = nil
	return c.model.Update(ctx, func(s *model.State) error {
		if err := s.SetLeaderSettings(c.unit, settings); err != nil {
			return fmt.Errorf("cannot write settings: %w", err)
		}
		return nil
	})
}
