package hooktool_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// stub puts a script in the place of a tool.
func stub(t *testing.T, dir, tool, script string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, tool), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
}

// The socket is spoken only where it is certain that the agent is behind it,
// and behind the tools on PATH.
func TestWhenTheToolsAreRun(t *testing.T) {
	a := newAgent(t, 0)
	stubs := t.TempDir()
	stub(t, stubs, "config-get", `echo '{"from": "stub"}'`)
	data := filepath.Dir(filepath.Dir(filepath.Dir(a.env["JUJU_AGENT_SOCKET_ADDRESS"])))
	path := os.Getenv("PATH")
	for name, test := range map[string]struct {
		change map[string]string
		mode   hooktool.Mode
		path   string
		stub   bool
		// none says that there is no tool to run.
		none bool
	}{
		"agent's tools first":       {path: filepath.Join(data, "tools", "unit-wiki-0") + ":" + stubs},
		"agent's tools second":      {path: stubs + ":" + filepath.Join(data, "tools", "unit-wiki-0"), stub: true},
		"no tools at all":           {path: t.TempDir()},
		"another unit's tools":      {path: filepath.Join(data, "tools", "unit-wiki-1") + ":" + stubs, stub: true},
		"told to run them":          {path: stubs, mode: hooktool.ExecOnly, stub: true},
		"no address":                {path: stubs, change: map[string]string{"JUJU_AGENT_SOCKET_ADDRESS": ""}, stub: true},
		"no context":                {path: stubs, change: map[string]string{"JUJU_CONTEXT_ID": ""}, stub: true},
		"a network of its own":      {path: stubs, change: map[string]string{"JUJU_AGENT_SOCKET_NETWORK": "tcp"}, stub: true},
		"nothing to run":            {mode: hooktool.ExecOnly, none: true},
		"nothing without a context": {change: map[string]string{"JUJU_CONTEXT_ID": ""}, none: true},
		"nothing on a network":      {change: map[string]string{"JUJU_AGENT_SOCKET_NETWORK": "tcp"}, none: true},
		"a name that is no path":    {path: stubs, change: map[string]string{"JUJU_AGENT_SOCKET_ADDRESS": "@nosuch"}, stub: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", test.path+":"+path)
			getenv := func(name string) string {
				if value, ok := test.change[name]; ok {
					return value
				}
				return a.env[name]
			}
			transport := hooktool.Open(hooktool.OpenOptions{Mode: test.mode, Getenv: getenv, Dir: "/"})
			t.Cleanup(func() { require.NoError(t, transport.Close()) })
			if test.none {
				_, err := hooktool.NewClient(transport).ConfigGet(t.Context())
				require.ErrorIs(t, err, hooktool.ErrNotSupported)
				return
			}
			options, err := hooktool.NewClient(transport).ConfigGet(t.Context())
			require.NoError(t, err)
			_, stubbed := options["from"]
			require.Equal(t, test.stub, stubbed, "%s", options)
		})
	}
}

// An agent that knows the method has perhaps run the tool: nothing is tried
// again.
func TestToolsAreNotRunAfterTheAgentHasBeenAsked(t *testing.T) {
	t.Parallel()
	lost := serveAddress(t, func(w *wire) error {
		_, _, err := w.asked()
		return err
	})
	transport := hooktool.Open(hooktool.OpenOptions{Getenv: lost, Dir: "/"})
	t.Cleanup(func() { transport.Close() })
	c := hooktool.NewClient(transport)
	_, err := c.Run(t.Context(), "config-get-of-nobody")
	require.ErrorContains(t, err, "connection to the unit agent lost")
	// Nor is the connection made again.
	_, again := c.Run(t.Context(), "config-get-of-nobody")
	require.EqualError(t, again, err.Error())
}

// A connection to somebody else is closed before the tools are run: the agent
// waits for its end.
func TestConnectionToAStrangerIsClosed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"rpc: can't find method Jujuc.Main", "rpc: service/method request ill-formed: x", "gob: type mismatch: x", "gob: wrong type (x)",
	} {
		closed := make(chan error, 1)
		env := serveAddress(t, func(w *wire) error {
			header, _, err := w.asked()
			if err := errors.Join(err, w.refuse(header.Seq, text)); err != nil {
				return err
			}
			_, err = w.reader.ReadByte()
			closed <- err
			return nil
		})
		transport := hooktool.Open(hooktool.OpenOptions{Getenv: env, Dir: "/"})
		for range 2 {
			_, err := transport.Run(t.Context(), hooktool.Call{Tool: "config-get-of-nobody"})
			require.ErrorIs(t, err, hooktool.ErrNotSupported, text)
		}
		require.ErrorContains(t, <-closed, "EOF")
	}
}

func TestOpenAfterTheEnd(t *testing.T) {
	t.Parallel()
	ended, end := context.WithCancelCause(t.Context())
	end(errors.New("enough"))
	transport := hooktool.Open(hooktool.OpenOptions{Getenv: newAgent(t, 0).getenv, Dir: "/"})
	_, err := hooktool.NewClient(transport).ConfigGet(ended)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, transport.Close())
}

// The first call shows whether the agent speaks our protocol; what fails
// after it is told.
func TestAgentIsLostAfterTheFirstCall(t *testing.T) {
	t.Parallel()
	env := serveAddress(t, func(w *wire) error {
		header, _, err := w.asked()
		return errors.Join(err, w.answer(header.Seq, "{}"))
	})
	transport := hooktool.Open(hooktool.OpenOptions{Getenv: env, Dir: "/"})
	t.Cleanup(func() { transport.Close() })
	_, err := hooktool.NewClient(transport).RelationGetAll(t.Context(), bags(2))
	require.ErrorContains(t, err, "connection to the unit agent lost")
}

func TestToolsThatCannotRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stub(t, dir, "loops", "sleep 60")
	stub(t, dir, "killed", "kill -9 $$")
	stub(t, dir, "fails", "echo ERROR no >&2; exit 3")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "locked"), nil, 0o644))
	transport := hooktool.Exec(hooktool.ExecOptions{})
	run := func(ctx context.Context, tool string) (hooktool.Result, error) {
		return transport.Run(ctx, hooktool.Call{Tool: filepath.Join(dir, tool)})
	}
	_, err := run(t.Context(), "nosuch")
	require.ErrorIs(t, err, hooktool.ErrNotSupported)
	_, err = run(t.Context(), "locked")
	require.ErrorIs(t, err, os.ErrPermission)
	_, err = run(t.Context(), "killed")
	require.ErrorContains(t, err, "signal: killed")
	result, err := run(t.Context(), "fails")
	require.NoError(t, err)
	require.Equal(t, 3, result.Code)
	ended, end := context.WithCancelCause(t.Context())
	end(errors.New("enough"))
	_, err = run(ended, "loops")
	require.ErrorContains(t, err, "enough")
}
