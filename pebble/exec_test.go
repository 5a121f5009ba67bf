package pebble_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

func sh(script string) []string { return []string{"sh", "-c", script} }

func TestExec(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		result, err := c.Exec(ctx, pebble.Command{
			Args:        sh("cat; pwd; echo $KEY; echo trouble >&2"),
			Environment: map[string]string{"KEY": "value"},
			WorkingDir:  "/",
			Stdin:       strings.NewReader("input\n"),
		})
		require.NoError(t, err)
		require.Equal(t, "input\n/\nvalue\n", string(result.Stdout))
		require.Equal(t, "trouble\n", string(result.Stderr))

		var stdout, stderr bytes.Buffer
		result, err = c.Exec(ctx, pebble.Command{Args: sh("echo out; echo err >&2"), Stdout: &stdout, Stderr: &stderr})
		require.NoError(t, err)
		require.Equal(t, &pebble.ExecResult{}, result)
		require.Equal(t, "out\nerr\n", stdout.String()+stderr.String())

		require.NoError(t, c.AddLayer(ctx, "l", &pebble.Layer{Services: map[string]*pebble.Service{"s": {
			Override: pebble.OverrideReplace, Command: "true", WorkingDir: "/usr",
			Environment: map[string]string{"A": "service", "B": "service"},
		}}}))
		result, err = c.Exec(ctx, pebble.Command{
			Args: sh("pwd; echo $A $B"), ServiceContext: "s", Environment: map[string]string{"B": "command"},
		})
		require.NoError(t, err)
		require.Equal(t, "/usr\nservice command\n", string(result.Stdout))
	})
}

func TestExecPassesOnMuchInputAndOutput(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		result, err := start(t, version).Container("app").Exec(t.Context(), pebble.Command{
			Args: []string{"cat"}, Stdin: bytes.NewReader(content),
		})
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, result.Stdout))
	})
}

func TestExecThatFails(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		_, err := c.Exec(ctx, pebble.Command{
			Args:        sh("echo hello; echo bad luck >&2; exit 3"),
			Environment: map[string]string{"PASSWORD": "hunter2"},
		})
		var failed *pebble.ExecError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, 3, failed.ExitCode)
		require.Equal(t, "hello\n", failed.Stdout)
		require.Equal(t, "bad luck\n", failed.Stderr)
		require.Equal(t, "cannot run sh in container \"app\": cannot run sh: exit code 3: bad luck", err.Error())
		require.NotContains(t, err.Error(), "hunter2")

		var stdout bytes.Buffer
		_, err = c.Exec(ctx, pebble.Command{Args: sh("yes | head -c 100000; echo the end; exit 1"), Stdout: &stdout})
		require.ErrorAs(t, err, &failed)
		require.Len(t, failed.Stdout, 4096)
		require.True(t, strings.HasSuffix(failed.Stdout, "the end\n"))
		require.Len(t, stdout.String(), 100000+len("the end\n"))

		_, err = c.Exec(ctx, pebble.Command{Args: []string{"no-such-command"}})
		require.ErrorContains(t, err, `cannot find executable "no-such-command"`)
		_, err = c.Exec(ctx, pebble.Command{})
		require.ErrorContains(t, err, "must specify command")
	})
}

// timesOut requires that a script which says "so far" does not end in time. On a slow machine it needs more time to say it.
func timesOut(t *testing.T, c *pebble.Container, script string) {
	t.Helper()
	for timeout := 200 * time.Millisecond; ; timeout *= 2 {
		_, err := c.Exec(t.Context(), pebble.Command{Args: sh(script), Timeout: timeout})
		var failed *pebble.ExecError
		require.ErrorAs(t, err, &failed)
		require.True(t, failed.TimedOut)
		require.Equal(t, -1, failed.ExitCode)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		if failed.Stdout == "" && timeout < wait {
			continue
		}
		require.Equal(t, "so far\n", failed.Stdout)
		return
	}
}

func TestExecTimeout(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		timesOut(t, start(t, version).Container("app"), "echo so far; exec sleep 3600")
	})
}

func TestExecIsKilledWithItsContext(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		c := start(t, version).Container("app")
		pidFile := filepath.Join(t.TempDir(), "pid")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error, 1)
		go func() {
			_, err := c.Exec(ctx, pebble.Command{Args: sh("echo $$ > " + pidFile + ".new; mv " + pidFile + ".new " + pidFile + "; exec sleep 3600")})
			done <- err
		}()
		var data []byte
		require.Eventually(t, func() bool { data, _ = os.ReadFile(pidFile); return len(data) > 0 }, wait, poll)
		pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
		require.NoError(t, err)
		require.NoError(t, syscall.Kill(pid, 0))
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		require.Eventually(t, func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }, wait, poll)
	})
}

// Pebble's client gives a websocket's handshake five seconds, which a busy disk may exceed.
func TestExecWaitsForASlowPebble(t *testing.T) {
	t.Parallel()
	proxy := start(t, "1.19.2").Proxy(t)
	proxy.Delay(func(r pebbletest.Request) time.Duration {
		if strings.HasSuffix(r.Path, "/stderr") {
			return 5200 * time.Millisecond
		}
		return 0
	})
	result, err := proxy.Container("app").Exec(t.Context(), pebble.Command{Args: sh("echo done")})
	require.NoError(t, err)
	require.Equal(t, "done\n", string(result.Stdout))
}

// Pebble forgets a command whose client is late, and never answers the client then. A
// hook, which has no deadline, must not wait for ever.
func TestExecThatPebbleForgets(t *testing.T) {
	t.Parallel()
	proxy := start(t, "1.19.2").Proxy(t)
	proxy.Delay(func(r pebbletest.Request) time.Duration {
		if strings.HasSuffix(r.Path, "/control") {
			return 7 * time.Second
		}
		return 0
	})
	c := proxy.Container("app")
	pebble.ExpectHandshake(c, 4*time.Second)
	_, err := c.Exec(t.Context(), pebble.Command{Args: sh("echo done")})
	require.ErrorIs(t, err, pebble.ErrNotReady)
	require.ErrorContains(t, err, "does not begin the command")
}

// This test runs alone, since it counts goroutines.
func TestExecLeavesNothingBehind(t *testing.T) {
	d := start(t, "1.19.2")
	c := d.Container("app")
	before := runtime.NumGoroutine()
	for range 3 {
		_, err := c.Exec(t.Context(), pebble.Command{Args: sh("cat"), Stdin: strings.NewReader("x")})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, err = c.Exec(ctx, pebble.Command{Args: []string{"sleep", "3600"}})
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = c.Exec(t.Context(), pebble.Command{Args: []string{"sleep", "3600"}, Timeout: 10 * time.Millisecond})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	requireGoroutines(t, before)
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestExecWithAWriterThatFails(t *testing.T) {
	t.Parallel()
	_, err := start(t, "1.19.2").Container("app").Exec(t.Context(), pebble.Command{Args: sh("echo x"), Stdout: brokenWriter{}})
	require.ErrorContains(t, err, "disk full")
}
