package charmtest

import (
	"slices"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// checkEvent looks at whether a state can have an event.
func (c *checker) checkEvent(where string, e Event) {
	i := &e.info
	if e.relation && !i.Kind.IsRelation() {
		c.problem(where, "%s is of no relation: leave In out", i.Name())
	}
	switch kind := i.Kind; {
	case kind == "":
		c.problem(where, "it is empty: write charmtest.ConfigChanged(), or another one")
	case kind.IsRelation():
		c.checkRelationEvent(where, &e)
	case kind.IsWorkload():
		c.checkWorkloadEvent(where, i)
	case kind.IsStorage():
		c.checkStorageEvent(where, i)
	case kind.IsSecret():
		c.checkSecretEvent(where, i)
	case kind == hook.Action:
		c.checkAction(where, &e)
	case kind == hook.LeaderElected && !c.state.Leader:
		c.problem(where, "leader-elected comes to the leader: set State.Leader")
	case kind == hook.LeaderSettings && c.state.Leader:
		c.problem(where, "leader-settings-changed comes to units that do not lead: leave State.Leader out")
	case kind == hook.LeaderSettings && c.since(4, 0), (kind == hook.PreSeriesUpgrade || kind == hook.PostSeriesUpgrade) && c.since(4, 0):
		c.problem(where, "Juju 4.0 does not send %s: write an older State.Version", kind)
	case (kind == hook.PreSeriesUpgrade || kind == hook.PostSeriesUpgrade) && c.state.Machine == nil:
		c.problem(where, "%s comes to machines: set State.Machine", kind)
	}
}

func (c *checker) checkRelationEvent(where string, e *Event) {
	i := &e.info
	if _, ok := c.files.Meta.Endpoint(i.Endpoint); !ok {
		c.undeclared(where, "endpoint", i.Endpoint, "metadata.yaml", c.files.Meta.Endpoints())
		return
	}
	var units, ids []string
	found, fit := 0, 0
	for place := range c.state.Relations {
		r := &c.state.Relations[place]
		if r.Endpoint != i.Endpoint {
			continue
		}
		ids = append(ids, idOf(r.Endpoint, r.id(place)))
		if !e.relation || i.RelationID == r.id(place) {
			found++
			units = append(units, names(r.RemoteUnits)...)
		}
		if c.state.isOf(e, r, place) {
			fit++
		}
	}
	switch {
	case len(ids) == 0:
		c.problem(where, "%s is of a relation that the state has not: give State.Relations one with Endpoint %q", i.Name(), i.Endpoint)
		return
	case found == 0:
		c.problem(where, "%s has no relation %d: it has %v, so write another number in In", i.Endpoint, i.RelationID, ids)
		return
	case fit > 1:
		c.problem(where, "%s may be of each of %v: say which one with In", i.Name(), ids)
	case fit == 0 && i.RemoteUnit == "":
		c.problem(where, "%s of the application %s, with which %s has no relation: write another one", i.Name(), i.RemoteApp, i.Endpoint)
	}
	switch i.Kind {
	case hook.RelationJoined, hook.RelationDeparted, hook.RelationChanged:
		if i.RemoteUnit == "" && i.Kind != hook.RelationChanged {
			c.problem(where, "%s needs the name of a remote unit%s", i.Name(), instead("", units))
		} else if i.RemoteUnit != "" && fit == 0 {
			advice := instead(i.RemoteUnit, units)
			if len(units) == 0 {
				advice = ": give the relation RemoteUnits with it"
			}
			c.problem(where, "%s has no remote unit %q%s", i.Endpoint, i.RemoteUnit, advice)
		}
	}
	if departing := i.DepartingUnit; departing != "" && departing != c.unit && departing != i.RemoteUnit {
		c.problem(where, "%q departs neither as the remote unit nor as the one under test: write %q", departing, c.unit)
	}
}

func (c *checker) checkWorkloadEvent(where string, i *hook.Info) {
	if c.state.Machine != nil {
		c.problem(where, "%s comes from a container, and machines have none: leave State.Machine out", i.Name())
	}
	if _, ok := c.files.Meta.Containers[i.Workload]; !ok {
		c.undeclared(where, "container", i.Workload, "metadata.yaml", names(c.files.Meta.Containers))
	}
	switch i.Kind {
	case hook.PebbleCustomNotice:
		if !isNumber(i.NoticeID) {
			c.problem(where, "%q is no notice's id: write a number, such as \"1\"", i.NoticeID)
		}
		if !validNoticeKey(i.NoticeKey) {
			c.problem(where, "%q is no key of a custom notice: write a domain and a path, such as \"example.com/backup-done\"", i.NoticeKey)
		}
	case hook.PebbleCheckFailed, hook.PebbleCheckRecovered:
		if i.CheckName == "" {
			c.problem(where, "%s is of a check: write its name", i.Name())
		}
		if !c.since(3, 6) {
			c.problem(where, "Juju sends %s since 3.6, and State.Version is %s: write a newer one", i.Kind, c.state.Version)
		}
	}
}

func (c *checker) checkStorageEvent(where string, i *hook.Info) {
	if _, ok := c.files.Meta.Storage[i.StorageName]; !ok {
		c.undeclared(where, "storage", i.StorageName, "metadata.yaml", names(c.files.Meta.Storage))
		return
	}
	var ids []string
	for _, instance := range c.state.Storage {
		if instance.ID == i.StorageID {
			if instance.Pending && i.Kind == hook.StorageAttached {
				c.problem(where, "%s comes when the instance is there, and %s is Pending: leave that out", i.Name(), i.StorageID)
			}
			return
		}
		ids = append(ids, instance.ID)
	}
	c.problem(where, "State.Storage has no %q%s", i.StorageID, instead(i.StorageID, ids))
}

func (c *checker) checkSecretEvent(where string, i *hook.Info) {
	if !c.since(3, 0) {
		c.problem(where, "Juju has secrets since 3.0, and State.Version is %s: write a newer one", c.state.Version)
	}
	id := i.SecretURI[len("secret:"):]
	at := slices.IndexFunc(c.state.Secrets, func(s Secret) bool { return s.ID == id })
	if at < 0 {
		var ids []string
		for _, s := range c.state.Secrets {
			ids = append(ids, s.ID)
		}
		c.problem(where, "State.Secrets has no %q%s", id, instead(id, ids))
		return
	}
	s := &c.state.Secrets[at]
	if i.SecretLabel != "" && c.ownsSecret(s) && i.SecretLabel != s.Label {
		c.problem(where, "the secret has the label %q, not %q: write that one, or none", s.Label, i.SecretLabel)
	}
	switch i.Kind {
	case hook.SecretChanged:
		if s.Tracked == 0 {
			c.problem(where, "secret-changed comes to units that read the secret: set Tracked of it, to %d if this is the first news", max(s.Revision, 1))
		}
		return
	case hook.SecretRotate:
		if s.Rotate == "" || s.Rotate == "never" {
			c.problem(where, "the secret is never rotated: set Rotate of it, to \"daily\" say")
		}
	default:
		if _, old := s.Old[i.SecretRevision]; !old && i.SecretRevision != max(s.Revision, 1) {
			c.problem(where, "the secret has no revision %d: its latest is %d, and older ones are in Old", i.SecretRevision, max(s.Revision, 1))
		}
	}
	switch {
	case !c.ownsSecret(s):
		c.problem(where, "%s comes to the owner of the secret, and that is %s: leave Owner out", i.Kind, s.Owner)
	case (s.Owner == "" || s.Owner == c.app) && !c.state.Leader:
		c.problem(where, "%s of an application's secret comes to the leader: set State.Leader", i.Kind)
	}
}

func (c *checker) checkAction(where string, e *Event) {
	name := e.info.ActionName
	spec, ok := c.files.Actions[name]
	if !ok {
		c.undeclared(where, "action", name, "actions.yaml", names(c.files.Actions))
		return
	}
	for _, param := range sortedKeys(spec.Params) {
		schema, ok := spec.Params[param].(map[string]any)
		if _, typed := schema["type"]; !ok || !typed {
			c.problem(where, "actions.yaml gives the parameter %q of %s no type: write \"type: string\", or another one", param, name)
		} else if kind, ok := schema["type"].(string); ok && !slices.Contains(jsonTypes[:], kind) {
			c.problem(where, "actions.yaml gives the parameter %q of %s the type %q%s", param, name, kind, instead(kind, jsonTypes[:]))
			return
		}
	}
	open, _ := spec.Schema["additionalProperties"].(bool)
	for _, param := range sortedKeys(e.params) {
		if _, ok := spec.Params[param]; !ok && !open {
			c.problem(where, "actions.yaml gives %s no parameter %q%s", name, param, instead(param, names(spec.Params)))
		}
	}
	if err := model.CheckParams(c.state.Version, name, spec, e.params); err != nil {
		c.problem(where, "actions.yaml does not take these parameters of %s: %v", name, err)
	}
}

// jsonTypes are the types of JSON schema.
var jsonTypes = [...]string{"string", "boolean", "integer", "number", "array", "object", "null"}
