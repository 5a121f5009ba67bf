package memory_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

var daemonCases = []contractCase{
	{name: "system information", run: func(c *contract) {
		info, err := c.container().SystemInfo(c.Context())
		require.NoError(c, err)
		require.NotEmpty(c, info.BootID)
		want := "v1.19.2"
		if c.newer {
			want = "v1.32.1"
		}
		require.Equal(c, want, info.Version)
	}},
	{name: "signals", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "a", "b"))
		require.NoError(c, c.container().Signal(c.Context(), "SIGHUP", "a", "b"))
		require.NoError(c, c.container().Signal(c.Context(), "SIGUSR1", "a"))
		c.until("they have arrived", func() bool {
			return slices.Contains(c.signals("a"), "SIGHUP") && slices.Contains(c.signals("a"), "SIGUSR1") && slices.Equal(c.signals("b"), []string{"SIGHUP"})
		})
	}},
	{name: "signals that cannot be sent", run: func(c *contract) {
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "a"))
		err := c.container().Signal(c.Context(), "SIGHUP", "b", "x")
		c.refusedBy(err, `cannot send signal to "b": service is not running; cannot send signal to "x": service is not running`)
		c.refusedBy(c.container().Signal(c.Context(), "SIGNO", "a"), `cannot send signal to "a": invalid signal name "SIGNO"`)
		c.refusedBy(c.container().Signal(c.Context(), "hup", "a"), `cannot send signal to "a": invalid signal name "hup"`)
		require.NoError(c, c.container().Stop(c.Context(), "a"))
		c.refusedBy(c.container().Signal(c.Context(), "SIGHUP", "a"), `cannot send signal to "a": service is not running`)
		c.refusedBy(c.container().Signal(c.Context(), "SIGHUP"), "must specify one or more services")
	}},
	{name: "logs", run: func(c *contract) {
		c.must("a", three)
		c.process("a", memory.Process{Output: []string{"one <1>", "two"}})
		c.process("b", memory.Process{Output: []string{"three"}})
		require.NoError(c, c.container().Start(c.Context(), "a"))
		require.NoError(c, c.container().Start(c.Context(), "b"))
		require.Equal(c, []string{"a: one <1>", "a: two", "b: three"}, c.logs(""))
		require.Equal(c, []string{"a: two", "b: three"}, c.logs("?n=2"))
		require.Equal(c, []string{"b: three"}, c.logs("?services=b"))
		require.Empty(c, c.logs("?services=nosuch"))
		status, answer := c.do("GET", "/v1/logs?n=-2", "")
		c.refused(apiError(status, answer), "400 : n must be -1, 0, or a positive integer")
		status, answer = c.do("GET", "/v1/logs?follow=yes", "")
		c.refused(apiError(status, answer), `400 : follow parameter must be "true" or "false"`)
	}},
	{name: "changes", run: func(c *contract) {
		require.NoError(c, c.container().Replan(c.Context()))
		c.must("a", three)
		require.NoError(c, c.container().Start(c.Context(), "a"))
		require.Empty(c, get[[]change](c, "/v1/changes"))
		require.Len(c, get[[]change](c, "/v1/changes?select=ready"), 2)
		require.Len(c, get[[]change](c, "/v1/changes?select=all&for=a"), 1)
		require.Empty(c, get[[]change](c, "/v1/changes?select=all&for=b"))
		for request, problem := range map[string]string{
			"/v1/changes?select=some":         "400 : select should be one of: all,in-progress,ready",
			"/v1/changes/77":                  `404 : cannot find change with id "77"`,
			"/v1/changes/77/wait":             `404 : cannot find change with id "77"`,
			"/v1/changes/1/wait?timeout=soon": `400 : invalid timeout: time: invalid duration "soon"`,
		} {
			status, answer := c.do("GET", request, "")
			c.refused(apiError(status, answer), problem)
		}
	}},
	{name: "waiting for a change", run: func(c *contract) {
		c.must("a", slowCheck)
		id := c.checkInfo("up").ChangeID
		status, answer := c.do("GET", "/v1/changes/"+id+"/wait?timeout=1ms", "")
		c.refused(apiError(status, answer), "504 : timed out waiting for change after 1ms")
		ended := make(chan change, 1)
		go func() { ended <- get[change](c, "/v1/changes/"+id+"/wait?timeout=20s") }()
		_, err := c.container().StopChecks(c.Context(), "up")
		require.NoError(c, err)
		require.Equal(c, "Done", (<-ended).Status)
	}},
	{name: "aborting a change", run: func(c *contract) {
		c.must("a", slowCheck)
		id := c.checkInfo("up").ChangeID
		status, answer := c.do("POST", "/v1/changes/"+id, `{"action": "jump"}`)
		c.refused(apiError(status, answer), `400 : invalid action "jump"`)
		status, _ = c.do("POST", "/v1/changes/"+id, `{"action": "abort"}`)
		require.Equal(c, 200, status)
		c.until("it has ended", func() bool { return get[change](c, "/v1/changes/"+id).Ready })
		status, answer = c.do("POST", "/v1/changes/"+id, `{"action": "abort"}`)
		c.refused(apiError(status, answer), "400 : cannot abort change "+id+" with nothing pending")
	}},
	{name: "identities", run: func(c *contract) {
		require.Empty(c, get[object](c, "/v1/identities"))
		status, _ := c.do("POST", "/v1/identities", `{"action": "add", "identities": {
			"bob": {"access": "read", "local": {"user-id": 42}}, "eve": {"access": "metrics", "basic": {"password": "hash"}}}}`)
		require.Equal(c, 200, status)
		want := object{
			"bob": object{"access": "read", "local": object{"user-id": 42.0}},
			"eve": object{"access": "metrics", "basic": object{"password": "*****"}},
		}
		require.Equal(c, want, get[object](c, "/v1/identities"))
		status, _ = c.do("POST", "/v1/identities", `{"action": "replace", "identities": {"bob": null}}`)
		require.Equal(c, 200, status)
		delete(want, "bob")
		require.Equal(c, want, get[object](c, "/v1/identities"))
		status, _ = c.do("POST", "/v1/identities", `{"action": "remove", "identities": {"eve": null}}`)
		require.Equal(c, 200, status)
		require.Empty(c, get[object](c, "/v1/identities"))
	}},
	{name: "identities that are refused", differs: "1.19.2 does not know certificates, and reads an identity before its name", run: func(c *contract) {
		status, _ := c.do("POST", "/v1/identities", `{"action": "add", "identities": {"bob": {"access": "read", "local": {"user-id": 42}}}}`)
		require.Equal(c, 200, status)
		types, wrong, name := `"local" or "basic"`, "cannot decode request body: ", `identity "7" invalid: `
		if c.newer {
			types, wrong, name = `"local", "basic", or "cert"`, `invalid identity for "eve": `, `invalid identity for "7": `
		}
		for request, problem := range map[string]string{
			`"action": "add", "identities": {"bob": {"access": "read", "local": {"user-id": 1}}}`:    "identities already exist: bob",
			`"action": "update", "identities": {"eve": {"access": "read", "local": {"user-id": 1}}}`: "identities do not exist: eve",
			`"action": "add", "identities": {"eve": {"access": "read", "local": {"user-id": 42}}}`:   "cannot have multiple identities with user ID 42 (bob, eve)",
			`"action": "remove", "identities": {"eve": null}`:                                        "identities do not exist: eve",
			`"action": "add", "identities": {"eve": null}`:                                           `identity value for "eve" must not be null for add operation`,
			`"action": "jump"`: `invalid action "jump", must be "add", "update", "replace", or "remove"`,
			`"action": "add", "identities": {"eve": {"access": "no", "local": {"user-id": 1}}}`: wrong +
				`invalid access value "no", must be "admin", "read", "metrics", or "untrusted"`,
			`"action": "add", "identities": {"eve": {"local": {"user-id": 1}}}`: wrong +
				`access value must be specified ("admin", "read", "metrics", or "untrusted")`,
			`"action": "add", "identities": {"eve": {"access": "read"}}`:                 wrong + "identity must have at least one type (" + types + ")",
			`"action": "add", "identities": {"eve": {"access": "read", "local": {}}}`:    wrong + "local identity must specify user-id",
			`"action": "add", "identities": {"eve": {"access": "metrics", "basic": {}}}`: wrong + "basic identity must specify password (hashed)",
			`"action": "add", "identities": {"7": {"access": "read", "local": {"user-id": 1}}}`: name +
				`identity name "" invalid: must start with an alphabetic character and only contain alphanumeric characters, underscore, and hyphen`,
		} {
			status, answer := c.do("POST", "/v1/identities", "{"+request+"}")
			c.refused(apiError(status, answer), "400 : "+problem)
		}
	}},
	{name: "an administrator with a password", differs: "1.19.2 gives a password access to metrics only", run: func(c *contract) {
		status, answer := c.do("POST", "/v1/identities", `{"action": "add", "identities": {"eve": {"access": "admin", "basic": {"password": "x"}}}}`)
		if c.newer {
			require.Equal(c, 200, status)
			return
		}
		c.refused(apiError(status, answer), `400 : cannot decode request body: basic identity can only have "metrics" access, got "admin"`)
	}},
	{name: "restart", setup: setup{layers: []memory.Layer{{Label: "rock", YAML: three}}}, run: func(c *contract) {
		c.must("a", "services: {x: {override: replace, command: service x}}\n"+slowCheck)
		require.NoError(c, c.container().Start(c.Context(), "a", "x"))
		require.NoError(c, c.container().Push(c.Context(), c.dir()+"/file", strings.NewReader("x"), nil))
		id, err := c.container().Notify(c.Context(), "example.com/x", nil)
		require.NoError(c, err)
		c.restart()
		require.Equal(c, map[string]pebble.ServiceStatus{"a": "inactive", "b": "inactive", "c": "inactive"}, c.statuses())
		infos, err := c.container().Checks(c.Context())
		require.NoError(c, err)
		require.Empty(c, infos)
		content, err := c.container().Pull(c.Context(), c.dir()+"/file")
		require.NoError(c, err)
		require.Equal(c, "x", string(content))
		notice, err := c.container().Notice(c.Context(), id)
		require.NoError(c, err)
		require.Equal(c, "example.com/x", notice.Key)
		c.until("its checks have ended", func() bool { return len(get[[]change](c, "/v1/changes")) == 0 })
		require.Empty(c, c.logs(""))
	}},
	{name: "restart of the container", setup: setup{layers: []memory.Layer{{Label: "rock", YAML: slowCheck}}}, run: func(c *contract) {
		_, err := c.container().Notify(c.Context(), "example.com/x", nil)
		require.NoError(c, err)
		require.NoError(c, c.container().Replan(c.Context()))
		status, _ := c.do("POST", "/v1/identities", `{"action": "add", "identities": {"bob": {"access": "read", "local": {"user-id": 42}}}}`)
		require.Equal(c, 200, status)
		c.recreate()
		all := get[[]change](c, "/v1/changes?select=all")
		require.Len(c, all, 1, "that of the check")
		require.Equal(c, "1", all[0].ID)
		require.Equal(c, []string{"1"}, sortedKeys(c.notices(pebble.NoticesOptions{})))
		require.Empty(c, get[object](c, "/v1/identities"))
	}},
	{name: "wrong requests", run: func(c *contract) {
		for _, one := range []struct{ method, path, body, problem string }{
			{"GET", "/v1/plan", "", `400 : invalid format ""`},
			{"POST", "/v1/layers", `{"action": "jump"}`, `400 : invalid action "jump"`},
			{"POST", "/v1/layers", `{"action": "add", "label": "a", "format": "json"}`, `400 : invalid format "json"`},
			{"POST", "/v1/checks", `{"action": "jump", "checks": ["x"]}`, `400 : invalid action "jump"`},
			{"POST", "/v1/files", `{"action": "jump"}`, `400 : invalid action "jump"`},
			{"POST", "/v1/files", `{"action": "write"}`, `400 : must use multipart with "write" action`},
			{"GET", "/v1/files?action=list", "", "400 : must specify path"},
			{"GET", "/v1/files?action=list&path=/&itself=x", "", `400 : itself parameter must be "true" or "false"`},
			{"GET", "/v1/files?action=jump", "", `400 : invalid action "jump"`},
			{"GET", "/v1/files?action=read", "", "400 : must specify one or more paths"},
			{"GET", "/v1/files?action=read&path=/", "", "400 : must accept multipart/form-data"},
			{"POST", "/v1/services", "{", "400 : cannot decode data from request body: unexpected EOF"},
			{"POST", "/v1/exec", `{"command": ["stub"], "timeout": "soon"}`, `400 : invalid timeout: time: invalid duration "soon"`},
		} {
			status, answer := c.do(one.method, one.path, one.body)
			c.refused(apiError(status, answer), one.problem)
		}
	}},
}

// logs returns what services have written.
func (c *contract) logs(query string) []string {
	c.Helper()
	status, answer := c.do("GET", "/v1/logs"+query, "")
	require.Equal(c, 200, status)
	var lines []string
	decoder := json.NewDecoder(bytes.NewReader(answer))
	for {
		var line struct{ Service, Message string }
		err := decoder.Decode(&line)
		if errors.Is(err, io.EOF) {
			return lines
		}
		require.NoError(c, err)
		lines = append(lines, line.Service+": "+line.Message)
	}
}
