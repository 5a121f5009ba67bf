package hook

import (
	"context"
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// ErrReboot says that the machine is to be rebooted. The hook has succeeded.
var ErrReboot = errors.New("reboot after hook")

// ErrRequeueAndReboot says that the machine is to be rebooted at once and the
// hook to be run again after that. Nothing that it recorded is applied.
var ErrRequeueAndReboot = errors.New("reboot now")

// ErrNoProcess says that there is no process of the charm to kill.
var ErrNoProcess = errors.New("no process to kill")

// rebootRequest is what juju-reboot asked for.
type rebootRequest int

const (
	noReboot rebootRequest = iota
	rebootAfterHook
	rebootNow
)

// OnKill says how juju-reboot --now kills the charm's process. kill returns when
// the process is dead. It is called before the charm runs; without it the charm
// goes on, and ends as it does.
func (c *Context) OnKill(kill func() error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kill = kill
}

// RequestReboot asks for a reboot after the hook.
func (c *Context) RequestReboot() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reboot = rebootAfterHook
}

// RequestRebootNow asks for a reboot at once and kills the charm's process.
func (c *Context) RequestRebootNow() error {
	c.mu.Lock()
	before, kill := c.reboot, c.kill
	c.reboot = rebootNow
	c.mu.Unlock()
	if kill == nil {
		return nil
	}
	err := kill()
	if err != nil && !errors.Is(err, ErrNoProcess) {
		c.mu.Lock()
		c.reboot = before
		c.mu.Unlock()
		return err
	}
	return nil
}

// finishReboot is what comes after a hook that asked for a reboot. The request
// is made after the hook's changes were applied; there is no machine on
// Kubernetes, so that there the hook has failed all the same.
func (c *Context) finishReboot(ctx context.Context, failure error) error {
	c.mu.Lock()
	request := c.reboot
	c.mu.Unlock()
	result := ErrReboot
	switch {
	case request == noReboot || request == rebootAfterHook && failure != nil:
		return failure
	case request == rebootNow:
		result = ErrRequeueAndReboot
	}
	return errors.Join(c.model.Update(ctx, func(s *model.State) error {
		if err := s.SetAgentStatus(c.unit, "rebooting", "", nil); err != nil {
			return err
		}
		if s.Type != model.Machines {
			result = fmt.Errorf("unit %q is not assigned to a machine", c.unit)
			return nil
		}
		s.Units[c.unit].Rebooting = true
		return nil
	}), result)
}
