package sandbox_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/canonical/pebble/client"
	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
	"github.com/charmkit/charmkit/internal/sandbox/sandboxtest"
)

// identities is what Juju 3.6.11 gives each workload's Pebble when the charm does not run as root.
const identities = `identities:
    charm:
        access: admin
        local:
            user-id: 170
`

// A pod as Juju makes it: Pebble is process 1 of the workload, runs as _daemon_, and obeys a charm that runs as juju.
func TestPebble(t *testing.T) {
	t.Parallel()
	pod := newPod(t, newNetwork(t), "hello-0")
	host := t.TempDir()
	shared := filepath.Join(host, strings.Repeat("a-long-way/", 10), "app")
	require.NoError(t, sandbox.MakeDirectory(sandbox.Directory{Path: shared, Mode: 0o770 | fs.ModeSetgid, GID: 170}))
	require.NoError(t, os.WriteFile(filepath.Join(host, "identities.yaml"), []byte(identities), 0o644))
	binary := sandbox.Mount{Source: pebble(t), Target: "/charm/bin/pebble", ReadOnly: true}
	root := filepath.Join(host, "root")

	var log bytes.Buffer
	app := start(t, pod, sandbox.ContainerSpec{
		Name: "app", Root: root, Output: &log,
		Mounts: []sandbox.Mount{
			binary,
			{Source: shared, Target: "/charm/container"},
			{Source: filepath.Join(host, "identities.yaml"), Target: "/charm/etc/pebble/identities.yaml", ReadOnly: true},
		},
		Directories: []sandbox.Directory{{Path: "/srv/app", UID: 584792, GID: 584792}},
		Command: []string{
			"/charm/bin/pebble", "run", "--create-dirs", "--hold", "--http", ":38813", "--verbose",
			"--identities", "/charm/etc/pebble/identities.yaml",
		},
		Env: []string{
			path, "HOME=/srv/app", "JUJU_CONTAINER_NAME=app", "PEBBLE=/charm/container/pebble",
			"PEBBLE_COPY_ONCE=/var/lib/pebble/default", "PEBBLE_SOCKET=/charm/container/pebble.socket",
		},
		RunAs: sandbox.Credentials{UID: 584792, GID: 584792, Groups: []int{170}},
	})
	charm := start(t, pod, sandbox.ContainerSpec{
		Name: "charm", Mounts: []sandbox.Mount{binary, {Source: shared, Target: "/charm/containers/app"}},
	})
	run := func(uid int, stdin string, args ...string) (string, sandbox.Exit) {
		var out bytes.Buffer
		exit, err := charm.Exec(testContext(t), sandbox.ExecSpec{
			Argv: append([]string{"/charm/bin/pebble"}, args...),
			Env:  []string{path, "HOME=/tmp", "PEBBLE_SOCKET=/charm/containers/app/pebble.socket"}, Stdin: strings.NewReader(stdin),
			RunAs:  sandbox.Credentials{UID: uid, GID: uid, Groups: []int{170}},
			Stdout: &out, Stderr: &out,
		})
		require.NoError(t, err)
		return out.String(), exit
	}

	// The identity is known a moment after the socket is.
	eventually(t, func() bool {
		out, exit := run(170, "", "exec", "--", "/usr/bin/id", "-un")
		return exit == sandbox.Exit{} && out == "_daemon_\n"
	}, "Pebble is to obey the charm")
	if !sandboxtest.Ordinary(t) {
		out, exit := run(171, "", "exec", "--", "/usr/bin/id", "-un")
		require.Equal(t, sandbox.Exit{Code: 1}, exit)
		require.Contains(t, out, "access denied")
	}

	// What is pushed is in the container, and nowhere else.
	shell(t, charm, sandbox.Credentials{UID: 170, GID: 170}, "echo pushed >/tmp/greeting")
	out, exit := run(170, "", "push", "/tmp/greeting", "/srv/app/greeting")
	require.Equal(t, sandbox.Exit{}, exit, out)
	content, err := os.ReadFile(filepath.Join(root, "srv/app/greeting"))
	require.NoError(t, err)
	require.Equal(t, "pushed\n", string(content))
	require.NoFileExists(t, "/srv/app/greeting")

	// The owner of the pod reaches the same daemon, by a path too long for a socket.
	short, err := sandbox.ShortSocketPath(filepath.Join(shared, "pebble.socket"))
	require.NoError(t, err)
	defer short.Close()
	daemon, err := client.New(&client.Config{Socket: short.String()})
	require.NoError(t, err)
	info, err := daemon.SysInfo()
	require.NoError(t, err)
	require.Equal(t, "1.19.2", strings.TrimPrefix(info.Version, "v"))
	err = daemon.AddLayer(&client.AddLayerOptions{Combine: true, Label: "test", LayerData: []byte(`
services:
    sleeper:
        override: replace
        command: /bin/sh -c "echo $$ >/srv/app/pid; exec sleep 1000"
`)})
	require.NoError(t, err)
	change, err := daemon.Start(&client.ServiceOptions{Names: []string{"sleeper"}})
	require.NoError(t, err)
	_, err = daemon.WaitChange(change, nil)
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(root, "srv/app/pid"))

	require.NoError(t, app.Stop(testContext(t)))
	exit, err = app.Wait(context.Background())
	require.NoError(t, err)
	require.Equal(t, sandbox.Exit{}, exit, log.String())
	// Pebble's state and layers belong to the pod, not to the container.
	require.FileExists(t, filepath.Join(shared, "pebble/.pebble.state"))
}
