package charmtest

import (
	"cmp"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm/internal/deferral"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// world is a model made from a State.
type world struct {
	model *model.Model
	app   string
	unit  string
	info  hook.Info
	// relations are the model's relations, in the order of State.Relations.
	relations []*model.Relation
}

// address is that of the unit.
const address = "10.1.0.5"

// newWorld makes a model from a state that has been checked. Nothing of the state
// is in it that a hook could change.
func newWorld(files *metadata.Charm, state *State, event Event) (*world, error) {
	w := &world{unit: state.unit(files), info: event.info}
	w.app = model.ApplicationOf(w.unit)
	s := model.State{Name: cmp.Or(state.Model, "test"), UUID: ModelUUID, Version: state.Version}
	application := &model.Application{
		Name: w.app, Charm: files, Life: model.Alive, Scale: 1, Config: state.Config, Resources: state.Resources, Trust: state.Trust,
	}
	if state.Leader {
		application.Leader = w.unit
	}
	if state.AppStatus != (Status{}) {
		application.Status.Set(model.Status{Status: state.AppStatus.Status, Message: state.AppStatus.Message})
	}
	s.Applications = map[string]*model.Application{w.app: application}
	unit, err := w.newUnit(files, state)
	if err != nil {
		return nil, err
	}
	if err := setMachine(&s, unit, state.Machine); err != nil {
		return nil, err
	}
	s.Units = map[string]*model.Unit{w.unit: unit}
	for _, peer := range state.Peers {
		s.Units[peer] = &model.Unit{Name: peer, Application: w.app, Life: model.Alive}
	}
	w.addCloud(&s, state)
	w.addStorage(&s, files, state.Storage)
	w.relations = make([]*model.Relation, 0, len(state.Relations))
	for i := range state.Relations {
		w.addRelation(&s, files, &state.Relations[i], i)
	}
	for i := range state.Secrets {
		w.addSecret(&s, &state.Secrets[i])
	}
	w.model = model.New(s, model.Options{})
	return w, w.prepareEvent(event)
}

// unit is the name of the unit under test.
func (s *State) unit(files *metadata.Charm) string {
	if s.Unit != "" {
		return s.Unit
	}
	return files.Meta.Name + "/0"
}

func (w *world) newUnit(files *metadata.Charm, state *State) (*model.Unit, error) {
	unit := &model.Unit{
		Name: w.unit, Application: w.app, Life: model.Alive, Address: address, WorkloadVersion: state.WorkloadVersion,
		CharmState: maps.Clone(state.Stored),
	}
	if state.Status != (Status{}) {
		unit.Workload.Set(model.Status{Status: state.Status.Status, Message: state.Status.Message})
	}
	for _, text := range state.Ports {
		port, err := parsePort(text)
		if err != nil {
			return nil, err
		}
		unit.OpenPort(port)
	}
	for binding, n := range state.Networks {
		if unit.Networks == nil {
			unit.Networks = map[string]model.Network{}
		}
		unit.Networks[binding] = model.Network{
			Bind: []model.Link{{Addresses: []model.LinkAddress{{Address: n.Bind}}}}, Ingress: n.Ingress, Egress: n.Egress,
		}
	}
	if len(state.Deferred) > 0 {
		queue := make([]deferral.Event, len(state.Deferred))
		for i, d := range state.Deferred {
			queue[i] = state.deferralOf(d, files)
		}
		text, err := deferral.Encode(queue)
		if err != nil {
			return nil, err
		}
		if unit.CharmState == nil {
			unit.CharmState = map[string]string{}
		}
		unit.CharmState[deferral.Key] = text
	}
	return unit, nil
}

// parsePort reads an element of State.Ports.
func parsePort(text string) (model.Port, error) {
	text, endpoint, _ := strings.Cut(strings.TrimSuffix(text, ")"), " (")
	r, err := model.ParsePortRange(text)
	return model.Port{Range: r, Endpoint: endpoint}, err
}

func (w *world) addStorage(s *model.State, files *metadata.Charm, instances []Storage) {
	if len(instances) == 0 {
		return
	}
	s.Storage = map[string]*model.Storage{}
	for _, instance := range instances {
		declared := files.Meta.Storage[model.StorageName(instance.ID)]
		s.Storage[instance.ID] = &model.Storage{
			ID: instance.ID, Kind: cmp.Or(instance.Kind, declared.Type), Location: cmp.Or(instance.Location, model.StorageLocation(instance.ID, declared)),
			For: w.unit, Unit: w.unit, Life: model.Alive, Provisioned: !instance.Pending,
		}
	}
}

func (w *world) addCloud(s *model.State, state *State) {
	if state.Cloud == nil {
		return
	}
	c := state.Cloud
	s.Cloud = &model.Cloud{
		Type: c.Type, Name: c.Name, Region: c.Region, Endpoint: c.Endpoint, IdentityEndpoint: c.IdentityEndpoint,
		StorageEndpoint: c.StorageEndpoint, AuthType: c.Credential.AuthType, Attributes: c.Credential.Attributes,
		CACertificates: c.CACertificates, SkipTLSVerify: c.SkipTLSVerify, IsControllerCloud: c.IsControllerCloud,
	}
}

// remoteApp is the application at the other side of a relation that is none of
// peers.
func (r *Relation) remoteApp() string {
	if r.RemoteApp != "" {
		return r.RemoteApp
	}
	for unit := range r.RemoteUnits {
		return model.ApplicationOf(unit)
	}
	return "remote"
}

// id is the number of the relation at a place in the list.
func (r *Relation) id(place int) int {
	if r.ID != 0 {
		return r.ID
	}
	return place
}

// addRelation adds a relation whose other side is a stand-in without a charm.
func (w *world) addRelation(s *model.State, files *metadata.Charm, r *Relation, place int) {
	declared, _ := files.Meta.Endpoint(r.Endpoint)
	own := model.Endpoint{Application: w.app, Name: r.Endpoint, Interface: declared.Interface, Role: declared.Role, Limit: declared.Limit}
	rel := &model.Relation{
		ID: r.id(place), Life: model.Alive, Endpoints: []model.Endpoint{own}, RemoteModelUUID: r.RemoteModel,
		Units: make(map[string]*model.RelationUnit, 1+len(r.RemoteUnits)),
	}
	rel.ApplicationData = map[string]*model.Databag{w.app: {Data: maps.Clone(r.LocalAppData)}}
	if declared.Role != metadata.Peer {
		remote := r.remoteApp()
		other := model.Endpoint{Application: remote, Name: r.Endpoint, Interface: declared.Interface, Role: metadata.Provides}
		if declared.Role == metadata.Provides {
			other.Role = metadata.Requires
			rel.Endpoints = []model.Endpoint{other, own}
		} else {
			rel.Endpoints = append(rel.Endpoints, other)
		}
		if s.Applications[remote] == nil {
			s.Applications[remote] = &model.Application{Name: remote, Life: model.Alive}
		}
		rel.ApplicationData[remote] = &model.Databag{Data: r.RemoteAppData, Version: 1}
	}
	rel.Units[w.unit] = &model.RelationUnit{Databag: model.Databag{Data: maps.Clone(r.LocalUnitData)}, InScope: true}
	for name, data := range r.RemoteUnits {
		if s.Units[name] == nil {
			s.Units[name] = &model.Unit{Name: name, Application: model.ApplicationOf(name), Life: model.Alive}
		}
		rel.Units[name] = &model.RelationUnit{Databag: model.Databag{Data: data, Version: 1}, InScope: true}
	}
	if s.Relations == nil {
		s.Relations = make(map[int]*model.Relation)
	}
	s.Relations[rel.ID] = rel
	w.relations = append(w.relations, rel)
}

func (w *world) addSecret(s *model.State, secret *Secret) {
	owner := cmp.Or(secret.Owner, w.app)
	kind := model.ApplicationOwner
	switch {
	case owner == OwnerModel:
		kind = model.ModelOwner
	case strings.Contains(owner, "/"):
		kind = model.UnitOwner
	}
	made := &model.Secret{
		ID: secret.ID, Owner: model.Owner{Kind: kind, Name: owner}, Label: secret.Label,
		Description: secret.Description, Rotate: secret.Rotate, NextRotate: model.NextRotation(secret.Rotate, time.Now()),
	}
	for _, number := range slices.Sorted(maps.Keys(secret.Old)) {
		made.Revisions = append(made.Revisions, model.Revision{Number: number, Content: encoded(secret.Old[number])})
	}
	latest := model.Revision{Number: max(secret.Revision, 1), Content: encoded(secret.Content)}
	if !secret.Expire.IsZero() {
		expire := secret.Expire
		latest.Expire = &expire
	}
	made.Revisions = append(made.Revisions, latest)
	if secret.Tracked > 0 {
		made.Consumers = map[string]*model.Consumer{w.unit: {Tracked: secret.Tracked, Notified: latest.Number}}
	}
	targets := slices.Clone(secret.GrantedTo)
	if model.ApplicationOf(owner) != w.app && !secret.Denied && !slices.Contains(targets, w.app) {
		targets = append(targets, w.app)
	}
	for _, target := range targets {
		made.Grants = append(made.Grants, model.Grant{Target: target, Relation: grantedOver(s, target, owner, w.app)})
	}
	if s.Secrets == nil {
		s.Secrets = map[string]*model.Secret{}
	}
	s.Secrets[secret.ID] = made
}

// encoded is a secret's content as the model keeps it.
func encoded(content map[string]string) map[string]string {
	values := make(map[string]string, len(content))
	for key, value := range content {
		values[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	return values
}

// grantedOver returns the key of the first relation that the reader and the owner
// of a secret have; it is empty if they have none.
func grantedOver(s *model.State, reader, owner, unitApp string) string {
	other := model.ApplicationOf(reader)
	if other == unitApp {
		other = model.ApplicationOf(owner)
	}
	for _, id := range slices.Sorted(maps.Keys(s.Relations)) {
		if r := s.Relations[id]; !r.IsPeer() && r.Remote(unitApp).Application == other {
			return r.Key()
		}
	}
	return ""
}

// prepareEvent fills in what the event says of the model.
func (w *world) prepareEvent(event Event) (err error) {
	switch kind := w.info.Kind; {
	case kind == hook.Action:
		return w.model.Update(noContext, func(s *model.State) error {
			action, err := s.EnqueueAction(w.unit, event.info.ActionName, event.params)
			if err == nil {
				w.info.ActionID = action.ID
			}
			return err
		})
	case kind.IsStorage():
		w.model.View(func(s *model.State) {
			if instance, err := s.Attachment(w.info.StorageID, w.unit); err == nil && instance.Provisioned {
				w.info.StorageKind, w.info.StorageLocation = instance.Kind, instance.Location
			}
		})
	case kind.IsRelation():
		for _, r := range w.relations {
			own, _ := r.Endpoint(w.app)
			if own.Name == w.info.Endpoint && (!event.relation || r.ID == w.info.RelationID) && w.has(r, &w.info) {
				w.prepareRelation(r)
				return nil
			}
		}
	}
	return nil
}

// has tells whether a relation has the unit or application that an event is of.
func (w *world) has(r *model.Relation, i *hook.Info) bool {
	if i.RemoteUnit != "" {
		return r.Units[i.RemoteUnit] != nil
	}
	return i.RemoteApp == "" || r.Remote(w.app).Application == i.RemoteApp
}

func (w *world) prepareRelation(r *model.Relation) {
	w.info.RelationID = r.ID
	w.info.RemoteApp = r.Remote(w.app).Application
	switch w.info.Kind {
	case hook.RelationDeparted:
		r.Units[w.info.RemoteUnit].InScope = false
	case hook.RelationBroken:
		r.Life = model.Dying
		for name, unit := range r.Units {
			if name != w.unit {
				unit.InScope = false
			}
		}
	}
}

// idOf is a relation's id in Juju's words.
func idOf(endpoint string, number int) string { return endpoint + ":" + strconv.Itoa(number) }
