package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

// talkers are two services that write some lines and then wait.
func talkers(t *testing.T, c *pebble.Container) {
	t.Helper()
	talk := func(script string) *pebble.Service {
		return &pebble.Service{Startup: pebble.StartupEnabled, Command: pebble.CommandLine("sh", "-c", script+"; exec sleep 3600")}
	}
	apply(t, c, services(map[string]*pebble.Service{
		"a": talk("for i in 1 2 3; do echo a$i; done; printf 'odd \\001\\n'"),
		"b": talk("for i in 1 2 3; do echo b$i; done"),
	}))
}

func messages(entries []pebble.LogEntry) string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Message)
	}
	return strings.Join(all, " ")
}

func TestLogs(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		entries, err := c.Logs(ctx, nil)
		require.NoError(t, err)
		require.Empty(t, entries)
		talkers(t, c)
		entries, err = c.Logs(ctx, nil)
		require.NoError(t, err)
		require.Len(t, entries, 7)
		entries, err = c.Logs(ctx, &pebble.LogsOptions{Services: []string{"a"}, N: pebble.AllLogs})
		require.NoError(t, err)
		require.Equal(t, "a1 a2 a3 odd \x01", messages(entries))
		require.Equal(t, "a", entries[0].Service)
		require.WithinDuration(t, time.Now(), entries[0].Time, time.Minute)
		entries, err = c.Logs(ctx, &pebble.LogsOptions{Services: []string{"b"}, N: 2})
		require.NoError(t, err)
		require.Equal(t, "b2 b3", messages(entries))
		entries, err = c.Logs(ctx, &pebble.LogsOptions{Services: []string{"unknown"}})
		require.NoError(t, err)
		require.Empty(t, entries)
	})
}

func TestFollowLogs(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		c := d.Container("app")
		talkers(t, c)

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var seen []pebble.LogEntry
		var end error
		for entry, err := range c.FollowLogs(ctx, &pebble.LogsOptions{Services: []string{"b"}, N: 1}) {
			if err != nil {
				end = err
				break
			}
			seen = append(seen, entry)
			if len(seen) == 1 {
				go func() { _ = c.Restart(t.Context(), "b") }()
			}
			if len(seen) == 4 {
				cancel()
			}
		}
		require.Equal(t, "b3 b1 b2 b3", messages(seen))
		require.ErrorIs(t, end, context.Canceled)

		// It ends when Pebble does.
		end = nil
		for _, err := range c.FollowLogs(t.Context(), &pebble.LogsOptions{N: 1}) {
			if end = err; err == nil {
				go d.Stop()
			}
		}
		require.ErrorIs(t, end, pebble.ErrNotReady)
	})
}

// This test runs alone, since it counts goroutines.
func TestFollowLogsMayBeLeft(t *testing.T) {
	c := start(t, "1.19.2").Container("app")
	talkers(t, c)
	before := runtime.NumGoroutine()
	for entry, err := range c.FollowLogs(t.Context(), &pebble.LogsOptions{N: 5}) {
		require.NoError(t, err)
		require.NotEmpty(t, entry.Service)
		break
	}
	requireGoroutines(t, before)
}

func TestLogLines(t *testing.T) {
	t.Parallel()
	line := func(message string) string {
		return fmt.Sprintf(`{"time": "2030-01-02T03:04:05.678901234Z", "service": "a", "message": %q, "colour": "red"}`+"\n", message)
	}
	// A message of 4 KiB may take six times as much, which is more than Pebble's own client reads.
	long := strings.Repeat("\\u0001", 4<<10)
	text := line("one") + strings.Replace(line("long"), "long", long, 1)
	entries, err := nowhere.Logs(answering(t.Context(), "application/x-ndjson", text), nil)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.Equal(t, time.Date(2030, 1, 2, 3, 4, 5, 678901234, time.UTC), entries[0].Time)
	require.Equal(t, strings.Repeat("\x01", 4<<10), entries[1].Message)

	_, err = nowhere.Logs(answering(t.Context(), "application/x-ndjson", "{}\nnonsense\n"), nil)
	require.ErrorContains(t, err, "cannot read a line of logs")
	_, err = nowhere.Logs(answering(t.Context(), "application/x-ndjson", strings.Repeat("x", 2<<20)), nil)
	require.ErrorContains(t, err, "more than")
	require.False(t, errors.Is(err, pebble.ErrNotReady))
}
