package uniter

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// runHook runs a hook and notes what came of it.
func (u *Uniter) runHook(ctx context.Context, op Operation, snap Snapshot) error {
	// What is noted of a hook that ran is noted even when the agent is ending.
	keep := context.WithoutCancel(ctx)
	if u.onlyForLeader(op.Info) && !snap.Leader {
		u.local.Failed, u.local.Queued = nil, nil
		return u.save(keep, nil)
	}
	if _, exists := snap.Relations[op.Info.RelationID]; op.Info.Kind.IsRelation() && !exists {
		return u.succeed(keep, op, snap) // it failed, and then its relation was gone
	}
	if err := u.begin(keep, op.Info); err != nil {
		return err
	}
	c, err := hook.New(hook.Options{Model: u.o.Model, Unit: u.o.Unit, Info: op.Info, Memory: u.memory, BeforeCommit: u.refusal(op.Info)})
	if err != nil {
		return err
	}
	outcome := u.o.Runner.Run(ctx, c)
	failure := c.Finish(keep, outcome)
	u.local.Running = nil
	u.local.StatusSet = u.local.StatusSet || c.HasSetStatus()
	switch {
	case failure == nil:
		if outcome.Missing {
			u.log("INFO", fmt.Sprintf("skipped %q hook (missing)", op.Info.Name()))
		}
		return u.succeed(keep, op, snap)
	case errors.Is(failure, hook.ErrReboot):
		return u.succeed(keep, op, snap)
	case errors.Is(failure, hook.ErrRequeueAndReboot):
		u.local.Queued, u.local.Failed = &op.Info, nil
		return u.save(keep, nil)
	case errors.Is(failure, hook.ErrTerminated):
		// The hook has not failed: it runs again, as soon as it can.
		u.log("WARNING", fmt.Sprintf("hook %q was terminated", op.Info.Name()))
		if !op.Info.Kind.IsWorkload() {
			u.local.Queued, u.local.Failed = &op.Info, nil
		}
		return u.save(keep, nil)
	case op.Info.Kind.IsWorkload():
		u.log("ERROR", fmt.Sprintf("hook %q failed: %v", op.Info.Name(), failure))
		u.endWorkload(fmt.Errorf("failed to send %s event: %w", op.Info.Kind, errHookFailed))
		return u.save(keep, nil)
	default:
		u.log("ERROR", fmt.Sprintf("hook %q failed: %v", op.Info.Name(), failure))
		return u.fail(keep, op.Info)
	}
}

// onlyForLeader reports whether a hook is skipped if the unit has lost
// leadership since it was queued or failed.
func (u *Uniter) onlyForLeader(i hook.Info) bool {
	switch i.Kind {
	case hook.LeaderElected:
		return true
	case hook.SecretRotate, hook.SecretExpired, hook.SecretRemove:
		application := false
		u.o.Model.View(func(s *model.State) {
			secret, err := s.Secret(strings.TrimPrefix(i.SecretURI, "secret:"))
			application = err == nil && secret.Owner.Kind == model.ApplicationOwner
		})
		return application
	}
	return false
}

func (u *Uniter) refusal(i hook.Info) func() error {
	if u.o.BeforeCommit == nil {
		return nil
	}
	return func() error { return u.o.BeforeCommit(i) }
}

// begin notes that a hook runs, and shows it.
func (u *Uniter) begin(ctx context.Context, i hook.Info) error {
	u.local.Running = &i
	return u.save(ctx, func(s *model.State) error {
		unit, err := s.Unit(u.o.Unit)
		if err != nil {
			return err
		}
		unit.Resolve = model.Unresolved
		if i.Kind != hook.UpdateStatus {
			unit.Agent.Set(model.Status{Status: "executing", Message: runningMessage(i), Since: s.Now()})
		}
		if message := startMessage(i.Kind); message != "" && !(i.Kind == hook.Install && u.local.StatusSet) {
			return s.SetUnitStatus(u.o.Unit, "maintenance", message)
		}
		return nil
	})
}

// runningMessage is what the agent's status tells of a running hook.
func runningMessage(i hook.Info) string {
	message := "running " + i.Name() + " hook"
	switch {
	case i.Kind.IsRelation() && i.RemoteUnit != "":
		message += " for " + i.RemoteUnit
	case i.Kind.IsSecret():
		message += " for " + i.SecretURI
		if i.SecretRevision > 0 {
			message += "/" + strconv.Itoa(i.SecretRevision)
		}
	}
	return message
}

// startMessage is the workload status that Juju itself sets before a hook.
func startMessage(k hook.Kind) string {
	switch k {
	case hook.Install:
		return "installing charm software"
	case hook.Stop:
		return "stopping charm software"
	case hook.Remove:
		return "cleaning up prior to charm deletion"
	}
	return ""
}

// succeed notes that a hook has run.
func (u *Uniter) succeed(ctx context.Context, op Operation, snap Snapshot) error {
	u.retryDelay = u.o.RetryDelay
	if snap.UpdateStatusDue {
		u.scheduleUpdateStatus() // any hook will do: update-status is for units with nothing else to do
	}
	switch op.Info.Kind {
	case hook.Start:
		u.agentStarted = true
	case hook.LeaderSettings:
		u.leaderSettingsSeen = snap.LeaderSettings
	case hook.RelationBroken:
		defer u.memory.Forget(op.Info.RelationID)
	}
	err := u.save(ctx, func(s *model.State) error {
		u.local.done(op, snap, s)
		switch op.Info.Kind {
		case hook.Start:
			if !u.local.StatusSet {
				return s.SetUnitStatus(u.o.Unit, "unknown", "")
			}
		case hook.Stop:
			return s.SetUnitStatus(u.o.Unit, "maintenance", "")
		case hook.Remove:
			return s.SetUnitStatus(u.o.Unit, "terminated", "")
		}
		return nil
	})
	if op.Info.Kind.IsWorkload() {
		u.endWorkload(err)
	}
	return err
}

// skip counts a failed hook as done.
func (u *Uniter) skip(ctx context.Context, op Operation, snap Snapshot) error {
	if err := u.o.Model.Update(ctx, func(s *model.State) error {
		unit, err := s.Unit(u.o.Unit)
		if err == nil {
			unit.Resolve = model.Unresolved
		}
		return err
	}); err != nil {
		return err
	}
	return u.succeed(ctx, op, snap)
}

// fail keeps a failed hook, to be run again later, and shows it.
func (u *Uniter) fail(ctx context.Context, i hook.Info) error {
	u.local.Queued, u.local.Failed = nil, &i
	u.scheduleRetry()
	u.retryDelay = min(2*u.retryDelay, u.o.MaxRetryDelay)
	return u.save(ctx, func(s *model.State) error {
		return s.SetAgentStatus(u.o.Unit, "error", failedMessage(i), failureData(i))
	})
}

func failedMessage(i hook.Info) string { return fmt.Sprintf("hook failed: %q", failedName(i)) }

// failedName is how Juju names a failed hook: in full only if it is a relation's.
func failedName(i hook.Info) string {
	if i.Kind.IsRelation() {
		return i.Name()
	}
	return string(i.Kind)
}

func failureData(i hook.Info) map[string]any {
	data := map[string]any{"hook": failedName(i)}
	if i.Kind.IsRelation() {
		data["relation-id"] = i.RelationID
		if i.RemoteUnit != "" {
			data["remote-unit"] = i.RemoteUnit
		}
	}
	if i.SecretURI != "" {
		data["secret-uri"] = i.SecretURI
		if i.SecretLabel != "" {
			data["secret-label"] = i.SecretLabel
		}
	}
	return data
}

func (u *Uniter) log(level, message string) {
	u.o.Model.Log(model.LogRecord{Unit: u.o.Unit, Module: "juju.worker.uniter.operation", Level: level, Message: message})
}
