package charmbox_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/testenv"
)

// startDaemon starts a daemon, and returns its folder and its end.
func startDaemon(t *testing.T) (dir string, ended <-chan error) {
	t.Helper()
	parent, err := os.MkdirTemp("", "cb") // a short name, for the socket
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(parent)) })
	dir = filepath.Join(parent, "model")
	ready, end := make(chan struct{}), make(chan error, 1)
	go func() {
		end <- charmbox.RunDaemon(context.Background(), options(t, dir), func() { close(ready) })
	}()
	select {
	case <-ready:
	case err := <-end:
		require.NoError(t, err)
	}
	return dir, end
}

func options(t *testing.T, dir string) charmbox.Options {
	return charmbox.Options{Dir: dir, Model: "m", Pebble: testenv.Pebble(t, "1.19.2"), Tools: "/proc/self/exe"}
}

func TestOneDaemonForEachFolder(t *testing.T) {
	t.Parallel()
	dir, ended := startDaemon(t)
	err := charmbox.RunDaemon(t.Context(), options(t, dir), func() { t.Error("two daemons are ready") })
	require.ErrorIs(t, err, charmbox.ErrRunning)
	status, err := charmbox.NewClient(dir).Status(t.Context())
	require.NoError(t, err, "the first is not disturbed")
	require.Equal(t, "m", status.Model.Name)

	info, err := os.Stat(filepath.Join(dir, "daemon.sock"))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	require.NoError(t, charmbox.Destroy(t.Context(), dir))
	require.NoError(t, <-ended)
	require.NoDirExists(t, dir)
	require.ErrorIs(t, charmbox.Destroy(t.Context(), dir), charmbox.ErrNoModel)
	require.NoDirExists(t, dir)
}

// Somebody may have said that the model is to live among other things.
func TestDestroyLeavesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	dir, ended := startDaemon(t)
	mine := filepath.Join(dir, "mine")
	require.NoError(t, os.Mkdir(mine, 0o755))
	require.NoError(t, charmbox.Destroy(t.Context(), dir))
	require.NoError(t, <-ended)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.DirExists(t, mine)
}

// The model stays when the daemon is stopped, and can be destroyed without one.
func TestStoppedDaemon(t *testing.T) {
	t.Parallel()
	parent, err := os.MkdirTemp("", "cb")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(parent)) })
	ctx, stop := context.WithCancel(t.Context())
	require.NoError(t, charmbox.RunDaemon(ctx, options(t, parent), stop))
	require.True(t, charmbox.Stored(parent))
	_, err = charmbox.NewClient(parent).Status(t.Context())
	require.ErrorIs(t, err, charmbox.ErrNoDaemon)

	require.NoError(t, charmbox.Destroy(t.Context(), parent))
	require.False(t, charmbox.Stored(parent))
}

// Until a program that is being started has become itself, it has the daemon's files open too, its lock among them.
func TestStoppedDaemonWhileAProgramIsStarted(t *testing.T) {
	t.Parallel()
	parent, err := os.MkdirTemp("", "cb")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(parent)) })
	ctx, stop := context.WithCancel(t.Context())
	started := -1
	require.NoError(t, charmbox.RunDaemon(ctx, options(t, parent), func() {
		started = duplicate(t, filepath.Join(parent, "daemon.lock"))
		stop()
	}))
	defer unix.Close(started)
	require.NoError(t, charmbox.Destroy(t.Context(), parent))
}

// duplicate opens once more, as a fork does, what this process has open of a path.
func duplicate(t *testing.T, path string) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	for _, entry := range open {
		if name, err := os.Readlink("/proc/self/fd/" + entry.Name()); err != nil || name != path {
			continue
		}
		fd, err := strconv.Atoi(entry.Name())
		require.NoError(t, err)
		again, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		require.NoError(t, err)
		return again
	}
	require.Fail(t, "nothing is open of "+path)
	return -1
}

func TestLogIsFollowed(t *testing.T) {
	t.Parallel()
	dir, ended := startDaemon(t)
	client := charmbox.NewClient(dir)
	answer, err := client.Log(t.Context(), charmbox.LogRequest{Wait: time.Millisecond})
	require.NoError(t, err)
	require.Empty(t, answer.Records)

	followed := make(chan error, 1)
	go func() {
		answer, err := client.Log(context.Background(), charmbox.LogRequest{Wait: time.Minute})
		if err == nil && (len(answer.Records) == 0 || answer.Last < len(answer.Records) || answer.Records[0].Unit != "hello/0") {
			err = errors.New("the log does not begin with hello/0")
		}
		followed <- err
	}()
	require.NoError(t, client.Deploy(t.Context(), charmbox.DeployRequest{Charm: unpackedHello(t)}))
	require.NoError(t, <-followed)
	require.NoError(t, charmbox.Destroy(t.Context(), dir))
	require.NoError(t, <-ended)
}

// unpackedHello is the folder of a charm that does nothing.
func unpackedHello(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"metadata.yaml": "name: hello\nsummary: s\ndescription: d\n",
		"dispatch":      "#!/bin/sh\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755))
	}
	return dir
}
