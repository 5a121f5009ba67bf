package memory_test

import (
	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

var planCases = []contractCase{
	{name: "empty", run: func(c *contract) {
		plan := c.plan()
		require.Empty(c, plan.Services)
		require.Empty(c, plan.Checks)
		require.Empty(c, plan.LogTargets)
	}},
	{name: "layer is the plan", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, environment: {A: '1'}}}")
		require.Equal(c, map[string]*pebble.Service{
			"web": {Override: "replace", Command: "service web", Environment: map[string]string{"A": "1"}},
		}, c.plan().Services)
	}},
	{name: "merge keeps what is not set", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, summary: one, user: root, kill-delay: 1s}}")
		c.must("b", "services: {web: {override: merge, summary: two}}")
		web := c.plan().Services["web"]
		require.Equal(c, &pebble.Service{
			Override: "replace", Command: "service web", Summary: "two", User: "root", KillDelay: web.KillDelay,
		}, web)
		require.Equal(c, "1s", web.KillDelay.String())
	}},
	{name: "merge appends lists and merges maps", run: func(c *contract) {
		c.must("a", `
services:
    one: {override: replace, command: service one}
    two: {override: replace, command: service two}
    web: {override: replace, command: service web, requires: [one], environment: {A: '1', B: '1'}, on-check-failure: {x: restart}}
`)
		c.must("b", "services: {web: {override: merge, requires: [two], after: [two], environment: {B: '2'}, on-check-failure: {y: ignore}}}")
		web := c.plan().Services["web"]
		require.Equal(c, []string{"one", "two"}, web.Requires)
		require.Equal(c, []string{"two"}, web.After)
		require.Equal(c, map[string]string{"A": "1", "B": "2"}, web.Environment)
		require.Equal(c, map[string]pebble.Action{"x": "restart", "y": "ignore"}, web.OnCheckFailure)
	}},
	{name: "replace drops what was set", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, summary: one}}")
		c.must("b", "services: {web: {override: replace, command: service other}}")
		require.Equal(c, &pebble.Service{Override: "replace", Command: "service other"}, c.plan().Services["web"])
	}},
	{name: "same label merges within its layer", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web}}")
		c.must("b", "services: {web: {override: merge, summary: top}}")
		c.must("a", "services: {web: {override: merge, summary: below, description: both}}")
		web := c.plan().Services["web"]
		require.Equal(c, "top", web.Summary)
		require.Equal(c, "both", web.Description)
	}},
	{name: "same label may merge onto what is below", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web}}")
		c.must("b", "services: {web: {override: merge, summary: one}}")
		c.must("b", "services: {web: {override: merge, description: two}}")
		require.Equal(c, &pebble.Service{
			Override: "replace", Command: "service web", Summary: "one", Description: "two",
		}, c.plan().Services["web"])
	}},
	{name: "same label sets the threshold of its checks", run: func(c *contract) {
		c.must("a", "checks: {up: {override: replace, startup: disabled, threshold: 5, exec: {command: check up}}}")
		c.must("b", "checks: {up: {override: merge, period: 1m}}")
		require.Equal(c, 5, c.plan().Checks["up"].Threshold)
		c.must("b", "checks: {up: {override: merge, period: 2m}}")
		require.Equal(c, 3, c.plan().Checks["up"].Threshold)
	}},
	{name: "checks have a threshold", run: func(c *contract) {
		c.must("a", "checks: {up: {override: replace, startup: disabled, tcp: {port: 1}}}")
		require.Equal(c, map[string]*pebble.Check{
			"up": {Override: "replace", Startup: "disabled", Threshold: 3, TCP: &pebble.TCPCheck{Port: 1}},
		}, c.plan().Checks)
	}},
	{name: "checks merge", run: func(c *contract) {
		c.must("a", "checks: {up: {override: replace, startup: disabled, http: {url: 'http://localhost', headers: {A: '1'}}}}")
		c.must("b", "checks: {up: {override: merge, level: alive, threshold: 7, http: {headers: {B: '2'}}}}")
		require.Equal(c, &pebble.Check{
			Override: "replace", Startup: "disabled", Level: "alive", Threshold: 7,
			HTTP: &pebble.HTTPCheck{URL: "http://localhost", Headers: map[string]string{"A": "1", "B": "2"}},
		}, c.plan().Checks["up"])
	}},
	{name: "log targets merge", run: func(c *contract) {
		c.must("a", `
services: {web: {override: replace, command: service web}}
log-targets: {t: {override: replace, type: loki, location: 'http://localhost:1', services: [web], labels: {a: b}}}
`)
		c.must("b", "log-targets: {t: {override: merge, services: [-web, all], labels: {c: d}}}")
		require.Equal(c, map[string]*pebble.LogTarget{"t": {
			Override: "replace", Type: "loki", Location: "http://localhost:1",
			Services: []string{"web", "-web", "all"}, Labels: map[string]string{"a": "b", "c": "d"},
		}}, c.plan().LogTargets)
	}},
	{name: "log targets of OpenTelemetry", differs: "1.19.2 does not know the type", run: func(c *contract) {
		err := c.add("a", "log-targets: {t: {override: replace, type: opentelemetry, location: 'http://localhost:1', services: []}}")
		if c.newer {
			require.NoError(c, err)
			return
		}
		c.refused(err, `400 : cannot parse layer YAML: log target "t" has unsupported type "opentelemetry", must be "loki" or "syslog"`)
	}},
	{name: "adding starts nothing", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, startup: enabled, command: service web}}")
		require.Equal(c, pebble.StatusInactive, c.status("web"))
		require.Empty(c, c.starts("web"))
	}},
	{name: "labels of one sub-directory stay together", run: func(c *contract) {
		c.must("x/a", "services: {web: {override: replace, command: service a}}")
		c.must("y", "services: {web: {override: replace, command: service y}}")
		err := c.add("x/b", "services: {web: {override: replace, command: service b}}")
		c.refused(err, "500 : cannot insert sub-directory layer without 'inner' attribute set")
		require.Equal(c, "service y", c.plan().Services["web"].Command)
	}},
	{name: "layers of the image", setup: setup{layers: []memory.Layer{
		{Label: "one", YAML: "services: {web: {override: replace, startup: enabled, command: service web}}"},
		{Label: "two", YAML: "services: {web: {override: merge, summary: two}}"},
	}}, run: func(c *contract) {
		require.Equal(c, "two", c.plan().Services["web"].Summary)
		require.Equal(c, pebble.StatusInactive, c.status("web"), "nothing starts by itself")
		c.must("one", "services: {web: {override: merge, summary: three}}")
		require.Equal(c, "two", c.plan().Services["web"].Summary)
	}},
	{name: "a refused layer changes nothing", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web}}")
		before := c.plan()
		require.Error(c, c.add("b", "services: {web: {override: merge, summary: new}, bad: {override: replace}}"))
		require.Equal(c, before, c.plan())
	}},
	{name: "a label that is there", run: func(c *contract) {
		c.must("a", "summary: one")
		status, answer := c.do("POST", "/v1/layers", `{"action": "add", "label": "a", "format": "yaml", "layer": "summary: two"}`)
		c.refused(apiError(status, answer), `400 : layer "a" already exists`)
	}},
}

// refused makes a clause about a layer that is refused.
func refusal(name, text, problem string) contractCase {
	return contractCase{name: name, run: func(c *contract) {
		c.refused(c.add("a", text), "400 : "+problem)
	}}
}

const parse = "cannot parse layer YAML: "

var refusalCases = []contractCase{
	refusal("no override", "services: {web: {command: x}}", `layer "a" must define "override" for service "web"`),
	refusal("unknown override", "services: {web: {override: no, command: x}}", `layer "a" has invalid "override" value for service "web"`),
	refusal("check without override", "checks: {up: {tcp: {port: 1}}}", `layer "a" must define "override" for check "up"`),
	refusal("log target without override", "log-targets: {t: {type: loki, location: x, services: []}}",
		`layer "a" must define "override" for log target "t"`),
	refusal("no command", "services: {web: {override: replace}}", `plan must define "command" for service "web"`),
	refusal("quote is not closed", `services: {web: {override: replace, command: "x 'y"}}`,
		parse+`plan service "web" command invalid: cannot parse service "web" command: EOF found when expecting closing quote`),
	refusal("backslash at the end", `services: {web: {override: replace, command: 'x \'}}`,
		parse+`plan service "web" command invalid: cannot parse service "web" command: EOF found after escape character`),
	refusal("group at the beginning", `services: {web: {override: replace, command: '[ x ]'}}`,
		parse+`plan service "web" command invalid: cannot parse service "web" command: cannot start command with [ ... ] group`),
	refusal("nested groups", `services: {web: {override: replace, command: 'x [ y [ z ] ]'}}`,
		parse+`plan service "web" command invalid: cannot parse service "web" command: cannot nest [ ... ] groups`),
	refusal("two groups", `services: {web: {override: replace, command: 'x [ y ] [ z ]'}}`,
		parse+`plan service "web" command invalid: cannot parse service "web" command: cannot have any arguments after [ ... ] group`),
	refusal("group is not opened", `services: {web: {override: replace, command: 'x ]'}}`,
		parse+`plan service "web" command invalid: cannot parse service "web" command: cannot have ] outside of [ ... ] group`),
	refusal("reserved service", "services: {pebble: {override: replace, command: x}}", parse+`cannot use reserved service name "pebble"`),
	refusal("service with a minus", "services: {-web: {override: replace, command: x}}",
		parse+`cannot use service name "-web": starting with "-" not allowed`),
	refusal("service of nothing", "services: {web: null}", parse+`service object cannot be null for service "web"`),
	refusal("on-success", "services: {web: {override: replace, command: x, on-success: success-shutdown}}",
		parse+`plan service "web" on-success action "success-shutdown" invalid`),
	refusal("on-failure", "services: {web: {override: replace, command: x, on-failure: failure-shutdown}}",
		parse+`plan service "web" on-failure action "failure-shutdown" invalid`),
	refusal("on-check-failure", "services: {web: {override: replace, command: x, on-check-failure: {up: nothing}}}",
		parse+`plan service "web" on-check-failure action "nothing" invalid`),
	refusal("backoff-factor", "services: {web: {override: replace, command: x, backoff-factor: 0.5}}",
		parse+`plan service "web" backoff-factor must be 1.0 or greater, not 0.5`),
	refusal("required service", "services: {web: {override: replace, command: x, requires: [db]}}", `service "db" does not exist`),
	refusal("loop", `
services:
    a: {override: replace, command: x, before: [b]}
    b: {override: replace, command: x, before: [c]}
    c: {override: replace, command: x, before: [a]}
    d: {override: replace, command: x, after: [a]}
`, "services in before/after loop: a, b, c"),
	refusal("check level", "checks: {up: {override: replace, level: high, tcp: {port: 1}}}", parse+`plan check "up" level must be "alive" or "ready"`),
	refusal("check startup", "checks: {up: {override: replace, startup: maybe, tcp: {port: 1}}}",
		parse+`plan check "up" startup must be "enabled" or "disabled"`),
	refusal("check period", "checks: {up: {override: replace, period: 0s, tcp: {port: 1}}}", parse+`plan check "up" period must not be zero`),
	refusal("check timeout", "checks: {up: {override: replace, timeout: 0s, tcp: {port: 1}}}", parse+`plan check "up" timeout must not be zero`),
	refusal("check without a kind", "checks: {up: {override: replace}}", `plan must specify one of "http", "tcp", or "exec" for check "up"`),
	refusal("check of two kinds", "checks: {up: {override: replace, tcp: {port: 1}, exec: {command: x}}}",
		`plan must specify one of "http", "tcp", or "exec" for check "up"`),
	refusal("check without url", "checks: {up: {override: replace, http: {}}}", `plan must set "url" for http check "up"`),
	refusal("check without port", "checks: {up: {override: replace, tcp: {}}}", `plan must set "port" for tcp check "up"`),
	refusal("check without command", "checks: {up: {override: replace, exec: {}}}", `plan must set "command" for exec check "up"`),
	refusal("check of an unknown user", "checks: {up: {override: replace, exec: {command: x, user: nosuchuser}}}",
		parse+`plan check "up" has invalid user/group: user: unknown user nosuchuser`),
	refusal("check of a group alone", "checks: {up: {override: replace, exec: {command: x, group-id: 1}}}",
		parse+`plan check "up" has invalid user/group: must specify user, not just group`),
	refusal("check in the context of nothing", "checks: {up: {override: replace, exec: {command: x, service-context: web}}}",
		`plan check "up" service context specifies non-existent service "web"`),
	refusal("log target without location", "log-targets: {t: {override: replace, type: loki, services: []}}",
		`plan must define "location" for log target "t"`),
	refusal("log target of an unknown service", "log-targets: {t: {override: replace, type: loki, location: x, services: [web]}}",
		`log target "t" specifies unknown service "web"`),
	refusal("log target with a reserved label", "log-targets: {t: {override: replace, type: loki, location: x, services: [], labels: {pebble_x: y}}}",
		parse+`log target "t": label "pebble_x" uses reserved prefix "pebble_"`),
	{name: "log target without type", differs: "1.19.2 has no opentelemetry to choose from", run: func(c *contract) {
		err := c.add("a", "log-targets: {t: {override: replace, location: x, services: []}}")
		if c.newer {
			c.refused(err, `400 : plan must define "type" ("loki", "opentelemetry" or "syslog") for log target "t"`)
			return
		}
		c.refused(err, `400 : plan must define "type" ("loki" or "syslog") for log target "t"`)
	}},
	{name: "reserved label", run: func(c *contract) {
		c.refused(c.add("pebble-x", "summary: x"), `400 : cannot parse layer YAML: cannot use reserved label prefix "pebble-"`)
	}},
	{name: "no label", run: func(c *contract) {
		c.refused(c.add("", "summary: x"), "400 : label must be set")
	}},
	{name: "as an error of package pebble", run: func(c *contract) {
		err := c.container().AddLayer(c.Context(), "a", &pebble.Layer{Services: map[string]*pebble.Service{"web": {Override: "replace"}}})
		var refused *pebble.PlanError
		require.ErrorAs(c, err, &refused)
		require.Equal(c, []string{`plan must define "command" for service "web"`}, refused.Problems)
	}},
}
