package charmtest_test

import (
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/internal/bench/subject"
)

var benchCharm = charmtest.New(subject.New, fstest.MapFS{
	"metadata.yaml": {Data: []byte(subject.Metadata)}, "config.yaml": {Data: []byte(subject.Config)},
})

// twoUnits is the bench charm's unit, with two remote ones.
func twoUnits() charmtest.State {
	return charmtest.State{
		Leader: true,
		Status: charmtest.Active("x"),
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
