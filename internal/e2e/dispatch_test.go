package e2e_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/agentsocket"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
	"github.com/charmkit/charmkit/internal/testenv"
)

// toolsAs is how a charm gets the hook tools.
type toolsAs string

const (
	onSocket   toolsAs = "on the agent's socket"
	asPrograms toolsAs = "as programs only"
)

// agent runs a compiled charm for hooks of one unit, without a pod.
type agent struct {
	model    *model.Model
	unit     string
	program  string
	charmDir string
	// data is laid out as /var/lib/juju is.
	data  string
	tools toolsAs
}

func newAgent(t *testing.T, program, charmDir, unit string, as toolsAs) *agent {
	t.Helper()
	a := &agent{
		model: model.New(model.State{Name: "e2e"}, model.Options{}), unit: unit,
		program: testenv.Built(t, "bin/"+program), charmDir: filepath.Join(testenv.Root(t), charmDir),
		data: shortTempDir(t), tools: as,
	}
	require.NoError(t, os.MkdirAll(filepath.Dir(a.socket()), 0o755))
	require.NoError(t, os.MkdirAll(a.toolsDir(), 0o755))
	a.update(t, func(s *model.State) error {
		s.ClaimLeadership(unit)
		return s.Deploy(model.ApplicationOf(unit), loadCharm(t, a.charmDir), model.DeployOptions{Units: 1})
	})
	if as == asPrograms {
		a.linkTools(t)
	}
	return a
}

func loadCharm(t *testing.T, dir string) *metadata.Charm {
	t.Helper()
	charm, err := metadata.Load(os.DirFS(dir))
	require.NoError(t, err)
	return charm
}

func (a *agent) update(t *testing.T, change func(*model.State) error) {
	t.Helper()
	require.NoError(t, a.model.Update(t.Context(), change))
}

func (a *agent) tag() string      { return "unit-" + strings.ReplaceAll(a.unit, "/", "-") }
func (a *agent) socket() string   { return filepath.Join(a.data, "agents", a.tag(), "agent.socket") }
func (a *agent) toolsDir() string { return filepath.Join(a.data, "tools", a.tag()) }

// calls is the file in which the tools note that they ran.
func (a *agent) calls() string { return filepath.Join(a.data, "calls") }

// linkTools makes the hook tools: charmbox under their names. The charm does not
// know of the socket, so a script tells them.
func (a *agent) linkTools(t *testing.T) {
	t.Helper()
	links := filepath.Join(a.data, "links")
	require.NoError(t, os.Mkdir(links, 0o755))
	for _, tool := range tools.Names() {
		require.NoError(t, os.Symlink(testenv.Built(t, "bin/charmbox"), filepath.Join(links, tool)))
		script := fmt.Sprintf("#!/bin/sh\necho %s >>%s\nexport JUJU_AGENT_SOCKET_ADDRESS=%s JUJU_AGENT_SOCKET_NETWORK=unix\nexec %s/%[1]s \"$@\"\n",
			tool, a.calls(), a.socket(), links)
		require.NoError(t, os.WriteFile(filepath.Join(a.toolsDir(), tool), []byte(script), 0o755))
	}
}

// run runs the charm for a hook or an action that succeeds, and commits.
func (a *agent) run(t *testing.T, info hook.Info) {
	t.Helper()
	c, err := hook.New(hook.Options{Model: a.model, Unit: a.unit, Info: info})
	require.NoError(t, err)
	require.NoError(t, c.Begin(t.Context()))
	server, err := agentsocket.Listen(a.socket(), c)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), a.program)
	cmd.Dir = a.charmDir
	cmd.Env = c.Env(hook.Paths{
		CharmDir: a.charmDir, ToolsDir: a.toolsDir(), Socket: a.socket(), AgentPath: "/usr/sbin:/usr/bin:/sbin:/bin",
	})
	if a.tools == asPrograms {
		cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "JUJU_AGENT_SOCKET_") })
	}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	require.NoError(t, cmd.Run(), "%s: %s", info.DispatchPath(), &output)
	require.NoError(t, server.Close())
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
}

// result is what hooks leave in the model, but for what is random.
type result struct {
	Status   string
	Version  string
	Ports    []string
	Bags     map[string]map[string]string
	Secrets  []string
	Actions  []string
	Problems []string
}

func (a *agent) result() result {
	r := result{Bags: map[string]map[string]string{}}
	a.model.View(func(s *model.State) {
		status := s.UnitStatus(a.unit)
		r.Status, r.Version = status.Status+": "+status.Message, s.Units[a.unit].WorkloadVersion
		for _, port := range s.Units[a.unit].Ports {
			r.Ports = append(r.Ports, port.Range.String())
		}
		for id, relation := range s.Relations {
			app := model.ApplicationOf(a.unit)
			if bag, ok := relation.ApplicationData[app]; ok {
				r.Bags[fmt.Sprint(id, " ", app)] = maps.Clone(bag.Data)
			}
			r.Bags[fmt.Sprint(id, " ", a.unit)] = maps.Clone(relation.Units[a.unit].Data)
		}
		for _, secret := range s.Secrets {
			r.Secrets = append(r.Secrets, secret.Label)
		}
		for _, action := range s.Actions {
			r.Actions = append(r.Actions, fmt.Sprint(action.Status, " ", action.Message, " ", action.Results))
		}
	})
	for _, record := range a.model.Logs() {
		if record.Level == "ERROR" || record.Level == "WARNING" {
			r.Problems = append(r.Problems, record.Message)
		}
	}
	return r
}

// unleashHooks runs the first hooks of the Unleash charm, whose containers are
// not there.
func unleashHooks(t *testing.T, as toolsAs) (*agent, result) {
	a := newAgent(t, "unleash", ".", "unleash/0", as)
	postgres := loadCharm(t, filepath.Join(testenv.Root(t), "examples", "postgresql"))
	var relation int
	a.update(t, func(s *model.State) error {
		s.ClaimLeadership("unleash/0")
		if err := s.Deploy("postgresql", postgres, model.DeployOptions{Units: 1}); err != nil {
			return err
		}
		r, err := s.Integrate("unleash", "postgresql")
		if err != nil {
			return err
		}
		relation = r.ID
		return s.EnterScope(r.ID, "unleash/0")
	})
	database := hook.Info{Kind: hook.RelationCreated, Endpoint: "database", RelationID: relation, RemoteApp: "postgresql"}
	for _, info := range []hook.Info{{Kind: hook.Install}, database, {Kind: hook.LeaderElected}, {Kind: hook.ConfigChanged}, {Kind: hook.Start}} {
		a.run(t, info)
	}
	return a, a.result()
}

// helloHooks runs a hook and an action of the smallest charm.
func helloHooks(t *testing.T, as toolsAs) (*agent, result) {
	a := newAgent(t, "hello", "examples/hello", "hello/0", as)
	a.run(t, hook.Info{Kind: hook.ConfigChanged})
	var id string
	a.update(t, func(s *model.State) error {
		action, err := s.EnqueueAction("hello/0", "greet", map[string]any{"name": "Ada"})
		id = action.ID
		return err
	})
	a.run(t, hook.Info{Kind: hook.Action, ActionID: id})
	return a, a.result()
}

// TestDispatch runs compiled charms as an agent does, over its socket and, where
// there is none, with the hook tools as programs. Both come to the same.
func TestDispatch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hooks func(*testing.T, toolsAs) (*agent, result)
		want  result
	}{
		"unleash": {unleashHooks, result{
			Status: "waiting: waiting for container nginx; waiting for postgresql to publish on database; waiting for container app",
			Ports:  []string{"8080/tcp"},
			Bags: map[string]map[string]string{
				"0 unleash": {
					"database":          "unleash",
					"requested-secrets": `["username","password","tls","tls-ca","uris","read-only-uris"]`,
				},
				"0 unleash/0": nil,
			},
			Secrets: []string{"administrator"},
		}},
		"hello": {helloHooks, result{
			Status:  "active: Hello",
			Bags:    map[string]map[string]string{},
			Actions: []string{"completed  map[return-code:0 text:Hello, Ada!]"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			socket, got := test.hooks(t, onSocket)
			require.Equal(t, test.want, got)
			require.NoFileExists(t, socket.calls(), "the socket is enough")

			programs, again := test.hooks(t, asPrograms)
			require.Equal(t, got, again)
			require.FileExists(t, programs.calls(), "there is nothing but the tools")
		})
	}
}
