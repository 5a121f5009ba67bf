package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/charmtest"
)

// TestKilled kills the charm at each of its hook-tool calls, and refuses each of
// its commits.
func TestKilled(t *testing.T) {
	t.Parallel()
	charmtest.Explore(t, charmtest.ExploreOptions{}, func(t *testing.T, m *charmtest.Model) {
		app := m.Deploy("hello", hello, charmtest.DeployOptions{})
		m.Settle()
		app.Configure(map[string]any{"greeting": "Salut"})
		m.Settle()
		require.Equal(t, charmtest.Active("Salut"), app.Unit(0).Status())
		app.Unit(0).RunAction("greet", map[string]any{"name": "Ada"})
	})
}
