package charmbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/uniter"
)

// unit runs one unit: its pod, its agent, and the watch of its Pebbles.
type unit struct {
	box  *Box
	name string

	mu  sync.Mutex
	pod *unitPod
}

// run keeps a pod for the unit: a new one when one ends, ever later if pods
// cannot be started, until the unit is removed or ctx ends.
func (u *unit) run(ctx context.Context) {
	for pause := time.Second; ctx.Err() == nil; pause = min(2*pause, time.Minute) {
		started, err := u.live(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if started {
			pause = time.Second
		}
		if gone := u.lost(ctx, started, err); gone {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// lost shows that the unit has no pod, and why. It reports whether the unit is
// gone as well.
func (u *unit) lost(ctx context.Context, started bool, why error) (gone bool) {
	u.box.log(u.name, "charmbox", "ERROR", "the unit has no pod: %v", why)
	err := u.box.model.Update(ctx, func(s *model.State) error {
		unit, err := s.Unit(u.name)
		if err != nil {
			return err
		}
		if started {
			replacePod(s, unit)
		}
		unit.Agent.Set(model.Status{Status: agentLost, Message: why.Error(), Since: s.Now()})
		return nil
	})
	return errors.As(err, new(*model.NotFoundError))
}

// live runs one pod of the unit to its end; started tells whether there was one.
// The error is nil when the unit has been removed.
func (u *unit) live(ctx context.Context) (started bool, err error) {
	spec, err := u.spec()
	if err != nil {
		return false, err
	}
	pod, err := startPod(ctx, u.box.network, spec)
	if err != nil {
		return false, err
	}
	u.setPod(pod)
	defer func() {
		u.setPod(nil)
		if closeErr := errors.Join(pod.close(), os.RemoveAll(spec.dirs.root)); closeErr != nil {
			u.box.log(u.name, "charmbox", "WARNING", "cannot clean up after the pod: %v", closeErr)
		}
	}()
	err = u.box.model.Update(ctx, func(s *model.State) error {
		state, err := s.Unit(u.name)
		if err == nil {
			state.Address = pod.pod.Addr().String()
		}
		return err
	})
	if err != nil {
		return true, err
	}
	u.box.restoreForwards(ctx, u.name, pod)
	return true, u.work(ctx, pod)
}

// work runs the agent of the unit and the watch of its Pebbles, until the unit
// is gone, the charm container ends, or ctx does.
func (u *unit) work(ctx context.Context, pod *unitPod) error {
	ctx, end := context.WithCancelCause(ctx)
	var watches sync.WaitGroup
	defer func() {
		end(nil)
		watches.Wait()
	}()
	// A hook that still runs ends with the work, and so does what earlier hooks
	// have left behind: an open connection of theirs would hold the agent up.
	defer context.AfterFunc(ctx, func() { pod.charm.Kill() })()
	watches.Go(func() {
		exit, err := pod.charm.Wait(ctx)
		if err == nil {
			end(fmt.Errorf("the charm container ended: %s", exit))
		}
	})
	agent := uniter.New(uniter.Options{
		Model: u.box.model, Unit: u.name, RetryDelay: u.box.options.RetryDelay, BeforeCommit: u.refusal(),
		Runner: uniter.RunnerFunc(func(ctx context.Context, run *hook.Context) hook.Outcome {
			return pod.runHook(ctx, u.box.model, run)
		}),
	})
	looker, err := pod.looker()
	if err != nil {
		return err
	}
	for _, container := range pod.containers() {
		watch := &pebbleWatch{
			container: container, socket: pod.spec.dirs.shared(container) + "/pebble.socket",
			send: agent.Workload, user: looker, retryDelay: u.box.options.RetryDelay,
		}
		watches.Go(func() { watch.run(ctx) })
	}
	err = agent.Run(ctx)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (u *unit) refusal() func(hook.Info) error {
	if u.box.options.BeforeCommit == nil {
		return nil
	}
	return func(info hook.Info) error { return u.box.options.BeforeCommit(u.name, info) }
}

func (u *unit) setPod(p *unitPod) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.pod = p
}

// current returns the running pod, or nil.
func (u *unit) current() *unitPod {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.pod
}

// spec is what the model says of the unit's pod.
func (u *unit) spec() (podSpec, error) {
	spec := podSpec{
		unit: u.name, dirs: u.box.dirs.unit(u.name), bin: u.box.dirs.bin(), images: map[string]*Image{},
		output: func(container, line string) {
			if ownLook(line) {
				return
			}
			u.box.log(u.name, "pebble."+container, "DEBUG", "%s", line)
		},
		ended: func(container string, why error) {
			u.box.log(u.name, "charmbox", "WARNING", "container %s ended, and is started again: %v", container, why)
		},
	}
	var meta metadata.Meta
	var resources map[string]string
	var err error
	u.box.model.View(func(s *model.State) {
		app, appErr := s.Application(model.ApplicationOf(u.name))
		if appErr != nil {
			err = appErr
			return
		}
		meta, resources = app.Charm.Meta, app.Resources
		spec.charmDir = u.box.dirs.charm(app.Name, app.CharmRevision)
	})
	if err != nil {
		return podSpec{}, err
	}
	spec.meta = &meta
	for name, container := range meta.Containers {
		if spec.images[name], err = LoadImage(resources[container.Resource]); err != nil {
			return podSpec{}, err
		}
	}
	return spec, nil
}
