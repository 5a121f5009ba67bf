package charmtest

import (
	"context"
	"encoding/base64"
	"maps"
	"slices"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// noContext is for updates of a model that has no store: nothing in them waits.
var noContext = context.Background()

// read turns the model back into a State.
func read[C any](w *world, before State, result *Result[C]) {
	w.model.View(func(s *model.State) {
		unit := s.Units[w.unit]
		after := before
		after.Unit = w.unit
		after.RefuseCommit = nil
		after.Status = statusOf(unit.Workload.Current())
		after.WorkloadVersion = unit.WorkloadVersion
		after.Stored = maps.Clone(unit.CharmState)
		after.Ports = nil
		for _, port := range unit.Ports {
			text := port.Range.String()
			if port.Endpoint != "" {
				text += " (" + port.Endpoint + ")"
			}
			after.Ports = append(after.Ports, text)
		}
		after.AppStatus = statusOf(s.Applications[w.app].Status.Current())
		after.Storage = nil
		for _, instance := range s.StorageOf(w.unit) {
			if instance.ID == w.info.StorageID && w.info.Kind == hook.StorageDetaching && result.Err == nil {
				continue
			}
			after.Storage = append(after.Storage, Storage{instance.ID, instance.Kind, instance.Location, !instance.Provisioned})
		}
		after.Relations = nil
		for i, r := range w.relations {
			if w.info.Kind == hook.RelationBroken && r.ID == w.info.RelationID && result.Err == nil {
				continue
			}
			after.Relations = append(after.Relations, w.readRelation(r, before.Relations[i], result.Err == nil))
		}
		after.Secrets = nil
		for _, id := range slices.Sorted(maps.Keys(s.Secrets)) {
			after.Secrets = append(after.Secrets, w.readSecret(s.Secrets[id]))
		}
		result.State = after
		for _, status := range unit.Workload {
			result.Statuses = append(result.Statuses, statusOf(status))
		}
		if w.info.Kind == hook.Action {
			action := s.Actions[w.info.ActionID]
			result.Action = Action{Status: action.Status, Message: action.Message, Results: action.Results}
			for _, said := range action.Log {
				result.Action.Log = append(result.Action.Log, said.Message)
			}
		}
	})
	for _, record := range w.model.Logs() {
		result.Logs = append(result.Logs, Log{record.Level, record.Message})
	}
}

func statusOf(s model.Status) Status { return Status{s.Status, s.Message} }

// readRelation reads a relation; done says that the hook has succeeded.
func (w *world) readRelation(r *model.Relation, before Relation, done bool) Relation {
	after := before
	after.ID = r.ID
	after.LocalAppData = r.ApplicationData[w.app].Data
	after.LocalUnitData = r.Units[w.unit].Data
	if done && w.info.Kind == hook.RelationDeparted && r.ID == w.info.RelationID {
		after.RemoteUnits = maps.Clone(before.RemoteUnits)
		delete(after.RemoteUnits, w.info.RemoteUnit)
	}
	return after
}

func (w *world) readSecret(s *model.Secret) Secret {
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
	if reader, ok := s.Consumers[w.unit]; ok {
		secret.Tracked = reader.Tracked
	}
	for _, grant := range s.Grants {
		secret.GrantedTo = append(secret.GrantedTo, grant.Target)
	}
	return secret
}

// decoded is the opposite of encoded: the model takes only valid base64 from this
// package.
func decoded(content map[string]string) map[string]string {
	values := map[string]string{}
	for key, value := range content {
		plain, _ := base64.StdEncoding.DecodeString(value)
		values[key] = string(plain)
	}
	return values
}
