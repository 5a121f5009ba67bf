package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// workload is what a charm of one service wants.
func workload() pebble.Want {
	return pebble.Want{
		Layer: pebble.Layer{
			Services: map[string]*pebble.Service{
				"web": {Startup: pebble.StartupEnabled, Command: "web --port 8080", Environment: map[string]string{"A": "1", "B": "2"}},
			},
			Checks: map[string]*pebble.Check{"up": {HTTP: &pebble.HTTPCheck{URL: "http://localhost:8080/health"}}},
		},
		Files: []pebble.File{{Path: "/etc/web.conf", Content: []byte("port = 8080\n"), Restarts: []string{"web"}}},
	}
}

// settled is a container in which that has been applied.
func settled(b *testing.B, cache *memory.Cache) memory.State {
	b.Helper()
	p := memory.New(memory.State{}, memory.Options{Cache: cache})
	_, err := p.Container("app").Apply(b.Context(), workload())
	require.NoError(b, err)
	return p.State()
}

// BenchmarkUnused is what two containers cost an event that does not look at them.
func BenchmarkUnused(b *testing.B) {
	cache := &memory.Cache{}
	state := settled(b, cache)
	b.ReportAllocs()
	for b.Loop() {
		for range 2 {
			p := memory.New(state, memory.Options{Cache: cache})
			_ = p.Container("app")
			_ = p.State()
		}
	}
}

// BenchmarkApplyNothing is an Apply that has nothing to do, in a fresh copy of the state.
func BenchmarkApplyNothing(b *testing.B) {
	cache := &memory.Cache{}
	state, want := settled(b, cache), workload()
	b.ReportAllocs()
	for b.Loop() {
		applied, err := memory.New(state, memory.Options{Cache: cache}).Container("app").Apply(b.Context(), want)
		if err != nil || applied.Changed() {
			b.Fatal(applied, err)
		}
	}
}

// BenchmarkApplyAll is an Apply into an empty container.
func BenchmarkApplyAll(b *testing.B) {
	cache, want := &memory.Cache{}, workload()
	b.ReportAllocs()
	for b.Loop() {
		applied, err := memory.New(memory.State{}, memory.Options{Cache: cache}).Container("app").Apply(b.Context(), want)
		if err != nil || !applied.Changed() {
			b.Fatal(applied, err)
		}
	}
}

// BenchmarkStart is one start of a service, in a fresh copy of the state.
func BenchmarkStart(b *testing.B) {
	cache := &memory.Cache{}
	state := memory.State{Layers: []memory.Layer{{Label: "rock", YAML: "services: {web: {override: replace, command: web}}"}}}
	b.ReportAllocs()
	for b.Loop() {
		if err := memory.New(state, memory.Options{Cache: cache}).Container("app").Start(b.Context(), "web"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReady is the cheapest request.
func BenchmarkReady(b *testing.B) {
	c := memory.New(memory.State{}, memory.Options{}).Container("app")
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Ready(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkExec is a command with its three websockets.
func BenchmarkExec(b *testing.B) {
	c := memory.New(memory.State{}, memory.Options{Commands: []memory.Command{{Stdout: "out"}}}).Container("app")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Exec(b.Context(), pebble.Command{Args: []string{"web", "--version"}}); err != nil {
			b.Fatal(err)
		}
	}
}
