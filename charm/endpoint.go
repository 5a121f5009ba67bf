package charm

import (
	"context"
	"slices"
)

// Endpoint is one end of the charm's relations, as metadata.yaml declares it.
type Endpoint struct {
	b    *Base
	name string
}

// RelationCreatedEvent is the first event of a relation; no remote unit has
// joined.
type RelationCreatedEvent struct {
	Relation *Relation
	// App is the application at the other side; of a peer relation, the own one.
	App string
}

// RelationJoinedEvent tells that a remote unit has entered the relation.
type RelationJoinedEvent struct {
	Relation  *Relation
	App, Unit string
}

// RelationChangedEvent tells that a databag of the other side has changed.
type RelationChangedEvent struct {
	Relation *Relation
	App      string
	// Unit is whose databag changed; empty if it was the application's.
	Unit string
}

// RelationDepartedEvent tells that a unit has left. Its databag can still be
// read, with [Relation.RemoteUnit].
type RelationDepartedEvent struct {
	Relation  *Relation
	App, Unit string
	// DepartingUnit is who goes away; this unit itself when it is removed.
	DepartingUnit string
}

// RelationBrokenEvent is the last event of a relation. [Endpoint.Relations]
// does not list it any more; its databags can still be read.
type RelationBrokenEvent struct {
	Relation *Relation
	App      string
}

// Requires returns the handle of an endpoint that metadata.yaml has under
// requires.
func (b *Base) Requires(endpoint string) *Endpoint { return b.endpoint(nameRequires, endpoint) }

// Provides returns the handle of an endpoint that metadata.yaml has under
// provides.
func (b *Base) Provides(endpoint string) *Endpoint { return b.endpoint(nameProvides, endpoint) }

// Peers returns the handle of an endpoint that metadata.yaml has under peers.
func (b *Base) Peers(endpoint string) *Endpoint { return b.endpoint(namePeers, endpoint) }

func (b *Base) endpoint(role, name string) *Endpoint {
	b.names.use(role, name)
	if e, ok := b.endpoints[name]; ok {
		return e
	}
	e := &Endpoint{b, name}
	b.endpoints[name] = e
	return e
}

// Name returns the endpoint's name.
func (e *Endpoint) Name() string { return e.name }

// OnCreated registers a handler of relation-created.
func (e *Endpoint) OnCreated(f func(context.Context, *RelationCreatedEvent) error) {
	observe(e.b, trigger{kindRelationCreated, e.name}, e.created, f)
}

// OnJoined registers a handler of relation-joined.
func (e *Endpoint) OnJoined(f func(context.Context, *RelationJoinedEvent) error) {
	observe(e.b, trigger{kindRelationJoined, e.name}, e.joined, f)
}

// OnChanged registers a handler of relation-changed.
func (e *Endpoint) OnChanged(f func(context.Context, *RelationChangedEvent) error) {
	observe(e.b, trigger{kindRelationChanged, e.name}, e.changed, f)
}

// OnDeparted registers a handler of relation-departed.
func (e *Endpoint) OnDeparted(f func(context.Context, *RelationDepartedEvent) error) {
	observe(e.b, trigger{kindRelationDeparted, e.name}, e.departed, f)
}

// OnBroken registers a handler of relation-broken.
func (e *Endpoint) OnBroken(f func(context.Context, *RelationBrokenEvent) error) {
	observe(e.b, trigger{kindRelationBroken, e.name}, e.broken, f)
}

// relationOf returns the relation that an event is about.
func (e *Endpoint) relationOf(ev *event) *Relation {
	r := e.b.relation(e.name, ev.relationID)
	if r.app == "" {
		r.app = ev.remoteApp
	}
	return r
}

func (e *Endpoint) created(ev *event) *RelationCreatedEvent {
	return &RelationCreatedEvent{e.relationOf(ev), ev.remoteApp}
}

func (e *Endpoint) joined(ev *event) *RelationJoinedEvent {
	return &RelationJoinedEvent{e.relationOf(ev), ev.remoteApp, ev.remoteUnit}
}

func (e *Endpoint) changed(ev *event) *RelationChangedEvent {
	return &RelationChangedEvent{e.relationOf(ev), ev.remoteApp, ev.remoteUnit}
}

func (e *Endpoint) departed(ev *event) *RelationDepartedEvent {
	return &RelationDepartedEvent{e.relationOf(ev), ev.remoteApp, ev.remoteUnit, ev.departingUnit}
}

func (e *Endpoint) broken(ev *event) *RelationBrokenEvent {
	return &RelationBrokenEvent{e.relationOf(ev), ev.remoteApp}
}

// Relations returns the endpoint's relations. One that is being broken is not
// among them (Juju 3.6).
func (e *Endpoint) Relations(ctx context.Context) ([]*Relation, error) {
	ids, err := e.b.run.relationIDs(ctx, e.name)
	if err != nil {
		return nil, err
	}
	relations := make([]*Relation, len(ids))
	for i, id := range ids {
		relations[i] = e.b.relation(e.name, id)
	}
	return relations, nil
}

// Relation returns the one relation of an endpoint with "limit: 1", or an
// [*AbsentError]; of an endpoint that has several, a [*TooManyRelationsError].
func (e *Endpoint) Relation(ctx context.Context) (*Relation, error) {
	relations, err := e.Relations(ctx)
	if err != nil {
		return nil, err
	}
	switch len(relations) {
	case 0:
		return nil, &AbsentError{e.name}
	case 1:
		return relations[0], nil
	}
	return nil, &TooManyRelationsError{Endpoint: e.name, Count: len(relations)}
}

// Lookup returns the relation with an id, such as "database:7", that the charm
// has kept somewhere. If it is being broken, or not there any more, that is an
// [*AbsentError].
func (e *Endpoint) Lookup(ctx context.Context, id string) (*Relation, error) {
	ids, err := e.b.run.relationIDs(ctx, e.name)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(ids, id) {
		return nil, &AbsentError{e.name}
	}
	return e.b.relation(e.name, id), nil
}

func (r *run) relationIDs(ctx context.Context, endpoint string) ([]string, error) {
	if ids, ok := r.endpointIDs[endpoint]; ok {
		return ids, nil
	}
	ids, err := r.tools.RelationIDs(ctx, endpoint)
	if err != nil {
		return nil, err
	}
	r.endpointIDs[endpoint] = ids
	return ids, nil
}
