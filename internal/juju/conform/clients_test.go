//go:build conformance

package conform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/internal/charmfile"
	"github.com/charmkit/charmkit/internal/juju/agentsocket"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// process does what a charm's process does: it gets the hook's environment and
// a folder, and returns an exit code.
type process func(env []string, dir string) int

// overJuju runs hooks whose tools Juju's server answers on a socket.
func overJuju(t *testing.T, w World, hooks []Hook, p process) Result {
	t.Helper()
	c, err := startChild()
	require.NoError(t, err)
	dir := t.TempDir()
	s := Script{World: w, Hooks: slices.Clone(hooks), Keep: true, Dir: dir}
	for i := range s.Hooks {
		s.Hooks[i].Socket = filepath.Join(dir, "agent.socket")
	}
	require.NoError(t, c.send(s))
	for range s.Hooks {
		var env []string
		require.NoError(t, c.receive(&env))
		require.NoError(t, c.send(p(env, dir)))
	}
	var r Result
	require.NoError(t, c.receive(&r))
	require.NoError(t, c.stop())
	require.Empty(t, r.Error)
	return r
}

// overEngine runs the same with the engine's server.
func overEngine(t *testing.T, w World, hooks []Hook, p process) Result {
	t.Helper()
	dir := t.TempDir()
	state, err := w.state()
	require.NoError(t, err)
	m := model.New(*state, model.Options{})
	var result Result
	for _, h := range hooks {
		c, err := hook.New(hook.Options{Model: m, Unit: h.Unit, Info: h.Info})
		require.NoError(t, err)
		require.NoError(t, c.Begin(t.Context()))
		places := paths(h)
		places.Socket = filepath.Join(dir, "agent.socket")
		if h.CharmDir != "" {
			places.CharmDir = h.CharmDir
		}
		server, err := agentsocket.Listen(places.Socket, c)
		require.NoError(t, err)
		r := HookResult{Env: c.Env(places)}
		code := p(r.Env, dir)
		require.NoError(t, server.Close())
		if err := c.Finish(t.Context(), hook.Outcome{Code: code}); err != nil {
			r.Failure = err.Error()
		}
		result.Hooks = append(result.Hooks, r)
	}
	m.View(func(s *model.State) { result.World = worldOf(s, w) })
	return result
}

// sameWorlds compares what two runs left behind.
func sameWorlds(t *testing.T, w World, engine, juju Result) {
	t.Helper()
	e, err := newNormal(w, "<DIR>").world(engine.World)
	require.NoError(t, err)
	j, err := newNormal(w, "<DIR>").world(juju.World)
	require.NoError(t, err)
	require.Equal(t, j, e)
	for i := range engine.Hooks {
		require.Equal(t, juju.Hooks[i].Failure, engine.Hooks[i].Failure)
	}
}

func variable(env []string, name string) string {
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// testHooktool drives both servers with charmkit's own client, over the socket
// and through the tools that Juju's client stands behind.
func testHooktool(t *testing.T) {
	t.Setenv("PATH", toolsDir(t)+":"+os.Getenv("PATH"))
	for name, open := range map[string]func(env []string, dir string) (hooktool.Transport, error){
		"socket": func(env []string, dir string) (hooktool.Transport, error) {
			return hooktool.Dial(t.Context(), hooktool.SocketOptions{
				Address: variable(env, "JUJU_AGENT_SOCKET_ADDRESS"), ContextID: variable(env, "JUJU_CONTEXT_ID"), Dir: dir,
			})
		},
		"tools": func(env []string, _ string) (hooktool.Transport, error) {
			return hooktool.Exec(hooktool.ExecOptions{Env: env}), nil
		},
	} {
		var said []string
		drive := func(env []string, dir string) int {
			transport, err := open(env, dir)
			require.NoError(t, err)
			defer func() { require.NoError(t, transport.Close()) }()
			said = append(said, conversation(t.Context(), hooktool.NewClient(transport)))
			return 0
		}
		w := baseWorld()
		hooks := []Hook{on("myapp/0", configChanged), on("myapp/0", action), on("myapp/1", configChanged)}
		juju := overJuju(t, w, hooks, drive)
		answers := said
		said = nil
		engine := overEngine(t, baseWorld(), hooks, drive)
		jn, en := newNormal(w, "<DIR>"), newNormal(w, "<DIR>")
		for i := range hooks {
			require.Equal(t, jn.text(answers[i]), en.text(said[i]), name)
		}
		require.Contains(t, said[0], `secret: {"username":"u"} <nil>`)
		sameWorlds(t, w, engine, juju)
	}
}

// toolsDir makes a folder of all tools' names, each Juju's own client.
func toolsDir(t *testing.T) string {
	client, err := filepath.Abs("../../../build/bin/juju-jujuc")
	require.NoError(t, err)
	require.FileExists(t, client)
	dir := t.TempDir()
	for _, name := range append(tools.Names(), "nosuch") {
		require.NoError(t, os.Symlink(client, filepath.Join(dir, name)))
	}
	return dir
}

// conversation makes every typed call and returns what came of it.
func conversation(ctx context.Context, c *hooktool.Client) string {
	var b strings.Builder
	note := func(what string, value any, err error) {
		data, failed := json.Marshal(value)
		fmt.Fprintf(&b, "%s: %s %v %v\n", what, data, err, failed)
	}
	config, err := c.ConfigGet(ctx)
	note("config", config, err)
	ids, err := c.RelationIDs(ctx, "db")
	note("ids", ids, err)
	units, err := c.RelationUnits(ctx, "db:1")
	note("units", units, err)
	app, err := c.RelationApp(ctx, "db:1")
	note("app", app, err)
	bags := []hooktool.Databag{{Relation: "db:1", Owner: "postgresql/0"}, {Relation: "db:1", Owner: "postgresql"}, {Relation: "peers:0", Owner: "myapp/1"}}
	all, err := c.RelationGetAll(ctx, bags)
	note("bags", all, err)
	note("set", nil, c.RelationSet(ctx, hooktool.Databag{Relation: "db:1", Owner: "myapp/0"}, map[string]string{"k": " padded ", "own": ""}))
	note("set app", nil, c.RelationSet(ctx, hooktool.Databag{Relation: "db:1", Owner: "myapp"}, map[string]string{"k": "ü<&>"}))
	leader, err := c.IsLeader(ctx)
	note("leader", leader, err)
	status, err := c.StatusGet(ctx)
	note("status", status, err)
	network, err := c.NetworkGet(ctx, hooktool.NetworkGetOptions{Binding: "db"})
	note("network", network, err)
	note("version", nil, c.ApplicationVersionSet(ctx, "1.2.3"))
	note("open", nil, c.OpenPort(ctx, "8080/tcp"))
	ports, err := c.OpenedPorts(ctx)
	note("ports", ports, err)
	secret, err := c.SecretGet(ctx, hooktool.SecretGetOptions{URI: "secret:" + grantedID})
	note("secret", secret, err)
	_, err = c.SecretGet(ctx, hooktool.SecretGetOptions{URI: "secret:" + forbiddenID})
	note("forbidden", nil, err)
	uri, err := c.SecretAdd(ctx, map[string]string{"token": "a\nb"}, hooktool.SecretAddOptions{SecretMetadata: hooktool.SecretMetadata{Label: "typed"}})
	note("add", uri, err)
	info, err := c.SecretInfoGet(ctx, hooktool.SecretInfoGetOptions{Label: "mine"})
	note("info", info, err)
	params, err := c.ActionGet(ctx)
	note("action", params, err)
	note("action set", nil, c.ActionSet(ctx, map[string]string{"a.b": "c"}))
	note("log", nil, c.JujuLog(ctx, "INFO", "-x\ny"))
	return b.String()
}

// testJujuc drives both servers with Juju's own client, which stands behind
// every tool's name.
func testJujuc(t *testing.T) {
	bin := toolsDir(t)
	var said []string
	run := func(env []string, dir string) int {
		for _, c := range []Call{
			call("config-get", "--format=json"), call("config-get", "a", "b"), call("relation-get", "-r", "1", "-", "postgresql/0"), call("status-set", "error"), call("secret-get", "secret:"+forbiddenID),
			stdin("k: v\n", "relation-set", "-r", "1", "--file", "-"), stdin("", "state-set", "--file", "-"), call("state-set", "a=b"), call("nosuch"), call("config-get", "-o", "out", "name"), call("juju-log", "hi"), call("is-leader"),
		} {
			var out, errs bytes.Buffer
			cmd := exec.CommandContext(t.Context(), filepath.Join(bin, c.Command), c.Args...)
			cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = env, dir, &out, &errs
			cmd.Stdin = bytes.NewReader(c.Stdin)
			var exit *exec.ExitError
			if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
				require.NoError(t, err)
			}
			said = append(said, fmt.Sprintf("%s %q: %d %q %q", c.Command, c.Args, cmd.ProcessState.ExitCode(), out.String(), errs.String()))
		}
		written, err := os.ReadFile(filepath.Join(dir, "out"))
		require.NoError(t, err)
		said = append(said, string(written))
		return 0
	}
	w := baseWorld()
	hooks := []Hook{on("myapp/0", configChanged)}
	juju := overJuju(t, w, hooks, run)
	answers := said
	said = nil
	engine := overEngine(t, baseWorld(), hooks, run)
	require.Equal(t, answers, said)
	sameWorlds(t, w, engine, juju)
}

// testCharmFile reads a packed charm back with Juju's reader.
func testCharmFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "unleash.charm")
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, charmfile.Pack(f, charmfile.PackOptions{Dir: "../../..", Dispatch: "../../../build/bin/unleash", Arch: "amd64"}))
	require.NoError(t, f.Close())
	var read struct {
		Name                                                      string
		Endpoints, Containers, Resources, Options, Actions, Bases []string
	}
	require.NoError(t, ask(&read, "-charm", path))
	require.Equal(t, "unleash-k8s", read.Name)
	require.ElementsMatch(t, []string{"app", "nginx"}, read.Containers)
	require.Subset(t, read.Endpoints, []string{"database"})
	require.Subset(t, read.Options, []string{"external-url"})
	require.Subset(t, read.Actions, []string{"create-api-token"})
	require.NotEmpty(t, read.Resources)
	require.Len(t, read.Bases, 1)
}
