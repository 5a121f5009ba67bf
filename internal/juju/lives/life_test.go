package lives_test

import (
	"fmt"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// life is what the charm of one unit saw from its install on.
type life struct {
	unit      string
	installed bool
	config    bool
	started   bool
	stopped   bool
	removed   bool
	relations map[int]*seen

	// Of the hook that runs: whether the charm ran at all, what was recorded
	// before, what it read and wrote, and whether its commit may be refused by
	// what it wrote.
	ran, committed bool
	before         string
	reading        string
	wrote          map[int]string
}

// seen is what the charm saw of one relation since its relation-created.
type seen struct {
	peer bool
	// joined are the remote units, with what was read of them last.
	joined map[string]string
	app    string
	// next is the unit whose relation-changed must be next.
	next string
}

func (w *world) lifeOf(unit string) *life {
	l, ok := w.units[unit]
	if !ok {
		l = &life{unit: unit, relations: map[int]*seen{}}
		w.units[unit] = l
	}
	return l
}

func (l *life) broken(rule string, i hook.Info, format string, args ...any) error {
	return fmt.Errorf("%s: %s runs %s %s: %s", rule, l.unit, i.Name(), i.RemoteUnit, fmt.Sprintf(format, args...))
}

// begins checks whether a hook may run now.
func (l *life) begins(i hook.Info, kind model.Type) error {
	switch {
	case i.Kind == hook.Action:
		return nil
	case l.removed:
		return l.broken("C-113", i, "remove has run")
	case kind == model.Machines && !l.installed && i.Kind.IsStorage():
		return nil
	case !l.installed && i.Kind != hook.Install:
		return l.broken("C-110", i, "install has not")
	case l.installed && i.Kind == hook.Install:
		return l.broken("C-110", i, "install has run")
	case i.Kind == hook.Start && !l.config:
		return l.broken("C-111", i, "config-changed has not")
	case i.Kind == hook.Remove && l.started && !l.stopped:
		return l.broken("C-113", i, "stop has not")
	case i.Kind == hook.Stop:
		for id, r := range l.relations {
			if !r.peer {
				return l.broken("C-116", i, "relation %d is not broken", id)
			}
		}
	case i.Kind.IsRelation():
		return l.relationBegins(i)
	}
	return nil
}

func (l *life) relationBegins(i hook.Info) error {
	r := l.relations[i.RelationID]
	switch {
	case (r == nil) != (i.Kind == hook.RelationCreated):
		return l.broken("C-112", i, "relation-created comes first, and once")
	case r == nil:
		return nil
	case r.next != "" && (i.Kind != hook.RelationChanged || i.RemoteUnit != r.next):
		return l.broken("C-114", i, "%s has joined and relation-changed for it must be next", r.next)
	}
	_, joined := r.joined[i.RemoteUnit]
	switch {
	case i.Kind == hook.RelationJoined && joined:
		return l.broken("C-114", i, "it has joined")
	case i.Kind == hook.RelationDeparted && !joined, i.Kind == hook.RelationChanged && i.RemoteUnit != "" && !joined:
		return l.broken("C-114", i, "it has not joined")
	case i.Kind == hook.RelationBroken && (len(r.joined) > 0 || r.peer):
		return l.broken("C-115", i, "%d units have not departed", len(r.joined))
	}
	return nil
}

// succeeded notes that a hook succeeded, or was skipped.
func (l *life) succeeded(i hook.Info) error {
	switch i.Kind {
	case hook.Install:
		l.installed = true
	case hook.ConfigChanged:
		l.config = true
	case hook.Start:
		l.started, l.stopped = true, false
	case hook.Stop:
		l.stopped = true
	case hook.Remove:
		l.removed = true
	}
	if !i.Kind.IsRelation() {
		return nil
	}
	r, ok := l.relations[i.RelationID]
	if !ok {
		if i.Kind != hook.RelationCreated {
			return nil // skipped: its relation was gone
		}
		l.relations[i.RelationID] = &seen{peer: i.RemoteApp == application(l.unit), joined: map[string]string{}}
		return nil
	}
	switch {
	case i.Kind == hook.RelationJoined:
		r.joined[i.RemoteUnit], r.next = "", i.RemoteUnit
	case i.Kind == hook.RelationChanged && i.RemoteUnit == "":
		r.app = l.reading
	case i.Kind == hook.RelationChanged:
		r.joined[i.RemoteUnit], r.next = l.reading, ""
	case i.Kind == hook.RelationDeparted:
		delete(r.joined, i.RemoteUnit)
	case i.Kind == hook.RelationBroken:
		delete(l.relations, i.RelationID)
	}
	return nil
}

func application(unit string) string { return unit[:len(unit)-2] }
