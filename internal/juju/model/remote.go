package model

import (
	"fmt"
	"maps"

	"github.com/charmkit/charmkit/charm/metadata"
)

// RemoteApplication is an application of another model that this one consumes.
type RemoteApplication struct {
	// ModelUUID is the offering model.
	ModelUUID string
	// OfferURL is how the operator named the offer; goal-state shows it.
	OfferURL string
	// Endpoints are those of the offer, with their roles.
	Endpoints map[string]metadata.Relation
}

// Consume adds an application of another model. Of its units there are only
// databags: see [State.EnterRemoteUnit].
func (s *State) Consume(name string, remote RemoteApplication) error {
	if _, ok := s.Applications[name]; ok {
		return &ExistsError{What: fmt.Sprintf("saas application %q", name)}
	}
	if !ValidApplicationName(name) {
		return fmt.Errorf("invalid application name %q", name)
	}
	remote.Endpoints = maps.Clone(remote.Endpoints)
	put(&s.Applications, name, &Application{Name: name, Life: Alive, Remote: &remote})
	return nil
}

// EnterRemoteUnit puts a unit of another model into a relation, or changes its
// databag if it is there already.
func (s *State) EnterRemoteUnit(relation int, unit string, data map[string]string) {
	r, ok := s.Relations[relation]
	if !ok {
		return
	}
	ru, ok := r.Units[unit]
	if !ok {
		ru = &RelationUnit{}
		put(&r.Units, unit, ru)
	}
	ru.InScope = true
	ru.Merge(data)
}

// SuspendRelation suspends a relation or resumes it. For the units it is as if
// it were removed, and added again.
func (s *State) SuspendRelation(id int, suspend bool) error {
	r, ok := s.Relations[id]
	if !ok {
		return notFound("relation %d", id)
	}
	if r.IsPeer() {
		return fmt.Errorf("relation %q is a peer relation", r.Key())
	}
	r.Suspended = suspend
	return nil
}
