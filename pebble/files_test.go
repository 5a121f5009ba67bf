package pebble_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

func TestFiles(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		dir := t.TempDir()
		path := filepath.Join(dir, "a", "b.conf")

		err := c.Push(ctx, path, strings.NewReader("x"), nil)
		require.ErrorIs(t, err, fs.ErrNotExist)
		var failed *pebble.PathError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "push", failed.Op)
		require.Equal(t, path, failed.Path)

		require.NoError(t, c.Push(ctx, path, strings.NewReader("content"), &pebble.PushOptions{Mode: 0o662, MakeDirs: true}))
		got, err := c.Pull(ctx, path)
		require.NoError(t, err)
		require.Equal(t, "content", string(got))

		info, err := c.Stat(ctx, path)
		require.NoError(t, err)
		require.Equal(t, path, info.Path)
		require.Equal(t, fs.FileMode(0o662), info.Mode)
		require.EqualValues(t, len("content"), info.Size)
		require.Equal(t, ptr(os.Getuid()), info.UserID)
		info, err = c.Stat(ctx, dir)
		require.NoError(t, err)
		require.True(t, info.Mode.IsDir())

		require.NoError(t, c.MakeDir(ctx, filepath.Join(dir, "c", "d"), &pebble.MakeDirOptions{Mode: 0o700, Parents: true}))
		require.NoError(t, c.Push(ctx, filepath.Join(dir, "e.conf"), strings.NewReader(""), nil))
		infos, err := c.List(ctx, dir, "")
		require.NoError(t, err)
		require.Len(t, infos, 3)
		infos, err = c.List(ctx, dir, "*.conf")
		require.NoError(t, err)
		require.Len(t, infos, 1)
		require.Equal(t, fs.FileMode(0o644), infos[0].Mode)

		require.Error(t, c.Remove(ctx, filepath.Join(dir, "c"), nil), "it is not empty")
		require.NoError(t, c.Remove(ctx, filepath.Join(dir, "c"), &pebble.RemoveOptions{Recursive: true}))
		require.ErrorIs(t, c.Remove(ctx, filepath.Join(dir, "c"), nil), fs.ErrNotExist)
		require.NoError(t, c.Remove(ctx, filepath.Join(dir, "c"), &pebble.RemoveOptions{Recursive: true}))

		_, err = c.Pull(ctx, filepath.Join(dir, "none"))
		require.ErrorIs(t, err, fs.ErrNotExist)
		_, err = c.Stat(ctx, filepath.Join(dir, "none"))
		require.ErrorIs(t, err, fs.ErrNotExist)
		_, err = c.Pull(ctx, dir)
		require.ErrorAs(t, err, &failed)
		require.Equal(t, pebble.PathFailed, failed.Kind)
		_, err = c.List(ctx, "relative", "")
		require.ErrorAs(t, err, &failed)
		require.ErrorAs(t, c.MakeDir(ctx, dir, nil), &failed, "it exists")
		require.Equal(t, "make", failed.Op)

		broken := errors.New("lost the source")
		err = c.Push(ctx, path, iotest.ErrReader(broken), nil)
		require.ErrorIs(t, err, broken)
		require.NotErrorIs(t, err, pebble.ErrNotReady)
		got, err = c.Pull(ctx, path)
		require.NoError(t, err)
		require.Equal(t, "content", string(got), "a push that fails leaves the file alone")
	})
}

// nobody is an ordinary user, whose daemon cannot give files away.
var nobody = &pebbletest.User{UID: 65534, GID: 65534}

func TestOwnersNeedRoot(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := pebbletest.Start(t, pebbletest.Options{Version: version, User: nobody})
		ctx, c := t.Context(), d.Container("app")
		dir := filepath.Join(filepath.Dir(d.Socket), "files")
		require.NoError(t, c.MakeDir(ctx, dir, nil))

		path := filepath.Join(dir, "f")
		root := pebble.Owner{UserID: ptr(0), GroupID: ptr(0)}
		err := c.Push(ctx, path, strings.NewReader("x"), &pebble.PushOptions{Owner: root})
		var chown *pebble.ChownError
		require.ErrorAs(t, err, &chown)
		require.Equal(t, pebble.ChownError{Path: path, Owner: "0:0"}, *chown)
		require.ErrorContains(t, err, "cannot chown "+path+" to 0:0: Pebble is not root")

		_, err = c.Pull(ctx, "/etc/shadow")
		require.ErrorIs(t, err, fs.ErrPermission)

		// Apply looks first: nothing is written, not even the file without an owner.
		want := pebble.Want{Files: []pebble.File{
			{Path: filepath.Join(dir, "mine"), Content: []byte("x"), Owner: pebble.Owner{User: "nobody"}},
			{Path: filepath.Join(dir, "any"), Content: []byte("x")},
			{Path: path, Content: []byte("x"), Owner: root},
		}}
		applied, err := c.Apply(ctx, want)
		require.ErrorAs(t, err, &chown)
		require.Equal(t, pebble.ChownError{Path: path, Owner: "0:0", User: "nobody"}, *chown)
		require.False(t, applied.Changed())
		infos, err := c.List(ctx, dir, "")
		require.NoError(t, err)
		require.Empty(t, infos)

		// Its own user it can name.
		want.Files = want.Files[:2]
		apply(t, c, want)
		quiet(t, d, want)
	})
}

func TestOwnersAsRoot(t *testing.T) {
	require.Zero(t, os.Getuid(), "this test is to be run as root")
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		ctx, c := t.Context(), d.Container("app")
		path := filepath.Join(t.TempDir(), "made", "f")
		want := pebble.Want{Files: []pebble.File{{
			Path: path, Content: []byte("x"), Mode: 0o640,
			Owner: pebble.Owner{User: "nobody", Group: "daemon"},
		}}}
		apply(t, c, want)
		info, err := c.Stat(ctx, path)
		require.NoError(t, err)
		require.Equal(t, "nobody", info.User)
		require.Equal(t, "daemon", info.Group)
		require.Equal(t, fs.FileMode(0o640), info.Mode)
		quiet(t, d, want)

		// Each of mode and owner counts by itself.
		require.NoError(t, os.Chmod(path, 0o600))
		require.Equal(t, []string{path}, apply(t, c, want).Pushed)
		require.NoError(t, os.Chown(path, 0, 0))
		require.Equal(t, []string{path}, apply(t, c, want).Pushed)
		quiet(t, d, want)

		want.Files[0].Owner = pebble.Owner{User: "no-such-user"}
		_, err = c.Apply(ctx, want)
		require.ErrorContains(t, err, "no-such-user")
	})
}
