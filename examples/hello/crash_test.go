package main

import (
	"testing"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/internal/crash"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// TestKilled kills the charm at each of its hook-tool calls, and refuses each of
// its commits.
func TestKilled(t *testing.T) {
	t.Parallel()
	crash.Test(t, crash.Case[*charm.Base]{Charm: hello, Story: []crash.Step{{
		Name: "configure", Status: "active",
		Do: func(s *model.State) error { return s.SetConfig(crash.App, map[string]string{"greeting": "Salut"}) },
	}, {
		Name: "greet", Status: "active",
		Do: func(s *model.State) error {
			_, err := s.EnqueueAction(crash.App+"/0", "greet", map[string]any{"name": "Ada"})
			return err
		},
	}}})
}
