//go:build conformance

package conform

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmfile"
	"github.com/charmkit/charmkit/internal/juju/agentsocket"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
	"github.com/charmkit/charmkit/internal/survey"
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
		c.UseResources(filepath.Join(dir, "resources"), attached(dir))
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

// testSurvey runs the compiled charm that handles every kind of event and calls every
// function of charmkit's own client, over the socket and through the tools that
// Juju's client stands behind.
func testSurvey(t *testing.T) {
	binary, err := filepath.Abs("../../../build/bin/surveyor")
	require.NoError(t, err)
	charmDir, err := filepath.Abs("../../survey/surveyor")
	require.NoError(t, err)
	world := func() World {
		w := baseWorld()
		app := w.Applications["myapp"]
		for name := range app.Files {
			data, err := os.ReadFile(filepath.Join(charmDir, name))
			require.NoError(t, err)
			app.Files[name] = string(data)
		}
		app.Resources = map[string]string{"software": "zip"}
		w.Units["myapp/0"].Storage = []Storage{{"data/0", "filesystem", "/var/lib/juju/storage/data/0"}}
		return w
	}
	var hooks []Hook
	for _, h := range survey.Hooks() {
		hooks = append(hooks, Hook{Unit: h.Unit, Info: h.Info, CharmDir: charmDir})
	}
	for name, path := range map[string]string{"socket": "/usr/bin:/bin", "tools": toolsDir(t) + ":/usr/bin:/bin"} {
		var said []string
		run := func(env []string, _ string) int {
			h := survey.Hooks()[len(said)]
			cmd := exec.CommandContext(t.Context(), binary)
			// Of a variable that is there twice the last counts.
			cmd.Env, cmd.Dir = append(slices.Clip(env), "PATH="+path), charmDir
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s: %s", h.Info.DispatchPath(), out)
			said = append(said, string(out))
			return cmd.ProcessState.ExitCode()
		}
		juju := overJuju(t, world(), hooks, run)
		answers := said
		said = nil
		engine := overEngine(t, world(), hooks, run)
		for i, h := range hooks {
			require.Equal(t, answers[i], said[i], "%s, %s", name, h.Info.DispatchPath())
		}
		sameWorlds(t, world(), engine, juju)
		require.Contains(t, strings.Join(said, ""), "\ntool SecretGet {\"username\":\"u2\"}: ok\n")
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
