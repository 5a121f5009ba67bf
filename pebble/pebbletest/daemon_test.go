package pebbletest_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// run starts a service that leaves a child of its own behind, and returns the numbers of both processes.
func run(t *testing.T, c *pebble.Container) []int {
	t.Helper()
	pids := filepath.Join(t.TempDir(), "pids")
	_, err := c.Apply(t.Context(), pebble.Want{Layer: pebble.Layer{Services: map[string]*pebble.Service{"s": {
		Startup: pebble.StartupEnabled,
		Command: pebble.CommandLine("sh", "-c", `echo hello from $NAME; setsid sleep 3600 >/dev/null 2>&1 & echo $! $$ > "$0"; exec sleep 3600`, pids),
	}}}})
	require.NoError(t, err)
	data, err := os.ReadFile(pids)
	require.NoError(t, err)
	var numbers []int
	for _, field := range strings.Fields(string(data)) {
		n, err := strconv.Atoi(field)
		require.NoError(t, err)
		require.NoError(t, syscall.Kill(n, 0))
		numbers = append(numbers, n)
	}
	require.Len(t, numbers, 2)
	return numbers
}

// requireGone waits until the processes have ended; init may take a moment to collect them.
func requireGone(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		require.Eventually(t, func() bool {
			stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
			return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) || strings.Contains(string(stat), ") Z ")
		}, 20*time.Second, 10*time.Millisecond)
	}
}

func TestDaemonEndsWithItsTest(t *testing.T) {
	t.Parallel()
	for _, version := range pebbletest.Versions() {
		var socket string
		var pids []int
		t.Run(version, func(t *testing.T) {
			d := pebbletest.Start(t, pebbletest.Options{Version: version, Env: []string{"NAME=" + version}})
			socket = d.Socket
			pids = run(t, d.Container("app"))
			require.Contains(t, d.Log(), "hello from "+version)
		})
		require.NoFileExists(t, socket)
		require.NoDirExists(t, filepath.Dir(socket))
		requireGone(t, pids)
	}
}

func TestDaemonStopsAndRestarts(t *testing.T) {
	t.Parallel()
	d := pebbletest.Start(t, pebbletest.Options{Layers: map[string]string{"001-rock.yaml": `
services:
    rock: {override: replace, startup: enabled, command: sleep 3600}
`}})
	c := d.Container("app")
	pids := run(t, c)
	d.Restart()
	requireGone(t, pids)
	services, err := c.Services(t.Context())
	require.NoError(t, err)
	require.Len(t, services, 1, "layers that were added are gone")
	require.Equal(t, pebble.StatusInactive, services["rock"].Status, "nothing starts by itself")

	d.Stop()
	require.ErrorIs(t, c.Ready(t.Context()), pebble.ErrNotReady)
	d.Stop()
}

func TestDaemonOfAnotherUser(t *testing.T) {
	t.Parallel()
	d := pebbletest.Start(t, pebbletest.Options{User: &pebbletest.User{UID: 65534, GID: 65534}})
	result, err := d.Container("app").Exec(t.Context(), pebble.Command{Args: []string{"id", "-u"}})
	require.NoError(t, err)
	require.Equal(t, "65534\n", string(result.Stdout))
}

func TestProxyCounts(t *testing.T) {
	t.Parallel()
	p := pebbletest.Start(t, pebbletest.Options{}).Proxy(t)
	c := p.Container("app")
	_, err := c.Health(t.Context(), pebble.LevelAlive)
	require.NoError(t, err)
	_, err = c.Exec(t.Context(), pebble.Command{Args: []string{"true"}})
	require.NoError(t, err)
	requests := p.Requests()
	require.Equal(t, "GET /v1/health?level=alive", requests[0].String())
	require.Equal(t, "POST /v1/exec", requests[1].String())
	require.True(t, requests[1].Write())
	require.Len(t, p.Writes(), 1+3, "the command and its three websockets")
	p.Reset(nil)
	require.Empty(t, p.Requests())
}

func TestProxyCuts(t *testing.T) {
	t.Parallel()
	d := pebbletest.Start(t, pebbletest.Options{})
	p := d.Proxy(t)
	occurrences := func() int {
		notices, err := d.Container("app").Notices(t.Context(), &pebble.NoticesOptions{Types: []pebble.NoticeType{pebble.NoticeCustom}})
		require.NoError(t, err)
		if len(notices) == 0 {
			return 0
		}
		return notices[0].Occurrences
	}
	notify := func(ctx context.Context) error {
		_, err := p.Container("app").Notify(ctx, "example.com/x", nil)
		return err
	}
	p.Reset(&pebbletest.Cut{After: 1})
	require.NoError(t, notify(t.Context()))
	require.ErrorIs(t, notify(t.Context()), pebble.ErrNotReady)
	require.Equal(t, 1, occurrences())

	p.Reset(&pebbletest.Cut{After: 0, Reach: true})
	require.ErrorIs(t, notify(t.Context()), pebble.ErrNotReady)
	require.Equal(t, 2, occurrences(), "it reached Pebble")
	require.ErrorIs(t, notify(t.Context()), pebble.ErrNotReady)
	require.Equal(t, 2, occurrences())

	p.Reset(nil)
	require.NoError(t, notify(t.Context()))
	require.Equal(t, 3, occurrences())
	require.Equal(t, http.MethodPost, p.Requests()[0].Method)
}
