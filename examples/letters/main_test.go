package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/internal/crash"
	"github.com/charmkit/charmkit/internal/juju/model"
)

var letters = charmtest.New(New, os.DirFS("."))

// TestNothingDeferredIsLost lets two units live in random orders, and kills them at
// each of their calls.
func TestNothingDeferredIsLost(t *testing.T) {
	t.Parallel()
	charmtest.Explore(t, charmtest.ExploreOptions{Orders: 20}, func(t *testing.T, m *charmtest.Model) {
		app := m.Deploy("letters", letters, charmtest.DeployOptions{Units: 2})
		m.Settle()
		require.Equal(t, charmtest.Waiting("waiting for the office to open, with 1 letters"), app.Unit(0).Status())
		app.Configure(map[string]any{"letter": "Ada"})
		m.Settle()
		app.Configure(map[string]any{"open": true})
		m.Settle()
		require.Equal(t, charmtest.Active(""), app.Unit(0).Status())
		app.Configure(map[string]any{"letter": "Grace"})
		m.Settle()
		require.Equal(t, `["greetings to letters/1","Ada","Ada","Grace"]`, app.Unit(0).Stored()["books.sent"])
	})
}

// TestKilled kills the charm at each of its hook-tool calls, and refuses each of its
// commits.
func TestKilled(t *testing.T) {
	t.Parallel()
	configure := func(options map[string]string) func(*model.State) error {
		return func(s *model.State) error { return s.SetConfig(crash.App, options) }
	}
	crash.Test(t, crash.Case[*Office]{Charm: letters, Story: []crash.Step{
		{Name: "write", Status: "waiting", Do: configure(map[string]string{"letter": "Ada"})},
		{Name: "open", Status: "active", Do: configure(map[string]string{"open": "true"})},
		{Name: "write more", Status: "active", Do: configure(map[string]string{"letter": "Grace"})},
	}})
}
