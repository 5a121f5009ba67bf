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
)

func (l Level) rank() int {
	switch l {
	case LevelBlocked:
		return 0
	case LevelMaintenance:
		return 1
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
}

func (c *Condition) Error() string { return string(c.Level) + ": " + c.Message }

// Blocked returns the condition that the operator must do something.
func Blocked(format string, args ...any) error { return condition(LevelBlocked, format, args) }

// Waiting returns the condition that something else is not ready yet.
func Waiting(format string, args ...any) error { return condition(LevelWaiting, format, args) }

// Maintenance returns the condition that the charm is at work.
func Maintenance(format string, args ...any) error { return condition(LevelMaintenance, format, args) }

func condition(level Level, format string, args []any) *Condition {
	return &Condition{level, fmt.Sprintf(format, args...)}
}

// conditionOf tells whether an error itself, not what it wraps, is an ordinary
// "not ready", and what to say of it.
func conditionOf(err error) (Condition, bool) {
	switch e := err.(type) {
	case *Condition:
		return *e, true
	case *AbsentError:
		return Condition{LevelBlocked, "integrate " + e.Endpoint}, true
	case *InvalidError:
		return Condition{LevelBlocked, e.Error()}, true
	case *WaitingError, *PendingError:
		return Condition{LevelWaiting, e.Error()}, true
	case *pebble.NotReadyError:
		return Condition{LevelWaiting, "waiting for container " + e.Container}, true
	}
	return Condition{}, false
}

// conditions returns the conditions in an error and what it wraps, and whether
// they are all that it tells: a failure beside them must not be lost.
func conditions(err error) (found []Condition, all bool) {
	if c, ok := conditionOf(err); ok {
		return []Condition{c}, true
	}
	var wrapped []error
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		wrapped = flatten(e.Unwrap())
	case interface{ Unwrap() []error }:
		wrapped = e.Unwrap()
	}
	all = len(wrapped) > 0
	for _, inner := range wrapped {
		c, ok := conditions(inner)
		found = append(found, c...)
		all = all && ok
	}
	return found, all
}

// worstFirst orders conditions; those of one level keep their order.
func worstFirst(a, b Condition) int { return cmp.Compare(a.Level.rank(), b.Level.rank()) }
