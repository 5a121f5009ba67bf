package pebble_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

func TestApplyRetiresWhatIsNoLongerWanted(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		ctx, c := t.Context(), d.Container("app")
		before := services(map[string]*pebble.Service{
			"kept": sleeper(),
			"old": {
				Startup: pebble.StartupEnabled, Command: "sleep 3600", Environment: map[string]string{"PASSWORD": "hunter2"},
				OnCheckFailure: map[string]pebble.Action{"old": pebble.ActionRestart},
			},
		})
		before.Layer.Checks = map[string]*pebble.Check{
			"old":  {Level: pebble.LevelAlive, Exec: &pebble.ExecCheck{Command: "false", ServiceContext: "old"}, Threshold: 1},
			"web":  {Level: pebble.LevelReady, HTTP: &pebble.HTTPCheck{URL: "http://127.0.0.1:1/"}},
			"port": {Level: pebble.LevelReady, TCP: &pebble.TCPCheck{Port: 1}, Startup: pebble.StartupDisabled},
		}
		before.Layer.LogTargets = map[string]*pebble.LogTarget{
			"old": {Type: pebble.LogTargetLoki, Location: "http://127.0.0.1:1/", Services: []string{"all"}},
		}
		apply(t, c, before)
		_, err := c.StartChecks(ctx, "port")
		require.NoError(t, err)
		quiet(t, d, before)

		after := services(map[string]*pebble.Service{"kept": sleeper()})
		applied := apply(t, c, after)
		require.Equal(t, &pebble.Applied{
			LayerAdded: true, Stopped: []string{"old"}, StoppedChecks: []string{"old", "port", "web"},
		}, applied)
		quiet(t, d, after)

		require.Equal(t, pebble.StatusInactive, status(t, c, "old"))
		require.Equal(t, pebble.StatusActive, status(t, c, "kept"))
		checks, err := c.Checks(ctx)
		require.NoError(t, err)
		for _, name := range []string{"old", "web", "port"} {
			require.Equal(t, pebble.CheckInactive, checks[name].Status)
			require.Empty(t, checks[name].Level)
			require.Equal(t, pebble.StartupDisabled, checks[name].Startup)
		}
		healthy, err := c.Health(ctx, pebble.LevelAlive)
		require.NoError(t, err)
		require.True(t, healthy, "a check that is not wanted any more has no say")
		plan, err := c.Plan(ctx)
		require.NoError(t, err)
		require.Equal(t, &pebble.Service{
			Override: pebble.OverrideReplace, Startup: pebble.StartupDisabled, Command: "sleep 3600",
		}, plan.Services["old"])
		require.Empty(t, plan.LogTargets["old"].Services)

		// Somebody starts it by hand: it is still not wanted.
		require.NoError(t, c.Start(ctx, "old"))
		require.Equal(t, []string{"old"}, apply(t, c, after).Stopped)

		// And it may come back.
		require.Equal(t, []string{"old"}, apply(t, c, before).Started)
		quiet(t, d, before)
	})
}

func TestApplyLeavesTheImagesServicesAlone(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := pebbletest.Start(t, pebbletest.Options{Version: version, Layers: map[string]string{"001-rock.yaml": `
services:
    own: {override: replace, startup: enabled, command: sleep 3600}
    named: {override: replace, startup: disabled, command: sleep 3600, after: [own], environment: {A: rock, B: rock}}
`}})
		ctx, c := t.Context(), d.Container("app")
		want := services(map[string]*pebble.Service{"named": {
			Override: pebble.OverrideMerge, Startup: pebble.StartupEnabled, After: []string{"own"},
			Environment: map[string]string{"B": "charm"},
		}})
		require.Equal(t, &pebble.Applied{LayerAdded: true, Started: []string{"named"}}, apply(t, c, want))
		require.Equal(t, pebble.StatusInactive, status(t, c, "own"))
		plan, err := c.Plan(ctx)
		require.NoError(t, err)
		require.Equal(t, map[string]string{"A": "rock", "B": "charm"}, plan.Services["named"].Environment)
		quiet(t, d, want)

		// What is merged again does not pile up.
		want.Layer.Services["named"].Environment["B"] = "changed"
		require.Equal(t, &pebble.Applied{LayerAdded: true, Restarted: []string{"named"}}, apply(t, c, want))
		plan, err = c.Plan(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"own"}, plan.Services["named"].After)
		quiet(t, d, want)

		// Services that run although nobody asked for it are not touched either.
		require.NoError(t, c.Start(ctx, "own"))
		apply(t, c, services(nil))
		require.Equal(t, pebble.StatusActive, status(t, c, "own"))
		require.Equal(t, pebble.StatusInactive, status(t, c, "named"))
	})
}

func TestApplyUnderAnotherLayer(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		ctx, c := t.Context(), d.Container("app")
		want := services(map[string]*pebble.Service{"s": sleeper()})
		apply(t, c, want)
		require.NoError(t, c.AddLayer(ctx, "debug", &pebble.Layer{Services: map[string]*pebble.Service{
			"s": {Override: pebble.OverrideMerge, Environment: map[string]string{"DEBUG": "1"}},
		}}))
		// It cannot be had, so trying once is enough.
		require.True(t, apply(t, c, want).LayerAdded)
		quiet(t, d, want)
		want.Layer.Services["s"].Environment = map[string]string{"NEW": "1"}
		require.Equal(t, []string{"s"}, apply(t, c, want).Restarted)
		quiet(t, d, want)
		plan, err := c.Plan(ctx)
		require.NoError(t, err)
		require.Equal(t, map[string]string{"DEBUG": "1", "NEW": "1"}, plan.Services["s"].Environment)
	})
}

func TestApplyRepairsItsLayer(t *testing.T) {
	t.Parallel()
	d := start(t, pebbletest.DefaultVersion)
	c := d.Container("app")
	want := services(map[string]*pebble.Service{"s": sleeper()})
	want.Label = "mine"
	apply(t, c, want)
	require.NoError(t, c.AddLayer(t.Context(), "mine", &pebble.Layer{Services: map[string]*pebble.Service{
		"s": {Override: pebble.OverrideReplace, Command: "sleep 1"},
	}}))
	require.True(t, apply(t, c, want).LayerAdded)
	quiet(t, d, want)
}

func TestApplyStartsWhatShouldRun(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		ctx, c := t.Context(), d.Container("app")
		dir := t.TempDir()
		flaky := filepath.Join(dir, "flaky")
		want := services(map[string]*pebble.Service{
			"stopped":  sleeper(),
			"disabled": {Command: "sleep 3600", Startup: pebble.StartupDisabled},
			// It runs for longer than the second that Pebble watches, then ends well.
			"once": {Command: "sleep 1.2", Startup: pebble.StartupEnabled, OnSuccess: pebble.ActionIgnore},
			"flaky": {
				Command: pebble.CommandLine("sh", "-c", "test -e "+flaky+" || { echo no flake; exit 1; }; exec sleep 3600"),
				Startup: pebble.StartupEnabled, BackoffDelay: pebble.NewDuration(time.Hour), BackoffLimit: pebble.NewDuration(time.Hour),
			},
		})
		applied, err := c.Apply(ctx, want)
		var failed *pebble.ChangeError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, []string{"flaky"}, failed.Services())
		require.ErrorContains(t, err, "no flake")
		require.Equal(t, []string{"once", "stopped"}, applied.Started)
		require.Equal(t, pebble.StatusBackoff, status(t, c, "flaky"))
		require.Equal(t, pebble.StatusInactive, status(t, c, "disabled"))

		// The others are not touched when it is tried again.
		since, err := c.Services(ctx, "stopped")
		require.NoError(t, err)
		applied, err = c.Apply(ctx, want)
		require.ErrorAs(t, err, &failed)
		require.False(t, applied.Changed(), "%+v", applied)
		now, err := c.Services(ctx, "stopped")
		require.NoError(t, err)
		require.Equal(t, since, now)

		require.NoError(t, os.WriteFile(flaky, nil, 0o644))
		require.NoError(t, c.Stop(ctx, "stopped"))
		require.NoError(t, c.Start(ctx, "disabled"))
		require.Eventually(t, func() bool { return status(t, c, "once") == pebble.StatusInactive }, wait, poll)
		require.Equal(t, &pebble.Applied{Started: []string{"flaky", "stopped"}}, apply(t, c, want))
		require.Equal(t, pebble.StatusActive, status(t, c, "disabled"), "started by hand")
		require.Equal(t, pebble.StatusInactive, status(t, c, "once"), "it has done its work")
		quiet(t, d, want)

		// A new definition is new work.
		want.Layer.Services["once"].Command = "sleep 1.3"
		require.Equal(t, []string{"once"}, apply(t, c, want).Started)

		// What was enabled and now is disabled does not go on.
		want.Layer.Services["flaky"].Startup = pebble.StartupDisabled
		want.Layer.Services["disabled"].Environment = map[string]string{"A": "b"}
		applied = apply(t, c, want)
		require.Equal(t, []string{"flaky"}, applied.Stopped)
		require.Equal(t, []string{"disabled"}, applied.Restarted)
	})
}

func TestApplyDisablesAndEnablesChecks(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		ctx, c := t.Context(), d.Container("app")
		want := func(startup pebble.Startup) pebble.Want {
			return pebble.Want{Layer: pebble.Layer{Checks: map[string]*pebble.Check{"c": {
				Startup: startup, Exec: &pebble.ExecCheck{Command: "true"},
			}}}}
		}
		statusOf := func() pebble.CheckStatus {
			checks, err := c.Checks(ctx)
			require.NoError(t, err)
			return checks["c"].Status
		}
		apply(t, c, want(""))
		require.Equal(t, pebble.CheckUp, statusOf())
		require.Equal(t, []string{"c"}, apply(t, c, want(pebble.StartupDisabled)).StoppedChecks)
		require.Equal(t, pebble.CheckInactive, statusOf())
		quiet(t, d, want(pebble.StartupDisabled))

		// A disabled check that was started by call goes on, as a wake-up does.
		_, err := c.StartChecks(ctx, "c")
		require.NoError(t, err)
		quiet(t, d, want(pebble.StartupDisabled))
		require.Equal(t, pebble.CheckUp, statusOf())

		apply(t, c, want(pebble.StartupEnabled))
		require.Equal(t, pebble.CheckUp, statusOf())
		quiet(t, d, want(pebble.StartupEnabled))
	})
}

// What has done its work is known to the plan, even if Pebble itself has forgotten it.
func TestApplyKnowsWhatWasDone(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		want := services(map[string]*pebble.Service{
			"once": {Command: "sleep 1.2", Startup: pebble.StartupEnabled, OnSuccess: pebble.ActionIgnore},
		})
		apply(t, c, want)
		plan, err := c.Plan(ctx)
		require.NoError(t, err)

		forgetful := start(t, version)
		require.NoError(t, forgetful.Container("app").AddLayer(ctx, "charm", &pebble.Layer{Services: plan.Services}))
		quiet(t, forgetful, want)
		want.Layer.Services["once"].Command = "sleep 1.3"
		require.Equal(t, []string{"once"}, apply(t, forgetful.Container("app"), want).Started)
	})
}

// The price of a hook that finds nothing to do.
func BenchmarkApplyNothing(b *testing.B) {
	c := pebbletest.Start(b, pebbletest.Options{}).Container("app")
	dir := b.TempDir()
	want := services(map[string]*pebble.Service{"s": sleeper()})
	for _, name := range []string{"a", "b", "c"} {
		want.Files = append(want.Files, pebble.File{
			Path: filepath.Join(dir, name), Content: []byte(name), Restarts: []string{"s"},
		})
	}
	_, err := c.Apply(b.Context(), want)
	require.NoError(b, err)
	for b.Loop() {
		applied, err := c.Apply(b.Context(), want)
		require.NoError(b, err)
		require.False(b, applied.Changed())
	}
}
