package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/charm/metadata"
)

// jujuInfo is the endpoint that every application provides.
const jujuInfo = "juju-info"

// ErrNoRelations says that two applications have no endpoints that fit.
var ErrNoRelations = errors.New("no relations found")

// AmbiguousError says that two applications have several pairs of endpoints
// that fit.
type AmbiguousError struct {
	// Given are the two names as the operator gave them.
	Given [2]string
	// Pairs are the relations that are possible, "A:x B:y", sorted.
	Pairs []string
}

func (e *AmbiguousError) Error() string {
	quoted := make([]string, len(e.Pairs))
	for i, p := range e.Pairs {
		quoted[i] = fmt.Sprintf("%q", p)
	}
	return fmt.Sprintf("ambiguous relation: %q could refer to %s", e.Given[0]+" "+e.Given[1], strings.Join(quoted, "; "))
}

// QuotaError says that an endpoint already has as many relations as it takes.
type QuotaError struct {
	Endpoint Endpoint
	// Other is the endpoint that it was to be related to.
	Other Endpoint
}

func (e *QuotaError) Error() string {
	return fmt.Sprintf("cannot add relation %q: establishing a new relation for %s would exceed its maximum relation limit of %d",
		pairKey(e.Endpoint, e.Other), e.Endpoint, e.Endpoint.Limit)
}

// Integrate relates two endpoints, each given as APPLICATION or
// APPLICATION:ENDPOINT, and returns the relation. Juju's own refusals are
// [ErrNoRelations], [AmbiguousError], [QuotaError], [ExistsError] and
// [NotFoundError].
func (s *State) Integrate(a, b string) (*Relation, error) {
	as, err := s.candidates(a)
	if err != nil {
		return nil, err
	}
	bs, err := s.candidates(b)
	if err != nil {
		return nil, err
	}
	pairs := fitting(as, bs)
	switch {
	case len(pairs) == 0:
		return nil, ErrNoRelations
	case len(pairs) > 1:
		return nil, ambiguous(a, b, pairs)
	}
	pair := pairs[0]
	key := pairKey(pair[0], pair[1])
	for _, r := range s.Relations {
		if r.Key() == key {
			return nil, &ExistsError{What: fmt.Sprintf("cannot add relation %q: relation %s", key, key)}
		}
	}
	for i, e := range pair {
		if e.Limit > 0 && s.relationsAt(e) >= e.Limit {
			return nil, &QuotaError{Endpoint: e, Other: pair[1-i]}
		}
	}
	return s.addRelation(pair[0], pair[1]), nil
}

// Relate adds a relation between any two endpoints, unchecked: for tests whose
// other side is a stand-in without a charm.
func (s *State) Relate(a, b Endpoint) *Relation { return s.addRelation(a, b) }

// FindRelation returns the relation that a and b (as for [State.Integrate]) name.
func (s *State) FindRelation(a, b string) (*Relation, error) {
	var found *Relation
	for _, r := range s.Relations {
		if !r.IsPeer() && (named(r, a, b) || named(r, b, a)) && (found == nil || r.ID < found.ID) {
			found = r
		}
	}
	if found == nil {
		return nil, notFound("relation %q", a+" "+b)
	}
	return found, nil
}

func named(r *Relation, a, b string) bool {
	return matches(r.Endpoints[0], a) && matches(r.Endpoints[1], b)
}

func matches(e Endpoint, name string) bool { return name == e.Application || name == e.String() }

// candidates returns the endpoints that a name may mean.
func (s *State) candidates(name string) ([]Endpoint, error) {
	application, endpoint, explicit := strings.Cut(name, ":")
	meta, err := s.endpointsOf(application)
	if err != nil {
		return nil, err
	}
	a := s.Applications[application]
	if a.Life.Gone() {
		return nil, fmt.Errorf("application %q is not alive", application)
	}
	if explicit {
		r, ok := meta.Endpoint(endpoint)
		if !ok && endpoint == jujuInfo {
			r, ok = metadata.Relation{Role: metadata.Provides, Interface: jujuInfo}, true
		}
		if !ok {
			return nil, fmt.Errorf("application %q has no %q relation", application, endpoint)
		}
		return []Endpoint{newEndpoint(application, endpoint, r)}, nil
	}
	var all []Endpoint
	for _, endpoint := range meta.Endpoints() {
		if r, _ := meta.Endpoint(endpoint); r.Role != metadata.Peer {
			all = append(all, newEndpoint(application, endpoint, r))
		}
	}
	return append(all, newEndpoint(application, jujuInfo, metadata.Relation{Role: metadata.Provides, Interface: jujuInfo})), nil
}

// endpointsOf returns what an application offers: all endpoints of its charm, or
// those of an offer.
func (s *State) endpointsOf(application string) (*metadata.Meta, error) {
	if a, ok := s.Applications[application]; ok && a.Remote != nil {
		return &metadata.Meta{Provides: a.Remote.Endpoints}, nil
	}
	a, err := s.charmed(application)
	if err != nil {
		return nil, err
	}
	return &a.Charm.Meta, nil
}

func newEndpoint(application, name string, r metadata.Relation) Endpoint {
	return Endpoint{Application: application, Name: name, Interface: r.Interface, Role: r.Role, Limit: r.Limit}
}

// fitting returns the pairs of a requirer and a provider of one interface.
// Pairs with the implicit juju-info are taken only if there is no other.
func fitting(as, bs []Endpoint) [][2]Endpoint {
	var pairs, implicit [][2]Endpoint
	for _, a := range as {
		for _, b := range bs {
			fit := a.Interface == b.Interface && a.Application != b.Application &&
				(a.Role == metadata.Requires && b.Role == metadata.Provides || a.Role == metadata.Provides && b.Role == metadata.Requires)
			switch {
			case !fit:
			case a.Name == jujuInfo || b.Name == jujuInfo:
				implicit = append(implicit, [2]Endpoint{a, b})
			default:
				pairs = append(pairs, [2]Endpoint{a, b})
			}
		}
	}
	if len(pairs) == 0 {
		return implicit
	}
	return pairs
}

func ambiguous(a, b string, pairs [][2]Endpoint) error {
	e := &AmbiguousError{Given: [2]string{a, b}}
	for _, p := range pairs {
		e.Pairs = append(e.Pairs, pairKey(p[0], p[1]))
	}
	slices.Sort(e.Pairs)
	return e
}

func pairKey(a, b Endpoint) string {
	if roleOrder(a.Role) > roleOrder(b.Role) {
		a, b = b, a
	}
	return a.String() + " " + b.String()
}

func (s *State) relationsAt(e Endpoint) int {
	n := 0
	for _, r := range s.Relations {
		if other := r.endpointOf(e.Application); other != nil && other.Name == e.Name {
			n++
		}
	}
	return n
}
