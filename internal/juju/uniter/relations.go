package uniter

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

// nextRelation returns the next hook of any relation but relation-created.
// Peers come last.
func nextRelation(l *Local, r *Snapshot) Operation {
	if !l.idle() {
		return Operation{}
	}
	for _, id := range r.relationIDs() {
		rel := r.Relations[id]
		if !rel.InScope {
			continue
		}
		if op := l.nextOf(id, rel, r); op.Kind != Nothing {
			return op
		}
	}
	return Operation{}
}

func (l *Local) nextOf(id int, rel RelationSnapshot, r *Snapshot) Operation {
	known, created := l.Relations[id]
	ending := rel.Ending || r.Dying
	if !created {
		if ending {
			return Operation{Kind: LeaveRelation, Info: rel.info(id, "", "")}
		}
		return Operation{}
	}
	hookFor := func(kind hook.Kind, unit string, version int) Operation {
		return Operation{Kind: RunHook, Info: rel.info(id, kind, unit), Version: version}
	}
	if unit := known.ChangedPending; unit != "" {
		version, present := rel.Members[unit]
		if !present {
			version = known.Members[unit]
		}
		return hookFor(hook.RelationChanged, unit, version)
	}
	for _, unit := range slices.Sorted(maps.Keys(known.Members)) {
		if _, present := rel.Members[unit]; present && !ending {
			continue
		}
		op := hookFor(hook.RelationDeparted, unit, 0)
		op.Info.DepartingUnit = unit
		if r.Dying || r.ApplicationDying {
			op.Info.DepartingUnit = r.Unit
		}
		return op
	}
	switch {
	case ending && rel.Peer:
		return Operation{Kind: LeaveRelation, Info: rel.info(id, "", "")}
	case ending:
		return hookFor(hook.RelationBroken, "", 0)
	}
	// The leader wrote the databag of its own application itself.
	if rel.AppVersion != known.AppVersion && !(rel.Peer && r.Leader) {
		return hookFor(hook.RelationChanged, "", rel.AppVersion)
	}
	for _, unit := range slices.Sorted(maps.Keys(rel.Members)) {
		if _, joined := known.Members[unit]; !joined {
			return hookFor(hook.RelationJoined, unit, rel.Members[unit])
		}
	}
	for _, unit := range slices.Sorted(maps.Keys(rel.Members)) {
		if rel.Members[unit] != known.Members[unit] {
			return hookFor(hook.RelationChanged, unit, rel.Members[unit])
		}
	}
	return Operation{}
}

// relationIDs returns the unit's relations: in the order of their ids, peers
// last.
func (r *Snapshot) relationIDs() []int {
	return slices.SortedFunc(maps.Keys(r.Relations), func(a, b int) int {
		if pa, pb := r.Relations[a].Peer, r.Relations[b].Peer; pa != pb {
			if pa {
				return 1
			}
			return -1
		}
		return a - b
	})
}

func (rel RelationSnapshot) info(id int, kind hook.Kind, unit string) hook.Info {
	return hook.Info{Kind: kind, Endpoint: rel.Endpoint, RelationID: id, RemoteApp: rel.RemoteApp, RemoteUnit: unit}
}

// versionOf returns the present version of what a hook, chosen earlier, tells
// of.
func versionOf(i hook.Info, r *Snapshot) int {
	switch {
	case i.Kind.IsRelation() && i.RemoteUnit == "":
		return r.Relations[i.RelationID].AppVersion
	case i.Kind.IsRelation():
		return r.Relations[i.RelationID].Members[i.RemoteUnit]
	case i.SecretRevision > 0:
		return i.SecretRevision
	}
	for _, d := range slices.Concat(r.Secrets.Changed, r.Secrets.Rotate) {
		if i.SecretURI == "secret:"+d.ID {
			return d.Revision
		}
	}
	return 0
}

func compareDue(a, b SecretDue) int {
	return cmp.Or(strings.Compare(a.ID, b.ID), a.Revision-b.Revision)
}
