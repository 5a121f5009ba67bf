package charmtest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
	sockets   map[string]string
}

// modelUUID is the same in every run: the URIs of secrets, which databags hold,
// have it in them.
const modelUUID = "7f1c0b52-6a44-4a9e-9d0e-2d3f5b8c1e6a"

// noSocket is the path of a socket that nobody makes.
const noSocket = "/nonexistent/pebble.socket"

func (w *world) socket(container string) string {
	if path, ok := w.sockets[container]; ok {
		return path
	}
	return noSocket
}

func newWorld(files *metadata.Charm, state State, event Event) (*world, error) {
	w := &world{unit: state.Unit, info: event.info, sockets: state.Sockets}
	if w.unit == "" {
		w.unit = files.Meta.Name + "/0"
	}
	w.app = model.ApplicationOf(w.unit)
	s := &model.State{Name: "test", UUID: modelUUID}
	application := &model.Application{Name: w.app, Charm: files, Life: model.Alive, Scale: 1, Config: state.Config}
	if state.Leader {
		application.Leader = w.unit
	}
	unit := &model.Unit{
		Name: w.unit, Application: w.app, Life: model.Alive, Address: "10.1.0.5", WorkloadVersion: state.WorkloadVersion,
		CharmState: maps.Clone(state.Stored),
	}
	if state.Status != (Status{}) {
		unit.Workload.Set(model.Status{Status: state.Status.Status, Message: state.Status.Message})
	}
	for _, port := range state.Ports {
		text, endpoint, _ := strings.Cut(strings.TrimSuffix(port, ")"), " (")
		r, err := model.ParsePortRange(text)
		if err != nil {
			return nil, err
		}
		unit.OpenPort(model.Port{Range: r, Endpoint: endpoint})
	}
	if state.AppStatus != (Status{}) {
		application.Status.Set(model.Status{Status: state.AppStatus.Status, Message: state.AppStatus.Message})
	}
	application.Resources = state.Resources
	setCloud(s, application, state)
	s.Version = state.Version
	if err := setMachine(s, unit, state.Machine); err != nil {
		return nil, err
	}
	s.Applications = map[string]*model.Application{w.app: application}
	s.Units = map[string]*model.Unit{w.unit: unit}
	for _, peer := range state.Peers {
		s.Units[peer] = &model.Unit{Name: peer, Application: w.app, Life: model.Alive}
	}
	if err := w.addStorage(s, files, state.Storage); err != nil {
		return nil, err
	}
	for i, r := range state.Relations {
		if err := w.addRelation(s, files, r, i); err != nil {
			return nil, err
		}
	}
	for _, secret := range state.Secrets {
		w.addSecret(s, secret)
	}
	w.model = model.New(*s, model.Options{})
	return w, w.prepareEvent(event)
}

func (w *world) addStorage(s *model.State, files *metadata.Charm, instances []Storage) error {
	s.Storage = map[string]*model.Storage{}
	for _, instance := range instances {
		name, _, _ := strings.Cut(instance.ID, "/")
		if _, ok := files.Meta.Storage[name]; !ok || !model.ValidStorageID(instance.ID) {
			return fmt.Errorf("storage %q is not of one in metadata.yaml: give NAME/N", instance.ID)
		}
		s.Storage[instance.ID] = &model.Storage{
			ID: instance.ID, Kind: cmp.Or(instance.Kind, metadata.Filesystem), Location: instance.Location,
			For: w.unit, Unit: w.unit, Life: model.Alive, Provisioned: !instance.Pending,
		}
	}
	return nil
}

func setCloud(s *model.State, application *model.Application, state State) {
	if state.Cloud == nil {
		return
	}
	c := state.Cloud
	application.Trust = true
	s.Cloud = &model.Cloud{
		Type: c.Type, Name: c.Name, Region: c.Region, Endpoint: c.Endpoint, IdentityEndpoint: c.IdentityEndpoint,
		StorageEndpoint: c.StorageEndpoint, AuthType: c.Credential.AuthType, Attributes: c.Credential.Attributes,
		CACertificates: c.CACertificates, SkipTLSVerify: c.SkipTLSVerify, IsControllerCloud: c.IsControllerCloud,
	}
}

// addRelation adds a relation whose other side is a stand-in without a charm.
func (w *world) addRelation(s *model.State, files *metadata.Charm, r Relation, index int) error {
	declared, ok := files.Meta.Endpoint(r.Endpoint)
	if !ok {
		return fmt.Errorf("endpoint %q is not in metadata.yaml, which has %s", r.Endpoint, strings.Join(files.Meta.Endpoints(), ", "))
	}
	own := model.Endpoint{Application: w.app, Name: r.Endpoint, Interface: declared.Interface, Role: declared.Role, Limit: declared.Limit}
	rel := &model.Relation{ID: r.ID, Life: model.Alive, Endpoints: []model.Endpoint{own}, Units: map[string]*model.RelationUnit{}}
	if rel.ID == 0 {
		rel.ID = index
	}
	if _, taken := s.Relations[rel.ID]; taken {
		return fmt.Errorf("two relations have the id %d", rel.ID)
	}
	remote := w.app
	if declared.Role != metadata.Peer {
		remote = r.RemoteApp
		if remote == "" {
			remote = "remote"
		}
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
	}
	rel.ApplicationData = map[string]*model.Databag{w.app: {Data: maps.Clone(r.LocalAppData)}}
	if remote != w.app {
		rel.ApplicationData[remote] = &model.Databag{Data: maps.Clone(r.RemoteAppData), Version: 1}
	}
	rel.Units[w.unit] = &model.RelationUnit{Databag: model.Databag{Data: maps.Clone(r.LocalUnitData)}, InScope: true}
	for name, data := range r.RemoteUnits {
		if s.Units[name] == nil {
			s.Units[name] = &model.Unit{Name: name, Application: model.ApplicationOf(name), Life: model.Alive}
		}
		rel.Units[name] = &model.RelationUnit{Databag: model.Databag{Data: maps.Clone(data), Version: 1}, InScope: true}
	}
	if s.Relations == nil {
		s.Relations = map[int]*model.Relation{}
	}
	s.Relations[rel.ID] = rel
	w.relations = append(w.relations, rel)
	return nil
}

func (w *world) addSecret(s *model.State, secret Secret) {
	owner := secret.Owner
	if owner == "" {
		owner = w.app
	}
	kind := model.ApplicationOwner
	if strings.Contains(owner, "/") {
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
		latest.Expire = &secret.Expire
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
	values := map[string]string{}
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
func (w *world) prepareEvent(event Event) error {
	switch {
	case w.info.Kind == hook.Action:
		return w.model.Update(noContext, func(s *model.State) error {
			action, err := s.EnqueueAction(w.unit, event.info.ActionName, event.params)
			if err == nil {
				w.info.ActionID = action.ID
			}
			return err
		})
	case w.info.Kind.IsRelation():
		for _, r := range w.relations {
			if own, _ := r.Endpoint(w.app); own.Name == w.info.Endpoint {
				return w.prepareRelation(r)
			}
		}
		return fmt.Errorf("the state has no relation on endpoint %q", w.info.Endpoint)
	}
	return nil
}

func (w *world) prepareRelation(r *model.Relation) error {
	w.info.RelationID = r.ID
	w.info.RemoteApp = r.Remote(w.app).Application
	if unit := w.info.RemoteUnit; unit != "" && r.Units[unit] == nil {
		return fmt.Errorf("the state has no remote unit %q on endpoint %q", unit, w.info.Endpoint)
	}
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
	return nil
}

// environment is what the hook gets, as a map.
func environment(run *hook.Context) map[string]string {
	env := map[string]string{}
	for _, pair := range run.Env(hook.Paths{CharmDir: "/charm"}) {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return env
}
