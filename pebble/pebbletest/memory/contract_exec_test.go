package memory_test

import (
	"bytes"
	"context"
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
