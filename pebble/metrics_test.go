package pebble_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

func TestMetrics(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		want := services(map[string]*pebble.Service{"s": sleeper()})
		want.Layer.Checks = map[string]*pebble.Check{"c": {Exec: &pebble.ExecCheck{Command: "true"}}}
		apply(t, c, want)
		require.NoError(t, c.Restart(ctx, "s"))
		metrics, err := c.Metrics(ctx)
		require.NoError(t, err)
		byName := map[string]pebble.Metric{}
		for _, m := range metrics {
			if m.Labels["service"] == "s" || m.Labels["check"] == "c" {
				byName[m.Name] = m
			}
		}
		require.Equal(t, pebble.Metric{
			Name: "pebble_service_start_count", Type: pebble.MetricCounter, Help: byName["pebble_service_start_count"].Help,
			Labels: map[string]string{"service": "s"}, Value: 2,
		}, byName["pebble_service_start_count"])
		require.NotEmpty(t, byName["pebble_service_start_count"].Help)
		require.Equal(t, pebble.MetricGauge, byName["pebble_service_active"].Type)
		require.EqualValues(t, 1, byName["pebble_service_active"].Value)
		require.EqualValues(t, 1, byName["pebble_check_up"].Value)
	})
}

func TestParseMetrics(t *testing.T) {
	t.Parallel()
	metrics, err := pebble.ParseMetrics(strings.NewReader(`
# HELP a How many.
# TYPE a counter
a{x="say \"hi\", {you}",y=""} 12 1700000000000

# TYPE b histogram
# a comment
b -1.5e3
`))
	require.NoError(t, err)
	require.Equal(t, []pebble.Metric{
		{Name: "a", Type: pebble.MetricCounter, Help: "How many.", Labels: map[string]string{"x": `say "hi", {you}`, "y": ""}, Value: 12},
		{Name: "b", Type: "histogram", Value: -1500},
	}, metrics)
	// Only a comment tells of types, and a line may be long.
	long := strings.Repeat("x", 100<<10)
	metrics, err = pebble.ParseMetrics(strings.NewReader("TYPE 5\n# HELPFUL TYPE x\n#TYPE a gauge\na{x=\"" + long + "\"} 1\n"))
	require.NoError(t, err)
	require.Equal(t, []pebble.Metric{{Name: "TYPE", Value: 5}, {Name: "a", Labels: map[string]string{"x": long}, Value: 1}}, metrics)
	for text, problem := range map[string]string{
		"a":                                  "line 1",
		"x 1\na one":                         "line 2",
		"a{x=1} 1":                           "not quoted",
		`a{x="1" 1`:                          "do not end",
		`a{x="1"} 1 2 3`:                     "one value",
		"{} 1":                               "no name",
		`a{x="\q"} 1`:                        "not quoted",
		"# TYPE\na{x}":                       "line 2",
		"a 1\n" + strings.Repeat("a", 2<<20): "cannot read the metrics",
	} {
		_, err := pebble.ParseMetrics(strings.NewReader(text))
		require.ErrorContains(t, err, problem, text)
	}
}
