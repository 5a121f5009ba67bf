package charmtest

import (
	"context"
	"encoding/base64"
	"maps"
	"slices"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// noContext is for updates of a model that has no store: nothing in them waits.
var noContext = context.Background()

// read turns the model back into a State.
func read[C any](w *world, before *State, containers *pebbles, result *Result[C]) {
	w.model.View(func(s *model.State) {
		unit, app := s.Units[w.unit], s.Applications[w.app]
		after := &result.State
		*after = *before
		after.Unit = w.unit
		after.RefuseCommit = nil
		after.Config = maps.Clone(before.Config)
		after.Resources, after.Networks, after.Containers = maps.Clone(before.Resources), maps.Clone(before.Networks), containers.after()
		after.Peers = slices.Clone(before.Peers)
		after.Cloud = cloneCloud(before.Cloud)
		after.Status, after.AppStatus = statusOf(unit.Workload.Current()), statusOf(app.Status.Current())
		after.WorkloadVersion = unit.WorkloadVersion
		after.Ports = portsOf(unit)
		after.Storage = w.readStorage(s, result.Err == nil)
		w.readRelations(before, after, &result.Written, result.Err == nil)
		after.splitStored(unit.CharmState)
		after.Secrets = nil
		for _, id := range slices.Sorted(maps.Keys(s.Secrets)) {
			after.Secrets = append(after.Secrets, readSecret(s.Secrets[id], w.unit))
		}
		result.Statuses, result.AppStatuses = statusesOf(unit.Workload), statusesOf(app.Status)
		if w.info.Kind == hook.Action {
			result.Action = actionOf(s.Actions[w.info.ActionID])
		}
	})
	for _, call := range result.Calls {
		if call.Tool == "application-version-set" && len(call.Args) > 0 {
			result.WorkloadVersions = append(result.WorkloadVersions, call.Args[len(call.Args)-1])
		}
	}
	if records := w.model.Logs(); len(records) > 0 {
		result.Logs = make([]Log, len(records))
		for i, record := range records {
			result.Logs[i] = Log{record.Level, record.Message}
		}
	}
}

func cloneCloud(c *hooktool.Cloud) *hooktool.Cloud {
	if c == nil {
		return nil
	}
	other := *c
	other.Credential.Attributes = maps.Clone(c.Credential.Attributes)
	other.CACertificates = slices.Clone(c.CACertificates)
	return &other
}

func statusOf(s model.Status) Status { return Status{s.Status, s.Message} }

func statusesOf(history model.Statuses) []Status {
	var all []Status
	for _, s := range history {
		all = append(all, statusOf(s))
	}
	return all
}

func portsOf(unit *model.Unit) []string {
	var ports []string
	for _, port := range unit.Ports {
		text := port.Range.String()
		if port.Endpoint != "" {
			text += " (" + port.Endpoint + ")"
		}
		ports = append(ports, text)
	}
	return ports
}

func actionOf(action *model.Action) Action {
	a := Action{Status: action.Status, Message: action.Message, Results: action.Results}
	for _, said := range action.Log {
		a.Log = append(a.Log, said.Message)
	}
	return a
}

// readStorage reads the instances; done says that the hook has succeeded.
func (w *world) readStorage(s *model.State, done bool) []Storage {
	var all []Storage
	for _, instance := range s.StorageOf(w.unit) {
		if done && instance.ID == w.info.StorageID && w.info.Kind == hook.StorageDetaching {
			continue
		}
		all = append(all, Storage{instance.ID, instance.Kind, instance.Location, !instance.Provisioned})
	}
	return all
}

// readRelations reads the relations, and what has become another in the databags.
func (w *world) readRelations(before, after *State, written *[]Write, done bool) {
	after.Relations = nil
	if len(w.relations) == 0 {
		return
	}
	after.Relations = make([]Relation, 0, len(w.relations))
	for i, r := range w.relations {
		was := &before.Relations[i]
		if done {
			id := idOf(was.Endpoint, r.ID)
			for _, bag := range [...]struct {
				owner   string
				was, is map[string]string
			}{{w.app, was.LocalAppData, r.ApplicationData[w.app].Data}, {w.unit, was.LocalUnitData, r.Units[w.unit].Data}} {
				write, changed := compare(id, bag.owner, bag.was, bag.is)
				if w.info.Kind == hook.ConfigChanged && bag.owner == w.unit {
					changed = write.dropAddresses()
				}
				if changed {
					*written = append(*written, write)
				}
			}
		}
		if done && w.info.Kind == hook.RelationBroken && r.ID == w.info.RelationID {
			continue
		}
		after.Relations = append(after.Relations, w.readRelation(r, was, done))
	}
}

func compare(relation, owner string, was, is map[string]string) (w Write, changed bool) {
	if maps.Equal(was, is) {
		return w, false
	}
	w = Write{Relation: relation, Databag: owner}
	for key, value := range is {
		if old, ok := was[key]; !ok || old != value {
			if w.Set == nil {
				w.Set = map[string]string{}
			}
			w.Set[key] = value
		}
	}
	for _, key := range slices.Sorted(maps.Keys(was)) {
		if _, ok := is[key]; !ok {
			w.Deleted = append(w.Deleted, key)
		}
	}
	return w, true
}

// dropAddresses leaves out what Juju itself renews in config-changed, and tells
// whether something is left.
func (w *Write) dropAddresses() bool {
	for _, key := range [...]string{"private-address", "ingress-address", "egress-subnets"} {
		if value, ok := w.Set[key]; ok && (value == address || value == model.EgressSubnets([]string{address})[0]) {
			delete(w.Set, key)
		}
	}
	return len(w.Set)+len(w.Deleted) > 0
}

// readRelation reads a relation; done says that the hook has succeeded.
func (w *world) readRelation(r *model.Relation, before *Relation, done bool) Relation {
	after := *before
	after.ID = r.ID
	after.LocalAppData = r.ApplicationData[w.app].Data
	after.LocalUnitData = r.Units[w.unit].Data
	after.RemoteAppData = maps.Clone(before.RemoteAppData)
	if before.RemoteUnits == nil {
		return after
	}
	after.RemoteUnits = make(map[string]map[string]string, len(before.RemoteUnits))
	for name, data := range before.RemoteUnits {
		if done && w.info.Kind == hook.RelationDeparted && r.ID == w.info.RelationID && name == w.info.RemoteUnit {
			continue
		}
		after.RemoteUnits[name] = maps.Clone(data)
	}
	return after
}

// readSecret reads a secret as a unit sees it.
func readSecret(s *model.Secret, unit string) Secret {
	latest := s.Latest()
	secret := Secret{
		ID: s.ID, Owner: s.Owner.Name, Label: s.Label, Description: s.Description, Rotate: s.Rotate,
		Content: decoded(latest.Content), Revision: latest.Number,
	}
	if latest.Expire != nil {
		secret.Expire = *latest.Expire
	}
	for _, revision := range s.Revisions[:len(s.Revisions)-1] {
		if secret.Old == nil {
			secret.Old = map[int]map[string]string{}
		}
		secret.Old[revision.Number] = decoded(revision.Content)
	}
	if reader, ok := s.Consumers[unit]; ok {
		secret.Tracked = reader.Tracked
	}
	for _, grant := range s.Grants {
		secret.GrantedTo = append(secret.GrantedTo, grant.Target)
	}
	app := model.ApplicationOf(unit)
	secret.Denied = model.ApplicationOf(s.Owner.Name) != app && !slices.Contains(secret.GrantedTo, app)
	return secret
}

// decoded is the opposite of encoded: the model takes only valid base64 from this
// package.
func decoded(content map[string]string) map[string]string {
	values := make(map[string]string, len(content))
	for key, value := range content {
		plain, _ := base64.StdEncoding.DecodeString(value)
		values[key] = string(plain)
	}
	return values
}
