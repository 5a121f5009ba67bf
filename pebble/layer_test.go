package pebble_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

// everything uses every field of a layer that Pebble 1.19.2 knows.
const everything = `
summary: all
description: of it
services:
    db:
        override: replace
        command: sleep 1000
    app:
        summary: the app
        description: in words
        startup: enabled
        override: merge
        command: sh -c 'sleep 1000' [ --verbose "a b" ]
        after: [db]
        before: [late]
        requires: [db]
        environment:
            KEY: value
        user-id: 0
        user: root
        group-id: 0
        group: root
        working-dir: /tmp
        on-success: ignore
        on-failure: success-shutdown
        on-check-failure:
            up: restart
        backoff-delay: 0s
        backoff-factor: 1.5
        backoff-limit: 1m30s
        kill-delay: 250ms
    late:
        override: replace
        command: sleep 1000
checks:
    up:
        override: replace
        level: alive
        startup: disabled
        period: 1m0s
        timeout: 2s
        threshold: 5
        http:
            url: http://localhost:1/
            headers:
                X-Key: v
    port:
        override: replace
        startup: disabled
        tcp:
            port: 1
            host: localhost
    run:
        override: replace
        level: ready
        startup: disabled
        exec:
            command: "true"
            service-context: app
            environment:
                KEY: other
            user-id: 0
            user: root
            group-id: 0
            group: root
            working-dir: /
log-targets:
    loki:
        override: replace
        type: loki
        location: http://127.0.0.1:1/loki
        services: [all, -db]
        labels:
            owner: me
    sys:
        override: merge
        type: syslog
        location: tcp://127.0.0.1:1
        services: [app]
`

func TestParseLayer(t *testing.T) {
	t.Parallel()
	layer, err := pebble.ParseLayer([]byte(everything))
	require.NoError(t, err)
	app := layer.Services["app"]
	require.Equal(t, pebble.StartupEnabled, app.Startup)
	require.Equal(t, ptr(0), app.UserID)
	require.Equal(t, pebble.NewDuration(0), app.BackoffDelay)
	require.Equal(t, pebble.NewDuration(90*time.Second), app.BackoffLimit)
	require.Equal(t, map[string]pebble.Action{"up": pebble.ActionRestart}, app.OnCheckFailure)
	require.True(t, layer.Services["db"].KillDelay.IsZero())
	require.Equal(t, 1, layer.Checks["port"].TCP.Port)
	require.Equal(t, []string{"all", "-db"}, layer.LogTargets["loki"].Services)

	data, err := layer.YAML()
	require.NoError(t, err)
	require.Contains(t, string(data), "backoff-delay: 0s\n")
	require.Contains(t, string(data), "backoff-limit: 1m30s\n")
	again, err := pebble.ParseLayer(data)
	require.NoError(t, err)
	require.Equal(t, layer, again)

	empty, err := pebble.ParseLayer(nil)
	require.NoError(t, err)
	require.Equal(t, &pebble.Layer{}, empty)
}

func TestParseLayerReportsAllProblems(t *testing.T) {
	t.Parallel()
	_, err := pebble.ParseLayer([]byte(`
services:
    pebble: {override: replace, command: sleep 1}
    -x: {override: replace, command: "sleep 'x"}
    a:
        override: append
        startup: enable
        comand: sleep 1
        kill-delay: soon
        on-success: success-shutdown
        on-failure: failure-shutdown
        on-check-failure: {c: never}
        backoff-factor: 0.5
    b:
    "": {backoff-factor: 1, command: x}
checks:
    "": {tcp: {port: 1}}
    b:
    o: {override: append}
    c: {override: replace, level: dead, startup: maybe, period: 0s, timeout: 0s, exec: {command: \, group: g}}
log-targets:
    b:
    o: {override: append}
    l: {override: replace, type: kafka, labels: {pebble_x: y}}
`))
	var invalid *pebble.PlanError
	require.ErrorAs(t, err, &invalid)
	require.ElementsMatch(t, []string{
		"line 8: field comand not found",
		`line 9: invalid duration "soon"`,
		`service "-x": command is invalid: a quote is not closed`,
		`service name "-x" must not begin with "-"`,
		`service name "pebble" is reserved`,
		`service "a": override "append" is neither merge nor replace`,
		`service "a": startup "enable" is neither enabled nor disabled`,
		`service "a": on-success action "success-shutdown" is invalid`,
		`service "a": on-failure action "failure-shutdown" is invalid`,
		`service "a": on-check-failure action "never" for check "c" is invalid`,
		`service "a": backoff-factor 0.5 is below 1`,
		`service "b" is empty`,
		"a service has no name",
		"a check has no name",
		`check "b" is empty`,
		`check "o": override "append" is neither merge nor replace`,
		`log target "b" is empty`,
		`log target "o": override "append" is neither merge nor replace`,
		`check "c": level "dead" is neither alive nor ready`,
		`check "c": startup "maybe" is neither enabled nor disabled`,
		`check "c": period is zero`,
		`check "c": timeout is zero`,
		`check "c": command is invalid: nothing follows the last backslash`,
		`check "c": a group needs a user`,
		`log target "l": type "kafka" is none of loki, syslog, opentelemetry`,
		`log target "l": label "pebble_x" begins with the reserved "pebble_"`,
	}, invalid.Problems)
	for _, bad := range []string{"- a", "a: b: c", "services: 3", "services: {a: {user-id: x}}", "summary: a\n---\nsummary: b"} {
		_, err := pebble.ParseLayer([]byte(bad))
		require.ErrorAs(t, err, &invalid, bad)
		require.NotContains(t, err.Error(), "pebble.", "Go types mean nothing to an author")
	}
}

func TestParsePlanKeepsWhatIsUnknown(t *testing.T) {
	t.Parallel()
	plan, err := pebble.ParsePlan([]byte(`
services: {a: {override: replace, startup: sometimes, command: x, novel: 1}, b: null}
checks: {c: {override: replace, level: half, quic: {port: 1}}}
novelties: {}
`))
	require.NoError(t, err)
	require.Equal(t, pebble.Startup("sometimes"), plan.Services["a"].Startup)
	require.Equal(t, pebble.Level("half"), plan.Checks["c"].Level)
	require.NotContains(t, plan.Services, "b")
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	require.Equal(t, `nginx -g 'daemon off;' '' 'it'\''s' '#x'`, pebble.CommandLine("nginx", "-g", "daemon off;", "", "it's", "#x"))
	for command, want := range map[string]string{
		"a [ b ]":         "",
		"a # [ b":         "",
		"[ a ]":           "begins with",
		"a [ b ] c":       "follows",
		"a ] b":           "outside",
		"a [ b [ c ]":     "more than one",
		`a "b`:            "not closed",
		"a 'b\\":          "not closed",
		`a "b\" c" 'd'`:   "",
		"a # '\nb 'c":     "not closed",
		"a #[ ]\nb [ c ]": "",
		"a #\n [ b ]#c":   "",
		"a [ b ] #c":      "",
		"a#b 'c":          "not closed",
		"a [ b":           "",
		"a '[' b ] c":     "follows",
		"]":               "outside",
		"] a [":           "outside",
		"a [ ] [":         "more than one",
		`\[ a ]`:          "begins with",
		"a\t[\rb\n]":      "",
		"a []":            "",
		"":                "",
		" ":               "",
		"' ' [ ]":         "",
	} {
		err := (&pebble.Layer{Services: map[string]*pebble.Service{"a": {Command: command}}}).Validate()
		if want == "" {
			require.NoError(t, err, command)
		} else {
			require.ErrorContains(t, err, want, command)
		}
	}
}

func FuzzParseLayer(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte("services: {a: {override: replace, command: 'x [ y ]', kill-delay: 1h}}"))
	f.Add([]byte("checks: {c: {threshold: 3, http: {}}}"))
	f.Add([]byte("services: {a: &x {after: [b], environment: {<<: *x}}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		layer, err := pebble.ParseLayer(data)
		if err != nil {
			return
		}
		out, err := layer.YAML()
		require.NoError(t, err)
		again, err := pebble.ParseLayer(out)
		require.NoError(t, err, "%s", out)
		twice, err := again.YAML()
		require.NoError(t, err)
		require.Equal(t, string(out), string(twice))
		if combined, err := pebble.Combine(layer); err == nil {
			require.Len(t, combined.Services, len(layer.Services))
		}
	})
}
