package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/charmtest"
)

var hello = charmtest.New(New, os.DirFS("."))

func TestGreetsInItsStatus(t *testing.T) {
	t.Parallel()
	out := charmtest.Run(t, hello, charmtest.State{}, charmtest.ConfigChanged())
	require.NoError(t, out.Err)
	require.Equal(t, charmtest.Active("Hello"), out.State.Status)

	// Nothing changed: one call for the option, one for the status.
	again := charmtest.Run(t, hello, out.State, charmtest.UpdateStatus()).CostsAtMost(t, 2)
	require.NoError(t, again.Err)
}

func TestBlockedWithoutGreeting(t *testing.T) {
	t.Parallel()
	out := charmtest.Run(t, hello, charmtest.State{Config: map[string]any{"greeting": ""}}, charmtest.ConfigChanged())
	require.NoError(t, out.Err)
	require.Equal(t, charmtest.Blocked("invalid configuration: greeting is missing"), out.State.Status)
}

func TestGreet(t *testing.T) {
	t.Parallel()
	out := charmtest.Run(t, hello, charmtest.State{}, charmtest.RunAction("greet", map[string]any{"name": "Ada"}))
	require.NoError(t, out.Err)
	require.Equal(t, "completed", out.Action.Status)
	require.Equal(t, "Hello, Ada!", out.Action.Results["text"])
}
