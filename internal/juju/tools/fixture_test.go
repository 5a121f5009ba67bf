package tools_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

const (
	modelUUID   = "b6ad6b7c-3d3c-4b9e-8a57-6d5c7f4f0a11"
	credURI     = "secret:cq1m8t8p8nqc77k3c1ag" // of the operator, granted to myapp
	ownedID     = "cq1m8t8p8nqc77k3c1b0"        // of myapp
	forbiddenID = "cq1m8t8p8nqc77k3c1c0"        // of postgresql, not granted
)

func loadCharm(t testing.TB) *metadata.Charm {
	t.Helper()
	charm, err := metadata.Load(fstest.MapFS{
		"metadata.yaml": {Data: []byte(`
name: myapp
summary: s
description: d
requires: {db: {interface: database}}
provides: {website: {interface: http}}
peers: {peers: {interface: peers}}
`)},
		"config.yaml": {Data: []byte(`
options:
  name: {type: string, default: bob}
  count: {type: int, default: 3}
  ratio: {type: float, default: 0.5}
  "on": {type: boolean, default: true}
  token: {type: string}
  cred: {type: secret}
  big: {type: int}
`)},
		"actions.yaml": {Data: []byte(`
backup:
  params:
    path: {type: string}
    level: {type: integer, default: 3}
    deep: {type: object}
  required: [path]
`)},
	})
	require.NoError(t, err)
	return charm
}

// world is a model with myapp/0 and myapp/1 related to postgresql/0 and /1.
type world struct {
	*model.Model
}

func newWorld(t testing.TB) world {
	t.Helper()
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	m := model.New(model.State{Name: "testmodel", UUID: modelUUID}, model.Options{Now: func() time.Time { return now }})
	require.NoError(t, m.Update(t.Context(), func(s *model.State) error {
		if err := s.Deploy("myapp", loadCharm(t), model.DeployOptions{
			Units: 2, ServiceAddress: "10.152.183.20", Config: map[string]string{"cred": credURI},
		}); err != nil {
			return err
		}
		if err := s.Deploy("postgresql", nil, model.DeployOptions{Units: 2}); err != nil {
			return err
		}
		s.Relate(
			model.Endpoint{Application: "myapp", Name: "db", Interface: "database", Role: metadata.Requires},
			model.Endpoint{Application: "postgresql", Name: "database", Interface: "database", Role: metadata.Provides},
		)
		for name, u := range s.Units {
			if u.Application == "myapp" {
				u.Address = "10.1.0.5"
				require.NoError(t, s.EnterScope(0, name))
			}
			require.NoError(t, s.EnterScope(1, name))
		}
		s.ClaimLeadership("myapp/0")
		s.Relations[1].Units["postgresql/0"].Merge(map[string]string{"host": "10.1.0.9", "port": "5432"})
		s.Relations[1].AppData("postgresql").Merge(map[string]string{"version": "16"})
		addSecrets(s)
		return nil
	}))
	return world{m}
}

func addSecrets(s *model.State) {
	add := func(id string, owner model.Owner, content map[string]string) {
		if err := s.CreateSecret(id, owner, model.SecretChange{Content: content}); err != nil {
			panic(err)
		}
	}
	add("cq1m8t8p8nqc77k3c1ag", model.Owner{Kind: model.ModelOwner}, map[string]string{"password": "aHVudGVyMg=="})
	s.Secrets["cq1m8t8p8nqc77k3c1ag"].Grants = []model.Grant{{Target: "myapp"}}
	add(ownedID, model.Owner{Kind: model.ApplicationOwner, Name: "myapp"}, map[string]string{"token": "b25l"})
	s.Secrets[ownedID].Label = "mine"
	add(forbiddenID, model.Owner{Kind: model.ApplicationOwner, Name: "postgresql"}, map[string]string{"key": "eA=="})
}

// hook starts a hook on a unit.
func (w world) hook(t testing.TB, unit string, info hook.Info) *hook.Context {
	t.Helper()
	c, err := hook.New(hook.Options{Model: w.Model, Unit: unit, Info: info})
	require.NoError(t, err)
	return c
}

// configChanged starts the usual hook on the leader.
func (w world) configChanged(t testing.TB) *hook.Context {
	return w.hook(t, "myapp/0", hook.Info{Kind: hook.ConfigChanged})
}

// dbChanged is a hook of the relation with postgresql.
func dbChanged(remoteUnit string) hook.Info {
	return hook.Info{Kind: hook.RelationChanged, Endpoint: "db", RelationID: 1, RemoteApp: "postgresql", RemoteUnit: remoteUnit}
}

// run calls a tool that must be understood by the server.
func run(t testing.TB, c *hook.Context, command string, args ...string) tools.Response {
	t.Helper()
	r, err := tools.Run(t.Context(), c, tools.Request{Command: command, Args: args, Dir: "/"})
	require.NoError(t, err)
	return r
}

// output calls a tool that must succeed, and returns what it printed.
func output(t testing.TB, c *hook.Context, command string, args ...string) string {
	t.Helper()
	r := run(t, c, command, args...)
	require.Empty(t, string(r.Stderr), "%s %q", command, args)
	require.Zero(t, r.Code)
	return string(r.Stdout)
}

// check is one call and what must come of it.
type check struct {
	call   []string
	stdout string
	// stderr is without "ERROR " and the newline.
	stderr string
	code   int
}

func runChecks(t *testing.T, c *hook.Context, checks []check) {
	t.Helper()
	for _, want := range checks {
		r := run(t, c, want.call[0], want.call[1:]...)
		stderr := ""
		if want.stderr != "" {
			stderr = "ERROR " + want.stderr + "\n"
		}
		require.Equal(t, want.stdout, string(r.Stdout), "%q", want.call)
		require.Equal(t, stderr, string(r.Stderr), "%q", want.call)
		require.Equal(t, want.code, r.Code, "%q", want.call)
	}
}

func call(args ...string) []string { return args }

// smallModel is a model as a test of a charm makes it, from plain data.
func smallModel(charm *metadata.Charm) *model.Model {
	return model.New(model.State{
		Name:         "testmodel",
		Applications: map[string]*model.Application{"myapp": {Charm: charm, Leader: "myapp/0"}},
		Units:        map[string]*model.Unit{"myapp/0": {}},
	}, model.Options{})
}
