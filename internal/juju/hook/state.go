package hook

import (
	"fmt"
	"maps"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// The limits of one key and one value of the charm's state, in bytes. Source:
// Juju 3.6.11.
const (
	maxStateKey   = 256
	maxStateValue = 65536
)

// defaultStateSize is the default limit of the whole state, as BSON.
const defaultStateSize = 2 * 1024 * 1024

// State returns the charm's state with this hook's writes. The caller must not
// change the map.
func (c *Context) State() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loadState()
}

func (c *Context) loadState() map[string]string {
	if c.charmState == nil {
		c.model.View(func(s *model.State) {
			if u, err := s.Unit(c.unit); err == nil {
				c.charmState = clone(u.CharmState)
			}
		})
	}
	return c.charmState
}

// SetState records one value of the charm's state. Keys and values that are too
// long are refused.
func (c *Context) SetState(key, value string) error {
	if len(key) > maxStateKey {
		return fmt.Errorf("max allowed key length (%d) exceeded", maxStateKey)
	}
	if len(value) > maxStateValue {
		return fmt.Errorf("max allowed value length (%d) exceeded", maxStateValue)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.loadState()[key]; ok && old == value {
		return nil
	}
	c.copyState()
	c.charmState[key] = value
	return nil
}

// DeleteState records that a key of the charm's state is gone; one that is not
// there is no error.
func (c *Context) DeleteState(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.loadState()[key]; ok {
		c.copyState()
		delete(c.charmState, key)
	}
}

// copyState leaves maps that State handed out as they are.
func (c *Context) copyState() {
	c.charmState = maps.Clone(c.charmState)
	c.stateDirty = true
}

// bsonSize is the size of a map of strings as a BSON document.
func bsonSize(m map[string]string) int {
	size := 4 + 1
	for key, value := range m {
		size += 1 + len(key) + 1 + 4 + len(value) + 1
	}
	return size
}
