package charmtest_test

import (
	"testing"
	"testing/fstest"

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

// BenchmarkEvent runs one event: fresh state, checked, logs recorded. It runs on
// one core; run it with -cpu 1 to leave the garbage collector no other.
func BenchmarkEvent(b *testing.B) {
	for b.Loop() {
		out := charmtest.Run(b, benchCharm, twoUnits(), charmtest.UpdateStatus())
		if out.Err != nil || len(out.Calls) != 6 {
			require.NoError(b, out.Err)
			b.Fatalf("it made other calls:\n%s", out.Calls)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
