package charm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/charmkit/charmkit/charm/internal/bind"
)

// UnitState is data that one unit keeps for itself, in Juju's own state: it
// survives the pod and the charm's upgrade, and ends with the unit. No other unit
// sees it. It is a struct with `charm` tags.
type UnitState[T any] struct {
	b    *Base
	name string
}

// UnitStateOf returns the handle of this unit's own data. The name is that of the
// data; it keeps those of several components apart.
func UnitStateOf[T any](b *Base, name string) *UnitState[T] {
	checkState[T](name)
	return &UnitState[T]{b, name}
}

// Get returns the data with what this hook has changed; the zero value if there is
// none. Data that do not fit, of another version of the charm say, are an
// [*InvalidError].
func (s *UnitState[T]) Get(ctx context.Context) (T, error) {
	stored, err := s.b.run.stored(ctx)
	if err != nil {
		var v T
		return v, err
	}
	return stateFrom[T](s.subject(), s.name, stored)
}

// Set replaces the data; only what differs is written, and only if the hook
// succeeds. Juju takes 64 KiB for a field; too much in all is a
// [*StateFullError].
func (s *UnitState[T]) Set(ctx context.Context, v T) error {
	values, err := stateTo(s.name, v)
	if err != nil {
		return err
	}
	return s.b.run.store(ctx, s.subject(), values)
}

func (s *UnitState[T]) subject() string { return fmt.Sprintf("state %q", s.name) }

// PeerUnitState is data that every unit writes for itself and all units of the
// application read, in the units' databags of a peer relation. Others see it once
// the hook has succeeded. It is a struct with `charm` tags, and no place for
// secrets.
type PeerUnitState[T any] struct {
	peers *Endpoint
	name  string
}

// PeerUnitStateOf returns the handle of data that units share over a peer relation,
// each its own. The name is that of the data; it keeps those of several components
// apart.
func PeerUnitStateOf[T any](peers *Endpoint, name string) *PeerUnitState[T] {
	checkState[T](name)
	return &PeerUnitState[T]{peers, name}
}

// Get returns this unit's data with what this hook has changed; the zero value if
// there is none. Before the peer relation has been created, as in install, it is a
// [*WaitingError].
func (s *PeerUnitState[T]) Get(ctx context.Context) (T, error) {
	return stateIn[T](ctx, s.peers, s.name, (*Relation).LocalUnit)
}

// Set replaces this unit's data; only what differs is written.
func (s *PeerUnitState[T]) Set(ctx context.Context, v T) error {
	return setStateIn(ctx, s.peers, s.name, (*Relation).LocalUnit, v)
}

// All returns the data of all units, this one included, by the unit's name. What
// does not fit is told in one [*InvalidError] for each unit, joined, beside the
// data of the others.
func (s *PeerUnitState[T]) All(ctx context.Context) (map[string]T, error) {
	r, err := peerRelation(ctx, s.peers)
	if err != nil {
		return nil, err
	}
	bags, err := r.RemoteUnits(ctx)
	if err != nil {
		return nil, err
	}
	all, problems := map[string]T{}, []error(nil)
	for _, bag := range append(bags, r.LocalUnit()) {
		unit, err := bag.Owner(ctx)
		if err != nil {
			return nil, err
		}
		content, err := r.read(ctx, unit)
		if err != nil {
			return nil, err
		}
		v, err := stateFrom[T](fmt.Sprintf("state %q of unit %s", s.name, unit), s.name, content)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all[unit] = v
	}
	return all, errors.Join(problems...)
}

// PeerAppState is data of the application as a whole, in its databag of a peer
// relation: all units read it, the leader writes it. It ends with the
// application. It is a struct with `charm` tags, and no place for secrets:
// those are an [OwnedSecret] of the application.
type PeerAppState[T any] struct {
	peers *Endpoint
	name  string
}

// PeerAppStateOf returns the handle of the application's data in a peer relation.
// The name is that of the data; it keeps those of several components apart.
func PeerAppStateOf[T any](peers *Endpoint, name string) *PeerAppState[T] {
	checkState[T](name)
	return &PeerAppState[T]{peers, name}
}

// Get returns the data with what this hook has changed; the zero value if there is
// none. Before the peer relation has been created, as in install, it is a
// [*WaitingError].
func (s *PeerAppState[T]) Get(ctx context.Context) (T, error) {
	return stateIn[T](ctx, s.peers, s.name, (*Relation).LocalApp)
}

// Set replaces the data; only what differs is written. On a unit that is not the
// leader it returns [ErrNotLeader].
func (s *PeerAppState[T]) Set(ctx context.Context, v T) error {
	return setStateIn(ctx, s.peers, s.name, (*Relation).LocalApp, v)
}

func stateIn[T any](ctx context.Context, peers *Endpoint, name string, bag func(*Relation) *Databag) (T, error) {
	var none T
	r, err := peerRelation(ctx, peers)
	if err != nil {
		return none, err
	}
	content, err := bag(r).Get(ctx)
	if err != nil {
		return none, err
	}
	return stateFrom[T](fmt.Sprintf("state %q", name), name, content)
}

func setStateIn(ctx context.Context, peers *Endpoint, name string, bag func(*Relation) *Databag, v any) error {
	r, err := peerRelation(ctx, peers)
	if err != nil {
		return err
	}
	values, err := stateTo(name, v)
	if err != nil {
		return err
	}
	return bag(r).Set(ctx, values)
}

// peerRelation is the peer relation, which Juju makes by itself after install.
func peerRelation(ctx context.Context, peers *Endpoint) (*Relation, error) {
	r, err := peers.Relation(ctx)
	if errors.Is(err, ErrAbsent) {
		return nil, &WaitingError{For: "the peer relation " + peers.name, Err: err}
	}
	return r, err
}

// stateFrom decodes the fields of a state, whose keys begin with its name.
func stateFrom[T any](subject, name string, content map[string]string) (T, error) {
	var v T
	fields := map[string]string{}
	for key, value := range content {
		if field, ok := strings.CutPrefix(key, name+"."); ok {
			fields[field] = value
		}
	}
	if len(fields) == 0 {
		return v, nil
	}
	problems := bind.FromStrings(fields, &v)
	err := invalid(subject, problems, &v)
	return v, err
}

func stateTo(name string, v any) (map[string]string, error) {
	fields, err := bind.ToStrings(v)
	if err != nil {
		return nil, err
	}
	values := make(map[string]string, len(fields))
	for field, value := range fields {
		values[name+"."+field] = value
	}
	return values, nil
}

// checkState panics on what cannot be a state: it is a mistake in the program.
func checkState[T any](name string) {
	if name == "" || strings.Contains(name, ".") {
		panic(fmt.Sprintf("charm: a state has the name %q: give it one, without a dot", name))
	}
	bind.Keys[T]()
}
