package memory_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// ends makes the stub write and exit.
func ends(code int, stdout, stderr string) (script string, run func(*memory.Running) int) {
	script = fmt.Sprintf("printf '%%s' '%s'\nprintf '%%s' '%s' >&2\nexit %d", stdout, stderr, code)
	return script, func(p *memory.Running) int {
		_, _ = io.WriteString(p.Stdout, stdout)
		_, _ = io.WriteString(p.Stderr, stderr)
		return code
	}
}

// tells makes the stub write what it was run with.
func tells(names ...string) (script string, run func(*memory.Running) int) {
	script = "echo \"$*\"\npwd\nid -u\n"
	for _, name := range names {
		script += "echo " + name + "=$" + name + "\n"
	}
	return script, func(p *memory.Running) int {
		fmt.Fprintf(p.Stdout, "%s\n%s\n%d\n", strings.Join(p.Args[1:], " "), p.WorkingDir, p.UserID)
		for _, name := range names {
			fmt.Fprintf(p.Stdout, "%s=%s\n", name, p.Environment[name])
		}
		return 0
	}
}

func (c *contract) stub(script string, run func(*memory.Running) int) {
	c.executable("stub", script, run)
}

// exec runs the stub.
func (c *contract) exec(cmd pebble.Command) (stdout, stderr string, err error) {
	c.Helper()
	cmd.Args = append([]string{"stub"}, cmd.Args...)
	result, err := c.container().Exec(c.Context(), cmd)
	if result == nil {
		return "", "", err
	}
	return string(result.Stdout), string(result.Stderr), err
}

var execCases = []contractCase{
	{name: "output", run: func(c *contract) {
		c.stub(ends(0, "out", "err"))
		stdout, stderr, err := c.exec(pebble.Command{})
		require.NoError(c, err)
		require.Equal(c, "out", stdout)
		require.Equal(c, "err", stderr)
		change := c.lastChange("exec")
		require.Equal(c, `Execute command "stub"`, change.Summary)
		require.Equal(c, []string{`Execute command "stub": Done`}, change.tasks())
	}},
	{name: "exit code", run: func(c *contract) {
		c.stub(ends(3, "", "it failed"))
		_, _, err := c.exec(pebble.Command{})
		c.refusedBy(err, "cannot run stub: exit code 3: it failed")
		var exit *pebble.ExecError
		require.ErrorAs(c, err, &exit)
		require.Equal(c, 3, exit.ExitCode)
		require.Equal(c, "Done", c.lastChange("exec").Status)
	}},
	{name: "no such executable", run: func(c *contract) {
		_, err := c.container().Exec(c.Context(), pebble.Command{Args: []string{"nosuchexecutable", "x"}})
		c.refusedBy(err, `cannot find executable "nosuchexecutable"`)
		var refused *pebble.APIError
		require.ErrorAs(c, err, &refused)
		require.Equal(c, 400, refused.StatusCode)
	}},
	{name: "no command", run: func(c *contract) {
		_, err := c.container().Exec(c.Context(), pebble.Command{})
		c.refusedBy(err, "must specify command")
	}},
	{name: "arguments, folder and environment", run: func(c *contract) {
		c.stub(tells("A", "HOME"))
		stdout, _, err := c.exec(pebble.Command{
			Args: []string{"a b", "c"}, WorkingDir: c.dir(), Environment: map[string]string{"A": "1", "HOME": "/x"},
		})
		require.NoError(c, err)
		require.Equal(c, "a b c\nDIR\n0\nA=1\nHOME=/x\n", c.clean(stdout))
	}},
	{name: "runs in its home", run: func(c *contract) {
		c.stub(tells("HOME"))
		stdout, _, err := c.exec(pebble.Command{})
		require.NoError(c, err)
		lines := strings.Split(stdout, "\n")
		require.Equal(c, "HOME="+lines[1], lines[3])
	}},
	{name: "inherits Pebble's environment", setup: setup{env: map[string]string{"OF_PEBBLE": "1"}}, run: func(c *contract) {
		c.stub(tells("OF_PEBBLE"))
		stdout, _, err := c.exec(pebble.Command{WorkingDir: "/"})
		require.NoError(c, err)
		require.Equal(c, "\n/\n0\nOF_PEBBLE=1\n", stdout)
	}},
	{name: "as another user", run: func(c *contract) {
		c.stub(tells("USER"))
		stdout, _, err := c.exec(pebble.Command{WorkingDir: "/", User: "nobody"})
		require.NoError(c, err)
		require.Equal(c, "\n/\n65534\nUSER=nobody\n", stdout)
		stdout, _, err = c.exec(pebble.Command{WorkingDir: "/", UserID: ptr(1), GroupID: ptr(1)})
		require.NoError(c, err)
		require.Equal(c, "\n/\n1\nUSER=daemon\n", stdout)
	}},
	{name: "as a user that there is not", run: func(c *contract) {
		c.stub(ends(0, "", ""))
		_, _, err := c.exec(pebble.Command{User: "nosuchuser"})
		c.refusedBy(err, "user: unknown user nosuchuser")
		_, _, err = c.exec(pebble.Command{User: "nobody", UserID: ptr(1)})
		c.refusedBy(err, `user "nobody" UID (65534) does not match user-id (1)`)
		_, _, err = c.exec(pebble.Command{User: "nobody", Group: "nosuchgroup"})
		c.refusedBy(err, "group: unknown group nosuchgroup")
		_, _, err = c.exec(pebble.Command{UserID: ptr(12345)})
		c.refusedBy(err, "user: unknown userid 12345")
		_, _, err = c.exec(pebble.Command{GroupID: ptr(1)})
		c.refusedBy(err, "must specify user, not just group")
	}},
	{name: "in a folder that there is not", run: func(c *contract) {
		c.stub(ends(0, "", ""))
		_, _, err := c.exec(pebble.Command{WorkingDir: c.dir() + "/x"})
		c.refusedBy(err, `cannot call exec: working directory "DIR/x" does not exist`)
		require.NoError(c, c.container().Push(c.Context(), c.dir()+"/file", strings.NewReader(""), nil))
		_, _, err = c.exec(pebble.Command{WorkingDir: c.dir() + "/file"})
		c.refusedBy(err, `cannot call exec: working directory "DIR/file" not a directory`)
	}},
	{name: "in the context of a service", run: func(c *contract) {
		c.stub(tells("A", "B"))
		c.must("a", "services: {web: {override: replace, command: service web, user: nobody, working-dir: /tmp, environment: {A: '1', B: '1'}}}")
		stdout, _, err := c.exec(pebble.Command{ServiceContext: "web", Environment: map[string]string{"B": "2"}})
		require.NoError(c, err)
		require.Equal(c, "\n/tmp\n65534\nA=1\nB=2\n", stdout)
		_, _, err = c.exec(pebble.Command{ServiceContext: "x"})
		c.refusedBy(err, `context service "x" not found`)
	}},
	{name: "input", run: func(c *contract) {
		c.stub("cat", func(p *memory.Running) int {
			_, _ = io.Copy(p.Stdout, p.Stdin)
			return 0
		})
		input := bytes.Repeat([]byte("0123456789abcdef"), 20000)
		var output bytes.Buffer
		_, _, err := c.exec(pebble.Command{Stdin: bytes.NewReader(input), Stdout: &output})
		require.NoError(c, err)
		require.True(c, bytes.Equal(input, output.Bytes()))
	}},
	{name: "no input", run: func(c *contract) {
		c.stub("wc -c", func(p *memory.Running) int {
			fmt.Fprintln(p.Stdout, len(readAll(p.Stdin)))
			return 0
		})
		stdout, _, err := c.exec(pebble.Command{})
		require.NoError(c, err)
		require.Equal(c, "0\n", stdout)
	}},
	{name: "input that nobody reads", run: func(c *contract) {
		c.stub(ends(0, "done", ""))
		stdout, _, err := c.exec(pebble.Command{Stdin: strings.NewReader(strings.Repeat("x", 1000))})
		require.NoError(c, err)
		require.Equal(c, "done", stdout)
	}},
	{name: "timeout", run: func(c *contract) {
		c.stub("exec sleep 3600", func(*memory.Running) int { select {} })
		_, _, err := c.exec(pebble.Command{Timeout: 50 * time.Millisecond})
		require.ErrorIs(c, err, context.DeadlineExceeded)
		require.Equal(c, "cannot perform the following tasks:\n"+
			`- Execute command "stub" (timed out after 50ms: context deadline exceeded)`, c.lastChange("exec").Err)
	}},
	{name: "killed with its context", run: func(c *contract) {
		c.stub("exec sleep 3600", func(*memory.Running) int { select {} })
		ctx, cancel := context.WithCancel(c.Context())
		started := make(chan error, 1)
		go func() {
			_, err := c.container().Exec(ctx, pebble.Command{Args: []string{"stub"}})
			started <- err
		}()
		c.until("it runs", func() bool {
			return slices.ContainsFunc(get[[]change](c, "/v1/changes?select=in-progress"), func(one change) bool { return one.Kind == "exec" })
		})
		cancel()
		require.ErrorIs(c, <-started, context.Canceled)
		c.until("it has ended", func() bool { return c.lastChange("exec").Ready })
	}},
	{name: "its task is the way to its input and output", run: func(c *contract) {
		c.stub(ends(0, "", ""))
		_, _, err := c.exec(pebble.Command{})
		require.NoError(c, err)
		status, answer := c.do("POST", "/v1/exec", `{"command": ["stub"], "working-dir": "/"}`)
		require.Equal(c, 202, status)
		require.Contains(c, string(answer), `"task-id":"2"`)
		require.Contains(c, string(answer), `"working-dir":"/"`)
	}},
}

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
