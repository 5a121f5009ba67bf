package memory_test

import (
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// upCheck is a check that is performed often, and down at once.
func (c *contract) upCheck() string {
	return "checks: {up: {override: replace, level: ready, period: 250ms, threshold: 1, http: {url: '" + c.checkURL("up") + "'}}}"
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

// notices returns notices of a type.
func (c *contract) notices(opts pebble.NoticesOptions) []*pebble.Notice {
	c.Helper()
	notices, err := c.container().Notices(c.Context(), &opts)
	require.NoError(c, err)
	return notices
}

// changeNotice returns the notice about a change.
func (c *contract) changeNotice(id string) *pebble.Notice {
	c.Helper()
	notices := c.notices(pebble.NoticesOptions{Types: []pebble.NoticeType{pebble.NoticeChangeUpdate}, Keys: []string{id}})
	require.Len(c, notices, 1)
	return notices[0]
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
		c.must("a", "checks: {up: {override: replace, period: 250ms, threshold: 1000000, http: {url: '"+c.checkURL("up")+"'}}}")
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

var noticeCases = []contractCase{
	{name: "custom", run: func(c *contract) {
		id, err := c.container().Notify(c.Context(), "example.com/x", &pebble.NotifyOptions{Data: map[string]string{"a": "b"}})
		require.NoError(c, err)
		notice, err := c.container().Notice(c.Context(), id)
		require.NoError(c, err)
		require.False(c, notice.FirstOccurred.IsZero())
		require.Equal(c, &pebble.Notice{
			ID: id, UserID: ptr(uint32(0)), Type: pebble.NoticeCustom, Key: "example.com/x", Occurrences: 1,
			FirstOccurred: notice.FirstOccurred, LastOccurred: notice.FirstOccurred, LastRepeated: notice.FirstOccurred,
			LastData: map[string]string{"a": "b"}, ExpireAfter: 7 * 24 * time.Hour,
		}, notice)
	}},
	{name: "again", run: func(c *contract) {
		first, err := c.container().Notify(c.Context(), "example.com/x", &pebble.NotifyOptions{Data: map[string]string{"a": "b"}})
		require.NoError(c, err)
		second, err := c.container().Notify(c.Context(), "example.com/x", nil)
		require.NoError(c, err)
		require.Equal(c, first, second)
		notice, err := c.container().Notice(c.Context(), first)
		require.NoError(c, err)
		require.Equal(c, 2, notice.Occurrences)
		require.Empty(c, notice.LastData)
		require.True(c, notice.LastRepeated.After(notice.FirstOccurred))
		require.Equal(c, notice.LastOccurred, notice.LastRepeated)
	}},
	{name: "repeat-after", run: func(c *contract) {
		opts := &pebble.NotifyOptions{RepeatAfter: time.Hour}
		id, err := c.container().Notify(c.Context(), "example.com/x", opts)
		require.NoError(c, err)
		_, err = c.container().Notify(c.Context(), "example.com/x", opts)
		require.NoError(c, err)
		notice, err := c.container().Notice(c.Context(), id)
		require.NoError(c, err)
		require.Equal(c, notice.FirstOccurred, notice.LastRepeated)
		require.True(c, notice.LastOccurred.After(notice.FirstOccurred))
		require.Equal(c, time.Hour, notice.RepeatAfter)
		require.Empty(c, c.notices(pebble.NoticesOptions{After: notice.LastRepeated}))
	}},
	{name: "filters", run: func(c *contract) {
		for _, key := range []string{"example.com/x", "example.com/y"} {
			_, err := c.container().Notify(c.Context(), key, nil)
			require.NoError(c, err)
		}
		require.NoError(c, c.container().Replan(c.Context()))
		custom := c.notices(pebble.NoticesOptions{Types: []pebble.NoticeType{"custom", "unknown"}})
		require.Len(c, custom, 2)
		require.Equal(c, "example.com/x", custom[0].Key)
		require.Empty(c, c.notices(pebble.NoticesOptions{Types: []pebble.NoticeType{"unknown"}}))
		require.Len(c, c.notices(pebble.NoticesOptions{}), 3)
		require.Len(c, c.notices(pebble.NoticesOptions{Keys: []string{"example.com/y", "example.com/z"}}), 1)
		later := c.notices(pebble.NoticesOptions{After: custom[0].LastRepeated})
		require.Len(c, later, 2)
		require.Equal(c, "example.com/y", later[0].Key)
		require.Len(c, c.notices(pebble.NoticesOptions{UserID: ptr(uint32(7))}), 1, "the public one")
	}},
	{name: "in the order of their repetition", run: func(c *contract) {
		for _, key := range []string{"example.com/x", "example.com/y", "example.com/x"} {
			_, err := c.container().Notify(c.Context(), key, nil)
			require.NoError(c, err)
		}
		var keys []string
		for _, notice := range c.notices(pebble.NoticesOptions{}) {
			keys = append(keys, notice.Key)
		}
		require.Equal(c, []string{"example.com/y", "example.com/x"}, keys)
	}},
	{name: "that there is not", run: func(c *contract) {
		_, err := c.container().Notice(c.Context(), "77")
		c.refusedBy(err, `cannot find notice with ID "77"`)
	}},
	{name: "with a wrong key", run: func(c *contract) {
		for _, key := range []string{"x", "example.com", "Example.com/x", "example.com/x_y", "example.com/", "-a.com/x"} {
			_, err := c.container().Notify(c.Context(), key, nil)
			c.refusedBy(err, `invalid key "`+key+`" (must be in "example.com/path" format)`)
		}
		_, err := c.container().Notify(c.Context(), "example.com/"+strings.Repeat("x", 256), nil)
		c.refusedBy(err, "key must be 256 bytes or less")
	}},
	{name: "with too much data", run: func(c *contract) {
		_, err := c.container().Notify(c.Context(), "example.com/x", &pebble.NotifyOptions{Data: map[string]string{"a": strings.Repeat("x", 5000)}})
		c.refusedBy(err, "total size of data must be 4096 bytes or less")
	}},
	{name: "wrong requests", run: func(c *contract) {
		for request, problem := range map[string]string{
			"/v1/notices?users=some":          `400 : invalid "users" filter: must be "all"`,
			"/v1/notices?users=all&user-id=1": `400 : cannot use both "users" and "user-id" parameters`,
			"/v1/notices?user-id=1,2":         `400 : invalid "user-id" filter: must only include one "user-id"`,
			"/v1/notices?timeout=soon":        `400 : invalid timeout: time: invalid duration "soon"`,
			"/v1/notices?user-id=-1":          `400 : invalid "user-id" filter: user ID is not a valid uint32: -1`,
		} {
			status, answer := c.do("GET", request, "")
			c.refused(apiError(status, answer), problem)
		}
		status, answer := c.do("POST", "/v1/notices", `{"action": "add", "type": "warning", "key": "x"}`)
		c.refused(apiError(status, answer), `400 : invalid type "warning" (can only add "custom" notices)`)
	}},
	{name: "waiting for one", run: func(c *contract) {
		got := make(chan []object, 1)
		go func() { got <- get[[]object](c, "/v1/notices?timeout=20s&keys=example.com/wanted") }()
		for _, key := range []string{"example.com/other", "example.com/wanted"} {
			_, err := c.container().Notify(c.Context(), key, nil)
			require.NoError(c, err)
		}
		list := <-got
		require.Len(c, list, 1)
		require.Equal(c, "example.com/wanted", list[0]["key"])
		require.Empty(c, get[[]object](c, "/v1/notices?timeout=1ms&keys=example.com/x"))
	}},
	{name: "of a change", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "a"))
		notice := c.changeNotice(c.lastChange("start").ID)
		require.Equal(c, map[string]string{"kind": "start"}, notice.LastData)
		require.Equal(c, 3, notice.Occurrences, "spawned, doing, done")
	}},
	{name: "of a change that fails", run: func(c *contract) {
		c.must("a", chain)
		c.process("c", memory.Process{StartError: memory.NotFound("nosuch")})
		c.must("b", "services: {c: {override: merge, command: nosuch}}")
		require.Error(c, c.container().Start(c.Context(), "a"))
		require.Equal(c, 4, c.changeNotice(c.lastChange("start").ID).Occurrences, "spawned, doing, to be aborted, failed")
	}},
	{name: "of a change that fails in the middle", run: func(c *contract) {
		c.must("a", chain)
		c.process("b", memory.Process{StartError: memory.NotFound("nosuch")})
		c.must("b", "services: {b: {override: merge, command: nosuch}}")
		require.Error(c, c.container().Start(c.Context(), "a"))
		require.Equal(c, 6, c.changeNotice(c.lastChange("start").ID).Occurrences,
			"spawned, doing, to be undone, to be aborted, to be undone, failed")
	}},
	{name: "of a change with nothing to do", run: func(c *contract) {
		require.NoError(c, c.container().Replan(c.Context()))
		require.Equal(c, 2, c.changeNotice(c.lastChange("replan").ID).Occurrences)
	}},
}

// object is any JSON object.
type object = map[string]any

// sortedKeys are the keys of notices.
func sortedKeys(notices []*pebble.Notice) []string {
	var keys []string
	for _, notice := range notices {
		keys = append(keys, notice.Key)
	}
	slices.Sort(keys)
	return keys
}
