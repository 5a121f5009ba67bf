//go:build conformance

package conform

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing/fstest"
	"time"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// since is the time of everything in a world.
var since = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

var roles = map[string]metadata.Role{
	"requirer": metadata.Requires, "provider": metadata.Provides, "peer": metadata.Peer,
}

// state makes the engine's model of a world.
func (w World) state() (*model.State, error) {
	s := &model.State{
		Name: w.Name, UUID: w.UUID, Type: model.Type(w.Type), CloudAPIVersion: w.CloudAPIVersion,
		APIAddresses: w.APIAddresses,
		Settings: model.Settings{
			MaxCharmStateSize: w.MaxCharmStateSize, Proxy: model.Proxy(w.Proxy), LegacyProxy: model.Proxy(w.LegacyProxy),
		},
		Applications: map[string]*model.Application{}, Units: map[string]*model.Unit{},
		Relations: map[int]*model.Relation{}, Secrets: map[string]*model.Secret{}, Actions: map[string]*model.Action{},
		Storage: map[string]*model.Storage{},
	}
	if c := w.Cloud; c != nil {
		s.Cloud = &model.Cloud{
			Type: c.Type, Name: c.Name, Region: c.Region, Endpoint: c.Endpoint, AuthType: c.AuthType, Attributes: c.Attributes,
		}
	}
	for name, a := range w.Applications {
		app := &model.Application{
			Name: name, Leader: a.Leader, Trust: a.Trust, ServiceAddress: a.ServiceAddress,
			Status: statuses(a.Status), LeaderSettings: model.Databag{Data: a.LeaderSettings}, Resources: a.Resources,
		}
		if a.HasSpec {
			app.K8sSpec = &model.K8sSpec{Pod: a.PodSpec, Raw: a.RawSpec}
		}
		s.Applications[name] = app
		if len(a.Files) == 0 {
			continue
		}
		files := fstest.MapFS{}
		for file, content := range a.Files {
			files[file] = &fstest.MapFile{Data: []byte(content)}
		}
		var err error
		if app.Charm, err = metadata.Load(files); err != nil {
			return nil, err
		}
		if err := s.SetConfig(name, a.Config); err != nil {
			return nil, err
		}
	}
	for name, u := range w.Units {
		if u.Status.Status == "" {
			u.Status.Status = "unknown" // every unit has a status
		}
		unit := &model.Unit{
			Name: name, Application: model.ApplicationOf(name), Life: model.Life(u.Life), Address: u.Address,
			Workload: statuses(u.Status), WorkloadVersion: u.WorkloadVersion, CharmState: u.State,
		}
		unit.Machine, unit.Zone, unit.Principal, unit.PublicAddress = u.Machine, u.Zone, u.Principal, u.PublicAddress
		for _, l := range u.Links {
			link := model.Link{Name: l.Name, MAC: l.MAC}
			for _, a := range l.Addresses {
				link.Addresses = append(link.Addresses, model.LinkAddress(a))
			}
			unit.Links = append(unit.Links, link)
		}
		for _, text := range u.Ports {
			endpoint, numbers, _ := strings.Cut(text, " ")
			r, err := model.ParsePortRange(numbers)
			if err != nil {
				return nil, err
			}
			unit.OpenPort(model.Port{Endpoint: strings.TrimPrefix(endpoint, "*"), Range: r})
		}
		for _, st := range u.Storage {
			s.Storage[st.ID] = &model.Storage{
				ID: st.ID, Kind: st.Kind, For: name, Unit: name, Location: st.Location,
				Provisioned: st.Location != "" && (st.Kind != metadata.Block || s.Type == model.Machines),
			}
		}
		for class, p := range u.Payloads {
			unit.TrackPayload(model.Payload{Class: class, Type: p.Type, ID: p.ID, Status: p.Status, Labels: p.Labels})
		}
		s.Units[name] = unit
	}
	for id, r := range w.Relations {
		s.Relations[id] = r.model(id)
	}
	for id, secret := range w.Secrets {
		s.Secrets[id] = secret.model(id, w.Relations)
	}
	for id, a := range w.Actions {
		s.Actions[id] = &model.Action{ID: id, Name: a.Name, Unit: a.Unit, Params: a.Params, Status: a.Status}
	}
	return s, nil
}

func statuses(s Status) model.Statuses {
	if s.Status == "" {
		return nil
	}
	return model.Statuses{{Status: s.Status, Message: s.Message, Since: since}}
}

func (r *Relation) model(id int) *model.Relation {
	m := &model.Relation{
		ID: id, Life: model.Life(r.Life), Suspended: r.Suspended, RemoteModelUUID: r.ModelUUID, Since: since,
		ApplicationData: map[string]*model.Databag{}, Units: map[string]*model.RelationUnit{},
	}
	for _, e := range r.Endpoints {
		m.Endpoints = append(m.Endpoints, model.Endpoint{
			Application: e.Application, Name: e.Name, Interface: e.Interface, Role: roles[e.Role],
		})
	}
	for app, data := range r.AppData {
		m.ApplicationData[app] = &model.Databag{Data: data}
	}
	for unit, ru := range r.Units {
		m.Units[unit] = &model.RelationUnit{InScope: ru.InScope, Databag: model.Databag{Data: ru.Data}}
	}
	return m
}

func (s *Secret) model(id string, _ map[int]*Relation) *model.Secret {
	m := &model.Secret{
		ID: id, Owner: ownerOf(s.Owner), Label: s.Label, Description: s.Description, Rotate: s.Rotate,
		NextRotate: s.NextRotate, Consumers: map[string]*model.Consumer{},
	}
	for _, r := range s.Revisions {
		m.Revisions = append(m.Revisions, model.Revision{
			Number: r.Number, Content: r.Content, Created: since, Expire: r.Expire, Obsolete: r.Obsolete,
		})
	}
	for unit, c := range s.Consumers {
		m.Consumers[unit] = &model.Consumer{Tracked: c.Tracked, Label: c.Label}
	}
	for _, g := range s.Grants {
		m.Grants = append(m.Grants, model.Grant{Target: g.Target, Relation: g.Relation})
	}
	return m
}

func ownerOf(tag string) model.Owner {
	kind, name, _ := strings.Cut(tag, "-")
	if kind == model.UnitOwner {
		i := strings.LastIndex(name, "-")
		name = name[:i] + "/" + name[i+1:]
	}
	if kind == model.ModelOwner {
		name = ""
	}
	return model.Owner{Kind: kind, Name: name}
}

// worldOf is the world that a model of the engine is; files and config come
// from the world that it was made of, which cannot change in hooks.
func worldOf(s *model.State, was World) *World {
	w := was
	w.Applications, w.Units = map[string]*Application{}, map[string]*Unit{}
	w.Relations, w.Secrets, w.Actions = map[int]*Relation{}, map[string]*Secret{}, map[string]*Action{}
	for name, a := range s.Applications {
		app := &Application{
			Leader: a.Leader, Trust: a.Trust, Status: currentOf(a.Status),
			ServiceAddress: a.ServiceAddress, LeaderSettings: a.LeaderSettings.Data, Resources: a.Resources,
		}
		if a.K8sSpec != nil {
			app.HasSpec, app.PodSpec, app.RawSpec = true, a.K8sSpec.Pod, a.K8sSpec.Raw
		}
		if old := was.Applications[name]; old != nil {
			app.Files, app.Config = old.Files, old.Config
		}
		w.Applications[name] = app
	}
	for name, u := range s.Units {
		unit := &Unit{
			Life: string(u.Life), Address: u.Address, Status: currentOf(u.Workload),
			WorkloadVersion: u.WorkloadVersion, State: u.CharmState,
		}
		if old := was.Units[name]; old != nil { // hooks do not change these
			unit.Machine, unit.Zone, unit.Principal = old.Machine, old.Zone, old.Principal
			unit.PublicAddress, unit.Links = old.PublicAddress, old.Links
		}
		for _, p := range u.Ports {
			endpoint := p.Endpoint
			if endpoint == "" {
				endpoint = "*"
			}
			unit.Ports = append(unit.Ports, fmt.Sprint(endpoint, " ", p.Range))
		}
		sort.Strings(unit.Ports)
		for _, st := range s.StorageOf(name) {
			location := st.Location
			if !st.Provisioned {
				location = ""
			}
			unit.Storage = append(unit.Storage, Storage{ID: st.ID, Kind: st.Kind, Location: location})
		}
		for class, p := range u.Payloads {
			if unit.Payloads == nil {
				unit.Payloads = map[string]Payload{}
			}
			unit.Payloads[class] = Payload{Type: p.Type, ID: p.ID, Status: p.Status, Labels: slices.Sorted(slices.Values(p.Labels))}
		}
		w.Units[name] = unit
	}
	for id, r := range s.Relations {
		w.Relations[id] = relationOf(r, was.Relations[id])
	}
	for id, secret := range s.Secrets {
		w.Secrets[id] = secretOf(secret, s.UUID)
	}
	for id, a := range s.Actions {
		action := &Action{Name: a.Name, Unit: a.Unit, Params: a.Params, Status: a.Status, Message: a.Message, Results: a.Results}
		for _, m := range a.Log {
			action.Log = append(action.Log, m.Message)
		}
		w.Actions[id] = action
	}
	return &w
}

func currentOf(s model.Statuses) Status {
	if len(s) == 0 || s.Current().Status == "unknown" {
		return Status{}
	}
	return Status{Status: s.Current().Status, Message: s.Current().Message}
}

func relationOf(r *model.Relation, was *Relation) *Relation {
	out := &Relation{
		Endpoints: was.Endpoints, Life: string(r.Life), Suspended: r.Suspended, ModelUUID: r.RemoteModelUUID,
		AppData: map[string]map[string]string{}, Units: map[string]*RelationUnit{},
	}
	for app, bag := range r.ApplicationData {
		out.AppData[app] = bag.Data
	}
	for unit, ru := range r.Units {
		out.Units[unit] = &RelationUnit{InScope: ru.InScope, Data: ru.Data}
	}
	return out
}

func secretOf(m *model.Secret, uuid string) *Secret {
	s := &Secret{
		Owner: m.Owner.Kind + "-" + strings.Replace(m.Owner.Name, "/", "-", 1), Label: m.Label,
		Description: m.Description, Rotate: m.Rotate, NextRotate: m.NextRotate, Consumers: map[string]Consumer{},
	}
	if m.Owner.Kind == model.ModelOwner {
		s.Owner = "model-" + uuid
	}
	for _, r := range m.Revisions {
		s.Revisions = append(s.Revisions, Revision{Number: r.Number, Content: r.Content, Expire: r.Expire, Obsolete: r.Obsolete})
	}
	for unit, c := range m.Consumers {
		s.Consumers[unit] = Consumer{Tracked: c.Tracked, Label: c.Label}
	}
	for _, g := range m.Grants {
		s.Grants = append(s.Grants, Grant{Target: g.Target, Relation: g.Relation})
	}
	return s
}
