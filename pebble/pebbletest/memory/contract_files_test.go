package memory_test

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

// push writes a file in the clause's folder.
func (c *contract) push(name, content string, opts *pebble.PushOptions) error {
	return c.container().Push(c.Context(), path.Join(c.dir(), name), strings.NewReader(content), opts)
}

// pull reads a file in the clause's folder.
func (c *contract) pull(name string) (string, error) {
	content, err := c.container().Pull(c.Context(), path.Join(c.dir(), name))
	return string(content), err
}

// stat describes a file in the clause's folder without its time.
func (c *contract) stat(name string) pebble.FileInfo {
	c.Helper()
	info, err := c.container().Stat(c.Context(), path.Join(c.dir(), name))
	require.NoError(c, err)
	require.False(c, info.ModTime.IsZero())
	out := *info
	out.Path = c.clean(out.Path)
	return out
}

// owner is the part of a file that tells to whom it belongs.
func owner(info pebble.FileInfo) string {
	return pebble.Owner{User: info.User, UserID: info.UserID, Group: info.Group, GroupID: info.GroupID}.String()
}

// fileRefused requires a PathError of a kind with a text.
func (c *contract) fileRefused(err error, kind pebble.PathKind, message string) {
	c.Helper()
	var refused *pebble.PathError
	require.ErrorAs(c, err, &refused)
	require.Equal(c, message, c.clean(refused.Message))
	require.Equal(c, kind, refused.Kind)
	require.Equal(c, kind == pebble.PathNotFound, errors.Is(err, fs.ErrNotExist))
}

// names returns what is in a folder.
func (c *contract) names(name, pattern string) []string {
	c.Helper()
	infos, err := c.container().List(c.Context(), path.Join(c.dir(), name), pattern)
	require.NoError(c, err)
	var out []string
	for _, info := range infos {
		require.Equal(c, path.Join(c.dir(), name), path.Dir(info.Path))
		out = append(out, path.Base(info.Path))
	}
	return out
}

var fileCases = []contractCase{
	{name: "push and pull", run: func(c *contract) {
		content := "line\n\x00\xff" + strings.Repeat("x", 100_000)
		require.NoError(c, c.push("file", content, nil))
		got, err := c.pull("file")
		require.NoError(c, err)
		require.True(c, content == got)
		info := c.stat("file")
		require.Equal(c, fs.FileMode(0o644), info.Mode)
		require.Equal(c, int64(len(content)), info.Size)
		require.Equal(c, "root:root", owner(info))
		require.Equal(c, 0, *info.UserID)
		require.Equal(c, 0, *info.GroupID)
		require.Equal(c, "DIR/file", info.Path)
	}},
	{name: "an empty one", run: func(c *contract) {
		require.NoError(c, c.push("file", "", nil))
		got, err := c.pull("file")
		require.NoError(c, err)
		require.Empty(c, got)
	}},
	{name: "a name with what needs quoting", run: func(c *contract) {
		name := `a "b" \c %d é`
		require.NoError(c, c.push(name, "x", nil))
		got, err := c.pull(name)
		require.NoError(c, err)
		require.Equal(c, "x", got)
		require.Equal(c, []string{name}, c.names("", ""))
	}},
	{name: "mode", run: func(c *contract) {
		require.NoError(c, c.push("file", "", &pebble.PushOptions{Mode: 0o777}))
		require.Equal(c, fs.FileMode(0o777), c.stat("file").Mode)
		require.NoError(c, c.push("file", "", &pebble.PushOptions{Mode: 0o4}))
		require.Equal(c, fs.FileMode(0o4), c.stat("file").Mode)
		require.NoError(c, c.push("file", "", nil))
		require.Equal(c, fs.FileMode(0o644), c.stat("file").Mode, "the mode of a file that is replaced does not live on")
	}},
	{name: "owner", run: func(c *contract) {
		for _, one := range []struct {
			give pebble.Owner
			want string
		}{
			{pebble.Owner{User: "nobody"}, "nobody:nogroup"},
			{pebble.Owner{UserID: ptr(1)}, "daemon:daemon"},
			{pebble.Owner{User: "nobody", Group: "root"}, "nobody:root"},
			{pebble.Owner{UserID: ptr(12345), GroupID: ptr(0)}, "12345:root"},
			{pebble.Owner{User: "daemon", UserID: ptr(1), GroupID: ptr(54321)}, "daemon:54321"},
			{pebble.Owner{}, "root:root"},
		} {
			require.NoError(c, c.push("file", "", &pebble.PushOptions{Owner: one.give}))
			require.Equal(c, one.want, owner(c.stat("file")))
		}
	}},
	{name: "owner that there is not", run: func(c *contract) {
		for problem, give := range map[string]pebble.Owner{
			"user: unknown user nosuchuser":                      {User: "nosuchuser"},
			"group: unknown group nosuchgroup":                   {User: "root", Group: "nosuchgroup"},
			"user: unknown userid 12345":                         {UserID: ptr(12345)},
			"must specify user, not just group":                  {Group: "root"},
			`user "daemon" UID (1) does not match user-id (2)`:   {User: "daemon", UserID: ptr(2)},
			`group "root" GID (0) does not match group-id (123)`: {User: "root", Group: "root", GroupID: ptr(123)},
		} {
			err := c.push("file", "", &pebble.PushOptions{Owner: give})
			c.fileRefused(err, pebble.PathFailed, "cannot look up user and group: "+problem)
		}
	}},
	{name: "stat of what is not there", run: func(c *contract) {
		_, err := c.container().Stat(c.Context(), c.dir()+"/x")
		c.fileRefused(err, pebble.PathNotFound, "stat DIR/x: no such file or directory")
		require.NoError(c, c.push("file", "", nil))
		_, err = c.container().Stat(c.Context(), c.dir()+"/file/x")
		c.fileRefused(err, pebble.PathFailed, "stat DIR/file/x: not a directory")
		_, err = c.container().Stat(c.Context(), "x")
		c.fileRefused(err, pebble.PathFailed, `path must be absolute, got "x"`)
	}},
	{name: "pull of what is not there", run: func(c *contract) {
		_, err := c.pull("x")
		c.fileRefused(err, pebble.PathNotFound, "stat DIR/x: no such file or directory")
		_, err = c.pull("")
		c.fileRefused(err, pebble.PathFailed, `can only read a regular file: "DIR"`)
		_, err = c.container().Pull(c.Context(), "x")
		c.fileRefused(err, pebble.PathFailed, `paths must be absolute, got "x"`)
	}},
	{name: "list", run: func(c *contract) {
		for _, name := range []string{"b.conf", "a.conf", ".hidden", "sub/c.conf"} {
			require.NoError(c, c.push(name, "x", &pebble.PushOptions{MakeDirs: true}))
		}
		require.Equal(c, []string{".hidden", "a.conf", "b.conf", "sub"}, c.names("", ""))
		require.Equal(c, []string{"a.conf", "b.conf"}, c.names("", "*.conf"))
		require.Equal(c, []string{"a.conf"}, c.names("", "[^b].conf"))
		require.Empty(c, c.names("", "nothing"))
		infos, err := c.container().List(c.Context(), c.dir()+"/a.conf", "")
		require.NoError(c, err)
		require.Len(c, infos, 1)
		_, err = c.container().List(c.Context(), c.dir(), "[")
		c.fileRefused(err, pebble.PathFailed, "syntax error in pattern")
	}},
	{name: "folder", run: func(c *contract) {
		require.NoError(c, c.container().MakeDir(c.Context(), c.dir()+"/sub", nil))
		info := c.stat("sub")
		require.Equal(c, fs.ModeDir|0o755, info.Mode)
		require.Zero(c, info.Size)
		require.Empty(c, c.names("sub", ""))
		require.NoError(c, c.container().MakeDir(c.Context(), c.dir()+"/own", &pebble.MakeDirOptions{
			Mode: 0o700, Owner: pebble.Owner{User: "nobody"},
		}))
		info = c.stat("own")
		require.Equal(c, fs.ModeDir|0o700, info.Mode)
		require.Equal(c, "nobody:nogroup", owner(info))
	}},
	{name: "folder with parents", run: func(c *contract) {
		opts := &pebble.MakeDirOptions{Parents: true, Mode: 0o750, Owner: pebble.Owner{User: "daemon"}}
		require.NoError(c, c.container().MakeDir(c.Context(), c.dir()+"/a/b/c", opts))
		for _, name := range []string{"a", "a/b", "a/b/c"} {
			require.Equal(c, fs.ModeDir|0o750, c.stat(name).Mode, name)
			require.Equal(c, "daemon:daemon", owner(c.stat(name)), name)
		}
		require.NoError(c, c.container().MakeDir(c.Context(), c.dir()+"/a/b/c", opts), "it may be there")
	}},
	{name: "folder that cannot be made", run: func(c *contract) {
		require.NoError(c, c.push("file", "", nil))
		makeDir := func(name string, parents bool) error {
			return c.container().MakeDir(c.Context(), c.dir()+name, &pebble.MakeDirOptions{Parents: parents})
		}
		c.fileRefused(makeDir("", false), pebble.PathFailed, "mkdir DIR: file exists")
		c.fileRefused(makeDir("/file", false), pebble.PathFailed, "mkdir DIR/file: not a directory")
		c.fileRefused(makeDir("/file", true), pebble.PathFailed, "mkdir DIR/file: not a directory")
		c.fileRefused(makeDir("/file/x", true), pebble.PathFailed, "mkdir DIR/file: not a directory")
		c.fileRefused(makeDir("/file/x", false), pebble.PathFailed, "mkdir DIR/file/x.mkdir-new: not a directory")
		c.fileRefused(makeDir("/x/y", false), pebble.PathNotFound, "mkdir DIR/x/y.mkdir-new: no such file or directory")
		c.fileRefused(c.container().MakeDir(c.Context(), "x", nil), pebble.PathFailed, `paths must be absolute, got "x"`)
	}},
	{name: "remove", run: func(c *contract) {
		require.NoError(c, c.push("sub/file", "", &pebble.PushOptions{MakeDirs: true}))
		remove := func(name string, recursive bool) error {
			return c.container().Remove(c.Context(), c.dir()+name, &pebble.RemoveOptions{Recursive: recursive})
		}
		c.fileRefused(remove("/sub", false), pebble.PathFailed, "remove DIR/sub: directory not empty")
		require.NoError(c, remove("/sub/file", false))
		require.Empty(c, c.names("sub", ""), "the folder stays")
		require.NoError(c, remove("/sub", false))
		require.Empty(c, c.names("", ""))
		c.fileRefused(remove("/sub", false), pebble.PathNotFound, "remove DIR/sub: no such file or directory")
		require.NoError(c, remove("/sub", true), "nothing there is no error")
		require.NoError(c, c.push("a/b/file", "", &pebble.PushOptions{MakeDirs: true}))
		require.NoError(c, remove("/a", true))
		require.Empty(c, c.names("", ""))
		require.NoError(c, c.push("file", "", nil))
		c.fileRefused(remove("/file/x", false), pebble.PathFailed, "remove DIR/file/x: not a directory")
		c.fileRefused(remove("/file/x", true), pebble.PathFailed, "unlinkat DIR/file/x: not a directory")
		c.fileRefused(remove("/file/x/y", true), pebble.PathFailed, "open DIR/file/x: not a directory")
		c.fileRefused(c.container().Remove(c.Context(), "x", &pebble.RemoveOptions{Recursive: true}), pebble.PathFailed, `paths must be absolute, got "x"`)
	}},
}

var writeCases = []contractCase{
	{name: "with parents", run: func(c *contract) {
		require.NoError(c, c.push("a/b/file", "x", &pebble.PushOptions{MakeDirs: true, Mode: 0o600, Owner: pebble.Owner{User: "nobody"}}))
		require.Equal(c, fs.ModeDir|0o755, c.stat("a/b").Mode)
		require.Equal(c, "nobody:nogroup", owner(c.stat("a")))
		require.Equal(c, fs.FileMode(0o600), c.stat("a/b/file").Mode)
	}},
	{name: "without its folder", run: func(c *contract) {
		c.fileRefused(c.push("x/file", "", nil), pebble.PathNotFound, "open DIR/x/file.TMP~: no such file or directory")
	}},
	{name: "below a file", run: func(c *contract) {
		require.NoError(c, c.push("file", "", nil))
		c.fileRefused(c.push("file/x", "", nil), pebble.PathFailed, "open DIR/file/x.TMP~: not a directory")
		err := c.push("file/x", "", &pebble.PushOptions{MakeDirs: true})
		c.fileRefused(err, pebble.PathFailed, "cannot create directory: mkdir DIR/file: not a directory")
	}},
	{name: "onto a folder", run: func(c *contract) {
		require.NoError(c, c.container().MakeDir(c.Context(), c.dir()+"/sub", nil))
		c.fileRefused(c.push("sub", "", nil), pebble.PathFailed, "rename DIR/sub.TMP~ DIR/sub: file exists")
		require.Equal(c, []string{"sub"}, c.names("", ""), "nothing is left")
	}},
	{name: "onto a mount", run: func(c *contract) {
		require.NoError(c, c.push("file", "", nil))
		c.mount(c.dir() + "/file")
		c.fileRefused(c.push("file", "new", nil), pebble.PathFailed, "rename DIR/file.TMP~ DIR/file: device or resource busy")
		content, err := c.pull("file")
		require.NoError(c, err)
		require.Equal(c, "mounted", content)
		err = c.container().Remove(c.Context(), c.dir()+"/file", nil)
		c.fileRefused(err, pebble.PathFailed, "remove DIR/file: device or resource busy")
	}},
	{name: "below a mount", run: func(c *contract) {
		require.NoError(c, c.container().MakeDir(c.Context(), c.dir()+"/data", nil))
		c.mount(c.dir() + "/data")
		require.NoError(c, c.push("data/file", "x", nil))
		require.Equal(c, []string{"file"}, c.names("data", ""))
		err := c.container().Remove(c.Context(), c.dir()+"/data", &pebble.RemoveOptions{Recursive: true})
		c.fileRefused(err, pebble.PathFailed, "unlinkat DIR/data: device or resource busy")
		require.Empty(c, c.names("data", ""))
	}},
	{name: "relative", run: func(c *contract) {
		err := c.container().Push(c.Context(), "x", strings.NewReader(""), nil)
		c.fileRefused(err, pebble.PathFailed, `paths must be absolute, got "x"`)
	}},
	{name: "with a star in its name", differs: "1.32.1 cannot", run: func(c *contract) {
		err := c.push("a*b", "x", nil)
		if !c.newer {
			require.NoError(c, err)
			return
		}
		c.fileRefused(err, pebble.PathFailed, `cannot create tempfile for filename containing '*': "a*b"`)
	}},
	{name: "content that cannot be read", run: func(c *contract) {
		broken := errors.New("broken")
		err := c.container().Push(c.Context(), c.dir()+"/file", &failingReader{broken}, nil)
		require.ErrorIs(c, err, broken)
		require.Empty(c, c.names("", ""))
	}},
	{name: "as a user that is not root", setup: setup{uid: 65534}, run: func(c *contract) {
		require.NoError(c, c.push("file", "x", nil))
		require.Equal(c, "nobody:nogroup", owner(c.stat("file")))
		require.NoError(c, c.push("own", "x", &pebble.PushOptions{Owner: pebble.Owner{User: "nobody"}}))
		var refused *pebble.ChownError
		err := c.push("file", "x", &pebble.PushOptions{Owner: pebble.Owner{User: "root"}})
		require.ErrorAs(c, err, &refused)
		require.NoError(c, c.push("none", "x", &pebble.PushOptions{Mode: 0o200}))
		_, err = c.pull("none")
		c.fileRefused(err, pebble.PathPermissionDenied, "open DIR/none: permission denied")
		err = c.container().Push(c.Context(), "/usr/file", strings.NewReader(""), nil)
		c.fileRefused(err, pebble.PathPermissionDenied, "open /usr/file.TMP~: permission denied")
		err = c.container().MakeDir(c.Context(), "/usr/folder", nil)
		c.fileRefused(err, pebble.PathPermissionDenied, "mkdir /usr/folder.mkdir-new: permission denied")
	}},
	{name: "Apply with an owner, not as root", setup: setup{uid: 65534}, run: func(c *contract) {
		want := pebble.Want{Files: []pebble.File{{Path: c.dir() + "/file", Owner: pebble.Owner{User: "root"}}}}
		_, err := c.container().Apply(c.Context(), want)
		var refused *pebble.ChownError
		require.ErrorAs(c, err, &refused)
		require.Equal(c, "nobody", refused.User)
		require.Empty(c, c.names("", ""))
	}},
}

// failingReader fails after some content.
type failingReader struct{ err error }

func (r *failingReader) Read(p []byte) (int, error) { return 0, r.err }
