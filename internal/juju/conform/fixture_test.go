//go:build conformance

package conform

import (
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/survey"
)

const (
	modelUUID   = "b6ad6b7c-3d3c-4b9e-8a57-6d5c7f4f0a11"
	otherUUID   = "00000000-1111-4222-8333-444444444444"
	credID      = "cq1m8t8p8nqc77k3c1ag" // the operator's, granted to myapp
	ownedID     = survey.OwnedID
	forbiddenID = survey.ForbiddenID
	grantedID   = survey.GrantedID
	unitID      = survey.UnitID
	missingID   = "cq1m8t8p8nqc77k3c1f0"
)

// baseWorld is a model that has something of everything.
func baseWorld() World {
	dbKey := "myapp:db postgresql:database"
	return World{
		Name: "testmodel", UUID: modelUUID, Type: "caas", CloudAPIVersion: "1.32.0",
		APIAddresses: []string{"10.152.183.217:17070", "controller-service.svc:17070"},
		Applications: map[string]*Application{
			"myapp": {
				Files: map[string]string{
					"metadata.yaml": metadataYAML, "config.yaml": configYAML, "actions.yaml": actionsYAML,
				},
				Config: map[string]string{"cred": "secret:" + credID}, Leader: "myapp/0", ServiceAddress: "10.152.183.20",
			},
			"postgresql": {Leader: "postgresql/0"},
			"web":        {},
		},
		Units: map[string]*Unit{
			"myapp/0":      {Address: "10.1.0.5", Status: Status{"active", "ready"}, State: map[string]string{"k1": "v1"}},
			"myapp/1":      {Address: "10.1.0.6", Status: Status{"waiting", "for a <database> & more"}},
			"postgresql/0": {Status: Status{"active", ""}}, "postgresql/1": {}, "web/0": {},
		},
		Relations: map[int]*Relation{
			0: {
				Endpoints: []Endpoint{{"myapp", "peers", "peers", "peer"}},
				AppData:   map[string]map[string]string{"myapp": {"shared": "1"}},
				Units: map[string]*RelationUnit{
					"myapp/0": {true, networkData("mine", "0")}, "myapp/1": {true, networkData("theirs", "1")},
				},
			},
			1: {
				Endpoints: []Endpoint{{"myapp", "db", "database", "requirer"}, {"postgresql", "database", "database", "provider"}},
				AppData:   map[string]map[string]string{"postgresql": {"version": "16"}, "myapp": {"database": "app"}},
				Units: map[string]*RelationUnit{
					"myapp/0": {true, networkData("own", "x")}, "myapp/1": {true, networkData()},
					"postgresql/0": {true, map[string]string{"host": "10.1.0.9", "port": "5432", "html": "<a>&b"}},
					"postgresql/1": {true, nil},
					"postgresql/2": {false, map[string]string{"host": "gone"}},
				},
			},
			2: {
				Endpoints: []Endpoint{{"web", "site", "http", "requirer"}, {"myapp", "website", "http", "provider"}},
				ModelUUID: otherUUID,
				Units:     map[string]*RelationUnit{"myapp/0": {true, networkData()}, "myapp/1": {true, networkData()}, "web/0": {true, nil}},
			},
		},
		Secrets: map[string]*Secret{
			credID:      {Owner: "model-" + modelUUID, Revisions: one("password", "aHVudGVyMg=="), Grants: []Grant{{Target: "myapp"}}},
			ownedID:     {Owner: "application-myapp", Label: "mine", Description: "a secret", Revisions: one("token", "b25l")},
			forbiddenID: {Owner: "application-postgresql", Revisions: one("key", "eA==")},
			grantedID: {
				Owner: "application-postgresql", Revisions: append(one("username", "dQ=="), Revision{Number: 2, Content: map[string]string{"username": "dTI="}}),
				Consumers: map[string]Consumer{"myapp/0": {Tracked: 1, Label: "dbcreds"}}, Grants: []Grant{{"myapp", dbKey}},
			},
			unitID: {Owner: "unit-myapp-0", Label: "unitsecret", Rotate: "never", Revisions: one("data", "AP8=")},
		},
		Actions: map[string]*Action{"7": {
			Name: "backup", Unit: "myapp/0", Status: "pending",
			Params: map[string]any{"path": "/tmp/x", "level": 3, "deep": map[string]any{"a": map[string]any{"b": "c"}}},
		}},
	}
}

func one(key, value string) []Revision {
	return []Revision{{Number: 1, Content: map[string]string{key: value}}}
}

// networkData is what Juju writes into a databag when a unit enters.
func networkData(more ...string) map[string]string {
	data := map[string]string{
		"private-address": "10.152.183.20", "ingress-address": "10.152.183.20", "egress-subnets": "10.152.183.20/32",
	}
	for i := 0; i < len(more); i += 2 {
		data[more[i]] = more[i+1]
	}
	return data
}

const metadataYAML = `
name: myapp
summary: s
description: d
requires:
  db: {interface: database}
  cache: {interface: redis}
provides:
  website: {interface: http}
peers:
  peers: {interface: peers}
extra-bindings:
  public:
storage:
  data: {type: filesystem, multiple: {range: 0-3}}
  logs: {type: filesystem}
  disk: {type: block, multiple: {range: 0-2}}
resources:
  software: {type: file, filename: software.zip}
  image: {type: oci-image}
`

const configYAML = `
options:
  name: {type: string, default: bob}
  count: {type: int, default: 3}
  ratio: {type: float, default: 0.5}
  "on": {type: boolean, default: true}
  token: {type: string}
  cred: {type: secret}
  big: {type: int, default: 2000000}
  text: {type: string, default: "<b>\n&"}
`

const actionsYAML = `
backup:
  params:
    path: {type: string}
    level: {type: integer, default: 3}
    deep: {type: object}
  required: [path]
`

var (
	configChanged = hook.Info{Kind: hook.ConfigChanged}
	action        = hook.Info{Kind: hook.Action, ActionID: "7", ActionName: "backup"}
)

// dbHook is a hook of relation 1 for postgresql/0.
func dbHook(kind hook.Kind, unit string) hook.Info {
	return hook.Info{Kind: kind, Endpoint: "db", RelationID: 1, RemoteApp: "postgresql", RemoteUnit: unit}
}

// call makes a call.
func call(command string, args ...string) Call { return Call{Command: command, Args: args} }

// stdin makes a call that brings its standard input.
func stdin(input, command string, args ...string) Call {
	return Call{Command: command, Args: args, StdinSet: true, Stdin: []byte(input)}
}

// on is a hook on a unit.
func on(unit string, info hook.Info, calls ...Call) Hook {
	return Hook{Unit: unit, Info: info, Calls: calls}
}

// script is a script in the base world.
func script(name string, hooks ...Hook) Script {
	return Script{Name: name, World: baseWorld(), Hooks: hooks}
}

// each makes one script a call, so that no call hides what another does.
func each(name, unit string, info hook.Info, calls ...Call) []Script {
	var scripts []Script
	for _, c := range calls {
		scripts = append(scripts, script(name, on(unit, info, c)))
	}
	return scripts
}
