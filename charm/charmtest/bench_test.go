package charmtest_test

import (
	"context"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/bench/subject"
	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

var benchCharm = charmtest.New(subject.New, os.DirFS("../../bench/charm"))

// twoUnits is the bench charm's unit, with two remote ones.
func twoUnits() charmtest.State {
	return charmtest.State{
		Leader: true,
		Status: charmtest.Active("bench, 2 databases"),
		Relations: []charmtest.Relation{{
			Endpoint: "database", RemoteApp: "remote", RemoteUnits: map[string]map[string]string{
				"remote/0": {"host": "remote/0", "port": "5432"}, "remote/1": {"host": "remote/1", "port": "5432"},
			},
		}},
	}
}

// BenchmarkEvent runs one event: fresh state, checked, logs recorded. Besides time
// it reports how many events one core runs in a second of its own time, the garbage
// collector's included, whatever else the machine does.
func BenchmarkEvent(b *testing.B) {
	// On one core: on more of them the collector fills time that nobody else needs.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer reportPerCore(b, "events", 1)()
	for b.Loop() {
		out := charmtest.Run(b, benchCharm, twoUnits(), charmtest.UpdateStatus())
		if out.Err != nil || len(out.Calls) != 6 {
			require.NoError(b, out.Err)
			b.Fatalf("it made other calls:\n%s", out.Calls)
		}
	}
}

// reportPerCore reports how many things are done in a second of one core's time.
func reportPerCore(b *testing.B, what string, each float64) (report func()) {
	began := coreTime(b)
	return func() {
		b.ReportMetric(each*float64(b.N)/(coreTime(b)-began).Seconds(), what+"/core-s")
	}
}

// coreTime is the time that this process has had of any core.
func coreTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkEventWithPebble runs an event of a charm that keeps a service in a
// container, whose Pebble is a real daemon that serves all of them.
func BenchmarkEventWithPebble(b *testing.B) {
	c := charmtest.New(func(base *charm.Base) (*charm.Base, error) {
		app := base.Container("app")
		base.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			_, err := app.Apply(ctx, pebble.Want{Layer: pebble.Layer{Services: map[string]*pebble.Service{
				"sleep": {Startup: pebble.StartupEnabled, Command: "sleep 1000"},
			}}})
			return err
		})
		return base, nil
	}, yaml("kept", "containers: {app: {}}\n"))
	daemon := pebbletest.Start(b, pebbletest.Options{})
	state := charmtest.State{Containers: map[string]charmtest.Container{"app": {Socket: daemon.Socket}}}
	require.NoError(b, charmtest.Run(b, c, state, charmtest.PebbleReady("app")).Err)
	for b.Loop() {
		require.NoError(b, charmtest.Run(b, c, state, charmtest.UpdateStatus()).Err)
	}
}

// BenchmarkEventWithContainer runs an event of a charm that keeps a service in a
// container, whose Pebble is in memory.
func BenchmarkEventWithContainer(b *testing.B) {
	state := charmtest.State{Containers: map[string]charmtest.Container{"app": {Commands: busy("no")}}}
	out := charmtest.Run(b, serverCharm, state, charmtest.PebbleReady("app"))
	require.NoError(b, out.Err)
	for b.Loop() {
		require.NoError(b, charmtest.Run(b, serverCharm, out.State, charmtest.UpdateStatus()).Err)
	}
}
