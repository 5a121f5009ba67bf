package hooktool_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/agentsocket"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/jujuc"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// The test binary is the hook tools too: under a tool's name it is jujuc.
func TestMain(m *testing.M) {
	name := filepath.Base(os.Args[0])
	if slices.Contains(tools.Names(), name) {
		os.Exit(jujuc.Main(name, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// agent is a unit agent that runs one hook of wiki/0.
type agent struct {
	model *model.Model
	hook  *hook.Context
	// resources is the folder that they come to.
	resources string
	env       map[string]string
}

func (a *agent) getenv(name string) string { return a.env[name] }

func newAgent(t *testing.T, remoteUnits int) *agent {
	t.Helper()
	return newHookAgent(t, remoteUnits, hook.Info{Kind: hook.ConfigChanged})
}

// newHookAgent is an agent that runs another hook. Action 1 is a backup.
func newHookAgent(t *testing.T, remoteUnits int, info hook.Info) *agent {
	t.Helper()
	state := model.State{Name: "test"}
	charm := &metadata.Charm{
		Meta: metadata.Meta{Name: "wiki", Requires: map[string]metadata.Relation{"db": {Role: metadata.Requires, Interface: "pgsql"}}},
		Config: metadata.Config{Options: map[string]metadata.Option{
			"name": {Type: "string", Default: "bob"}, "count": {Type: "int", Default: 3},
		}},
		Actions: metadata.Actions{"backup": {}},
	}
	state.Applications = map[string]*model.Application{
		"wiki": {Charm: charm, Life: model.Alive, Leader: "wiki/0"},
		"pg":   {Life: model.Alive},
	}
	state.Units = map[string]*model.Unit{"wiki/0": {Application: "wiki", Life: model.Alive, Address: "10.1.0.5"}}
	relation := state.Relate(
		model.Endpoint{Application: "wiki", Name: "db", Interface: "pgsql", Role: metadata.Requires},
		model.Endpoint{Application: "pg", Name: "db", Interface: "pgsql", Role: metadata.Provides},
	)
	relation.Units = map[string]*model.RelationUnit{"wiki/0": {InScope: true}}
	for i := range remoteUnits {
		name := fmt.Sprintf("pg/%d", i)
		state.Units[name] = &model.Unit{Application: "pg", Life: model.Alive}
		relation.Units[name] = &model.RelationUnit{InScope: true, Databag: model.Databag{Data: map[string]string{"host": fmt.Sprint(i)}}}
	}
	_, err := state.EnqueueAction("wiki/0", "backup", map[string]any{"path": "/srv"})
	require.NoError(t, err)
	m := model.New(state, model.Options{})
	run, err := hook.New(hook.Options{Model: m, Unit: "wiki/0", Info: info})
	require.NoError(t, err)

	// Juju's own places: DATA/agents/UNIT/agent.socket and DATA/tools/UNIT.
	data, err := os.MkdirTemp("", "agent")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(data) })
	socket := filepath.Join(data, "agents", "unit-wiki-0", "agent.socket")
	require.NoError(t, os.MkdirAll(filepath.Dir(socket), 0o755))
	toolsDir := filepath.Join(data, "tools", "unit-wiki-0")
	require.NoError(t, os.MkdirAll(toolsDir, 0o755))
	self, err := os.Executable()
	require.NoError(t, err)
	for _, name := range tools.Names() {
		require.NoError(t, os.Symlink(self, filepath.Join(toolsDir, name)))
	}
	resources := filepath.Join(data, "resources")
	run.UseResources(resources, nil)
	server, err := agentsocket.Listen(socket, run)
	require.NoError(t, err)
	t.Cleanup(func() { server.Close() })

	a := &agent{model: m, hook: run, resources: resources, env: map[string]string{}}
	for _, pair := range run.Env(hook.Paths{CharmDir: data, ToolsDir: toolsDir, Socket: socket, AgentPath: "/usr/bin:/bin"}) {
		name, value, _ := strings.Cut(pair, "=")
		a.env[name] = value
	}
	return a
}

func (a *agent) environ() []string {
	// The tools are this test again: without the first, each ends a second late
	// under the race detector; without the other, each complains when coverage is
	// measured.
	env := []string{"GORACE=atexit_sleep_ms=0", "GOCOVERDIR=" + os.Getenv("GOCOVERDIR")}
	for name, value := range a.env {
		env = append(env, name+"="+value)
	}
	return env
}

// transports are the ways to the agent that must be alike.
func (a *agent) transports(t *testing.T) map[string]hooktool.Transport {
	socket, err := hooktool.Dial(t.Context(), hooktool.SocketOptions{
		Address: a.env["JUJU_AGENT_SOCKET_ADDRESS"], ContextID: a.env["JUJU_CONTEXT_ID"], Dir: "/",
	})
	require.NoError(t, err)
	open := hooktool.Open(hooktool.OpenOptions{Getenv: a.getenv, Dir: "/"})
	ways := map[string]hooktool.Transport{
		"socket":   socket,
		"open":     open,
		"recorded": hooktool.Record(hooktool.Open(hooktool.OpenOptions{Getenv: a.getenv, Dir: "/"}), func(hooktool.Recorded) {}),
		"exec":     execTransport(a),
	}
	for _, way := range ways {
		t.Cleanup(func() { way.Close() })
	}
	return ways
}

// execTransport runs the tools with the agent's environment; their own PATH
// lookup is this process's, so names become paths here.
func execTransport(a *agent) hooktool.Transport {
	dir, _, _ := strings.Cut(a.env["PATH"], ":")
	inner := hooktool.Exec(hooktool.ExecOptions{Env: a.environ()})
	return hooktool.Func(func(ctx context.Context, call hooktool.Call) (hooktool.Result, error) {
		call.Tool = filepath.Join(dir, call.Tool)
		return inner.Run(ctx, call)
	})
}

func TestEveryWayToTheAgentIsAlike(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"socket", "open", "recorded", "exec"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			a := newAgent(t, 3)
			c := hooktool.NewClient(a.transports(t)[name])

			config, err := c.ConfigGet(ctx)
			require.NoError(t, err)
			require.JSONEq(t, `3`, string(config["count"]))

			ids, err := c.RelationIDs(ctx, "db")
			require.NoError(t, err)
			require.Len(t, ids, 1)
			units, err := c.RelationUnits(ctx, ids[0])
			require.NoError(t, err)
			require.Equal(t, []string{"pg/0", "pg/1", "pg/2"}, units)
			bag := hooktool.Databag{Relation: ids[0], Owner: "wiki"}
			odd := map[string]string{"text": " a=b\n\"<ü>\u2028 ", "gone": ""}
			require.NoError(t, c.RelationSet(ctx, bag, odd))
			got, err := c.RelationGet(ctx, bag)
			require.NoError(t, err)
			require.Equal(t, odd["text"], got["text"])

			require.NoError(t, c.StatusSet(ctx, hooktool.Status{Status: "active", Message: "-x is fine"}))
			status, err := c.StatusGet(ctx)
			require.NoError(t, err)
			require.Equal(t, hooktool.Status{Status: "active", Message: "-x is fine"}, status)
			require.NoError(t, c.JujuLog(ctx, "WARNING", "-- starts with dashes"))
			require.Equal(t, "-- starts with dashes", a.model.Logs()[len(a.model.Logs())-1].Message)

			secret := map[string]string{"password": " keep\nme ", "binary": "\xff\x00"}
			uri, err := c.SecretAdd(ctx, secret, hooktool.SecretAddOptions{
				Owner: hooktool.OwnerApplication, SecretMetadata: hooktool.SecretMetadata{Label: "l"},
			})
			require.NoError(t, err)
			content, err := c.SecretGet(ctx, hooktool.SecretGetOptions{URI: uri})
			require.NoError(t, err)
			require.Equal(t, secret["password"], content["password"])
			require.NoError(t, c.SecretGrant(ctx, uri, hooktool.SecretAudience{Relation: ids[0]}))

			_, err = c.SecretGet(ctx, hooktool.SecretGetOptions{Label: "nosuch"})
			require.ErrorIs(t, err, hooktool.ErrNotFound)
			_, err = c.RelationUnits(ctx, "db:99")
			require.ErrorIs(t, err, hooktool.ErrRelationGone)
			var failed *hooktool.Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, 2, failed.Code)
			require.NotContains(t, failed.Message, "ERROR ")
		})
	}
}

// The tools read YAML, which has its own mind about some characters.
func TestEveryCharacterArrivesAsItIs(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for r := rune(1); r <= 0xffff; r++ {
		if utf8.ValidRune(r) {
			all.WriteRune(r)
		}
	}
	all.WriteString("\U0001f600")
	a := newAgent(t, 0)
	c := hooktool.NewClient(a.transports(t)["socket"])
	ids, err := c.RelationIDs(t.Context(), "db")
	require.NoError(t, err)
	bag := hooktool.Databag{Relation: ids[0], Owner: "wiki/0"}
	require.NoError(t, c.RelationSet(t.Context(), bag, map[string]string{"text": all.String()}))
	got, err := c.RelationGet(t.Context(), bag)
	require.NoError(t, err)
	require.True(t, all.String() == got["text"])

	uri, err := c.SecretAdd(t.Context(), map[string]string{"text": all.String()}, hooktool.SecretAddOptions{Owner: hooktool.OwnerUnit})
	require.NoError(t, err)
	got, err = c.SecretGet(t.Context(), hooktool.SecretGetOptions{URI: uri})
	require.NoError(t, err)
	require.True(t, all.String() == got["text"])
}

func TestDatabagsOfManyUnitsTogether(t *testing.T) {
	t.Parallel()
	a := newAgent(t, 1000)
	for name, transport := range a.transports(t) {
		if name == "exec" {
			continue
		}
		c := hooktool.NewClient(transport)
		ids, err := c.RelationIDs(t.Context(), "db")
		require.NoError(t, err)
		units, err := c.RelationUnits(t.Context(), ids[0])
		require.NoError(t, err)
		var bags []hooktool.Databag
		for _, unit := range units {
			bags = append(bags, hooktool.Databag{Relation: ids[0], Owner: unit})
		}
		contents, err := c.RelationGetAll(t.Context(), bags)
		require.NoError(t, err)
		require.Len(t, contents, 1000)
		for i, content := range contents {
			require.Equal(t, strings.TrimPrefix(units[i], "pg/"), content["host"], name)
		}
	}
}

func TestSecretsAreOnNoCommandLine(t *testing.T) {
	t.Parallel()
	a := newAgent(t, 0)
	var calls []hooktool.Call
	transport := hooktool.Record(a.transports(t)["socket"], func(r hooktool.Recorded) { calls = append(calls, r.Call) })
	c := hooktool.NewClient(transport)
	content := map[string]string{"password": "hunter2"}
	uri, err := c.SecretAdd(t.Context(), content, hooktool.SecretAddOptions{Owner: hooktool.OwnerUnit})
	require.NoError(t, err)
	require.NoError(t, c.SecretSet(t.Context(), uri, hooktool.SecretChange{Content: map[string]string{"password": "hunter2"}}))
	ids, err := c.RelationIDs(t.Context(), "db")
	require.NoError(t, err)
	require.NoError(t, c.RelationSet(t.Context(), hooktool.Databag{Relation: ids[0], Owner: "wiki/0"}, content))
	for _, call := range calls {
		for _, arg := range call.Args {
			require.NotContains(t, arg, "hunter2", call.Tool)
			// The file is gone as soon as the tool has read it.
			require.NoFileExists(t, arg)
		}
	}
}

func TestCancelledCallReturnsAtOnce(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("unix", filepath.Join(shortDir(t), "s"))
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		// The call has arrived; its answer never comes.
		conn.Read(make([]byte, 1))
		cancel(fmt.Errorf("enough"))
		<-t.Context().Done()
		conn.Close()
	}()
	transport, err := hooktool.Dial(t.Context(), hooktool.SocketOptions{Address: listener.Addr().String()})
	require.NoError(t, err)
	_, err = transport.Run(ctx, hooktool.Call{Tool: "config-get"})
	require.ErrorContains(t, err, "enough")
	// What the answer would belong to is not known any more.
	_, err = transport.Run(t.Context(), hooktool.Call{Tool: "config-get"})
	require.ErrorContains(t, err, "connection to the unit agent lost")
}

// stranger is an agent that speaks net/rpc, and another method.
type stranger struct{}

func (stranger) Other(_ struct{}, _ *struct{}) error { return nil }

func TestFallsBackToTheTools(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	bin := filepath.Join(dir, "bin")
	require.NoError(t, os.Mkdir(bin, 0o755))
	listener, err := net.Listen("unix", filepath.Join(dir, "s"))
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	server := rpc.NewServer()
	require.NoError(t, server.RegisterName("Jujuc", stranger{}))
	go server.Accept(listener)

	for name, socket := range map[string]string{
		"nobody listens": filepath.Join(dir, "nosuch"),
		"unknown method": listener.Addr().String(),
		"no socket":      "",
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"JUJU_AGENT_SOCKET_ADDRESS": socket, "JUJU_AGENT_SOCKET_NETWORK": "unix", "JUJU_CONTEXT_ID": "x"}
			transport := hooktool.Open(hooktool.OpenOptions{Getenv: func(n string) string { return env[n] }, Dir: "/"})
			// There are no tools on this PATH: the error shows that they were tried.
			_, err := transport.Run(t.Context(), hooktool.Call{Tool: "config-get-of-nobody"})
			require.ErrorContains(t, err, "executable file not found")
			require.NoError(t, transport.Close())
		})
	}
}

func TestRefusedCallsAreNotRunAgain(t *testing.T) {
	t.Parallel()
	a := newAgent(t, 0)
	a.env["JUJU_CONTEXT_ID"] = "nope"
	transport := hooktool.Open(hooktool.OpenOptions{Getenv: a.getenv, Dir: "/"})
	t.Cleanup(func() { transport.Close() })
	_, err := transport.Run(t.Context(), hooktool.Call{Tool: "config-get"})
	var refused *hooktool.RPCError
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Message, "wrong context ID")
}

func shortDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "h")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func FuzzSocketAnswers(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Add([]byte("\x2d\xff\x81\x03\x01\x01\x08Response\x01\xff\x82\x00\x01\x03"))
	f.Fuzz(func(t *testing.T, answer []byte) {
		listener, err := net.Listen("unix", filepath.Join(shortDir(t), "s"))
		require.NoError(t, err)
		defer listener.Close()
		go func() {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Write(answer)
			conn.Close()
		}()
		transport, err := hooktool.Dial(t.Context(), hooktool.SocketOptions{Address: listener.Addr().String()})
		require.NoError(t, err)
		defer transport.Close()
		// An answer that is not one is an error, never a crash.
		_, _ = transport.Run(t.Context(), hooktool.Call{Tool: "config-get"})
	})
}
