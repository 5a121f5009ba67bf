package uniter

import (
	"slices"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// Next returns what a unit's agent does next. The order of the questions is
// Juju's; the first answer counts.
func Next(local Local, remote Snapshot) Operation {
	if remote.Rebooting {
		return Operation{}
	}
	for _, resolve := range []func(*Local, *Snapshot) Operation{
		nextRemoval, nextStart, nextCreated, nextLeadership, nextWorkload, nextSecret, nextAction,
		nextStorage, nextFailed, nextQueued, nextDying, nextCharm, nextRelation, nextUpdateStatus,
	} {
		switch op := resolve(&local, &remote); op.Kind {
		case Nothing:
		case Wait:
			return Operation{}
		default:
			return op
		}
	}
	return Operation{}
}

// nextRemoval ends a unit that was never installed, or that has run remove.
func nextRemoval(l *Local, r *Snapshot) Operation {
	if r.Dying && l.Failed == nil && (!l.Installed || l.Removed) {
		return Operation{Kind: Finish}
	}
	return Operation{}
}

// nextStart runs start again after every start of the agent, unless the pod is
// new: then upgrade-charm and config-changed come first.
func nextStart(l *Local, r *Snapshot) Operation {
	switch {
	case !l.idle() || !l.Installed || r.Dying:
	case l.Pod != r.Pod:
		return run(hook.Info{Kind: hook.UpgradeCharm})
	case l.Started && !r.AgentStarted:
		return run(hook.Info{Kind: hook.Start})
	}
	return Operation{}
}

// nextCreated runs relation-created, before any other hook of a relation.
func nextCreated(l *Local, r *Snapshot) Operation {
	if !l.Installed || !l.idle() || r.Dying {
		return Operation{}
	}
	for _, id := range r.relationIDs() {
		rel := r.Relations[id]
		if _, known := l.Relations[id]; !known && rel.InScope && !rel.Ending {
			return run(rel.info(id, hook.RelationCreated, ""))
		}
	}
	return Operation{}
}

// nextLeadership accepts leadership with a hook and loses it without one. Units
// that do not lead get leader-settings-changed once after each agent's start, and
// when the settings change. One that has just lost leadership gets it too, for
// what it missed while it led.
func nextLeadership(l *Local, r *Snapshot) Operation {
	switch {
	case !l.Installed:
	case l.Leader && (!r.Leader || r.Dying):
		return Operation{Kind: Resign}
	case !l.idle() || r.Dying || l.Leader:
	case r.Leader:
		return run(hook.Info{Kind: hook.LeaderElected})
	case r.LeaderSettingsSeen != r.LeaderSettings:
		return run(hook.Info{Kind: hook.LeaderSettings})
	}
	return Operation{}
}

func nextWorkload(l *Local, r *Snapshot) Operation {
	if !l.Installed || !l.idle() || r.Workload == nil {
		return Operation{}
	}
	return run(*r.Workload)
}

func nextSecret(l *Local, r *Snapshot) Operation {
	if !l.Installed || !l.idle() || r.Dying {
		return Operation{}
	}
	first := func(kind hook.Kind, due []SecretDue) Operation {
		due = slices.Clone(due)
		slices.SortFunc(due, compareDue)
		for _, d := range due {
			if kind == hook.SecretRemove && slices.Contains(l.Obsolete[d.ID], d.Revision) {
				continue
			}
			info := hook.Info{Kind: kind, SecretURI: "secret:" + d.ID, SecretLabel: d.Label}
			if kind == hook.SecretExpired || kind == hook.SecretRemove {
				info.SecretRevision = d.Revision
			}
			return Operation{Kind: RunHook, Info: info, Version: d.Revision}
		}
		return Operation{}
	}
	for _, q := range []struct {
		kind hook.Kind
		due  []SecretDue
	}{
		{hook.SecretExpired, r.Secrets.Expired}, {hook.SecretRotate, r.Secrets.Rotate},
		{hook.SecretChanged, r.Secrets.Changed}, {hook.SecretRemove, r.Secrets.Obsolete},
	} {
		if op := first(q.kind, q.due); op.Kind != Nothing {
			return op
		}
	}
	return Operation{}
}

// nextAction runs actions also while a hook has failed.
func nextAction(l *Local, r *Snapshot) Operation {
	if len(r.Actions) == 0 || !l.Installed || l.Queued != nil || r.Dying && l.Stopped {
		return Operation{}
	}
	return run(hook.Info{Kind: hook.Action, ActionID: r.Actions[0]})
}

// nextFailed waits for the time or the operator to decide on a failed hook.
func nextFailed(l *Local, r *Snapshot) Operation {
	switch {
	case l.Failed == nil:
	case r.ForcedUpgrade && l.CharmRevision != r.CharmRevision:
		return Operation{Kind: UpgradeCode}
	case r.Resolve == model.ResolveNoRetry:
		return Operation{Kind: SkipHook, Info: *l.Failed, Version: versionOf(*l.Failed, r)}
	case r.Resolve == model.ResolveRetry || r.RetryDue:
		return Operation{Kind: RunHook, Info: *l.Failed, Version: versionOf(*l.Failed, r)}
	}
	return Operation{}
}

func nextQueued(l *Local, r *Snapshot) Operation {
	switch {
	case l.Failed != nil:
	case l.Queued != nil:
		return Operation{Kind: RunHook, Info: *l.Queued, Version: versionOf(*l.Queued, r)}
	case !l.Installed:
		return run(hook.Info{Kind: hook.Install})
	}
	return Operation{}
}

// nextDying leaves the relations, then stops, then removes.
func nextDying(l *Local, r *Snapshot) Operation {
	if !r.Dying || !l.idle() {
		return Operation{}
	}
	if op := nextRelation(l, r); op.Kind != Nothing {
		return op
	}
	if l.Started && !l.Stopped {
		return run(hook.Info{Kind: hook.Stop})
	}
	return run(hook.Info{Kind: hook.Remove})
}

func nextCharm(l *Local, r *Snapshot) Operation {
	switch {
	case !l.idle():
	case l.CharmRevision != r.CharmRevision:
		return run(hook.Info{Kind: hook.UpgradeCharm})
	case l.ConfigHash != r.ConfigHash:
		return run(hook.Info{Kind: hook.ConfigChanged})
	}
	return Operation{}
}

func nextUpdateStatus(l *Local, r *Snapshot) Operation {
	if l.idle() && r.UpdateStatusDue {
		return run(hook.Info{Kind: hook.UpdateStatus})
	}
	return Operation{}
}
