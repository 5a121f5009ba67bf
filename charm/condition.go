package charm

import (
	"cmp"
	"fmt"

	"github.com/charmkit/charmkit/pebble"
)

// Level is how bad a condition is; its text is Juju's name of the status.
type Level string

// The levels, worst first.
const (
	LevelBlocked     Level = "blocked"
	LevelMaintenance Level = "maintenance"
	LevelWaiting     Level = "waiting"
	// LevelActive is the level of no condition.
	LevelActive Level = "active"
)

func (l Level) rank() int {
	switch l {
	case LevelBlocked:
		return 0
	case LevelMaintenance:
		return 1
	case LevelActive:
		return 3
	}
	return 2
}

// Condition is something that keeps the unit from being active. It is an error
// too, so that functions can return it, and [errors.Join] of several means all
// of them.
type Condition struct {
	Level Level
	// Message tells the operator what is missing or what to do.
	Message string
	// Priority puts it before all conditions of a lower one, whatever their
	// levels; see [WithPriority].
	Priority int
	// Component is whose reconciler found it, empty for the charm's own; see
	// [Base.Component].
	Component string
}

func (c *Condition) Error() string { return string(c.Level) + ": " + c.Message }

// finding is a condition, and where it comes from invalid data, what is wrong
// with that: several findings of one subject are told as one.
type finding struct {
	Condition
	// ranked says that the error had a priority of its own.
	ranked   bool
	invalid  string
	problems []string
}

// Blocked returns the condition that the operator must do something.
func Blocked(format string, args ...any) error { return condition(LevelBlocked, format, args) }

// Waiting returns the condition that something else is not ready yet.
func Waiting(format string, args ...any) error { return condition(LevelWaiting, format, args) }

// Maintenance returns the condition that the charm is at work.
func Maintenance(format string, args ...any) error { return condition(LevelMaintenance, format, args) }

func condition(level Level, format string, args []any) *Condition {
	return &Condition{Level: level, Message: fmt.Sprintf(format, args...)}
}

// findingOf tells whether an error itself, not what it wraps, is an ordinary
// "not ready", and what to say of it.
func findingOf(err error) (finding, bool) {
	var c Condition
	switch e := err.(type) {
	case *Condition:
		c = *e
	case *NotTrustedError:
		c = Condition{Level: LevelBlocked, Message: e.Error()}
	case *AbsentError:
		c = Condition{Level: LevelBlocked, Message: "integrate " + e.Endpoint}
	case *InvalidError:
		f := finding{Condition: Condition{Level: LevelBlocked, Message: e.Error()}, invalid: e.Subject, problems: e.Problems}
		return f, true
	case *WaitingError, *PendingError:
		c = Condition{Level: LevelWaiting, Message: e.Error()}
	case *pebble.NotReadyError:
		c = Condition{Level: LevelWaiting, Message: "waiting for container " + e.Container}
	default:
		return finding{}, false
	}
	return finding{Condition: c}, true
}

// findings returns the conditions in an error and what it wraps, and whether
// they are all that it tells: a failure beside them must not be lost.
func findings(err error) (found []finding, all bool) {
	if f, ok := findingOf(err); ok {
		return []finding{f}, true
	}
	var wrapped []error
	switch e := err.(type) {
	case *priorityError:
		all := true
		for _, inner := range flatten(e.err) {
			f, ok := findings(inner)
			found = append(found, f...)
			all = all && ok
		}
		for i := range found {
			if !found[i].ranked {
				found[i].ranked, found[i].Priority = true, e.priority
			}
		}
		return found, all
	case interface{ Unwrap() error }:
		wrapped = flatten(e.Unwrap())
	case interface{ Unwrap() []error }:
		wrapped = e.Unwrap()
	}
	all = len(wrapped) > 0
	for _, inner := range wrapped {
		f, ok := findings(inner)
		found = append(found, f...)
		all = all && ok
	}
	return found, all
}

// worstFirst orders conditions; those of one priority and level keep their
// order.
func worstFirst(a, b Condition) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Level.rank(), b.Level.rank()))
}
