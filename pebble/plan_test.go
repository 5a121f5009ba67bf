package pebble_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// onTop merges onto everything, replaces some of it and adds to it.
const onTop = `
services:
    app:
        override: merge
        summary: another app
        command: sleep 2000
        after: [late2]
        requires: [db]
        environment: {KEY: other, KEY2: value2}
        on-failure: ignore
        on-check-failure: {run: ignore}
        kill-delay: 0s
    db:
        override: replace
        command: sleep 3000
        startup: enabled
    late2:
        override: merge
        command: sleep 1000
checks:
    up: {override: merge, threshold: 7, http: {headers: {X-Key2: v2}}}
    run: {override: merge, period: 3s, exec: {working-dir: /tmp, environment: {KEY2: x}}}
    port: {override: replace, startup: disabled, tcp: {port: 2}}
log-targets:
    loki: {override: merge, services: [late], labels: {more: x}}
    other: {override: replace, type: loki, location: "http://127.0.0.1:1/x", services: []}
`

func TestCombineIsPebblesOwn(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := pebbletest.Start(t, pebbletest.Options{Version: version, Layers: map[string]string{"001-rock.yaml": everything}})
		c := d.Container("app")
		var layers []*pebble.Layer
		for i, text := range []string{everything, onTop, onTop} {
			layer, err := pebble.ParseLayer([]byte(text))
			require.NoError(t, err)
			layers = append(layers, layer)
			if i > 0 {
				require.NoError(t, c.AddLayer(t.Context(), fmt.Sprint("layer", i), layer))
			}
			combined, err := pebble.Combine(layers...)
			require.NoError(t, err)
			plan, err := c.Plan(t.Context())
			require.NoError(t, err)
			require.Equal(t, asYAML(t, plan), asYAML(t, &pebble.Plan{
				Services:   combined.Services,
				Checks:     combined.Checks,
				LogTargets: combined.LogTargets,
			}))
		}
	})
}

func asYAML(t *testing.T, v any) string {
	t.Helper()
	data, err := yaml.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

// What Combine refuses, Pebble does too, and the other way round.
func TestCombineRefusesWhatPebbleRefuses(t *testing.T) {
	const target = "log-targets: {l: {override: replace, type: loki, location: 'http://x', services: [%s]}}"
	tests := map[string]string{
		"services: {a: {override: replace, command: sleep 1}}":                                                         "",
		"services: {a: {override: replace, command: sleep 1, after: [a, unknown]}}":                                    "",
		"services: {a: {override: replace, command: sleep 1, requires: [unknown]}}":                                    `requires service "unknown"`,
		"services: {a: {command: sleep 1}}":                                                                            `layer 1 must define override for service "a"`,
		"checks: {c: {tcp: {port: 1}}}":                                                                                `must define override for check "c"`,
		"log-targets: {l: {type: loki, location: x}}":                                                                  `must define override for log target "l"`,
		"services: {a: {override: replace}}":                                                                           `service "a" has no command`,
		"checks: {c: {override: replace}}":                                                                             `check "c" must have exactly one of`,
		"checks: {c: {override: replace, tcp: {}}}":                                                                    `tcp check "c" has no port`,
		"checks: {c: {override: replace, http: {}}}":                                                                   `http check "c" has no url`,
		"checks: {c: {override: replace, exec: {}}}":                                                                   `exec check "c" has no command`,
		"checks: {c: {override: replace, exec: {command: a, service-context: x}}}":                                     `context of service "x"`,
		"checks: {c: {override: replace, tcp: {port: 1}, http: {url: x}}}":                                             "exactly one of",
		"log-targets: {l: {override: replace, location: x}}":                                                           "has no type",
		"log-targets: {l: {override: replace, type: loki}}":                                                            "has no location",
		fmt.Sprintf(target, "-all"):                                                                                    "",
		fmt.Sprintf(target, "-x"):                                                                                      `names service "x"`,
		"services: {a: {override: replace, command: x, after: [b]}, b: {override: replace, command: x}}":               "",
		"services: {a: {override: replace, command: x, before: [b]}, b: {override: replace, command: x, before: [a]}}": "loop: a, b",
		"services: {a: {override: replace, command: x, after: [c]}, b: {override: replace, command: x, after: [a]}, c: {override: replace, command: x, after: [b]}, d: {override: replace, command: x, after: [c]}}": "loop: a, b, c",
	}
	eachVersion(t, func(t *testing.T, version string) {
		for text, want := range tests {
			layer, err := pebble.ParseLayer([]byte(text))
			require.NoError(t, err)
			_, err = pebble.Combine(layer)
			answer := start(t, version).Container("app").AddLayer(t.Context(), "test", layer)
			if want == "" {
				require.NoError(t, err, text)
				require.NoError(t, answer, text)
				continue
			}
			var invalid *pebble.PlanError
			require.ErrorAs(t, err, &invalid, text)
			require.ErrorContains(t, err, want)
			require.ErrorAs(t, answer, &invalid, text)
		}
	})
}
