package jujuc_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/agentsocket"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/jujuc"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// agent serves a hook and returns the variables that the hook has.
func agent(t *testing.T) map[string]string {
	t.Helper()
	m := model.New(model.State{
		Applications: map[string]*model.Application{"app": {Leader: "app/0"}},
		Units:        map[string]*model.Unit{"app/0": {}},
	}, model.Options{})
	c, err := hook.New(hook.Options{Model: m, Unit: "app/0", Info: hook.Info{Kind: hook.ConfigChanged}})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "agent.socket")
	s, err := agentsocket.Listen(path, c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return map[string]string{
		"JUJU_CONTEXT_ID": c.ID(), "JUJU_AGENT_SOCKET_ADDRESS": path, "JUJU_AGENT_SOCKET_NETWORK": "unix",
	}
}

// C-361, C-362, C-367.
func TestTools(t *testing.T) {
	t.Parallel()
	env := agent(t)
	for _, test := range []struct {
		call           string
		set            map[string]string
		stdin          string
		code           int
		stdout, stderr string
	}{
		{call: "is-leader --format=json", stdout: "true\n"},
		{call: "state-set --file -", stdin: "a: b"},
		{call: "state-get a", stdout: "b\n"},
		{call: "status-set", code: 2, stderr: "ERROR invalid args, require <status> [message]\n"},
		{call: "add-metric", code: 1, stderr: "ERROR bad request: unknown command: add-metric\n"},
		{call: "is-leader", set: map[string]string{"JUJU_CONTEXT_ID": "nope"}, code: 1, stderr: "ERROR bad request: wrong context ID; got \"nope\"\n"},
		{call: "is-leader", set: map[string]string{"JUJU_AGENT_TOKEN": "x"}, code: 1, stderr: "ERROR bad request: token does not match\n"},
		{call: "is-leader", set: map[string]string{"JUJU_CONTEXT_ID": ""}, code: 1, stderr: "ERROR JUJU_CONTEXT_ID not set\n"},
		{call: "is-leader", set: map[string]string{"JUJU_AGENT_SOCKET_ADDRESS": ""}, code: 1, stderr: "ERROR JUJU_AGENT_SOCKET_ADDRESS not set\n"},
		{call: "is-leader", set: map[string]string{"JUJU_AGENT_SOCKET_NETWORK": ""}, code: 1, stderr: "ERROR JUJU_AGENT_SOCKET_NETWORK not set\n"},
		{call: "is-leader", set: map[string]string{"JUJU_AGENT_SOCKET_ADDRESS": "/nonexistent/s"}, code: 1,
			stderr: "ERROR dial unix /nonexistent/s: connect: no such file or directory\n"},
	} {
		words := strings.Fields(test.call)
		lookup := func(name string) string {
			if v, ok := test.set[name]; ok {
				return v
			}
			return env[name]
		}
		var stdout, stderr strings.Builder
		code := jujuc.Main(words[0], words[1:], lookup, strings.NewReader(test.stdin), &stdout, &stderr)
		require.Equal(t, test.stderr, stderr.String(), test.call)
		require.Equal(t, test.stdout, stdout.String(), test.call)
		require.Equal(t, test.code, code, test.call)
	}
}

// C-367.
func TestUnreadableStdin(t *testing.T) {
	t.Parallel()
	env := agent(t)
	var stdout, stderr strings.Builder
	code := jujuc.Main("state-set", []string{"--file=-"}, func(name string) string { return env[name] },
		iotest.ErrReader(errors.New("broken")), &stdout, &stderr)
	require.Equal(t, 1, code)
	require.Equal(t, "ERROR cannot read stdin: broken\n", stderr.String())
}
