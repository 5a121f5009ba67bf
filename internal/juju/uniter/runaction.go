package uniter

import (
	"context"
	"fmt"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// runAction runs an action and completes it in the model. A failed hook, if
// there is one, stays as it is.
func (u *Uniter) runAction(ctx context.Context, op Operation) error {
	keep := context.WithoutCancel(ctx)
	c, err := hook.New(hook.Options{Model: u.o.Model, Unit: u.o.Unit, Info: op.Info, Memory: u.memory, BeforeCommit: u.refusal(op.Info)})
	if err != nil {
		return err
	}
	info := c.Info()
	if u.undefined(info.ActionName) {
		return u.save(keep, func(s *model.State) error {
			return s.FinishAction(info.ActionID, model.ActionFailed, fmt.Sprintf("cannot run %q action: not defined", info.ActionName), nil)
		})
	}
	u.local.Running = &info
	err = u.save(keep, func(s *model.State) error {
		unit, err := s.Unit(u.o.Unit)
		if err != nil {
			return err
		}
		unit.Agent.Set(model.Status{Status: "executing", Message: "running action " + info.ActionName, Since: s.Now()})
		return s.BeginAction(info.ActionID)
	})
	if err != nil {
		return err
	}
	running, stop := u.untilCancelled(ctx, info.ActionID)
	outcome := u.o.Runner.Run(running, c)
	stop()
	if err := c.Finish(keep, outcome); err != nil {
		return err
	}
	u.local.Running = nil
	u.local.StatusSet = u.local.StatusSet || c.HasSetStatus()
	return u.save(keep, nil)
}

func (u *Uniter) undefined(action string) (undefined bool) {
	u.o.Model.View(func(s *model.State) {
		if a, err := s.Application(model.ApplicationOf(u.o.Unit)); err == nil && a.Charm != nil {
			_, defined := a.Charm.Actions[action]
			undefined = !defined
		}
	})
	return undefined
}

// untilCancelled returns a context that ends when the operator cancels the
// action. stop must be called when the action has ended.
func (u *Uniter) untilCancelled(parent context.Context, action string) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			changed := u.o.Model.Watch()
			u.o.Model.View(func(s *model.State) {
				if a, err := s.Action(action); err == nil && a.Status == model.ActionAborting {
					cancel()
				}
			})
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
		}
	}()
	return ctx, func() {
		cancel()
		<-ended
	}
}
