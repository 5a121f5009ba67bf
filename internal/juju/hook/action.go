package hook

import (
	"context"
	"errors"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// ErrNotAction is what the action tools say outside actions.
var ErrNotAction = errors.New("not running an action")

// actionRun is what an action reported so far.
type actionRun struct {
	id      string
	params  map[string]any
	results map[string]any
	failed  bool
	message string
}

func (c *Context) running() (*actionRun, error) {
	if c.action == nil {
		return nil, ErrNotAction
	}
	return c.action, nil
}

// ActionParams returns the action's parameters, or [ErrNotAction]. The caller
// must not change the map.
func (c *Context) ActionParams() (map[string]any, error) {
	a, err := c.running()
	if err != nil {
		return nil, err
	}
	return a.params, nil
}

// SetActionResult records one result under a path of keys. It replaces what is
// in its way.
func (c *Context) SetActionResult(path []string, value string) error {
	a, err := c.running()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.results == nil {
		a.results = map[string]any{}
	}
	at := a.results
	for _, key := range path[:len(path)-1] {
		next, ok := at[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[key] = next
		}
		at = next
	}
	at[path[len(path)-1]] = value
	return nil
}

// FailAction records that the action failed, and why. The last call wins.
func (c *Context) FailAction(message string) error {
	a, err := c.running()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	a.failed, a.message = true, message
	return nil
}

// LogAction adds a progress message to the action, at once.
func (c *Context) LogAction(ctx context.Context, message string) error {
	a, err := c.running()
	if err != nil {
		return err
	}
	return c.model.Update(ctx, func(s *model.State) error {
		stored, err := s.Action(a.id)
		if err == nil {
			stored.Log = append(stored.Log, model.ActionMessage{Time: s.Now(), Message: message})
		}
		return err
	})
}
