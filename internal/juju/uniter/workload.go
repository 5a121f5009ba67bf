package uniter

import (
	"context"
	"errors"
	"slices"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

var (
	errHookFailed = errors.New("hook failed")
	errGone       = errors.New("the unit is gone")
)

// workloadEvent is one event of a container's Pebble that waits for its hook.
type workloadEvent struct {
	info hook.Info
	done chan error
}

// Workload hands the agent an event of a container's Pebble (a pebble-ready,
// notice or check hook) and returns when its hook has run. After an error the
// sender sends the event again: the agent drops what failed.
func (u *Uniter) Workload(ctx context.Context, info hook.Info) error {
	e := u.enqueue(info)
	select {
	case err := <-e.done:
		return err
	case <-ctx.Done():
		u.dropWorkload(e)
		return ctx.Err()
	}
}

// Offer is Workload for who steps the agent: it returns at once, and what comes of
// the hook is sent on the channel.
func (u *Uniter) Offer(info hook.Info) <-chan error { return u.enqueue(info).done }

func (u *Uniter) enqueue(info hook.Info) *workloadEvent {
	e := &workloadEvent{info: info, done: make(chan error, 1)}
	if info.Kind == hook.PebbleCheckFailed || info.Kind == hook.PebbleCheckRecovered {
		old := false
		u.o.Model.View(func(s *model.State) { old = s.Release().Before(model.Release{Major: 3, Minor: 6}) })
		if old {
			e.done <- nil // Juju has had these hooks since 3.6
			return e
		}
	}
	u.mu.Lock()
	u.workload = append(u.workload, e)
	u.mu.Unlock()
	u.kick()
	return e
}

func (u *Uniter) nextWorkload() *hook.Info {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.workload) == 0 {
		return nil
	}
	u.offered = u.workload[0]
	info := u.offered.info
	return &info
}

// endWorkload answers the event that nextWorkload returned last.
func (u *Uniter) endWorkload(err error) {
	u.mu.Lock()
	e := u.offered
	u.mu.Unlock()
	if e != nil {
		e.done <- err
		u.dropWorkload(e)
	}
}

// dropWorkload forgets an event, if it is not already: its sender may have given
// up while its hook ran.
func (u *Uniter) dropWorkload(e *workloadEvent) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if i := slices.Index(u.workload, e); i >= 0 {
		u.workload = slices.Delete(u.workload, i, i+1)
	}
	if u.offered == e {
		u.offered = nil
	}
}

func (u *Uniter) failWorkload(err error) {
	for u.nextWorkload() != nil {
		u.endWorkload(err)
	}
}

// kick wakes the agent for what is not in the model.
func (u *Uniter) kick() {
	select {
	case u.kicked <- struct{}{}:
	default:
	}
}

// Shutdown asks the agent to end because its pod is being replaced: after what
// is running it runs the stop hook, if the unit was started, and [Uniter.Run]
// returns [ErrShutdown].
func (u *Uniter) Shutdown() {
	u.mu.Lock()
	u.stopping = true
	u.mu.Unlock()
	u.kick()
}

func (u *Uniter) isStopping() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.stopping
}

// runStop runs stop for a pod that is being replaced. What was queued or had
// failed stays so for the next pod.
func (u *Uniter) runStop(ctx context.Context) error {
	defer u.failWorkload(errGone)
	if err := u.load(ctx); err != nil || !u.local.Started || u.local.Stopped {
		return err
	}
	snap, ok, err := u.snapshot(ctx)
	if err != nil || !ok || snap.Dying {
		return err
	}
	queued, failed := u.local.Queued, u.local.Failed
	err = u.runHook(ctx, run(hook.Info{Kind: hook.Stop}), snap)
	u.local.Queued, u.local.Failed = queued, failed
	return errors.Join(err, u.save(context.WithoutCancel(ctx), nil))
}
