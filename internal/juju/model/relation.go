package model

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm/metadata"
)

// Relation is one relation: between two endpoints, or a peer relation with one.
type Relation struct {
	ID int
	// Endpoints are the requirer's and the provider's, in this order, or the
	// peer's alone.
	Endpoints []Endpoint
	Life      Life
	Suspended bool
	// Since is when the relation was made.
	Since time.Time
	// ApplicationData are the application databags, by application.
	ApplicationData map[string]*Databag
	// Units are the units that are or were in the relation, by name. The
	// databag of one that left stays readable as long as the relation exists.
	Units map[string]*RelationUnit
	// RemoteModelUUID is the model of the other side, if it is not this one.
	RemoteModelUUID string
}

// Endpoint is one end of a relation.
type Endpoint struct {
	Application string
	Name        string
	Interface   string
	Role        metadata.Role
	// Limit is how many relations the endpoint takes; 0 is no limit.
	Limit int
}

// String returns APPLICATION:NAME.
func (e Endpoint) String() string { return e.Application + ":" + e.Name }

// RelationUnit is one unit's part of a relation.
type RelationUnit struct {
	Databag
	// InScope is false after the unit left.
	InScope bool
}

// Databag is one databag. Version grows with each change of its data.
type Databag struct {
	Version int
	Data    map[string]string
}

// Merge sets the given keys; an empty value deletes its key. It reports whether
// anything changed.
func (d *Databag) Merge(changes map[string]string) bool {
	changed := false
	for key, value := range changes {
		old, had := d.Data[key]
		switch {
		case value == "" && had:
			delete(d.Data, key)
		case value != "" && (!had || old != value):
			put(&d.Data, key, value)
		default:
			continue
		}
		changed = true
	}
	if changed {
		d.Version++
	}
	return changed
}

// Key returns the relation's name in Juju's texts: its endpoints, the
// requirer's first.
func (r *Relation) Key() string {
	names := make([]string, len(r.Endpoints))
	for i, e := range r.Endpoints {
		names[i] = e.String()
	}
	return strings.Join(names, " ")
}

// IsPeer reports whether it is a peer relation.
func (r *Relation) IsPeer() bool { return len(r.Endpoints) == 1 }

// Endpoint returns the endpoint of the application, if it takes part.
func (r *Relation) Endpoint(application string) (Endpoint, bool) {
	if e := r.endpointOf(application); e != nil {
		return *e, true
	}
	return Endpoint{}, false
}

func (r *Relation) endpointOf(application string) *Endpoint {
	for i := range r.Endpoints {
		if r.Endpoints[i].Application == application {
			return &r.Endpoints[i]
		}
	}
	return nil
}

// Remote returns the endpoint that the application's units see as remote: the
// other one, or its own in a peer relation.
func (r *Relation) Remote(application string) Endpoint {
	for _, e := range r.Endpoints {
		if e.Application != application {
			return e
		}
	}
	return r.Endpoints[0]
}

// RemoteUnits returns the names of the units in scope that the unit sees as
// remote, sorted as strings.
func (r *Relation) RemoteUnits(unit string) []string {
	remote := r.Remote(ApplicationOf(unit)).Application
	var names []string
	for name, ru := range r.Units {
		if ru.InScope && name != unit && ApplicationOf(name) == remote {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// InScope reports whether the unit is in the relation now.
func (r *Relation) InScope(unit string) bool {
	ru, ok := r.Units[unit]
	return ok && ru.InScope
}

// Status returns the relation's status in Juju's words.
func (r *Relation) Status() string {
	switch {
	case r.Suspended:
		return "suspended"
	case r.Life.Gone():
		return "broken"
	}
	for _, ru := range r.Units {
		if ru.InScope {
			return "joined"
		}
	}
	return "joining"
}

// AppData returns the application's databag, making it if there is none.
func (r *Relation) AppData(application string) *Databag {
	d, ok := r.ApplicationData[application]
	if !ok {
		d = &Databag{}
		put(&r.ApplicationData, application, d)
	}
	return d
}

func (r *Relation) inUse(s *State) bool {
	for name, ru := range r.Units {
		if _, exists := s.Units[name]; exists && ru.InScope {
			return true
		}
	}
	return false
}

// EnterScope puts a unit into a relation. As in Juju its databag then holds the
// unit's private-address, ingress-address and egress-subnets.
func (s *State) EnterScope(relation int, unit string) error {
	r, ok := s.Relations[relation]
	if !ok {
		return notFound("relation")
	}
	u, err := s.Unit(unit)
	if err != nil {
		return err
	}
	ru, ok := r.Units[unit]
	if !ok {
		ru = &RelationUnit{}
		put(&r.Units, unit, ru)
	}
	if !ru.InScope {
		ru.InScope = true
		ru.Merge(s.networkSettings(u, r))
	}
	return nil
}

// RefreshNetwork renews the addresses in a unit's databags, as the commit of a
// config-changed hook does.
func (s *State) RefreshNetwork(unit string) {
	u, ok := s.Units[unit]
	if !ok {
		return
	}
	for _, r := range s.Relations {
		if ru, ok := r.Units[unit]; ok && ru.InScope {
			ru.Merge(s.networkSettings(u, r))
		}
	}
}

// networkSettings are empty for a unit without an address, which deletes them.
func (s *State) networkSettings(u *Unit, r *Relation) map[string]string {
	settings := map[string]string{"private-address": "", "ingress-address": "", "egress-subnets": ""}
	if ingress := s.IngressAddresses(u.Name, r); len(ingress) > 0 {
		settings["private-address"], settings["ingress-address"] = ingress[0], ingress[0]
		settings["egress-subnets"] = EgressSubnets(ingress)[0]
	}
	return settings
}

// LeaveScope takes a unit out of a relation. The last one to leave a relation
// that is being removed ends it.
func (s *State) LeaveScope(relation int, unit string) {
	if r, ok := s.Relations[relation]; ok {
		if ru, ok := r.Units[unit]; ok {
			ru.InScope = false
		}
		s.collect()
	}
}

// RelationsOf returns the ids of an application's relations, ascending.
func (s *State) RelationsOf(application string) []int {
	var ids []int
	for id, r := range s.Relations {
		if r.endpointOf(application) != nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (s *State) related(application string) bool { return len(s.RelationsOf(application)) > 0 }

func (s *State) addRelation(endpoints ...Endpoint) *Relation {
	slices.SortFunc(endpoints, func(a, b Endpoint) int {
		return roleOrder(a.Role) - roleOrder(b.Role)
	})
	r := &Relation{ID: s.NextRelation, Endpoints: endpoints, Life: Alive, Since: s.Now()}
	for _, e := range endpoints {
		if a, ok := s.Applications[e.Application]; ok && a.Remote != nil {
			r.RemoteModelUUID = a.Remote.ModelUUID
		}
	}
	s.NextRelation++
	put(&s.Relations, r.ID, r)
	return r
}

func roleOrder(r metadata.Role) int {
	if r == metadata.Requires {
		return 0
	}
	return 1
}

func (s *State) dropRelation(id int) {
	r := s.Relations[id]
	for _, secret := range s.Secrets {
		secret.Grants = slices.DeleteFunc(secret.Grants, func(g Grant) bool { return g.Relation == r.Key() })
	}
	delete(s.Relations, id)
}

// RemoveRelation begins the removal of a relation; it is gone when the last
// unit has left it.
func (s *State) RemoveRelation(id int) error {
	r, ok := s.Relations[id]
	if !ok {
		return notFound("relation %d", id)
	}
	if r.IsPeer() {
		return fmt.Errorf("relation %q is a peer relation", r.Key())
	}
	if !r.Life.Gone() {
		r.Life = Dying
	}
	s.collect()
	return nil
}
