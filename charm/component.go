package charm

import (
	"context"
	"fmt"

	"github.com/charmkit/charmkit/pebble"
)

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

// Want registers what a part of the charm wants in a container: one layer of its
// own, with the files that its services read. It is applied like a reconciler, in
// the order of registration; see [pebble.Container.Apply]. The label is that of the
// layer, unique in the container. While the function returns an error, nothing is
// changed; once it returns nil, what it wanted before is stopped.
func (b *Base) Want(c *Container, label string, f func(context.Context) (*pebble.Want, error)) {
	declareOnce(b.wants, "what is wanted in a container", c.Name()+"/"+label)
	b.wants[c.Name()+"/"+label] = true
	b.Reconcile(func(ctx context.Context, _ *Status) error {
		want, err := f(ctx)
		if err != nil {
			return err
		}
		if want == nil {
			want = &pebble.Want{}
		}
		labelled := *want
		labelled.Label = label
		if _, err := c.Apply(ctx, labelled); err != nil {
			return fmt.Errorf("cannot apply %s to container %s: %w", label, c.Name(), err)
		}
		return nil
	})
}
