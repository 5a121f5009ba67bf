package charm

import (
	"context"
	"fmt"
	"maps"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/internal/bind"
)

// Databag is one map of strings in a relation.
type Databag struct {
	relation *Relation
	owner    func(context.Context) (string, error)
}

// Owner returns the name of the unit or application whose databag it is.
func (d *Databag) Owner(ctx context.Context) (string, error) { return d.owner(ctx) }

// Get returns the content, with what this hook has written. It is read once
// per hook.
func (d *Databag) Get(ctx context.Context) (map[string]string, error) {
	owner, err := d.owner(ctx)
	if err != nil {
		return nil, err
	}
	content, err := d.relation.read(ctx, owner)
	return maps.Clone(content), err
}

// Set writes values into this unit's databag or its application's; an empty
// value deletes its key, other keys stay. Only what differs is written. Of the
// application's databag it returns [ErrNotLeader] on a unit that is not the
// leader.
func (d *Databag) Set(ctx context.Context, values map[string]string) error {
	owner, err := d.owner(ctx)
	if err != nil {
		return err
	}
	b := d.relation.b
	if owner != b.Unit() && owner != b.App() {
		return fmt.Errorf("cannot write the databag of %s: it is not this unit's", owner)
	}
	if !isUnit(owner) {
		leader, err := b.IsLeader(ctx)
		if err != nil {
			return err
		}
		if !leader {
			return fmt.Errorf("cannot write the databag of application %s: %w", owner, ErrNotLeader)
		}
	}
	content, err := d.relation.read(ctx, owner)
	if err != nil {
		return err
	}
	changed := map[string]string{}
	for key, value := range values {
		if content[key] != value {
			changed[key] = value
		}
	}
	if len(changed) == 0 {
		return nil
	}
	if err := b.run.tools.RelationSet(ctx, hooktool.Databag{Relation: d.relation.id, Owner: owner}, changed); err != nil {
		return err
	}
	for key, value := range changed {
		if value == "" {
			delete(content, key)
		} else {
			content[key] = value
		}
	}
	return nil
}

// Read decodes a databag into a struct. Keys that T does not bind are ignored:
// Juju itself writes some. An empty databag is a [*WaitingError], one that does
// not fit an [*InvalidError].
func Read[T any](ctx context.Context, d *Databag) (T, error) {
	var v T
	owner, err := d.owner(ctx)
	if err != nil {
		return v, err
	}
	content, err := d.relation.read(ctx, owner)
	if err != nil {
		return v, err
	}
	if len(content) == 0 {
		return v, &WaitingError{For: fmt.Sprintf("%s to publish on %s", owner, d.relation.endpoint)}
	}
	problems := bind.FromStrings(content, &v)
	err = invalid(d.relation.subject(), problems, &v)
	return v, err
}

// Write encodes a struct into a databag and writes what differs. Keys that T
// does not bind stay.
func Write[T any](ctx context.Context, d *Databag, v T) error {
	values, err := bind.ToStrings(v)
	if err != nil {
		return err
	}
	return d.Set(ctx, values)
}
