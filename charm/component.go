package charm

import "context"

// reconciler is a function that [Base.Reconcile] registered, and the component
// that did.
type reconciler struct {
	component string
	reconcile func(context.Context, *Status) error
}

// Component returns a base for a part of the charm: a library, an interface.
// What is registered on it, and handles taken from it, are the charm's; but the
// conditions that its reconcilers find carry its name, so that the charm can
// say with [Base.Prioritize] how much they matter.
//
// A component is a type with a constructor that takes the charm's base, so that
// one line in the charm's own constructor adds it:
//
//	func New(b *charm.Base, options Options) *Backup {
//		b = b.Component("backup")
//		c := &Backup{store: b.Requires("store")}
//		b.Reconcile(c.reconcile)
//		return c
//	}
func (b *Base) Component(name string) *Base { return newBaseOn(b.core, name) }

// Prioritize ranks the conditions that the reconcilers of a component find:
// those of a higher priority stand before all of a lower one, whatever their
// level, and so make the unit's status. The default is 0. A component may set
// its own; what is called last holds, so the charm does it after constructing
// the component. See [WithPriority] for a single error.
func (b *Base) Prioritize(component string, priority int) { b.priorities[component] = priority }

// WithPriority gives the conditions in an error a priority of their own. Of an
// error that is nil it returns nil.
func WithPriority(err error, priority int) error {
	if err == nil {
		return nil
	}
	return &priorityError{err, priority}
}

// priorityError ranks what it wraps.
type priorityError struct {
	err      error
	priority int
}

func (e *priorityError) Error() string { return e.err.Error() }

func (e *priorityError) Unwrap() error { return e.err }
