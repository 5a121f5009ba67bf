package pebble_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// tree describes all below a folder: name, mode and content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		all[rel] = info.Mode().String()
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(name)
			all[rel] += " " + string(data)
			return err
		}
		return nil
	}))
	return all
}

// plant makes a folder with all kinds of things in it.
func plant(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sub", "deep"), 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "empty"), 0o700))
	for name, mode := range map[string]fs.FileMode{"a": 0o640, "sub/run": 0o755, "sub/deep/b c\"": 0o600} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("content of "+name), mode))
		require.NoError(t, os.Chmod(filepath.Join(dir, name), mode))
	}
	for name, target := range map[string]string{"link": "sub/run", "dirlink": "sub", "loop": ".", "dead": "nothing"} {
		require.NoError(t, os.Symlink(target, filepath.Join(dir, name)))
	}
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	return dir
}

// planted is what is copied of it.
var planted = map[string]string{
	"a": "-rw-r----- content of a", "empty": "drwx------", "link": "-rwxr-xr-x content of sub/run",
	"sub": "drwxr-xr-x", "sub/deep": "drwxr-xr-x", "sub/run": "-rwxr-xr-x content of sub/run",
	"sub/deep/b c\"": "-rw------- content of sub/deep/b c\"",
}

func checkCopied(t *testing.T, copied *pebble.Copied, prefix string) {
	t.Helper()
	require.Equal(t, 4, copied.Files)
	require.Equal(t, 3, copied.Dirs)
	require.EqualValues(t, len("content of a")+2*len("content of sub/run")+len("content of sub/deep/b c\""), copied.Bytes)
	var skipped []string
	for _, name := range []string{"dead", "dirlink", "loop", "pipe"} {
		skipped = append(skipped, path.Join(prefix, name))
	}
	require.Equal(t, skipped, copied.Skipped)
}

func TestPushDir(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		source, target := plant(t), filepath.Join(t.TempDir(), "made", "target")
		for range 2 {
			copied, err := c.PushDir(ctx, os.DirFS(source), target, nil)
			require.NoError(t, err)
			checkCopied(t, copied, "")
			require.Equal(t, planted, tree(t, target))
		}

		// Modes such as those of an embedded file system, and owners.
		target = filepath.Join(target, "more")
		_, err := c.PushDir(ctx, fstest.MapFS{
			"d":   {Mode: fs.ModeDir | 0o555},
			"d/f": {Mode: 0o444, Data: []byte("x")},
		}, target, &pebble.PushDirOptions{Owner: pebble.Owner{UserID: ptr(os.Getuid()), GroupID: ptr(1)}})
		require.NoError(t, err)
		require.Equal(t, map[string]string{"d": "drwxr-xr-x", "d/f": "-r--r--r-- x"}, tree(t, target))
		for _, name := range []string{"", "d", "d/f"} {
			info, err := c.Stat(ctx, filepath.Join(target, name))
			require.NoError(t, err)
			require.Equal(t, ptr(1), info.GroupID, name)
		}
	})
}

func TestPullDir(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		ctx, c := t.Context(), start(t, version).Container("app")
		source := plant(t)
		dir := t.TempDir()
		root, err := os.OpenRoot(dir)
		require.NoError(t, err)
		defer func() { _ = root.Close() }()
		for range 2 {
			copied, err := c.PullDir(ctx, source, root)
			require.NoError(t, err)
			checkCopied(t, copied, source)
			require.Equal(t, planted, tree(t, dir))
		}
		_, err = c.PullDir(ctx, filepath.Join(source, "a"), root)
		require.ErrorContains(t, err, "it is not a folder")
		_, err = c.PullDir(ctx, filepath.Join(source, "none"), root)
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
}

func TestCopiesGoOnAfterAnError(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := pebbletest.Start(t, pebbletest.Options{Version: version, User: nobody})
		ctx, c := t.Context(), d.Container("app")
		home := filepath.Dir(d.Socket)

		// Two names are taken by folders of the container, and one file cannot be read.
		target := filepath.Join(home, "target")
		for _, name := range []string{"b", "d"} {
			require.NoError(t, c.MakeDir(ctx, filepath.Join(target, name), &pebble.MakeDirOptions{Parents: true}))
		}
		broken := errors.New("broken")
		files := fstest.MapFS{"a": {}, "b": {}, "c": {}, "d": {}, "e": {}, "f/g": {}, "h\nX: y": {}}
		copied, err := c.PushDir(ctx, brokenFS{files, "c", broken}, target, nil)
		var failed *pebble.CopyError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "push", failed.Op)
		require.Equal(t, []string{"b", "c", "d", "h\nX: y"}, paths(failed))
		require.ErrorIs(t, err, broken)
		require.ErrorContains(t, err, "c: broken")
		require.Equal(t, 3, copied.Files)
		require.FileExists(t, filepath.Join(target, "f", "g"))

		// A folder and a file are closed to the container's user, and a local file is where a folder is to be.
		for _, name := range []string{"closed", "open"} {
			require.NoError(t, c.MakeDir(ctx, filepath.Join(home, "source", name), &pebble.MakeDirOptions{Parents: true}))
		}
		for _, name := range []string{"a", "b", "open/c"} {
			require.NoError(t, c.Push(ctx, filepath.Join(home, "source", name), strings.NewReader("x"), nil))
		}
		for _, name := range []string{"a", "closed"} {
			require.NoError(t, os.Chown(filepath.Join(home, "source", name), 0, 0))
			require.NoError(t, os.Chmod(filepath.Join(home, "source", name), 0o700))
		}
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "open"), nil, 0o600))
		root, err := os.OpenRoot(dir)
		require.NoError(t, err)
		defer func() { _ = root.Close() }()
		copied, err = c.PullDir(ctx, filepath.Join(home, "source"), root)
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "pull", failed.Op)
		want := []string{"a", "closed", "open"}
		for i := range want {
			want[i] = filepath.Join(home, "source", want[i])
		}
		require.Equal(t, want, paths(failed))
		require.ErrorIs(t, err, fs.ErrPermission)
		require.ErrorIs(t, err, fs.ErrExist)
		require.Equal(t, 1, copied.Files)
		require.Equal(t, map[string]string{"b": "-rw-r--r-- x", "closed": "drwx------", "open": "-rw------- "}, tree(t, dir))
	})
}

// brokenFS is a file system with one file that cannot be opened.
type brokenFS struct {
	fs.FS
	name string
	err  error
}

func (b brokenFS) Open(name string) (fs.File, error) {
	if name == b.name {
		return nil, b.err
	}
	return b.FS.Open(name)
}

func (b brokenFS) Stat(name string) (fs.FileInfo, error) { return fs.Stat(b.FS, name) }

func paths(e *pebble.CopyError) []string {
	var all []string
	for _, f := range e.Failures {
		all = append(all, f.Path)
	}
	return all
}

func TestCopiesEndWithTheirPebble(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{}
	for i := range 20 {
		files[fmt.Sprint("f", i)] = &fstest.MapFile{}
	}
	proxy := start(t, "1.19.2").Proxy(t)
	c := proxy.Container("app")
	target := filepath.Join(t.TempDir(), "t")
	proxy.Reset(&pebbletest.Cut{After: 5})
	copied, err := c.PushDir(t.Context(), files, target, nil)
	require.ErrorIs(t, err, pebble.ErrNotReady)
	require.Equal(t, 4, copied.Files, "after the folder")
	var failed *pebble.CopyError
	require.ErrorAs(t, err, &failed)
	require.Len(t, failed.Failures, 1)
	require.Len(t, proxy.Requests(), 6)

	proxy.Reset(nil)
	_, err = c.PushDir(t.Context(), files, target, nil)
	require.NoError(t, err)
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer func() { _ = root.Close() }()
	proxy.Reset(&pebbletest.Cut{After: 5})
	copied, err = c.PullDir(t.Context(), target, root)
	require.ErrorIs(t, err, pebble.ErrNotReady)
	require.Equal(t, 3, copied.Files, "after looking at the folder and listing it")
	require.Len(t, tree(t, root.Name()), 3, "nothing half copied is left")
}

// A container comes up with names, links and kinds of files to write elsewhere; nothing outside of the folder changes.
func TestPullDirFromAHostileContainer(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	victim := filepath.Join(outside, "victim")
	require.NoError(t, os.WriteFile(victim, []byte("untouched"), 0o600))
	dir := filepath.Join(outside, "inside")
	require.NoError(t, os.Mkdir(dir, 0o700))
	// Links that were in the folder before lead out of it, and are to be written through.
	require.NoError(t, os.Symlink(victim, filepath.Join(dir, "file")))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "folder")))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer func() { _ = root.Close() }()

	ctx := hostile(t.Context(), [][2]string{
		{"/data/..", "directory"}, {"..", "directory"}, {"/", "directory"}, {"", "file"},
		{"/data/../victim", "file"}, {"/data/a\x00b", "file"}, {"/data/.", "directory"},
		{"/data/file", "file"}, {"/data/folder", "directory"}, {"/data/good", "file"},
	})
	copied, err := nowhere.PullDir(ctx, "/data", root)
	var failed *pebble.CopyError
	require.ErrorAs(t, err, &failed)
	require.Len(t, failed.Failures, 7, "the names that are none, and the folder that is a link: %v", err)
	require.Equal(t, 3, copied.Files)
	data, err := os.ReadFile(victim)
	require.NoError(t, err)
	require.Equal(t, "untouched", string(data))
	info, err := os.Stat(victim)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())
	entries, err := os.ReadDir(outside)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	require.Equal(t, map[string]string{
		"file": "-rwxrwxrwx evil", "good": "-rwxrwxrwx evil", "victim": "-rwxrwxrwx evil", "folder": "Lrwxrwxrwx",
	}, tree(t, dir))
}

// hostile returns a context in which /data has entries of those paths and types, and every file the same content.
func hostile(ctx context.Context, entries [][2]string) context.Context {
	list := func(entries ...[2]string) string {
		var all []string
		for _, e := range entries {
			name, _ := json.Marshal(e[0])
			kind, _ := json.Marshal(e[1])
			all = append(all, fmt.Sprintf(`{"path": %s, "type": %s, "permissions": "777", "last-modified": "2030-01-02T03:04:05Z"}`, name, kind))
		}
		return syncAnswer("[" + strings.Join(all, ", ") + "]")
	}
	return pebble.WithMiddleware(ctx, func(string, http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			query, contentType, body := req.URL.Query(), "application/json", ""
			switch {
			case query.Get("action") == "read":
				contentType = "multipart/form-data; boundary=x"
				body = "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"../victim\"\r\n\r\nevil\r\n--x\r\n" +
					"Content-Disposition: form-data; name=\"response\"\r\n\r\n" + syncAnswer(`[{"path": "x"}]`) + "\r\n--x--\r\n"
			case query.Get("path") != "/data":
				body = list([2]string{"/x/victim", "file"})
			case query.Get("itself") == "true":
				body = list([2]string{"/data", "directory"})
			default:
				body = list(entries...)
			}
			return &http.Response{
				StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {contentType}},
				Body: io.NopCloser(strings.NewReader(body)), Request: req,
			}, nil
		})
	})
}

// A container whose folders have no end is left when the path is as long as Linux allows, or the context ends.
func TestPullDirOfFoldersWithoutEnd(t *testing.T) {
	t.Parallel()
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer func() { _ = root.Close() }()
	name := strings.Repeat("d", 100)
	ctx := answering(t.Context(), "application/json", syncAnswer(
		`[{"path": "/`+name+`", "type": "directory", "permissions": "755", "last-modified": "2030-01-02T03:04:05Z"}]`))
	copied, err := nowhere.PullDir(ctx, "/data", root)
	require.ErrorContains(t, err, "is not a path")
	require.Equal(t, 40, copied.Dirs)

	ctx, cancel := context.WithCancel(ctx)
	cancel()
	_, err = nowhere.PullDir(ctx, "/data", root)
	require.ErrorIs(t, err, context.Canceled)
}

// Files are streamed: what is allocated does not grow with them. This test runs alone, since it counts allocations.
func TestCopiesKeepNoFileInMemory(t *testing.T) {
	c := start(t, "1.19.2").Container("app")
	const size = 64 << 20
	source := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(source, "big"), nil, 0o600))
	require.NoError(t, os.Truncate(filepath.Join(source, "big"), size))
	target := t.TempDir()
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer func() { _ = root.Close() }()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	copied, err := c.PushDir(t.Context(), os.DirFS(source), target, nil)
	require.NoError(t, err)
	require.EqualValues(t, size, copied.Bytes)
	copied, err = c.PullDir(t.Context(), target, root)
	require.NoError(t, err)
	require.EqualValues(t, size, copied.Bytes)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(size/4))
}
