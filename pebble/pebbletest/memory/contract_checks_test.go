package memory_test

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// upCheck is a check that is performed often, and down at once.
func (c *contract) upCheck() string {
	return "checks: {up: {override: replace, level: ready, period: 1500ms, threshold: 1, http: {url: '" + c.checkURL("up") + "'}}}"
}

// slowCheck is a check that is never performed within a test.
const slowCheck = "checks: {up: {override: replace, period: 1h, exec: {command: check up}}}"

// down makes the check up fail until it is down.
func (c *contract) down() {
	c.Helper()
	c.setCheck("up", "it is down")
	c.until("up is down", func() bool { return c.checkInfo("up").Status == pebble.CheckDown })
}

// up makes the check up succeed, and returns it as it is then.
func (c *contract) up() (info pebble.CheckInfo) {
	c.Helper()
	c.setCheck("up", "")
	c.until("up is up", func() bool {
		info = c.checkInfo("up")
		return info.Status == pebble.CheckUp
	})
	return info
}

var checkCases = []contractCase{
	{name: "run as soon as they are added", differs: "1.19.2 does not count successes", run: func(c *contract) {
		c.must("a", slowCheck)
		info := c.checkInfo("up")
		require.NotEmpty(c, info.ChangeID)
		want := pebble.CheckInfo{Name: "up", Startup: "enabled", Status: "up", Threshold: 3, ChangeID: info.ChangeID}
		if c.newer {
			want.Successes = ptr(0)
		}
		require.Equal(c, want, info)
		change := c.lastChange("perform-check")
		require.Equal(c, info.ChangeID, change.ID)
		require.Equal(c, `Perform exec check "up"`, change.Summary)
		require.Equal(c, "Doing", change.Status)
		require.False(c, change.Ready)
	}},
	{name: "disabled ones do not", run: func(c *contract) {
		c.must("a", "checks: {up: {override: replace, startup: disabled, tcp: {port: 1}}}")
		info := c.checkInfo("up")
		require.Equal(c, pebble.CheckInactive, info.Status)
		require.Equal(c, pebble.StartupDisabled, info.Startup)
		require.Empty(c, info.ChangeID)
	}},
	{name: "of an image run from the start", setup: setup{layers: []memory.Layer{{Label: "rock", YAML: slowCheck}}}, run: func(c *contract) {
		require.Equal(c, pebble.CheckUp, c.checkInfo("up").Status)
		require.Equal(c, c.checkInfo("up").ChangeID, c.lastChange("perform-check").ID)
	}},
	{name: "start and stop", run: func(c *contract) {
		c.must("a", "checks: {up: {override: replace, startup: disabled, period: 1h, exec: {command: check up}}}")
		started, err := c.container().StartChecks(c.Context(), "up")
		require.NoError(c, err)
		require.Equal(c, []string{"up"}, started)
		started, err = c.container().StartChecks(c.Context(), "up")
		require.NoError(c, err)
		require.Empty(c, started)
		id := c.checkInfo("up").ChangeID
		stopped, err := c.container().StopChecks(c.Context(), "up")
		require.NoError(c, err)
		require.Equal(c, []string{"up"}, stopped)
		require.Equal(c, pebble.CheckInactive, c.checkInfo("up").Status)
		c.until("the change has ended", func() bool { return get[change](c, "/v1/changes/"+id).Ready })
		require.Equal(c, "Done", get[change](c, "/v1/changes/"+id).Status, "it cannot be undone")
		require.Equal(c, 5, c.changeNotice(id).Occurrences, "spawned, doing, to be aborted, to be undone, done")
		stopped, err = c.container().StopChecks(c.Context(), "up")
		require.NoError(c, err)
		require.Empty(c, stopped)
	}},
	{name: "that there are not", run: func(c *contract) {
		c.must("a", slowCheck)
		_, err := c.container().StartChecks(c.Context(), "x", "up", "b")
		c.refusedBy(err, "cannot start checks: cannot find checks in plan: b, x")
		_, err = c.container().StopChecks(c.Context(), "x")
		c.refusedBy(err, "cannot stop checks: cannot find checks in plan: x")
		_, err = c.container().StopChecks(c.Context())
		c.refusedBy(err, "must specify checks for stop action")
		infos, err := c.container().Checks(c.Context(), "x")
		require.NoError(c, err)
		require.Empty(c, infos)
	}},
	{name: "nothing to change", differs: "1.19.2 answers null instead of an empty list", run: func(c *contract) {
		c.must("a", slowCheck)
		status, answer := c.do("POST", "/v1/checks", `{"action": "start", "checks": ["up"]}`)
		require.Equal(c, 200, status)
		if c.newer {
			require.JSONEq(c, `{"changed": []}`, string(answer))
		} else {
			require.JSONEq(c, `{"changed": null}`, string(answer))
		}
	}},
	{name: "below the threshold", run: func(c *contract) {
		c.must("a", "checks: {up: {override: replace, period: 1500ms, threshold: 1000000, http: {url: '"+c.checkURL("up")+"'}}}")
		c.setCheck("up", "it is down")
		c.until("it has failed twice", func() bool { return c.checkInfo("up").Failures >= 2 })
		require.Equal(c, pebble.CheckUp, c.checkInfo("up").Status)
		require.Equal(c, "perform-check", get[change](c, "/v1/changes/"+c.checkInfo("up").ChangeID).Kind)
		require.Contains(c, c.lastChange("perform-check").logs(), "ERROR non-2xx status code 503; it is down")
		c.setCheck("up", "")
		c.until("it has succeeded", func() bool { return c.checkInfo("up").Failures == 0 })
		require.Contains(c, strings.Join(c.lastChange("perform-check").logs(), "\n"), "INFO succeeded after ")
	}},
	{name: "at the threshold", differs: "1.19.2 leaves the output out of the last error", run: func(c *contract) {
		c.must("a", c.upCheck())
		first := c.checkInfo("up").ChangeID
		c.down()
		info := c.checkInfo("up")
		require.NotEqual(c, first, info.ChangeID)
		require.GreaterOrEqual(c, info.Failures, 1)
		perform := get[change](c, "/v1/changes/"+first)
		require.Equal(c, "Error", perform.Status)
		problem := "non-2xx status code 503"
		if c.newer {
			problem += "; it is down"
		}
		require.Equal(c, "cannot perform the following tasks:\n- Perform HTTP check \"up\" ("+problem+")", perform.Err)
		recover := get[change](c, "/v1/changes/"+info.ChangeID)
		require.Equal(c, "recover-check", recover.Kind)
		require.Equal(c, `Recover HTTP check "up"`, recover.Summary)
		require.Equal(c, "Doing", recover.Status)
	}},
	{name: "recovery", run: func(c *contract) {
		c.must("a", c.upCheck())
		c.down()
		recovering := c.checkInfo("up").ChangeID
		info := c.up()
		require.Equal(c, "Done", get[change](c, "/v1/changes/"+recovering).Status)
		require.Equal(c, "perform-check", get[change](c, "/v1/changes/"+info.ChangeID).Kind)
		require.Zero(c, info.Failures)
	}},
	{name: "notices of a check that fails and recovers", run: func(c *contract) {
		c.must("a", c.upCheck())
		first := c.checkInfo("up").ChangeID
		c.down()
		second := c.checkInfo("up").ChangeID
		failed := c.changeNotice(first)
		require.Equal(c, map[string]string{"kind": "perform-check", "check-name": "up"}, failed.LastData)
		require.Equal(c, 4, failed.Occurrences, "spawned, doing, to be aborted, failed")
		require.Nil(c, failed.UserID)
		c.up()
		recovered := c.changeNotice(second)
		require.Equal(c, map[string]string{"kind": "recover-check", "check-name": "up"}, recovered.LastData)
		require.Equal(c, 3, recovered.Occurrences, "spawned, doing, done")
	}},
	{name: "health of levels", run: func(c *contract) {
		c.must("a", c.upCheck())
		c.must("b", "checks: {alive: {override: replace, level: alive, period: 1h, exec: {command: check alive}}}")
		for _, level := range []pebble.Level{"", "alive", "ready"} {
			healthy, err := c.container().Health(c.Context(), level)
			require.NoError(c, err)
			require.True(c, healthy)
		}
		c.down()
		for level, want := range map[pebble.Level]bool{"": false, "alive": true, "ready": false} {
			healthy, err := c.container().Health(c.Context(), level)
			require.NoError(c, err)
			require.Equal(c, want, healthy, level)
		}
		healthy, err := c.container().Health(c.Context(), "", "alive")
		require.NoError(c, err)
		require.True(c, healthy)
	}},
	{name: "ready takes alive along", run: func(c *contract) {
		c.must("a", c.upCheck())
		c.must("a", "checks: {up: {override: merge, level: alive}}")
		c.down()
		healthy, err := c.container().Health(c.Context(), "ready")
		require.NoError(c, err)
		require.False(c, healthy)
		status, answer := c.do("GET", "/v1/health?level=ready", "")
		require.Equal(c, 502, status)
		require.JSONEq(c, `{"healthy": false}`, string(answer))
	}},
	{name: "unknown level", run: func(c *contract) {
		_, err := c.container().Health(c.Context(), "high")
		c.refusedBy(err, `level must be "alive" or "ready"`)
		status, answer := c.do("GET", "/v1/checks?level=high", "")
		c.refused(apiError(status, answer), `400 : level must be "alive" or "ready"`)
	}},
	{name: "an unchanged one runs on", run: func(c *contract) {
		c.must("a", slowCheck)
		before := c.checkInfo("up")
		c.must("b", "summary: x")
		require.Equal(c, before, c.checkInfo("up"))
	}},
	{name: "a changed one begins anew", run: func(c *contract) {
		c.must("a", slowCheck)
		before := c.checkInfo("up")
		c.must("a", "checks: {up: {override: merge, period: 2h}}")
		after := c.checkInfo("up")
		require.NotEqual(c, before.ChangeID, after.ChangeID)
		require.Equal(c, pebble.CheckUp, after.Status)
		require.Zero(c, after.Failures)
	}},
	{name: "one that is disabled runs on", run: func(c *contract) {
		c.must("a", slowCheck)
		before := c.checkInfo("up").ChangeID
		c.must("a", "checks: {up: {override: merge, startup: disabled}}")
		require.Equal(c, before, c.checkInfo("up").ChangeID)
	}},
	{name: "a stopped one begins with any layer", run: func(c *contract) {
		c.must("a", slowCheck)
		id := c.checkInfo("up").ChangeID
		_, err := c.container().StopChecks(c.Context(), "up")
		require.NoError(c, err)
		c.until("the change has ended", func() bool { return get[change](c, "/v1/changes/"+id).Ready })
		c.must("b", "summary: x")
		require.Equal(c, pebble.CheckUp, c.checkInfo("up").Status)
	}},
	{name: "replan starts enabled ones", run: func(c *contract) {
		c.must("a", slowCheck)
		_, err := c.container().StopChecks(c.Context(), "up")
		require.NoError(c, err)
		require.NoError(c, c.container().Replan(c.Context()))
		require.Equal(c, pebble.CheckUp, c.checkInfo("up").Status)
	}},
	{name: "on-check-failure restarts", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, backoff-delay: 50ms, on-check-failure: {up: restart}}}")
		require.NoError(c, c.container().Start(c.Context(), "web"))
		c.must("a", c.upCheck())
		c.down()
		c.until("web is started again", func() bool { return len(c.starts("web")) == 2 && c.status("web") == pebble.StatusActive })
	}},
	{name: "on-check-failure shuts down", run: func(c *contract) {
		c.must("a", "services: {web: {override: replace, command: service web, on-check-failure: {up: shutdown}}}")
		require.NoError(c, c.container().Start(c.Context(), "web"))
		c.must("a", c.upCheck())
		c.setCheck("up", "it is down")
		c.until("Pebble has ended", func() bool { return c.container().Ready(c.Context()) != nil })
	}},
	{name: "refreshed", differs: "1.19.2 cannot", run: func(c *contract) {
		c.must("a", slowCheck)
		c.setCheck("up", "it is down")
		status, answer := c.do("POST", "/v1/checks/refresh", `{"name": "up"}`)
		if !c.newer {
			require.Equal(c, 404, status)
			return
		}
		require.Equal(c, 200, status)
		require.JSONEq(c, `{"info": {"name": "up", "startup": "enabled", "status": "up", "successes": 0, "failures": 1, "threshold": 3,
			"change-id": "`+c.checkInfo("up").ChangeID+`"}, "error": "exit status 1; it is down"}`, string(answer))
		status, answer = c.do("POST", "/v1/checks/refresh", `{"name": "x"}`)
		c.refused(apiError(status, answer), `404 : cannot find check with name "x"`)
	}},
}
