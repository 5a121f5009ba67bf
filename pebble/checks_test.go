package pebble_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

func TestChecksAndHealth(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		layer := &pebble.Layer{Checks: map[string]*pebble.Check{
			"up": {Override: pebble.OverrideReplace, Level: pebble.LevelAlive, Exec: &pebble.ExecCheck{Command: "true"}},
			"down": {
				Override: pebble.OverrideReplace, Level: pebble.LevelReady, Startup: pebble.StartupDisabled,
				Period: pebble.NewDuration(10 * time.Millisecond), Threshold: 2, Exec: &pebble.ExecCheck{Command: "false"},
			},
		}}
		require.NoError(t, c.AddLayer(ctx, "l", layer))
		checks, err := c.Checks(ctx, "down", "unknown")
		require.NoError(t, err)
		require.Len(t, checks, 1)
		require.Equal(t, pebble.CheckInactive, checks["down"].Status)
		require.Equal(t, pebble.StartupDisabled, checks["down"].Startup)

		started, err := c.StartChecks(ctx, "up", "down")
		require.NoError(t, err)
		require.Equal(t, []string{"down"}, started)
		require.Eventually(t, func() bool {
			checks, err := c.Checks(ctx)
			return err == nil && checks["down"].Status == pebble.CheckDown && checks["down"].Failures >= 2
		}, wait, poll)
		healthy, err := c.Health(ctx, pebble.LevelReady)
		require.NoError(t, err)
		require.False(t, healthy)
		healthy, err = c.Health(ctx, pebble.LevelAlive, "up")
		require.NoError(t, err)
		require.True(t, healthy)
		stopped, err := c.StopChecks(ctx, "up", "down")
		require.NoError(t, err)
		require.Equal(t, []string{"down", "up"}, stopped)
	})
}

func TestRefreshCheck(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "f")
	layer := &pebble.Layer{Checks: map[string]*pebble.Check{"c": {
		Override: pebble.OverrideReplace, Threshold: 1, Startup: pebble.StartupDisabled,
		Period: pebble.NewDuration(time.Hour), Exec: &pebble.ExecCheck{Command: pebble.CommandLine("ls", file)},
	}}}
	c := start(t, "1.32.1").Container("app")
	require.NoError(t, c.AddLayer(ctx, "l", layer))
	checks, err := c.Checks(ctx)
	require.NoError(t, err)
	ran, known := checks["c"].HasRun()
	require.False(t, ran)
	require.True(t, known)
	_, err = c.StartChecks(ctx, "c")
	require.NoError(t, err)

	// The changes of the check follow what it has found a moment later.
	becomes := func(status pebble.CheckStatus) (info pebble.CheckInfo) {
		require.Eventually(t, func() bool {
			checks, err := c.Checks(ctx, "c")
			info = checks["c"]
			return err == nil && info.Status == status
		}, wait, poll)
		return info
	}
	info, failure, err := c.RefreshCheck(ctx, "c")
	require.NoError(t, err)
	require.Equal(t, "c", info.Name)
	require.Contains(t, failure, "exit status 2")
	down := becomes(pebble.CheckDown)
	ran, known = down.HasRun()
	require.True(t, ran && known)
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, failure, err = c.RefreshCheck(ctx, "c")
	require.NoError(t, err)
	require.Empty(t, failure)
	require.Equal(t, down.ChangeID, becomes(pebble.CheckUp).PrevChangeID)
	_, _, err = c.RefreshCheck(ctx, "unknown")
	require.ErrorIs(t, err, fs.ErrNotExist)

	c = start(t, "1.19.2").Container("app")
	require.NoError(t, c.AddLayer(ctx, "l", layer))
	_, _, err = c.RefreshCheck(ctx, "c")
	var unsupported *pebble.NotSupportedError
	require.ErrorAs(t, err, &unsupported)
	require.Equal(t, pebble.NotSupportedError{Feature: `refreshing check "c"`, Needs: "1.22.2", Has: "1.19.2"}, *unsupported)
	checks, err = c.Checks(ctx)
	require.NoError(t, err)
	ran, known = checks["c"].HasRun()
	require.False(t, ran || known)
}
