package tools_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

func BenchmarkConfigGet(b *testing.B) {
	c := newWorld(b).configChanged(b)
	for b.Loop() {
		_, err := tools.Run(b.Context(), c, tools.Request{Command: "config-get", Args: []string{"--format=json"}, Dir: "/"})
		require.NoError(b, err)
	}
}

// BenchmarkHook is a new model with one hook that reads and writes.
func BenchmarkHook(b *testing.B) {
	charm := loadCharm(b)
	for b.Loop() {
		m := smallModel(charm)
		c, err := hook.New(hook.Options{Model: m, Unit: "myapp/0", Info: hook.Info{Kind: hook.ConfigChanged}})
		require.NoError(b, err)
		for _, args := range [][]string{{"config-get"}, {"is-leader"}, {"state-set", "a=b"}, {"status-set", "active"}} {
			_, err := tools.Run(b.Context(), c, tools.Request{Command: args[0], Args: args[1:], Dir: "/"})
			require.NoError(b, err)
		}
		require.NoError(b, c.Finish(b.Context(), hook.Outcome{}))
	}
}
