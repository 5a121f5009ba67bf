package pebble_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

func TestAppendLayer(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		layer := &pebble.Layer{Services: map[string]*pebble.Service{"s": {Override: pebble.OverrideMerge, Command: "true"}}}
		require.NoError(t, c.AppendLayer(ctx, "one", layer))
		layer.Services["s"] = &pebble.Service{Override: pebble.OverrideMerge, Summary: "more"}
		require.NoError(t, c.AppendLayer(ctx, "two", layer))
		plan, err := c.Plan(ctx)
		require.NoError(t, err)
		require.Equal(t, "true more", plan.Services["s"].Command+" "+plan.Services["s"].Summary)
		var refused *pebble.PlanError
		require.ErrorAs(t, c.AppendLayer(ctx, "two", layer), &refused)
		require.Contains(t, refused.Problems[0], "already exists")
	})
}

func TestLogTargetsNeedANewerPebble(t *testing.T) {
	t.Parallel()
	for kind, needs := range map[pebble.LogTargetType]string{
		pebble.LogTargetOpenTelemetry: "1.25.0", pebble.LogTargetSyslog: "1.32.1", pebble.LogTargetLoki: "",
	} {
		layer := &pebble.Layer{LogTargets: map[string]*pebble.LogTarget{"far": {
			Override: pebble.OverrideReplace, Type: kind, Location: "tcp://127.0.0.1:1",
		}}}
		err := start(t, "1.19.2").Container("app").AddLayer(t.Context(), "l", layer)
		if needs == "" {
			require.NoError(t, err)
		} else {
			var unsupported *pebble.NotSupportedError
			require.ErrorAs(t, err, &unsupported)
			require.Equal(t, pebble.NotSupportedError{
				Feature: "type " + string(kind) + ` of log target "far"`, Needs: needs, Has: "1.19.2",
			}, *unsupported)
		}
		require.NoError(t, start(t, "1.32.1").Container("app").AddLayer(t.Context(), "l", layer))
	}
}

func TestVersionsAreCompared(t *testing.T) {
	t.Parallel()
	for version, supported := range map[string]bool{
		"v1.19.2": false, "1.9.0": false, "v1.22.1-dirty": false,
		"v1.22.2": true, "v1.22.2+x": true, "v1.22.1+x": false, "v1.22.1-3+x": false, "v1.22": true, "v1.22.1.1": true, "v1.100.0": true, "v2.0.0": true, "unknown": true, "v1.x.3": true,
	} {
		c := mute(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"type": "sync", "status-code": 200, "result": {"version": "`+version+`"}}`)
		})
		err := c.AddLayer(t.Context(), "l", &pebble.Layer{Services: map[string]*pebble.Service{"s": {Workload: "w"}}})
		var unsupported *pebble.NotSupportedError
		require.Equal(t, supported, !errors.As(err, &unsupported), version)
	}
}
