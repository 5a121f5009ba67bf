package pebble_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// refusing returns a context in which Pebble refuses the requests that a function picks.
func refusing(t *testing.T, pick func(*http.Request) bool) context.Context {
	return intercept(t.Context(), func(req *http.Request) *http.Response {
		if pick(req) {
			return answerJSON(req, http.StatusInternalServerError, `{"type": "error", "status-code": 500, "result": {"message": "no room left"}}`)
		}
		return nil
	})
}

// What Pebble answers that makes no sense is told.
func TestAnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	ctx := answering(t.Context(), "application/json", syncAnswer("3"))
	_, err := nowhere.Notices(ctx, nil)
	require.ErrorContains(t, err, "cannot read the answer")
	_, err = nowhere.Stat(answering(t.Context(), "application/json", syncAnswer("[]")), "/f")
	require.ErrorContains(t, err, "cannot stat /f: Pebble lists 0 entries instead of one")
	_, err = nowhere.Notice(t.Context(), "../1")
	require.ErrorContains(t, err, "its id is not a word of letters and digits")
}

// A refusal of what is not answered with one value of JSON is told too, with whatever Pebble says of it.
func TestRefusedStreams(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]pebble.APIError{
		`{"result": {"message": "not now", "kind": "busy"}}`: {StatusCode: 503, Kind: "busy", Message: "not now"},
		"<html>": {StatusCode: 503, Message: "Service Unavailable"},
		"":       {StatusCode: 503, Message: "Service Unavailable"},
	} {
		ctx := intercept(t.Context(), func(req *http.Request) *http.Response { return answerJSON(req, http.StatusServiceUnavailable, body) })
		_, err := nowhere.Metrics(ctx)
		var refused *pebble.APIError
		require.ErrorAs(t, err, &refused, body)
		require.Equal(t, want, *refused)
	}
	metrics, err := nowhere.Metrics(answering(t.Context(), "text/plain", "a 1\n"))
	require.NoError(t, err)
	require.Equal(t, []pebble.Metric{{Name: "a", Value: 1}}, metrics)
}

func TestErrorsSayWhatWasTried(t *testing.T) {
	t.Parallel()
	ctx := refusing(t, func(*http.Request) bool { return true })
	p := memory.New(memory.State{}, memory.Options{}).Container("app")
	for want, err := range map[string]error{
		`cannot start a, b in container "app": no room left`:    p.Start(ctx, "a", "b"),
		`cannot replan in container "app": no room left`:        p.Replan(ctx),
		`cannot run a command in container "app": `:             second(p.Exec(ctx, pebble.Command{})),
		`cannot run a in container "app": no room left`:         second(p.Exec(ctx, pebble.Command{Args: []string{"a", "secret"}})),
		`cannot read notice 1 in container "app": no room left`: second(p.Notice(ctx, "1")),
	} {
		require.ErrorContains(t, err, want)
	}
	// Nor is a version that cannot be asked for one that has all.
	_, err := p.Apply(ctx, services(map[string]*pebble.Service{"s": {Command: "s", Workload: "w"}}))
	require.ErrorContains(t, err, "no room left")
	fresh := memory.New(memory.State{}, memory.Options{}).Container("app")
	err = fresh.AddLayer(ctx, "l", &pebble.Layer{Services: map[string]*pebble.Service{"s": {Command: "s", Workload: "w"}}})
	require.ErrorContains(t, err, "no room left")
	var invalid *pebble.PlanError
	_, err = p.Apply(t.Context(), services(map[string]*pebble.Service{"s": {Startup: "never"}}))
	require.ErrorAs(t, err, &invalid)
	require.NotContains(t, fmt.Sprint(slog.AnyValue(pebble.PasswordHash("$6$x")).Resolve()), "$6$")
	require.Equal(t, "*****", pebble.PasswordHash("$6$x").LogValue().String())
}

func second[T any](_ T, err error) error { return err }

// failingFS is a file system with a file and a folder that cannot be read.
type failingFS struct{ fstest.MapFS }

func (f failingFS) Open(name string) (fs.File, error) {
	if strings.Contains(name, "bad") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.Open(name)
}

func TestPushDirGoesOn(t *testing.T) {
	t.Parallel()
	source := failingFS{fstest.MapFS{
		"a": {Data: []byte("a")}, "bad": {Data: []byte("x")}, "dir/b": {Data: []byte("bb")}, "baddir/c": {Data: []byte("x")},
		"refused/d": {Data: []byte("x")}, "z": {Data: []byte("zzz")},
	}}
	p := memory.New(memory.State{}, memory.Options{})
	ctx := refusing(t, func(req *http.Request) bool {
		body := bodyOf(req)
		return strings.Contains(body, `"make-dirs"`) && strings.Contains(body, "refused")
	})
	copied, err := p.Container("app").PushDir(ctx, source, "/srv", nil)
	var failed *pebble.CopyError
	require.ErrorAs(t, err, &failed)
	var paths []string
	for _, failure := range failed.Failures {
		paths = append(paths, failure.Path)
	}
	require.Equal(t, []string{"bad", "baddir/c", "refused"}, paths)
	require.Equal(t, 3, copied.Files)
	require.EqualValues(t, 6, copied.Bytes)
	files := p.State().Files
	require.Equal(t, "bb", files["/srv/dir/b"].Content)
	require.Equal(t, "zzz", files["/srv/z"].Content)
	require.NotContains(t, files, "/srv/refused/d")
	require.NotContains(t, files, "/srv/bad")
}

func TestPullDirGoesOn(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{Files: map[string]memory.File{
		"/srv/a": {Content: "a"}, "/srv/dir/b": {Content: "bb", Mode: 0o400}, "/srv/refused": {Content: "x"}, "/srv/unlisted/c": {Content: "x"},
		"/srv/link": {Mode: fs.ModeSymlink, Link: "a"}, "/srv/dead": {Mode: fs.ModeSymlink, Link: "none"}, "/srv/badlink": {Mode: fs.ModeSymlink, Link: "a"},
		"/srv/z": {Content: "zzz"},
	}}, memory.Options{})
	ctx := refusing(t, func(req *http.Request) bool {
		query := req.URL.Query()
		return query.Get("path") == "/srv/refused" && query.Get("action") == "read" || query.Get("path") == "/srv/unlisted" || query.Get("path") == "/srv/badlink"
	})
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	copied, err := p.Container("app").PullDir(ctx, "/srv", root)
	var failed *pebble.CopyError
	require.ErrorAs(t, err, &failed)
	var paths []string
	for _, failure := range failed.Failures {
		paths = append(paths, failure.Path)
	}
	require.Equal(t, []string{"/srv/badlink", "/srv/refused", "/srv/unlisted"}, paths)
	require.Equal(t, []string{"/srv/dead"}, copied.Skipped)
	require.Equal(t, map[string]string{
		"a": "-rw-r--r-- a", "link": "-rw-r--r-- a", "dir": "drwxr-xr-x", "dir/b": "-rw------- bb", "unlisted": "drwxr-xr-x", "z": "-rw-r--r-- zzz",
	}, tree(t, dir))
	require.Equal(t, 4, copied.Files)
	require.EqualValues(t, 7, copied.Bytes)

	// What is no folder, and what is not there.
	for path, want := range map[string]string{"/srv/a": "it is not a folder", "/none": "no such file or directory"} {
		_, err := p.Container("app").PullDir(t.Context(), path, root)
		require.ErrorContains(t, err, want)
		require.ErrorAs(t, err, &failed)
		require.Len(t, failed.Failures, 1)
	}
}
