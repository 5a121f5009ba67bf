package sandbox_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
	"github.com/charmkit/charmkit/internal/sandbox/sandboxtest"
)

func TestContainerCommand(t *testing.T) {
	t.Parallel()
	pod := newPod(t, newNetwork(t), "hello-0")
	var out bytes.Buffer
	c := start(t, pod, sandbox.ContainerSpec{
		Name: "app", Output: &out, Dir: "/var/lib", Env: []string{"A=1", path},
		Command: []string{"sh", "-c", "echo $$ $(id -u) $(pwd) $(hostname); env | grep -v ^PWD= | sort; exit 7"},
		RunAs:   sandbox.Credentials{UID: 584792, GID: 584792},
	})
	exit, err := c.Wait(testContext(t))
	require.NoError(t, err)
	require.Equal(t, sandbox.Exit{Code: 7}, exit)
	require.Equal(t, "exit status 7", exit.String())
	require.Equal(t, "1 584792 /var/lib hello-0\nA=1\n"+path+"\n", out.String())

	_, err = c.Exec(t.Context(), sandbox.ExecSpec{Argv: []string{"/bin/true"}})
	require.EqualError(t, err, "cannot run /bin/true: the container app runs a command of its own")
}

func TestContainerEnds(t *testing.T) {
	t.Parallel()
	pod := newPod(t, newNetwork(t), "hello-0")
	for _, test := range []struct {
		name, script string
		end          func(context.Context, *sandbox.Container) error
		want         sandbox.Exit
	}{
		{"stopped", "trap 'exit 3' TERM; echo ready; sleep 60 & wait", stop, sandbox.Exit{Code: 3}},
		{"deaf", "trap '' TERM; echo ready; sleep 60 & wait", stopAtOnce, sandbox.Exit{Signal: syscall.SIGKILL}},
		{"killed", "echo ready; sleep 60", kill, sandbox.Exit{Signal: syscall.SIGKILL}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			read, write, err := os.Pipe()
			require.NoError(t, err)
			defer read.Close()
			c := start(t, pod, sandbox.ContainerSpec{
				Name: test.name, Command: []string{"/bin/sh", "-c", test.script}, Env: []string{path}, Output: write,
			})
			require.NoError(t, write.Close())
			_, err = read.Read(make([]byte, 6))
			require.NoError(t, err)
			require.NoError(t, test.end(testContext(t), c))
			exit, err := c.Wait(testContext(t))
			require.NoError(t, err)
			require.Equal(t, test.want, exit)
			require.NoError(t, c.Stop(testContext(t)), "it has ended already")
		})
	}
}

func stop(ctx context.Context, c *sandbox.Container) error { return c.Stop(ctx) }
func kill(_ context.Context, c *sandbox.Container) error   { return c.Kill() }

func stopAtOnce(ctx context.Context, c *sandbox.Container) error {
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	return c.Stop(ctx)
}

// A container that runs programs on request asks them to end, and ends when they have.
func TestSupervisorStops(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	shell(t, c, sandbox.Credentials{}, "(trap 'sleep 0.1; exit' TERM; sleep 60 & touch /var/ready; wait) >/dev/null 2>&1 &"+
		"while ! [ -e /var/ready ]; do sleep 0.01; done")
	require.NoError(t, c.Stop(testContext(t)))
	exit, err := c.Wait(testContext(t))
	require.NoError(t, err)
	require.Equal(t, sandbox.Exit{}, exit)
}

func TestSupervisorReapsOrphans(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	shell(t, c, sandbox.Credentials{}, "for i in 1 2 3; do (sleep 0.01 &) ; done")
	eventually(t, func() bool {
		states := shell(t, c, sandbox.Credentials{}, "cat /proc/[0-9]*/stat 2>/dev/null || true")
		return !strings.Contains(states, "(sleep)")
	}, "orphans are to be reaped")
}

// What a container wrote is there for the next one with the same root, except in /etc, /tmp and /run.
func TestRootPersists(t *testing.T) {
	t.Parallel()
	pod := newPod(t, newNetwork(t), "hello-0")
	root := filepath.Join(t.TempDir(), "deep", "root")
	first := start(t, pod, sandbox.ContainerSpec{Name: "charm", Root: root})
	shell(t, first, sandbox.Credentials{}, "for d in etc var/lib opt tmp run; do echo kept >/$d/new; done")
	_, err := pod.Start(t.Context(), sandbox.ContainerSpec{Name: "charm", Root: root})
	require.EqualError(t, err, "cannot start container charm of pod hello-0: it is running already")
	require.NoError(t, first.Kill())

	second := start(t, pod, sandbox.ContainerSpec{Name: "charm", Root: root})
	require.Equal(t, "/opt/new\n/var/lib/new\n", shell(t, second, sandbox.Credentials{},
		"ls /etc/new /opt/new /tmp/new /run/new /var/lib/new 2>/dev/null || true"))
}

func TestMountsAndDirectories(t *testing.T) {
	t.Parallel()
	pod := newPod(t, newNetwork(t), "hello-0")
	host := t.TempDir()
	require.NoError(t, os.Chmod(host, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(host, "file"), []byte("from the host\n"), 0o644))
	shared := filepath.Join(host, "shared")
	require.NoError(t, sandbox.MakeDirectory(sandbox.Directory{Path: shared, Mode: 0o770 | fs.ModeSetgid, GID: 170}))

	charm := start(t, pod, sandbox.ContainerSpec{Name: "charm", Mounts: []sandbox.Mount{
		{Source: filepath.Join(host, "file"), Target: "/charm/etc/file", ReadOnly: true},
		{Source: host, Target: "/data", ReadOnly: true},
		{Source: shared, Target: "/charm/containers/app"},
	}, Directories: []sandbox.Directory{
		{Path: "/var/lib/juju", UID: 170, GID: 170},
		{Path: "/run/app", Mode: 0o700, UID: 170, GID: 170},
	}})
	app := start(t, pod, sandbox.ContainerSpec{Name: "app", Mounts: []sandbox.Mount{{Source: shared, Target: "/charm/container"}}})
	root := sandbox.Credentials{}
	juju := sandbox.Credentials{UID: 170, GID: 170}
	daemon := sandbox.Credentials{UID: 584792, GID: 584792, Groups: []int{170}}

	require.Equal(t, "from the host\nfrom the host\n", shell(t, charm, juju, "cat /charm/etc/file /data/file"))
	for _, file := range []string{"/charm/etc/file", "/data/file", "/data/new", "/usr/new", "/bin/new"} {
		out := shell(t, charm, root, "(echo x >"+file+") 2>&1 || true")
		require.Contains(t, out, "Read-only file system", file)
	}
	shell(t, charm, juju, "touch /var/lib/juju/a /run/app/b; umask 007; echo hello >/charm/containers/app/greeting")
	require.Equal(t, "hello\n", shell(t, app, daemon, "cat /charm/container/greeting; umask 007; echo back >>/charm/container/greeting"))
	require.Equal(t, "hello\nback\n", shell(t, charm, juju, "cat /charm/containers/app/greeting"))
	if !sandboxtest.Ordinary(t) {
		require.Equal(t, "170 170\n584792 170\n", shell(t, app, daemon,
			"touch /charm/container/mine; stat -c '%u %g' /charm/container/greeting /charm/container/mine"))
	}
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	pod := newPod(t, newNetwork(t), "hello-0")
	for _, test := range []struct {
		name string
		spec sandbox.ContainerSpec
		want string
	}{
		{"no root", sandbox.ContainerSpec{Root: "here"}, `root "here" is not an absolute path`},
		{"no program", sandbox.ContainerSpec{Command: []string{"/nothing"}}, "cannot run /nothing: no such file or directory"},
		{"no program in path", sandbox.ContainerSpec{Command: []string{"nothing"}}, `cannot find nothing in PATH ""`},
		{"no source", sandbox.ContainerSpec{Mounts: []sandbox.Mount{{Source: "/nowhere", Target: "/x"}}}, "cannot take /nowhere: no such file"},
		{"no directory", sandbox.ContainerSpec{Command: []string{"/bin/true"}, Dir: "/nowhere"}, "cannot use working directory"},
		{"user", sandbox.ContainerSpec{RunAs: sandbox.Credentials{UID: 170}}, "no command to run as another user"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.spec.Name = test.name
			if test.spec.Root == "" {
				test.spec.Root = filepath.Join(t.TempDir(), "root")
			}
			_, err := pod.Start(testContext(t), test.spec)
			require.ErrorContains(t, err, "cannot start container "+test.name+" of pod hello-0: ")
			require.ErrorContains(t, err, test.want)
		})
	}
}
