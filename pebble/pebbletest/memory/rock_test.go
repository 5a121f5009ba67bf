package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

func TestTheLayerOfARock(t *testing.T) {
	t.Parallel()
	layer, err := memory.RockLayer([]byte(`
name: wiki
base: ubuntu@24.04
summary: A wiki
description: Serves pages.
platforms: {amd64: }
services:
  wiki: {override: replace, command: /bin/wiki --port 8080, startup: enabled, environment: {PORT: "8080"}}
checks:
  up: {override: replace, http: {url: "http://localhost:8080/"}}
parts: {wiki: {plugin: nil}}
`))
	require.NoError(t, err)
	require.Equal(t, "wiki", layer.Label)
	plan, err := memory.New(memory.State{Layers: []memory.Layer{layer}}, memory.Options{}).Plan()
	require.NoError(t, err)
	require.Equal(t, "/bin/wiki --port 8080", plan.Services["wiki"].Command)
	require.Equal(t, map[string]string{"PORT": "8080"}, plan.Services["wiki"].Environment)
	require.Equal(t, pebble.StartupEnabled, plan.Services["wiki"].Startup)
	require.Equal(t, "http://localhost:8080/", plan.Checks["up"].HTTP.URL)

	for text, want := range map[string]string{
		"summary: nameless": "cannot use rockcraft.yaml: it has no name",
		"name: [":           "cannot parse rockcraft.yaml: ",
	} {
		_, err := memory.RockLayer([]byte(text))
		require.ErrorContains(t, err, want)
	}
}
