//go:build conformance

package conform

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

// compiled is a compiled charm and the part of its life that needs no Pebble.
type compiled struct {
	name, dir string
	config    map[string]string
	// database are the endpoints of relation 1, if the charm has it.
	database []Endpoint
	// action is what becomes action 1.
	action Action
	// status is the unit's after all.
	status string
}

func (c compiled) unit() string { return c.name + "/0" }

func (c compiled) world(t *testing.T) World {
	unit := c.unit()
	w := World{
		Name: "testmodel", UUID: modelUUID, Type: "caas",
		Applications: map[string]*Application{
			c.name: {Files: charmFiles(t, c.dir), Config: c.config, Leader: unit, ServiceAddress: "10.152.183.30"}, "other": {},
		},
		Units: map[string]*Unit{unit: {Address: "10.1.0.7"}, "other/0": {}},
	}
	if c.database != nil {
		w.Relations = map[int]*Relation{1: {
			Endpoints: c.database, Units: map[string]*RelationUnit{unit: {true, nil}, "other/0": {true, nil}},
			AppData: map[string]map[string]string{"other": {"database": "wiki", "requested-secrets": `["username"]`}},
		}}
	}
	if action := c.action; action.Name != "" {
		action.Unit, action.Status = unit, "pending"
		w.Actions = map[string]*Action{"1": &action}
	}
	return w
}

func (c compiled) hooks() (hooks []Hook) {
	infos := []hook.Info{{Kind: hook.Install}, {Kind: hook.LeaderElected}, {Kind: hook.ConfigChanged}, {Kind: hook.Start}}
	if c.database != nil {
		relation := hook.Info{Kind: hook.RelationCreated, Endpoint: "database", RelationID: 1, RemoteApp: "other"}
		joined := relation
		joined.Kind, joined.RemoteUnit = hook.RelationJoined, "other/0"
		changed := joined
		changed.Kind = hook.RelationChanged
		infos = append(infos, relation, joined, changed)
	}
	infos = append(infos, hook.Info{Kind: hook.UpdateStatus})
	if c.action.Name != "" {
		infos = append(infos, hook.Info{Kind: hook.Action, ActionID: "1"})
	}
	for _, info := range append(infos, hook.Info{Kind: hook.Stop}) {
		h := on(c.unit(), info)
		h.CharmDir = c.dir
		hooks = append(hooks, h)
	}
	return hooks
}

// testCharms runs the compiled charms over both servers.
func testCharms(t *testing.T) {
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	for _, c := range []compiled{
		{
			name: "hello", dir: filepath.Join(root, "examples/hello"), config: map[string]string{"greeting": "Moin"}, status: "active",
			action: Action{Name: "greet", Params: map[string]any{"name": "Bob"}},
		},
		{
			name: "unleash", dir: root, status: "waiting",
			database: []Endpoint{{"unleash", "database", "postgresql_client", "requirer"}, {"other", "database", "postgresql_client", "provider"}},
		},
		{
			name: "postgresql", dir: filepath.Join(root, "examples/postgresql"), status: "waiting",
			database: []Endpoint{{"other", "db", "postgresql_client", "requirer"}, {"postgresql", "database", "postgresql_client", "provider"}},
		},
	} {
		run := func(env []string, _ string) int {
			cmd := exec.CommandContext(t.Context(), filepath.Join(root, "build/bin", c.name))
			cmd.Env, cmd.Dir = env, c.dir
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			return cmd.ProcessState.ExitCode()
		}
		juju, engine := overJuju(t, c.world(t), c.hooks(), run), overEngine(t, c.world(t), c.hooks(), run)
		hideSecrets(juju.World)
		hideSecrets(engine.World)
		sameWorlds(t, c.world(t), engine, juju)
		require.Equal(t, c.status, engine.World.Units[c.unit()].Status.Status, c.name)
		if c.action.Name != "" {
			require.Equal(t, "Moin, Bob!", engine.World.Actions["1"].Results["text"])
		}
	}
}

// charmFiles are the files of a charm that the model knows.
func charmFiles(t *testing.T, dir string) map[string]string {
	files := map[string]string{}
	for _, name := range []string{"metadata.yaml", "config.yaml", "actions.yaml"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if !errors.Is(err, os.ErrNotExist) {
			require.NoError(t, err)
			files[name] = string(data)
		}
	}
	return files
}

// hideSecrets drops what is random in a world: the content of secrets.
func hideSecrets(w *World) {
	for _, s := range w.Secrets {
		for _, r := range s.Revisions {
			for key := range r.Content {
				r.Content[key] = "hidden"
			}
		}
	}
}
