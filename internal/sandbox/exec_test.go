package sandbox_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
	"github.com/charmkit/charmkit/internal/sandbox/sandboxtest"
)

func TestExec(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	for _, test := range []struct {
		name, script string
		exit         sandbox.Exit
		out, problem string
	}{
		{"success", "echo out; echo problem >&2", sandbox.Exit{}, "out\n", "problem\n"},
		{"failure", "exit 3", sandbox.Exit{Code: 3}, "", ""},
		{"signal", "kill -9 $$", sandbox.Exit{Signal: syscall.SIGKILL}, "", ""},
		{"large", "head -c 300000 /dev/zero | tr '\\0' x", sandbox.Exit{}, strings.Repeat("x", 300000), ""},
		{"device", "echo out >/dev/stdout", sandbox.Exit{}, "out\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out, problem bytes.Buffer
			exit, err := c.Exec(testContext(t), sandbox.ExecSpec{
				Argv: []string{"sh", "-c", test.script}, Env: []string{path}, Stdout: &out, Stderr: &problem,
				RunAs: sandbox.Credentials{UID: 170, GID: 170},
			})
			require.NoError(t, err)
			require.Equal(t, test.exit, exit)
			require.Equal(t, test.out, out.String())
			require.Equal(t, test.problem, problem.String())
		})
	}
}

func TestExecGetsExactlyWhatItIsGiven(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	var out bytes.Buffer
	_, err := c.Exec(testContext(t), sandbox.ExecSpec{
		Argv: []string{"/usr/bin/env"}, Env: []string{"B=2", "A=1 x", "EMPTY="}, Stdout: &out,
	})
	require.NoError(t, err)
	require.Equal(t, "B=2\nA=1 x\nEMPTY=\n", out.String())

	out.Reset()
	_, err = c.Exec(testContext(t), sandbox.ExecSpec{Argv: []string{"/usr/bin/env"}, Stdout: &out})
	require.NoError(t, err)
	require.Empty(t, out.String())

	out.Reset()
	_, err = c.Exec(testContext(t), sandbox.ExecSpec{
		Argv: []string{"/bin/sh", "-c", `pwd; echo "$0" "$1"; cat; echo again >&2`, "zero", "a b"}, Env: []string{path},
		Dir: "/var/lib", Stdin: strings.NewReader("input\n"), Stdout: &out, Stderr: &out,
	})
	require.NoError(t, err)
	require.Equal(t, "/var/lib\nzero a b\ninput\nagain\n", out.String())

	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	_, err = c.Exec(testContext(t), sandbox.ExecSpec{Argv: []string{"/bin/echo", "to a file"}, Stdout: write})
	require.NoError(t, err)
	require.NoError(t, write.Close())
	out.Reset()
	_, err = out.ReadFrom(read)
	require.NoError(t, err)
	require.Equal(t, "to a file\n", out.String())
}

func TestExecAsUser(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	const script = "id -u; id -un; id -g; id -gn"
	require.Equal(t, "0\nroot\n0\nroot\n", shell(t, c, sandbox.Credentials{}, script))
	require.Equal(t, "170\njuju\n170\njuju\n", shell(t, c, sandbox.Credentials{UID: 170, GID: 170}, script))
	daemon := sandbox.Credentials{UID: 584792, GID: 584792, Groups: []int{170}}
	require.Equal(t, "584792\n_daemon_\n584792\n_daemon_\n", shell(t, c, daemon, script))
	if !sandboxtest.Ordinary(t) {
		require.Equal(t, "584792 170\n", shell(t, c, daemon, "id -G"))
	}
}

func TestExecCannotRun(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	for _, test := range []struct {
		name string
		spec sandbox.ExecSpec
		want error
		text string
	}{
		{"missing", sandbox.ExecSpec{Argv: []string{"/nothing"}}, fs.ErrNotExist, "cannot run /nothing: no such file or directory"},
		{"not in PATH", sandbox.ExecSpec{Argv: []string{"nothing"}, Env: []string{path}}, fs.ErrNotExist, "cannot find nothing in PATH"},
		{"not executable", sandbox.ExecSpec{Argv: []string{"/etc/passwd"}}, fs.ErrPermission, "permission denied"},
		{"no directory", sandbox.ExecSpec{Argv: []string{"/bin/true"}, Dir: "/nowhere"}, fs.ErrNotExist, "/nowhere"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := c.Exec(testContext(t), test.spec)
			require.ErrorIs(t, err, test.want)
			require.ErrorContains(t, err, test.text)
			var execError *sandbox.ExecError
			require.ErrorAs(t, err, &execError)
		})
	}
}

func TestExecCancelled(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	ctx, cancel := context.WithCancel(testContext(t))
	go func() {
		_, _ = read.Read(make([]byte, 1)) // the program runs
		cancel()
	}()
	exit, err := c.Exec(ctx, sandbox.ExecSpec{
		Argv: []string{"/bin/sh", "-c", "echo; sleep 1234 & wait"}, Env: []string{path}, Stdout: write,
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, sandbox.Exit{Signal: syscall.SIGKILL}, exit)
	require.NoError(t, write.Close())
	eventually(t, func() bool {
		return !strings.Contains(shell(t, c, sandbox.Credentials{}, processes), "sleep 1234")
	}, "the program's child is to be killed, too")
}

func TestExecDoesNotWaitForBackgroundChildren(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	var out bytes.Buffer
	exit, err := c.Exec(testContext(t), sandbox.ExecSpec{
		Argv: []string{"/bin/sh", "-c", "echo done; sleep 1000 &"}, Env: []string{path}, Stdout: &out,
	})
	require.NoError(t, err)
	require.Equal(t, sandbox.Exit{}, exit)
	require.Equal(t, "done\n", out.String())
	require.Contains(t, shell(t, c, sandbox.Credentials{}, processes), "sleep 1000")
}

func TestExecInStoppedContainer(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	failed := make(chan error, 1)
	go func() {
		_, err := c.Exec(testContext(t), sandbox.ExecSpec{
			Argv: []string{"/bin/sh", "-c", "echo; sleep 60"}, Env: []string{path}, Stdout: write,
		})
		failed <- err
	}()
	_, err = read.Read(make([]byte, 1))
	require.NoError(t, err)
	require.NoError(t, c.Kill())
	require.ErrorIs(t, <-failed, sandbox.ErrStopped)
	require.NoError(t, write.Close())

	_, err = c.Exec(testContext(t), sandbox.ExecSpec{Argv: []string{"/bin/true"}})
	require.ErrorIs(t, err, sandbox.ErrStopped)
}
