package agentsocket_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/agentsocket"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

func newHook(t testing.TB) *hook.Context {
	t.Helper()
	m := model.New(model.State{
		Applications: map[string]*model.Application{"app": {Leader: "app/0"}},
		Units:        map[string]*model.Unit{"app/0": {}},
	}, model.Options{})
	c, err := hook.New(hook.Options{Model: m, Unit: "app/0", Info: hook.Info{Kind: hook.ConfigChanged}})
	require.NoError(t, err)
	return c
}

func listen(t testing.TB) (*agentsocket.Server, *hook.Context, string) {
	t.Helper()
	c := newHook(t)
	path := filepath.Join(t.TempDir(), "agent.socket")
	s, err := agentsocket.Listen(path, c)
	require.NoError(t, err)
	return s, c, path
}

func dial(t testing.TB, path string) *agentsocket.Client {
	t.Helper()
	client, err := agentsocket.Dial("unix", path)
	require.NoError(t, err)
	return client
}

// C-360.
func TestSocketIsPrivateAndGoesWithTheServer(t *testing.T) {
	t.Parallel()
	s, _, path := listen(t)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.ModeSocket|0o700, info.Mode())
	require.NoError(t, s.Close())
	require.NoFileExists(t, path)
}

// C-360.
func TestListenReplacesAnOldSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "agent.socket")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	s, err := agentsocket.Listen(path, newHook(t))
	require.NoError(t, err)
	require.NoError(t, dial(t, path).Close())
	require.NoError(t, s.Close())
}

// C-364.
func TestManyCallsAtOnceOnOneConnection(t *testing.T) {
	t.Parallel()
	s, c, path := listen(t)
	client := dial(t, path)
	var calls sync.WaitGroup
	for i := range 50 {
		calls.Go(func() {
			resp, err := client.Call(agentsocket.Request{
				ContextId: c.ID(), Dir: "/", CommandName: "state-set", Args: []string{fmt.Sprintf("k%d=v", i)},
			})
			if err != nil || resp.Code != 0 {
				t.Errorf("call %d: %v, %s", i, err, resp.Stderr)
			}
		})
	}
	calls.Wait()
	require.Len(t, c.State(), 50)
	require.NoError(t, client.Close())
	require.NoError(t, s.Close())
}

// C-366.
func TestLargeStdin(t *testing.T) {
	t.Parallel()
	s, c, path := listen(t)
	client := dial(t, path)
	comment := make([]byte, 4<<20)
	for i := range comment {
		comment[i] = '#'
	}
	resp, err := client.Call(agentsocket.Request{
		ContextId: c.ID(), Dir: "/", CommandName: "state-set", Args: []string{"--file=-"}, StdinSet: true, Stdin: append(comment, "\na: b"...),
	})
	require.NoError(t, err)
	require.Zero(t, resp.Code)
	require.Equal(t, map[string]string{"a": "b"}, c.State())
	require.NoError(t, client.Close())
	require.NoError(t, s.Close())
}

// C-361, C-362, C-363.
func TestCallErrors(t *testing.T) {
	t.Parallel()
	s, c, path := listen(t)
	client := dial(t, path)
	for want, req := range map[string]agentsocket.Request{
		"bad request: token does not match":         {Token: "x"},
		"bad request: command not specified":        {},
		"bad request: Dir is not absolute":          {CommandName: "is-leader", Dir: "here"},
		`bad request: wrong context ID; got "nope"`: {CommandName: "is-leader", Dir: "/", ContextId: "nope"},
		"bad request: unknown command: add-metric":  {CommandName: "add-metric", Dir: "/", ContextId: c.ID()},
		"hook tool requires stdin, none supplied":   {CommandName: "state-set", Args: []string{"--file=-"}, Dir: "/", ContextId: c.ID()},
	} {
		_, err := client.Call(req)
		require.EqualError(t, err, want)
	}
	require.NoError(t, client.Close())
	require.NoError(t, s.Close())
}

// Juju 3.5 has an abstract socket and other words for a wrong context, 4.0 knows
// no tokens.
// C-421, C-422.
func TestProtocolByRelease(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]struct{ address, context, token string }{
		"3.5.7":  {"@", `bad request: expected context id "ID", got "nope"`, "bad request: token does not match"},
		"3.6.11": {"", `bad request: wrong context ID; got "nope"`, "bad request: token does not match"},
		"4.0.1":  {"", `bad request: wrong context ID; got "nope"`, ""},
	} {
		m := model.New(model.State{
			Version: version, Applications: map[string]*model.Application{"app": {}}, Units: map[string]*model.Unit{"app/0": {}},
		}, model.Options{})
		c, err := hook.New(hook.Options{Model: m, Unit: "app/0", Info: hook.Info{Kind: hook.ConfigChanged}})
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "agent.socket")
		require.Contains(t, c.Env(hook.Paths{Socket: path}), "JUJU_AGENT_SOCKET_ADDRESS="+want.address+path)
		s, err := agentsocket.Listen(path, c)
		require.NoError(t, err)
		client := dial(t, want.address+path)
		_, err = client.Call(agentsocket.Request{ContextId: "nope", Dir: "/", CommandName: "is-leader"})
		require.EqualError(t, err, strings.ReplaceAll(want.context, "ID\"", c.ID()+"\""))
		_, err = client.Call(agentsocket.Request{ContextId: c.ID(), Dir: "/", CommandName: "is-leader", Token: "x"})
		if want.token != "" {
			require.EqualError(t, err, want.token)
		} else {
			require.NoError(t, err)
		}
		require.NoError(t, client.Close())
		require.NoError(t, s.Close())
	}
}

// A process that a hook leaves behind with a connection stalls the agent.
// C-365.
func TestCloseWaitsForConnections(t *testing.T) {
	t.Parallel()
	s, c, path := listen(t)
	client := dial(t, path)
	_, err := client.Call(agentsocket.Request{ContextId: c.ID(), Dir: "/", CommandName: "is-leader"})
	require.NoError(t, err)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case <-closed:
		t.Fatal("closed while a connection was open")
	case <-time.After(50 * time.Millisecond):
	}
	_, err = client.Call(agentsocket.Request{ContextId: c.ID(), Dir: "/", CommandName: "is-leader"})
	require.NoError(t, err, "an open connection is served until it closes")
	require.NoError(t, client.Close())
	require.NoError(t, <-closed)
}

func BenchmarkSocketCall(b *testing.B) {
	s, c, path := listen(b)
	client := dial(b, path)
	for b.Loop() {
		_, err := client.Call(agentsocket.Request{ContextId: c.ID(), Dir: "/", CommandName: "config-get", Args: []string{"--format=json"}})
		require.NoError(b, err)
	}
	require.NoError(b, client.Close())
	require.NoError(b, s.Close())
}
