package uniter

import (
	"maps"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// done notes that a hook has run, or was skipped, in what the agent knows and in
// the model.
func (l *Local) done(op Operation, snap Snapshot, s *model.State) {
	l.Failed, l.Queued = nil, nil
	i := op.Info
	switch i.Kind {
	case hook.Install:
		l.Installed = true
		l.CharmRevision, l.Pod = snap.CharmRevision, snap.Pod
	case hook.UpgradeCharm:
		l.CharmRevision, l.Pod = snap.CharmRevision, snap.Pod
		l.Queued = &hook.Info{Kind: hook.ConfigChanged}
	case hook.ConfigChanged:
		l.ConfigHash = snap.ConfigHash
		if !l.Started {
			l.Queued = &hook.Info{Kind: hook.Start}
		}
	case hook.Start:
		l.Started, l.Stopped = true, false
	case hook.Stop:
		l.Stopped = true
	case hook.Remove:
		l.Removed = true
	case hook.LeaderElected:
		l.Leader = true
	}
	switch {
	case i.Kind.IsRelation():
		l.relationDone(op, s, snap.Unit)
	case i.Kind.IsSecret():
		l.secretDone(op, s, snap.Unit)
	case i.Kind.IsStorage():
		l.storageDone(i, s)
	}
	l.knowOwnDatabags(s, snap)
}

func (l *Local) relationDone(op Operation, s *model.State, unit string) {
	i := op.Info
	if i.Kind == hook.RelationBroken {
		delete(l.Relations, i.RelationID)
		s.LeaveScope(i.RelationID, unit)
		return
	}
	r, ok := l.Relations[i.RelationID]
	if !ok {
		r = &LocalRelation{}
		if l.Relations == nil {
			l.Relations = map[int]*LocalRelation{}
		}
		l.Relations[i.RelationID] = r
	}
	if r.Members == nil {
		r.Members = map[string]int{}
	}
	switch {
	case i.Kind == hook.RelationJoined:
		r.Members[i.RemoteUnit] = op.Version
		r.ChangedPending = i.RemoteUnit
	case i.Kind == hook.RelationDeparted:
		delete(r.Members, i.RemoteUnit)
	case i.Kind == hook.RelationChanged && i.RemoteUnit == "":
		r.AppVersion = op.Version
	case i.Kind == hook.RelationChanged:
		r.Members[i.RemoteUnit] = op.Version
		r.ChangedPending = ""
	}
}

func (l *Local) secretDone(op Operation, s *model.State, unit string) {
	id := strings.TrimPrefix(op.Info.SecretURI, "secret:")
	switch op.Info.Kind {
	case hook.SecretChanged:
		if secret, ok := s.Secrets[id]; ok {
			if c, ok := secret.Consumers[unit]; ok {
				c.Notified = max(c.Notified, op.Version)
			}
		}
	case hook.SecretRotate:
		s.SecretRotated(id, op.Version)
	case hook.SecretExpired:
		s.SecretExpired(id, op.Version)
	case hook.SecretRemove:
		if l.Obsolete == nil {
			l.Obsolete = map[string][]int{}
		}
		l.Obsolete[id] = append(l.Obsolete[id], op.Version)
	}
	maps.DeleteFunc(l.Obsolete, func(id string, revisions []int) bool {
		secret, ok := s.Secrets[id]
		return !ok || !slices.ContainsFunc(revisions, func(n int) bool { return secret.Revision(n) != nil })
	})
}

// knowOwnDatabags keeps a leader from being told of what it wrote itself into a
// peer relation, also after it lost leadership.
func (l *Local) knowOwnDatabags(s *model.State, snap Snapshot) {
	if !snap.Leader {
		return
	}
	for id, r := range l.Relations {
		if rel := snap.Relations[id]; rel.Peer {
			if mr, ok := s.Relations[id]; ok {
				r.AppVersion = mr.AppData(rel.RemoteApp).Version
			}
		}
	}
}
