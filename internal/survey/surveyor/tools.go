package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// report prints what came of a function of the client. Errors are Juju's text.
func report(function string, value any, err error) {
	data, encoding := json.Marshal(value)
	if encoding != nil {
		data = []byte(encoding.Error())
	}
	text := "ok"
	if err != nil {
		text = err.Error()
	}
	fmt.Printf("tool %s %s: %s\n", function, data, text)
}

// callAll calls every function of the client but the reboots. What differs from run
// to run (ids of new secrets, times, places) is not printed.
func (s *surveyor) callAll(ctx context.Context) {
	c := s.Tools()
	s.callRelations(ctx, c)
	s.callSecrets(ctx, c)

	config, err := c.ConfigGet(ctx)
	report("ConfigGet", config, err)
	leader, err := c.IsLeader(ctx)
	report("IsLeader", leader, err)
	report("JujuLog", nil, c.JujuLog(ctx, "INFO", "-x\ny"))
	report("ApplicationVersionSet", nil, c.ApplicationVersionSet(ctx, "-1.2.3"))
	goals, err := c.GoalState(ctx)
	report("GoalState", []any{goals.Planned(), slices.Sorted(maps.Keys(goals.Relations["db"]))}, err)
	cloud, err := c.CredentialGet(ctx)
	report("CredentialGet", cloud, err)
	network, err := c.NetworkGet(ctx, hooktool.NetworkGetOptions{Binding: "db"})
	report("NetworkGet", network, err)
	address, err := c.PrivateAddress(ctx)
	report("PrivateAddress", address, err)
	address, err = c.PublicAddress(ctx)
	report("PublicAddress", address, err)

	report("StatusSet", nil, c.StatusSet(ctx, hooktool.Status{Status: "waiting", Message: "--for"}))
	status, err := c.StatusGet(ctx)
	report("StatusGet", status, err)
	report("ApplicationStatusSet", nil, c.ApplicationStatusSet(ctx, hooktool.Status{Status: "active", Message: "<b>\nü"}))
	all, err := c.ApplicationStatusGet(ctx)
	report("ApplicationStatusGet", all, err)

	report("OpenPort", nil, c.OpenPort(ctx, "8080/tcp"))
	report("OpenPort", nil, c.OpenPort(ctx, "9000/udp", "db"))
	report("ClosePort", nil, c.ClosePort(ctx, "7/tcp"))
	ports, err := c.OpenedPorts(ctx)
	report("OpenedPorts", ports, err)
	opened, err := c.OpenedPortsByEndpoint(ctx)
	report("OpenedPortsByEndpoint", opened, err)

	report("StateSet", nil, c.StateSet(ctx, map[string]string{"-k": "line\nline", "empty": ""}))
	report("StateDelete", nil, c.StateDelete(ctx, "k1"))
	state, err := c.StateGet(ctx)
	report("StateGet", state, err)

	ids, err := c.StorageList(ctx, "")
	report("StorageList", ids, err)
	storage, err := c.StorageGet(ctx, "data/0")
	report("StorageGet", storage, err)
	report("StorageAdd", nil, c.StorageAdd(ctx, "data", 1))
	path, err := c.ResourceGet(ctx, "software")
	content, _ := os.ReadFile(path)
	report("ResourceGet", string(content), err)

	params, err := c.ActionGet(ctx)
	report("ActionGet", params, err)
	report("ActionLog", nil, c.ActionLog(ctx, "-half done"))
	report("ActionSet", nil, c.ActionSet(ctx, map[string]string{"a.b": "c d"}))
	report("ActionFail", nil, c.ActionFail(ctx, "--not today"))

	out, err := c.Run(ctx, "leader-get", "--format=json")
	report("Run", strings.TrimSpace(string(out)), err)
}

func (s *surveyor) callRelations(ctx context.Context, c *hooktool.Client) {
	ids, err := c.RelationIDs(ctx, "db")
	report("RelationIDs", ids, err)
	units, err := c.RelationUnits(ctx, "db:1")
	report("RelationUnits", units, err)
	app, err := c.RelationApp(ctx, "db:1")
	report("RelationApp", app, err)
	uuid, err := c.RelationModel(ctx, "website:2")
	report("RelationModel", uuid, err)
	bag, err := c.RelationGet(ctx, hooktool.Databag{Relation: "peers:0", Owner: "myapp"})
	report("RelationGet", bag, err)
	bags, err := c.RelationGetAll(ctx, []hooktool.Databag{
		{Relation: "db:1", Owner: "postgresql/0"}, {Relation: "db:1", Owner: "postgresql"}, {Relation: "peers:0", Owner: "myapp/1"},
	})
	report("RelationGetAll", bags, err)
	report("RelationSet", nil, c.RelationSet(ctx, hooktool.Databag{Relation: "db:1", Owner: s.Unit()}, map[string]string{"k": " padded ", "own": ""}))
	report("RelationSet", nil, c.RelationSet(ctx, hooktool.Databag{Relation: "db:1", Owner: "myapp"}, map[string]string{"k": "ü<&>"}))
	_, err = c.RelationUnits(ctx, "db:99")
	report("RelationUnits", nil, err)
}

func (s *surveyor) callSecrets(ctx context.Context, c *hooktool.Client) {
	content, err := c.SecretGet(ctx, hooktool.SecretGetOptions{URI: "secret:cq1m8t8p8nqc77k3c1d0", Peek: true})
	report("SecretGet", content, err)
	_, err = c.SecretGet(ctx, hooktool.SecretGetOptions{URI: "secret:cq1m8t8p8nqc77k3c1c0"})
	report("SecretGet", nil, err)
	uri, err := c.SecretAdd(ctx, map[string]string{"token": "a\nb"}, hooktool.SecretAddOptions{
		Owner: hooktool.OwnerUnit, SecretMetadata: hooktool.SecretMetadata{Label: "-new"},
	})
	report("SecretAdd", strings.HasPrefix(uri, "secret:"), err)
	report("SecretSet", nil, c.SecretSet(ctx, uri, hooktool.SecretChange{
		Content: map[string]string{"token": "ü"}, SecretMetadata: hooktool.SecretMetadata{Description: "--d"},
	}))
	info, err := c.SecretInfoGet(ctx, hooktool.SecretInfoGetOptions{Label: "-new"})
	report("SecretInfoGet", []any{info.Label, info.Description, info.Revision, info.Owner}, err)
	ids, err := c.SecretIDs(ctx)
	report("SecretIDs", len(ids), err)
	to := hooktool.SecretAudience{Relation: "db:1"}
	report("SecretGrant", nil, c.SecretGrant(ctx, uri, to))
	report("SecretRevoke", nil, c.SecretRevoke(ctx, uri, to))
	report("SecretRemoveRevision", nil, c.SecretRemoveRevision(ctx, uri, 1))
	report("SecretRemove", nil, c.SecretRemove(ctx, uri))
}
