package memory_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// three are services that do not know each other.
const three = `
services:
    a: {override: replace, startup: enabled, command: service a, environment: {NAME: a}}
    b: {override: replace, startup: enabled, command: service b}
    c: {override: replace, command: service c}
`

// chain are services of which each requires the next, and comes after it.
const chain = `
services:
    a: {override: replace, command: service a, requires: [b], after: [b]}
    b: {override: replace, command: service b, requires: [c], after: [c]}
    c: {override: replace, command: service c}
`

var serviceCases = []contractCase{
	{name: "before anything", run: func(c *contract) {
		c.must("a", three)
		infos, err := c.container().Services(c.Context())
		require.NoError(c, err)
		require.Equal(c, map[string]pebble.ServiceInfo{
			"a": {Name: "a", Startup: "enabled", Status: "inactive"},
			"b": {Name: "b", Startup: "enabled", Status: "inactive"},
			"c": {Name: "c", Startup: "disabled", Status: "inactive"},
		}, infos)
		infos, err = c.container().Services(c.Context(), "c", "nosuch")
		require.NoError(c, err)
		require.Len(c, infos, 1)
	}},
	{name: "start", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "a", "c"))
		require.Equal(c, map[string]pebble.ServiceStatus{"a": "active", "b": "inactive", "c": "active"}, c.statuses())
		starts := c.starts("a")
		require.Len(c, starts, 1)
		require.Equal(c, "a", starts[0]["NAME"])
		change := c.lastChange("start")
		require.Equal(c, `Start service "a" and 1 more`, change.Summary)
		require.Equal(c, "Done", change.Status)
		require.True(c, change.Ready)
		require.Equal(c, []string{`Start service "a": Done`, `Start service "c": Done`}, change.tasks())
	}},
	{name: "start one that runs", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "a"))
		require.NoError(c, c.container().Start(c.Context(), "a"))
		require.Len(c, c.starts("a"), 1)
		require.Equal(c, []string{`INFO Service "a" already started.`}, c.lastChange("start").logs())
	}},
	{name: "start one that there is not", run: func(c *contract) {
		c.must("a", three)
		err := c.container().Start(c.Context(), "a", "x")
		c.refusedBy(err, `cannot start services: service "x" does not exist`)
		require.Equal(c, pebble.StatusInactive, c.status("a"))
	}},
	{name: "start nothing", run: func(c *contract) {
		c.refusedBy(c.container().Start(c.Context()), "must specify services for start action")
	}},
	{name: "stop", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "a", "b"))
		require.NoError(c, c.container().Stop(c.Context(), "a"))
		require.Equal(c, map[string]pebble.ServiceStatus{"a": "inactive", "b": "active", "c": "inactive"}, c.statuses())
		infos, err := c.container().Services(c.Context(), "a")
		require.NoError(c, err)
		require.False(c, infos["a"].Since.IsZero())
	}},
	{name: "stop what does not run", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Stop(c.Context(), "a"))
		require.Equal(c, []string{`INFO Service "a" has never been started.`}, c.lastChange("stop").logs())
		require.NoError(c, c.container().Start(c.Context(), "a"))
		require.NoError(c, c.container().Stop(c.Context(), "a"))
		require.NoError(c, c.container().Stop(c.Context(), "a"))
		require.Equal(c, []string{`INFO Service "a" already stopped.`}, c.lastChange("stop").logs())
		c.refusedBy(c.container().Stop(c.Context(), "x"), `cannot stop services: service "x" does not exist`)
	}},
	{name: "restart", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "a"))
		require.NoError(c, c.container().Restart(c.Context(), "a", "c"))
		require.Len(c, c.starts("a"), 2)
		require.Len(c, c.starts("c"), 1)
		require.Equal(c, []string{
			`Stop service "a": Done`, `Stop service "c": Done`, `Start service "a": Done`, `Start service "c": Done`,
		}, c.lastChange("restart").tasks())
		c.refusedBy(c.container().Restart(c.Context(), "x"), `cannot restart services: service "x" does not exist`)
	}},
	{name: "restart takes the new definition", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "a"))
		c.must("a", "services: {a: {override: merge, environment: {NAME: new}}}")
		require.NoError(c, c.container().Restart(c.Context(), "a"))
		require.Equal(c, "new", c.starts("a")[1]["NAME"])
	}},
	{name: "requirements start first", run: func(c *contract) {
		c.must("a", chain)
		require.NoError(c, c.container().Start(c.Context(), "a"))
		change := c.lastChange("start")
		require.Equal(c, []string{`Start service "c": Done`, `Start service "b": Done`, `Start service "a": Done`}, change.tasks())
		require.Equal(c, `Start service "a" and 2 more`, change.Summary)
	}},
	{name: "dependants stop first", run: func(c *contract) {
		c.must("a", chain)
		require.NoError(c, c.container().Start(c.Context(), "a"))
		require.NoError(c, c.container().Stop(c.Context(), "c"))
		require.Equal(c, []string{`Stop service "a": Done`, `Stop service "b": Done`, `Stop service "c": Done`}, c.lastChange("stop").tasks())
		require.Equal(c, map[string]pebble.ServiceStatus{"a": "inactive", "b": "inactive", "c": "inactive"}, c.statuses())
	}},
	{name: "restart leaves dependants alone", run: func(c *contract) {
		c.must("a", chain)
		require.NoError(c, c.container().Start(c.Context(), "a"))
		require.NoError(c, c.container().Restart(c.Context(), "b"))
		require.Equal(c, []string{`Stop service "b": Done`, `Start service "c": Done`, `Start service "b": Done`}, c.lastChange("restart").tasks())
		require.Len(c, c.starts("a"), 1)
		require.Len(c, c.starts("c"), 1)
	}},
	{name: "before and after order only", run: func(c *contract) {
		c.must("a", `
services:
    a: {override: replace, command: service a, after: [b]}
    b: {override: replace, command: service b}
    c: {override: replace, command: service c, before: [b]}
`)
		require.NoError(c, c.container().Start(c.Context(), "a"))
		require.Equal(c, []string{`Start service "a": Done`}, c.lastChange("start").tasks())
		require.NoError(c, c.container().Start(c.Context(), "b", "c"))
		require.Len(c, c.lastChange("start").Tasks, 2)
		require.Equal(c, `Start service "c"`, c.lastChange("start").Tasks[0].Summary)
	}},
	{name: "autostart", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Autostart(c.Context()))
		require.Equal(c, map[string]pebble.ServiceStatus{"a": "active", "b": "active", "c": "inactive"}, c.statuses())
		require.Equal(c, `Autostart service "a" and 1 more`, c.lastChange("autostart").Summary)
	}},
	{name: "autostart of nothing", run: func(c *contract) {
		err := c.container().Autostart(c.Context())
		c.refusedBy(err, "no default services")
		var refused *pebble.APIError
		require.ErrorAs(c, err, &refused)
		require.Equal(c, "no-default-services", refused.Kind)
	}},
	{name: "replan starts what is enabled", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Replan(c.Context()))
		require.Equal(c, map[string]pebble.ServiceStatus{"a": "active", "b": "active", "c": "inactive"}, c.statuses())
		require.Equal(c, `Replan service "a" and 1 more`, c.lastChange("replan").Summary)
	}},
	{name: "replan of nothing", run: func(c *contract) {
		require.NoError(c, c.container().Replan(c.Context()))
		change := c.lastChange("replan")
		require.Equal(c, "Replan - no services", change.Summary)
		require.Equal(c, "Done", change.Status)
		require.Empty(c, change.Tasks)
	}},
	{name: "replan restarts only what has changed", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "a", "b", "c"))
		c.must("b", "services: {a: {override: merge, environment: {NAME: new}}, c: {override: merge, summary: new}}")
		require.NoError(c, c.container().Replan(c.Context()))
		require.Len(c, c.starts("a"), 2)
		require.Equal(c, "new", c.starts("a")[1]["NAME"])
		require.Len(c, c.starts("b"), 1)
		require.Len(c, c.starts("c"), 2, "one that is not enabled too")
		require.NoError(c, c.container().Replan(c.Context()))
		require.Len(c, c.starts("a"), 2)
	}},
	{name: "replan starts a stopped one that has changed", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "c"))
		require.NoError(c, c.container().Stop(c.Context(), "c"))
		c.must("b", "services: {c: {override: merge, summary: new}}")
		require.NoError(c, c.container().Replan(c.Context()))
		require.Equal(c, pebble.StatusActive, c.status("c"))
	}},
	{name: "replan leaves a running disabled one", run: func(c *contract) {
		c.must("a", "services: {a: {override: replace, startup: enabled, command: service a}}")
		require.NoError(c, c.container().Replan(c.Context()))
		c.must("b", "services: {a: {override: merge, startup: disabled}}")
		require.NoError(c, c.container().Replan(c.Context()))
		require.Equal(c, pebble.StatusActive, c.status("a"), "it was restarted, since it has changed")
		require.Len(c, c.starts("a"), 2)
	}},
	{name: "Apply is quiet the second time", run: func(c *contract) {
		want := pebble.Want{
			Layer: pebble.Layer{
				Services: map[string]*pebble.Service{"web": {Startup: "enabled", Command: "service web"}},
				Checks:   map[string]*pebble.Check{"up": {Period: pebble.NewDuration(time.Hour), Exec: &pebble.ExecCheck{Command: "check up"}}},
			},
			Files: []pebble.File{{Path: c.dir() + "/etc/web.conf", Content: []byte("1"), Restarts: []string{"web"}}},
		}
		applied, err := c.container().Apply(c.Context(), want)
		require.NoError(c, err)
		require.Equal(c, &pebble.Applied{Pushed: []string{c.dir() + "/etc/web.conf"}, LayerAdded: true, Started: []string{"web"}}, applied)
		applied, err = c.container().Apply(c.Context(), want)
		require.NoError(c, err)
		require.False(c, applied.Changed(), "%+v", applied)
		want.Files[0].Content = []byte("2")
		applied, err = c.container().Apply(c.Context(), want)
		require.NoError(c, err)
		require.Equal(c, []string{"web"}, applied.Restarted)
		require.Len(c, c.starts("web"), 2)
		require.NotEqual(c, "", c.starts("web")[1]["CHARMKIT_FILES_DIGEST"])
	}},
	{name: "unknown action", run: func(c *contract) {
		status, answer := c.do("POST", "/v1/services", `{"action": "jump", "services": ["a"]}`)
		c.refused(apiError(status, answer), `400 : invalid action "jump"`)
		status, answer = c.do("POST", "/v1/services", `{"action": "replan", "services": ["a"]}`)
		c.refused(apiError(status, answer), "400 : replan accepts no service names")
	}},
}

// fails makes a service exit right after its start.
func fails(code int) memory.Process {
	return memory.Process{Exits: true, After: 20 * time.Millisecond, Code: code, Output: []string{"one", "two"}}
}

var exitCases = []contractCase{
	{name: "within the first second", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, on-failure: ignore}}")
		c.process("web", fails(3))
		err := c.container().Start(c.Context(), "web")
		var failed *pebble.ChangeError
		require.ErrorAs(c, err, &failed)
		require.Equal(c, []string{"web"}, failed.Services())
		change := c.lastChange("start")
		require.Equal(c, "Error", change.Status)
		require.Equal(c, "cannot perform the following tasks:\n"+
			`- Start service "web" (service start attempt: exited quickly with code 3, will ignore)`, change.Err)
		require.Equal(c, []string{
			"INFO Most recent service output:\n    one\n    two",
			"ERROR service start attempt: exited quickly with code 3, will ignore",
		}, change.logs())
		require.Equal(c, pebble.StatusError, c.status("web"))
	}},
	{name: "well and ignored", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, on-success: ignore}}")
		c.process("web", memory.Process{Exits: true})
		err := c.container().Start(c.Context(), "web")
		require.ErrorContains(c, err, "exited quickly with code 0, will ignore")
		require.Equal(c, pebble.StatusInactive, c.status("web"))
		require.Equal(c, "INFO Most recent service output:\n    ", c.lastChange("start").logs()[0], "it has written nothing")
	}},
	{name: "backoff", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, backoff-delay: 10m}}")
		c.process("web", fails(1))
		require.ErrorContains(c, c.container().Start(c.Context(), "web"), "exited quickly with code 1, will restart")
		require.Equal(c, pebble.StatusBackoff, c.status("web"))
		require.NoError(c, c.container().Stop(c.Context(), "web"))
		require.Equal(c, pebble.StatusInactive, c.status("web"))
	}},
	{name: "start ends backoff", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, backoff-delay: 10m}}")
		c.process("web", fails(1))
		require.Error(c, c.container().Start(c.Context(), "web"))
		c.process("web", memory.Process{})
		require.NoError(c, c.container().Start(c.Context(), "web"))
		require.Equal(c, pebble.StatusActive, c.status("web"))
		require.Len(c, c.starts("web"), 2)
	}},
	{name: "Pebble restarts", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, backoff-delay: 50ms, backoff-factor: 1}}")
		c.process("web", fails(1))
		require.Error(c, c.container().Start(c.Context(), "web"))
		c.until("the third start", func() bool { return len(c.starts("web")) >= 3 })
		c.process("web", memory.Process{})
		c.until("web runs", func() bool { return c.status("web") == pebble.StatusActive })
	}},
	{name: "after the first second", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, on-failure: ignore}}")
		c.process("web", memory.Process{Exits: true, After: 1200 * time.Millisecond, Code: 5})
		require.NoError(c, c.container().Start(c.Context(), "web"))
		c.until("web has ended", func() bool { return c.status("web") == pebble.StatusError })
		require.NoError(c, c.container().Stop(c.Context(), "web"))
		require.Equal(c, []string{`INFO Service "web" had already exited.`}, c.lastChange("stop").logs())
		require.Equal(c, pebble.StatusInactive, c.status("web"))
	}},
	{name: "well after the first second", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, startup: enabled, command: service web, on-success: ignore}}")
		c.process("web", memory.Process{Exits: true, After: 1200 * time.Millisecond})
		require.NoError(c, c.container().Start(c.Context(), "web"))
		c.until("web has ended", func() bool { return c.status("web") == pebble.StatusInactive })
		c.process("web", memory.Process{})
		require.NoError(c, c.container().Replan(c.Context()))
		require.Len(c, c.starts("web"), 2, "replan starts what is enabled")
	}},
	{name: "executable is not there", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: nosuchexecutable}}")
		c.process("web", memory.Process{StartError: memory.NotFound("nosuchexecutable")})
		err := c.container().Start(c.Context(), "web")
		c.refusedBy(err, `cannot start service "web": `+c.lastChange("start").Tasks[0].Log[0])
		require.Equal(c, []string{
			`ERROR cannot start service: exec: "nosuchexecutable": executable file not found in $PATH`,
		}, c.lastChange("start").logs())
		require.Equal(c, pebble.StatusInactive, c.status("web"))
	}},
	{name: "user is not there", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, user: nosuchuser}}")
		require.ErrorContains(c, c.container().Start(c.Context(), "web"), "user: unknown user nosuchuser")
		require.Equal(c, []string{"ERROR user: unknown user nosuchuser"}, c.lastChange("start").logs())
		require.Equal(c, pebble.StatusInactive, c.status("web"))
	}},
	{name: "the rest of the lane is held", run: func(c *contract) {
		c.must("a", chain)
		c.must("b", "services: {b: {override: merge, backoff-delay: 10m}}")
		c.process("b", fails(1))
		err := c.container().Start(c.Context(), "a")
		var failed *pebble.ChangeError
		require.ErrorAs(c, err, &failed)
		require.Equal(c, []string{"b", "a"}, failed.Services())
		require.Equal(c, []string{`Start service "c": Done`, `Start service "b": Error`, `Start service "a": Hold`}, c.lastChange("start").tasks())
		require.Equal(c, map[string]pebble.ServiceStatus{"a": "inactive", "b": "backoff", "c": "active"}, c.statuses())
		require.NoError(c, c.container().Stop(c.Context(), "b"))
	}},
	{name: "other lanes go on", run: func(c *contract) {
		c.must("a", three)
		c.must("b", "services: {a: {override: merge, on-failure: ignore}}")
		c.process("a", fails(1))
		require.Error(c, c.container().Start(c.Context(), "a", "b"))
		require.Equal(c, []string{`Start service "a": Error`, `Start service "b": Done`}, c.lastChange("start").tasks())
		require.Equal(c, map[string]pebble.ServiceStatus{"a": "error", "b": "active", "c": "inactive"}, c.statuses())
	}},
	{name: "more output than the log keeps", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, on-failure: ignore}}")
		p := memory.Process{Exits: true, After: 20 * time.Millisecond, Code: 1}
		want := "INFO Most recent service output:\n    (...)"
		for i := range 25 {
			line := "line " + string(rune('a'+i))
			p.Output = append(p.Output, line)
			if i >= 5 {
				want += "\n    " + line
			}
		}
		c.process("web", p)
		require.Error(c, c.container().Start(c.Context(), "web"))
		require.Equal(c, want, c.lastChange("start").logs()[0])
	}},
	{name: "shutdown ends Pebble", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, on-failure: shutdown}}")
		c.process("web", memory.Process{Exits: true, After: 1200 * time.Millisecond, Code: 1})
		require.NoError(c, c.container().Start(c.Context(), "web"))
		c.until("Pebble has ended", func() bool { return c.container().Ready(c.Context()) != nil })
		require.ErrorIs(c, c.container().Ready(c.Context()), pebble.ErrNotReady)
		c.recreate()
		require.NoError(c, c.container().Ready(c.Context()))
	}},
	{name: "Apply starts what has failed", run: func(c *contract) {
		want := pebble.Want{Layer: pebble.Layer{Services: map[string]*pebble.Service{
			"web": {Startup: "enabled", Command: "service web", OnFailure: "ignore"},
		}}}
		c.process("web", fails(1))
		_, err := c.container().Apply(c.Context(), want)
		require.ErrorContains(c, err, "exited quickly with code 1, will ignore")
		c.process("web", memory.Process{})
		applied, err := c.container().Apply(c.Context(), want)
		require.NoError(c, err)
		require.Equal(c, []string{"web"}, applied.Started)
	}},
}
