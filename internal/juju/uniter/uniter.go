package uniter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// Runner runs the charm for one hook or action. It returns when the charm's
// process has ended. When ctx is done it kills the process.
type Runner interface {
	Run(ctx context.Context, c *hook.Context) hook.Outcome
}

// RunnerFunc is a function that is a [Runner].
type RunnerFunc func(ctx context.Context, c *hook.Context) hook.Outcome

// Run implements [Runner].
func (f RunnerFunc) Run(ctx context.Context, c *hook.Context) hook.Outcome { return f(ctx, c) }

// Clock is time, for tests to replace.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

type wallClock struct{}

func (wallClock) Now() time.Time                         { return time.Now() }
func (wallClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Options say what an agent works on.
type Options struct {
	Model  *model.Model
	Unit   string
	Runner Runner

	// Clock is nil for the wall's.
	Clock Clock
	// RetryDelay is the time until a failed hook is run again, 0 for 5 seconds.
	// It doubles up to MaxRetryDelay, 0 for 5 minutes.
	RetryDelay, MaxRetryDelay time.Duration
	// Jitter returns numbers in [0, 1) that spread delays by ±20 %; nil means
	// random ones, and 0.5 means no change.
	Jitter func() float64
	// BeforeCommit, if not nil, may refuse the commit of a hook.
	BeforeCommit func(hook.Info) error
}

// Uniter is the agent of one unit. One goroutine uses [Uniter.Run] or
// [Uniter.Step]; the other methods may be called from any.
type Uniter struct {
	o      Options
	memory *hook.Memory
	local  Local
	loaded bool

	agentStarted, rebooting bool
	leaderSettingsSeen      int
	retryDelay              time.Duration
	retryAt, updateStatusAt time.Time

	mu       sync.Mutex
	workload []*workloadEvent
	offered  *workloadEvent
	stopping bool
	kicked   chan struct{}
}

// ErrShutdown is what [Uniter.Run] returns after [Uniter.Shutdown].
var ErrShutdown = errors.New("the unit agent was shut down")

// New returns the agent of a unit. It has done nothing yet.
func New(o Options) *Uniter {
	if o.Clock == nil {
		o.Clock = wallClock{}
	}
	if o.RetryDelay == 0 {
		o.RetryDelay = 5 * time.Second
	}
	if o.MaxRetryDelay == 0 {
		o.MaxRetryDelay = 5 * time.Minute
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	return &Uniter{o: o, kicked: make(chan struct{}, 1)}
}

// Run does what is to be done, as it comes up, until the unit is gone (nil), the
// agent is shut down ([ErrShutdown]), ctx is done, or the model's store fails.
func (u *Uniter) Run(ctx context.Context) error {
	for {
		changed := u.o.Model.Watch()
		if u.isStopping() {
			return errors.Join(u.runStop(ctx), ErrShutdown)
		}
		op, err := u.Step(ctx)
		switch {
		case err != nil:
			return err
		case op.Kind == Finish:
			return nil
		case op.Kind != Nothing:
			if err := ctx.Err(); err != nil {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-u.kicked:
		case <-u.timer():
		}
	}
}

// Step does the next operation and returns it: one of kind [Nothing] if the
// agent has to wait, [Finish] if the unit is gone. That a hook failed is no
// error; it is in the model. An error is the model's store's.
func (u *Uniter) Step(ctx context.Context) (Operation, error) {
	if err := u.load(ctx); err != nil {
		return Operation{}, err
	}
	snap, ok, err := u.snapshot(ctx)
	if err != nil {
		return Operation{}, err
	}
	if !ok {
		u.failWorkload(errGone)
		return Operation{Kind: Finish}, nil
	}
	op := Next(u.local, snap)
	switch op.Kind {
	case Nothing:
		return op, u.showWaiting(ctx)
	case RunHook:
		if op.Info.Kind == hook.Action {
			return op, u.runAction(ctx, op)
		}
		return op, u.runHook(ctx, op, snap)
	case SkipHook:
		return op, u.skip(ctx, op, snap)
	case UpgradeCode:
		u.local.CharmRevision = snap.CharmRevision
		u.retryDelay = u.o.RetryDelay
		u.scheduleRetry()
		return op, u.save(ctx, nil)
	case Resign:
		u.local.Leader = false
		return op, u.save(ctx, nil)
	case LeaveRelation:
		return op, u.leave(ctx, op.Info.RelationID)
	case Finish:
		u.failWorkload(errGone)
		return op, u.o.Model.Update(ctx, func(s *model.State) error {
			s.UnitGone(u.o.Unit)
			return nil
		})
	}
	return op, nil
}

// load restores what the unit's last agent had done. What it died in, a hook or
// an action, has failed.
func (u *Uniter) load(ctx context.Context) error {
	if u.loaded {
		return nil
	}
	var err error
	u.o.Model.View(func(s *model.State) {
		if unit, missing := s.Unit(u.o.Unit); missing == nil && len(unit.AgentState) > 0 {
			err = json.Unmarshal(unit.AgentState, &u.local)
		}
	})
	if err != nil {
		return fmt.Errorf("cannot read the state of %s's agent: %w", u.o.Unit, err)
	}
	u.loaded = true
	u.memory = hook.NewMemory(u.local.members())
	u.retryDelay = u.o.RetryDelay
	u.scheduleRetry()
	u.scheduleUpdateStatus()
	interrupted := u.local.Running
	if interrupted == nil {
		return nil
	}
	u.local.Running = nil
	switch {
	case interrupted.Kind == hook.Action:
	case u.local.Failed != nil || interrupted.Kind.IsWorkload():
		return u.save(ctx, nil)
	default:
		return u.fail(ctx, *interrupted)
	}
	return u.save(ctx, func(s *model.State) error {
		// It may have ended before the agent could note that, and an action ends
		// once.
		if a, err := s.Action(interrupted.ActionID); err != nil || a.Completed != nil {
			return err
		}
		return s.FinishAction(interrupted.ActionID, model.ActionFailed, "action terminated", nil)
	})
}

// save stores what the agent has done, with what else changes at the same time.
func (u *Uniter) save(ctx context.Context, also func(*model.State) error) error {
	return u.o.Model.Update(ctx, func(s *model.State) error {
		var err error
		if also != nil {
			err = also(s)
		}
		unit, missing := s.Unit(u.o.Unit)
		if missing != nil {
			return nil
		}
		data, bad := json.Marshal(&u.local)
		if bad != nil {
			return fmt.Errorf("cannot keep the state of %s's agent: %w", u.o.Unit, bad)
		}
		unit.AgentState = data
		return err
	})
}

// snapshot reads what is asked of the unit. On the way the unit claims
// leadership if nobody has it, and enters the relations it is to be in, as it
// does in Juju once it is installed.
func (u *Uniter) snapshot(ctx context.Context) (Snapshot, bool, error) {
	var snap Snapshot
	var ok, claim bool
	take := func(s *model.State) error {
		if snap, ok = takeSnapshot(s, u.o.Unit); ok {
			_, led := s.Units[s.Applications[model.ApplicationOf(u.o.Unit)].Leader]
			claim = !led && !snap.Dying
		}
		return nil
	}
	u.o.Model.View(func(s *model.State) { _ = take(s) })
	enter := u.relationsToEnter(snap)
	if ok && (claim || len(enter) > 0) {
		err := u.o.Model.Update(ctx, func(s *model.State) error {
			if claim {
				s.ClaimLeadership(u.o.Unit)
			}
			for _, id := range enter {
				if err := s.EnterScope(id, u.o.Unit); err != nil {
					return err
				}
			}
			return take(s)
		})
		if err != nil {
			return Snapshot{}, false, err
		}
	}
	u.forgetRelations(snap)
	u.addAgentFacts(&snap)
	return snap, ok, u.dropStorage(ctx, &snap)
}

func (u *Uniter) relationsToEnter(snap Snapshot) []int {
	var ids []int
	if u.local.Installed && !snap.Dying {
		for id, r := range snap.Relations {
			if !r.InScope && !r.Ending {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// forgetRelations drops what is known of relations that vanished.
func (u *Uniter) forgetRelations(snap Snapshot) {
	for id := range u.local.Relations {
		if _, exists := snap.Relations[id]; !exists {
			delete(u.local.Relations, id)
			u.memory.Forget(id)
		}
	}
}

// addAgentFacts adds what this agent's process knows, and the time.
func (u *Uniter) addAgentFacts(snap *Snapshot) {
	now := u.o.Clock.Now()
	if u.rebooting && !snap.Rebooting {
		u.agentStarted = false // the reboot has come
	}
	u.rebooting = snap.Rebooting
	snap.AgentStarted, snap.LeaderSettingsSeen = u.agentStarted, u.leaderSettingsSeen
	snap.RetryDue = u.local.Failed != nil && !u.retryAt.IsZero() && !now.Before(u.retryAt)
	snap.UpdateStatusDue = !u.updateStatusAt.IsZero() && !now.Before(u.updateStatusAt)
	snap.Workload = u.nextWorkload()
}

// leave takes the unit out of a relation without a hook.
func (u *Uniter) leave(ctx context.Context, relation int) error {
	delete(u.local.Relations, relation)
	u.memory.Forget(relation)
	return u.save(ctx, func(s *model.State) error {
		s.LeaveScope(relation, u.o.Unit)
		return nil
	})
}

// showWaiting shows that the agent waits: for something to do, or with a failed
// hook.
func (u *Uniter) showWaiting(ctx context.Context) error {
	status, message, data := "idle", "", map[string]any(nil)
	if i := u.local.Failed; i != nil {
		status, message, data = "error", failedMessage(*i), failureData(*i)
	}
	shown := true
	u.o.Model.View(func(s *model.State) {
		if unit, err := s.Unit(u.o.Unit); err == nil && !unit.Rebooting {
			current := unit.Agent.Current()
			shown = current.Status == status && current.Message == message
		}
	})
	if shown {
		return nil
	}
	return u.o.Model.Update(ctx, func(s *model.State) error {
		return s.SetAgentStatus(u.o.Unit, status, message, data)
	})
}
