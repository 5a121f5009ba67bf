package sandbox_test

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
	"github.com/charmkit/charmkit/internal/sandbox/sandboxtest"
)

func TestFilesOfAContainer(t *testing.T) {
	t.Parallel()
	container := newContainer(t)
	inside := container.Files(sandbox.Credentials{})

	file, err := inside.Create("/tmp/note")
	require.NoError(t, err)
	_, err = io.WriteString(file, "hello")
	require.NoError(t, err)
	require.NoError(t, file.Close())
	file, err = inside.Open("/tmp/note")
	require.NoError(t, err)
	content, err := io.ReadAll(file)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.Equal(t, "hello", string(content))

	_, err = inside.Open("/tmp/nosuch")
	require.ErrorIs(t, err, fs.ErrNotExist)

	// A link that names a file of the host leads to the container's own.
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("host"), 0o600))
	shell(t, container, sandbox.Credentials{}, "ln -s "+secret+" /tmp/link")
	_, err = inside.Open("/tmp/link")
	require.ErrorIs(t, err, fs.ErrNotExist)
	shell(t, container, sandbox.Credentials{}, "mkfifo /tmp/pipe")
	_, err = inside.Open("/tmp/pipe")
	require.Error(t, err)
}

// What a user may not do himself is not done for him.
func TestFilesOfAUser(t *testing.T) {
	t.Parallel()
	if sandboxtest.Ordinary(t) {
		// There are no other users.
		require.NoError(t, touch(newContainer(t).Files(sandbox.Credentials{UID: 170, GID: 170}), "/etc/sudoers"))
		return
	}
	container := newContainer(t)
	juju := container.Files(sandbox.Credentials{UID: 170, GID: 170, Groups: []int{4}})
	_, err := juju.Open("/etc/sudoers")
	require.ErrorIs(t, err, fs.ErrPermission)
	require.ErrorIs(t, touch(juju, "/etc/passwd"), fs.ErrPermission)
	require.NoError(t, touch(juju, "/tmp/mine"))
	require.Equal(t, "170 170", strings.TrimSpace(shell(t, container, sandbox.Credentials{}, "stat -c '%u %g' /tmp/mine")))
	shell(t, container, sandbox.Credentials{}, "touch /tmp/ours && chgrp 4 /tmp/ours && chmod 640 /tmp/ours")
	file, err := juju.Open("/tmp/ours")
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.NoError(t, touch(container.Files(sandbox.Credentials{}), "/etc/sudoers"), "other threads are still root")
}

func touch(files *sandbox.Files, name string) error {
	file, err := files.Create(name)
	if err != nil {
		return err
	}
	return file.Close()
}
