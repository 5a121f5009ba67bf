package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

func TestTry(t *testing.T) {
	p := memory.New(memory.State{}, memory.Options{Commands: []memory.Command{{Args: []string{"echo"}, Stdout: "hi\n"}}})
	c := p.Container("app")
	want := pebble.Want{
		Layer: pebble.Layer{Services: map[string]*pebble.Service{"web": {Startup: "enabled", Command: "web --x"}}},
		Files: []pebble.File{{Path: "/etc/web.conf", Content: []byte("x=1"), Restarts: []string{"web"}}},
	}
	applied, err := c.Apply(t.Context(), want)
	require.NoError(t, err)
	t.Logf("%+v", applied)
	applied, err = c.Apply(t.Context(), want)
	require.NoError(t, err)
	require.False(t, applied.Changed(), "%+v", applied)
	r, err := c.Exec(t.Context(), pebble.Command{Args: []string{"echo", "x"}})
	require.NoError(t, err)
	require.Equal(t, "hi\n", string(r.Stdout))
	t.Logf("%+v", p.State())
}

func BenchmarkApplyNothing(b *testing.B) {
	p := memory.New(memory.State{}, memory.Options{})
	c := p.Container("app")
	want := pebble.Want{
		Layer: pebble.Layer{Services: map[string]*pebble.Service{"web": {Startup: "enabled", Command: "web --x"}}},
		Files: []pebble.File{{Path: "/etc/web.conf", Content: []byte("x=1"), Restarts: []string{"web"}}},
	}
	_, err := c.Apply(b.Context(), want)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Apply(b.Context(), want); err != nil {
			b.Fatal(err)
		}
	}
}
