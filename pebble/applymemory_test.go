package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// intercept returns a context in which a function may answer requests; a nil answer leaves one to Pebble.
func intercept(ctx context.Context, answer func(*http.Request) *http.Response) context.Context {
	return pebble.WithMiddleware(ctx, func(_ string, next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			if response := answer(req); response != nil {
				return response, nil
			}
			return next.RoundTrip(req)
		})
	})
}

// configured is a service that loads a file.
func configured(content string, validate func(func(string) string) pebble.Command, files ...pebble.File) pebble.Want {
	want := services(map[string]*pebble.Service{"web": {Startup: pebble.StartupEnabled, Command: "web"}})
	want.Files = append([]pebble.File{{Path: "/etc/web.conf", Content: []byte(content), Mode: 0o640, Reloads: []string{"web"}}}, files...)
	want.Reloads = []pebble.Reload{{Service: "web", Signal: "SIGHUP", Validate: validate}}
	return want
}

// Files name each other in many ways: only whole paths are changed in copies.
func TestCopiesNameCopies(t *testing.T) {
	t.Parallel()
	const path, copied = "/etc/a.conf", "/etc/.a.conf.charmkit-staged"
	cases := map[string]string{
		path:                      copied,
		"include " + path + ";":   "include " + copied + ";",
		path + " " + path + "\n":  copied + " " + copied + "\n",
		"(" + path + ")":          "(" + copied + ")",
		"file:" + path:            "file:" + copied,
		"/" + path:                "/" + path,
		"/srv" + path:             "/srv" + path,
		"etc/a.conf":              "etc/a.conf",
		"/etc":                    "/etc",
		"/":                       "/",
		"":                        "",
		"a / b":                   "a / b",
		"/etc/web.conf":           "/etc/.web.conf.charmkit-staged",
		"\"" + path + "\"=/etc/b": "\"" + copied + "\"=/etc/b",
	}
	const inPaths = "/._-+@~%abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for b := range 256 {
		other := string([]byte{byte(b)})
		if b >= 0x80 || strings.Contains(inPaths, other) {
			cases[path+other], cases[other+path] = path+other, other+path
		} else {
			cases[path+other], cases[other+path] = copied+other, other+copied
		}
	}
	for content, want := range cases {
		var p *memory.Pebble
		staged := ""
		p = memory.New(memory.State{}, memory.Options{Commands: []memory.Command{{Args: []string{"check"}, Run: func(_ context.Context, process *memory.Running) int {
			staged = p.State().Files[process.Args[1]].Content
			return 0
		}}}})
		_, err := p.Container("app").Apply(t.Context(), configured(content, func(staged func(string) string) pebble.Command {
			return pebble.Command{Args: []string{"check", staged("/etc/web.conf"), staged("/etc/other.conf")}}
		}, pebble.File{Path: path, Content: []byte("x"), Reloads: []string{"web"}}))
		require.NoError(t, err)
		require.Equal(t, want, staged, "%q", content)
		require.Equal(t, content, p.State().Files["/etc/web.conf"].Content)
	}
}

// checking is a Pebble that checks files with a command.
func checking(state memory.State, check memory.Command) *memory.Pebble {
	check.Args = []string{"check"}
	return memory.New(state, memory.Options{Commands: []memory.Command{check}})
}

func checkCommand(timeout time.Duration) func(func(string) string) pebble.Command {
	return func(staged func(string) string) pebble.Command {
		return pebble.Command{Args: []string{"check", staged("/etc/web.conf"), staged("/etc/start.conf"), staged("/etc/other.conf")}, Timeout: timeout}
	}
}

// What a service reads at its start is checked with what it loads, what it does not read is not.
func TestValidationConcernsTheFilesOfAService(t *testing.T) {
	t.Parallel()
	p := checking(memory.State{}, memory.Command{})
	files := func(start, other string) []pebble.File {
		return []pebble.File{
			{Path: "/etc/start.conf", Content: []byte(start), Restarts: []string{"web"}}, {Path: "/etc/other.conf", Content: []byte(other)},
		}
	}
	apply(t, p.Container("app"), configured("a", checkCommand(0), files("a", "a")...))
	require.Len(t, p.State().Execs, 1)
	first := p.State().Execs[0]
	require.Equal(t, []string{"check", "/etc/.web.conf.charmkit-staged", "/etc/.start.conf.charmkit-staged", "/etc/other.conf"}, first.Args)
	require.Equal(t, 30*time.Second, first.Timeout)

	apply(t, p.Container("app"), configured("a", checkCommand(0), files("a", "b")...))
	require.Len(t, p.State().Execs, 1)
	apply(t, p.Container("app"), configured("a", checkCommand(7*time.Second), files("b", "b")...))
	require.Len(t, p.State().Execs, 2)
	require.Equal(t, 7*time.Second, p.State().Execs[1].Timeout)
	apply(t, p.Container("app"), configured("b", checkCommand(0), files("b", "b")...))
	require.Len(t, p.State().Execs, 3)
	require.NotContains(t, strings.Join(pathsOf(p), " "), "staged")
}

func pathsOf(p *memory.Pebble) (paths []string) {
	for path := range p.State().Files {
		paths = append(paths, path)
	}
	return paths
}

func TestValidationFails(t *testing.T) {
	t.Parallel()
	p := checking(memory.State{}, memory.Command{Stderr: "line 1 is bad\n", ExitCode: 2})
	applied, err := p.Container("app").Apply(t.Context(), configured("bad", checkCommand(0)))
	var refused *pebble.ValidationError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "web", refused.Service)
	require.Equal(t, "line 1 is bad", refused.Output)
	require.Equal(t, &pebble.Applied{}, applied)
	require.Empty(t, p.State().Layers)
	require.NotContains(t, strings.Join(pathsOf(p), " "), ".conf")

	// A command that cannot be run says nothing about the files.
	none := memory.New(memory.State{}, memory.Options{})
	_, err = none.Container("app").Apply(t.Context(), configured("bad", checkCommand(0)))
	require.ErrorContains(t, err, `cannot find executable "check"`)
	require.False(t, errors.As(err, &refused) && refused.Service == "")
	require.Empty(t, none.State().Layers)

	// Nor does a copy that cannot be removed: but the Apply has not gone well.
	good := checking(memory.State{}, memory.Command{})
	ctx := intercept(t.Context(), func(req *http.Request) *http.Response {
		if body := bodyOf(req); strings.Contains(body, `"remove"`) {
			return answerJSON(req, http.StatusInternalServerError, `{"type": "error", "status-code": 500, "result": {"message": "the disk is gone"}}`)
		}
		return nil
	})
	_, err = good.Container("app").Apply(ctx, configured("good", checkCommand(0)))
	require.ErrorContains(t, err, "the disk is gone")
	require.Empty(t, good.State().Layers)

	// The reason of the refusal comes first.
	_, err = p.Container("app").Apply(ctx, configured("bad", checkCommand(0)))
	require.ErrorAs(t, err, &refused)
	require.NotContains(t, err.Error(), "the disk is gone")
}

// bodyOf returns what a request sends, which can still be sent.
func bodyOf(req *http.Request) string {
	if req.Body == nil {
		return ""
	}
	data, _ := io.ReadAll(req.Body)
	req.Body = io.NopCloser(strings.NewReader(string(data)))
	return string(data)
}

// A copy that an Apply left behind that was killed goes with the next one.
func TestCopiesThatWereLeftAreRemoved(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{Files: map[string]memory.File{
		"/etc/.web.conf.charmkit-staged":  {Content: "old"},
		"/etc/.mail.conf.charmkit-staged": {Content: "of another"},
	}}, memory.Options{})
	apply(t, p.Container("app"), configured("a", nil))
	require.NotContains(t, p.State().Files, "/etc/.web.conf.charmkit-staged")
	require.Contains(t, p.State().Files, "/etc/.mail.conf.charmkit-staged")
	require.Equal(t, &pebble.Applied{}, apply(t, p.Container("app"), configured("a", nil)))
}

func TestFilesArePushedIfTheyDiffer(t *testing.T) {
	t.Parallel()
	users := []memory.User{{Name: "web", UID: 1000, Group: "www", GID: 2000}}
	mine := pebble.Owner{User: "web", Group: "www"}
	for name, test := range map[string]struct {
		is    memory.File
		owner pebble.Owner
		same  bool
	}{
		"the same":            {is: memory.File{Mode: 0o640, Content: "good"}, same: true},
		"whosever":            {is: memory.File{Mode: 0o640, Content: "good", UID: 1000, GID: 2000}, same: true},
		"another content":     {is: memory.File{Mode: 0o640, Content: "evil"}},
		"longer":              {is: memory.File{Mode: 0o640, Content: "good and evil"}},
		"another mode":        {is: memory.File{Mode: 0o644, Content: "good"}},
		"a link":              {is: memory.File{Mode: fs.ModeSymlink, Link: "/etc/good"}},
		"mine":                {is: memory.File{Mode: 0o640, Content: "good", UID: 1000, GID: 2000}, owner: mine, same: true},
		"mine by number":      {is: memory.File{Mode: 0o640, Content: "good", UID: 1000, GID: 2000}, owner: pebble.Owner{UserID: ptr(1000), GroupID: ptr(2000)}, same: true},
		"root's":              {is: memory.File{Mode: 0o640, Content: "good"}, owner: mine},
		"another group's":     {is: memory.File{Mode: 0o640, Content: "good", UID: 1000}, owner: mine},
		"another user's":      {is: memory.File{Mode: 0o640, Content: "good", GID: 2000}, owner: mine},
		"root's, by number":   {is: memory.File{Mode: 0o640, Content: "good", GID: 2000}, owner: pebble.Owner{UserID: ptr(1000), GroupID: ptr(2000)}},
		"group's, by number":  {is: memory.File{Mode: 0o640, Content: "good", UID: 1000}, owner: pebble.Owner{UserID: ptr(1000), GroupID: ptr(2000)}},
		"the user's, no more": {is: memory.File{Mode: 0o640, Content: "good", UID: 1000}, owner: pebble.Owner{User: "web"}, same: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := memory.New(memory.State{Users: users, Files: map[string]memory.File{"/etc/web.conf": test.is, "/etc/good": {Content: "good", Mode: 0o640}}}, memory.Options{})
			want := pebble.Want{Files: []pebble.File{{Path: "/etc/web.conf", Content: []byte("good"), Mode: 0o640, Owner: test.owner}}}
			applied := apply(t, p.Container("app"), want)
			require.Equal(t, test.same, len(applied.Pushed) == 0)
			is := p.State().Files["/etc/web.conf"]
			require.Equal(t, "good", is.Content)
			require.True(t, is.Mode.IsRegular())
			if test.owner.User != "" || test.owner.UserID != nil {
				require.Equal(t, 1000, is.UID)
			}
			require.Equal(t, &pebble.Applied{}, apply(t, p.Container("app"), want))
		})
	}
}

// A file that goes while it is read is pushed; one that cannot be read is an error.
func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		wrong  string
	}{
		"gone":    {answer: `{"path": "/f", "error": {"kind": "not-found", "message": "no such file"}}`},
		"refused": {answer: `{"path": "/f", "error": {"kind": "permission-denied", "message": "not for you"}}`, wrong: "not for you"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := memory.New(memory.State{Files: map[string]memory.File{"/f": {Content: "a"}}}, memory.Options{})
			ctx := intercept(t.Context(), func(req *http.Request) *http.Response {
				if req.URL.Query().Get("action") != "read" {
					return nil
				}
				response := answerJSON(req, http.StatusOK, "--x\r\nContent-Disposition: form-data; name=\"response\"\r\n\r\n"+
					`{"type": "sync", "status-code": 200, "result": [`+test.answer+"]}\r\n--x--\r\n")
				response.Header.Set("Content-Type", "multipart/form-data; boundary=x")
				return response
			})
			applied, err := p.Container("app").Apply(ctx, pebble.Want{Files: []pebble.File{{Path: "/f", Content: []byte("a")}}})
			if test.wrong == "" {
				require.NoError(t, err)
				require.Equal(t, []string{"/f"}, applied.Pushed)
			} else {
				require.ErrorContains(t, err, test.wrong)
				require.Equal(t, &pebble.Applied{}, applied)
			}
		})
	}
}

// Owners that Pebble cannot give are refused before anything is written.
func TestOwnersThatPebbleCannotGive(t *testing.T) {
	t.Parallel()
	self := func(uid, gid int) map[string]memory.File {
		return map[string]memory.File{"/proc/self": {Mode: fs.ModeDir, UID: uid, GID: gid}}
	}
	users := []memory.User{{Name: "web", UID: 1000}, {Name: "other", UID: 5}}
	for name, test := range map[string]struct {
		state memory.State
		owner pebble.Owner
		wrong bool
	}{
		"root gives all":      {state: memory.State{Users: users, Files: self(0, 0)}, owner: pebble.Owner{UserID: ptr(5)}},
		"itself":              {state: memory.State{UserID: 1000, GroupID: 1000, Users: users, Files: self(1000, 1000)}, owner: pebble.Owner{UserID: ptr(1000)}},
		"no owner":            {state: memory.State{UserID: 1000, GroupID: 1000, Users: users, Files: self(1000, 1000)}},
		"another":             {state: memory.State{UserID: 1000, GroupID: 1000, Users: users, Files: self(1000, 1000)}, owner: pebble.Owner{UserID: ptr(5)}, wrong: true},
		"another group":       {state: memory.State{UserID: 1000, GroupID: 1000, Users: users, Files: self(1000, 1000)}, owner: pebble.Owner{UserID: ptr(1000), GroupID: ptr(5)}, wrong: true},
		"where nothing tells": {state: memory.State{Users: users}, owner: pebble.Owner{User: "web"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := memory.New(test.state, memory.Options{})
			want := pebble.Want{Files: []pebble.File{{Path: "/tmp/f", Content: []byte("a"), Owner: test.owner}}}
			applied, err := p.Container("app").Apply(t.Context(), want)
			var refused *pebble.ChownError
			require.Equal(t, test.wrong, errors.As(err, &refused), "%v", err)
			if !test.wrong {
				require.NoError(t, err)
				return
			}
			require.Equal(t, "/tmp/f", refused.Path)
			require.Equal(t, "web", refused.User)
			require.Equal(t, &pebble.Applied{}, applied)
		})
	}
	p := memory.New(memory.State{Files: self(1000, 1000)}, memory.Options{})
	ctx := pebble.WithMiddleware(t.Context(), func(_ string, next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			if strings.HasPrefix(req.URL.Query().Get("path"), "/proc") {
				return nil, errLost
			}
			return next.RoundTrip(req)
		})
	})
	_, err := p.Container("app").Apply(ctx, pebble.Want{Files: []pebble.File{{Path: "/f", Owner: pebble.Owner{UserID: ptr(5)}}}})
	require.ErrorIs(t, err, pebble.ErrNotReady)
	require.NotContains(t, p.State().Files, "/f")
}

// A service that fails to start is tried again, those that had to wait for it with their new definition.
func TestApplyGoesOnAfterAFailedStart(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{}, memory.Options{})
	c := p.Container("app")
	want := func(version string) pebble.Want {
		environment := map[string]string{"VERSION": version}
		return services(map[string]*pebble.Service{
			"base":  {Startup: pebble.StartupEnabled, Command: "base", Environment: environment, OnFailure: pebble.ActionIgnore},
			"after": {Startup: pebble.StartupEnabled, Command: "after", Environment: environment, After: []string{"base"}, Requires: []string{"base"}, OnSuccess: pebble.ActionIgnore},
			"apart": {Startup: pebble.StartupEnabled, Command: "apart"},
		})
	}
	require.Equal(t, []string{"after", "apart", "base"}, apply(t, c, want("1")).Started)
	p.SetProcess("base", memory.Process{Exits: true, Code: 1, Output: []string{"cannot begin"}})
	applied, err := c.Apply(t.Context(), want("2"))
	var failed *pebble.ChangeError
	require.ErrorAs(t, err, &failed)
	require.ErrorContains(t, err, "cannot begin")
	require.Equal(t, []string{"base", "after"}, failed.Services())
	require.True(t, applied.LayerAdded)
	require.Empty(t, append(applied.Started, applied.Restarted...))
	require.NotEqual(t, pebble.StatusActive, p.State().Services["after"].Status)
	require.Equal(t, 1, p.State().Services["apart"].Starts)

	// Again, and again nothing else is touched.
	applied, err = c.Apply(t.Context(), want("2"))
	require.ErrorAs(t, err, &failed)
	require.False(t, applied.Changed())
	p.SetProcess("base", memory.Process{})
	require.Equal(t, &pebble.Applied{Started: []string{"after", "base"}}, apply(t, c, want("2")))
	require.Equal(t, "2", p.StartedWith("after")["VERSION"])
	require.Equal(t, 1, p.State().Services["apart"].Starts)
	require.Equal(t, &pebble.Applied{}, apply(t, c, want("2")))
}

// What has done its work is known to the plan, even if Pebble has forgotten it.
func TestApplyKnowsWhatAForgetfulPebbleHasDone(t *testing.T) {
	t.Parallel()
	ends := map[string]memory.Process{"once": {Exits: true, After: 2 * time.Second}}
	want := func(command string) pebble.Want {
		return services(map[string]*pebble.Service{
			"once": {Startup: pebble.StartupEnabled, Command: command, OnSuccess: pebble.ActionIgnore},
			"web":  {Startup: pebble.StartupEnabled, Command: "web"},
		})
	}
	p := memory.New(memory.State{Processes: ends}, memory.Options{})
	apply(t, p.Container("app"), want("once"))
	p.Advance(time.Minute)
	state := p.State()
	state.Services = maps.Clone(state.Services)
	delete(state.Services, "once")
	for command, started := range map[string][]string{"once": nil, "once more": {"once"}} {
		forgetful := memory.New(state, memory.Options{})
		require.Equal(t, started, apply(t, forgetful.Container("app"), want(command)).Started)
		forgetful.Advance(time.Minute)
		require.Equal(t, &pebble.Applied{}, apply(t, forgetful.Container("app"), want(command)))
	}
}

// What an Apply that was killed has begun is waited for: it may well be all that there is to do.
func TestApplyWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	enabled := func(names ...string) pebble.Want {
		entries := map[string]*pebble.Service{}
		for _, name := range names {
			entries[name] = &pebble.Service{Startup: pebble.StartupEnabled, Command: name}
		}
		return services(entries)
	}
	changed := enabled("web", "db")
	changed.Layer.Services["web"].Environment = map[string]string{"A": "b"}
	for name, test := range map[string]struct {
		want pebble.Want
		// meanwhile is done by what is under way.
		meanwhile func(context.Context, *pebble.Container) error
		applied   pebble.Applied
	}{
		"a start": {
			want: enabled("web", "db"), applied: pebble.Applied{},
			meanwhile: func(ctx context.Context, c *pebble.Container) error { return c.Start(ctx, "db") },
		},
		"a stop of what is to be retired": {
			want: enabled("db"), applied: pebble.Applied{LayerAdded: true, Started: []string{"db"}},
			meanwhile: func(ctx context.Context, c *pebble.Container) error { return c.Stop(ctx, "web") },
		},
		"a stop of what is to be restarted": {
			want: changed, applied: pebble.Applied{LayerAdded: true, Started: []string{"db", "web"}},
			meanwhile: func(ctx context.Context, c *pebble.Container) error { return c.Stop(ctx, "web") },
		},
	} {
		for kind, waited := range map[string]bool{"start": true, "stop": true, "restart": true, "replan": true, "autostart": true, "exec": false, "perform-check": false} {
			t.Run(name+" by "+kind, func(t *testing.T) {
				t.Parallel()
				p := memory.New(memory.State{}, memory.Options{})
				c := p.Container("app")
				apply(t, c, enabled("web", "db"))
				require.NoError(t, c.Stop(t.Context(), "db"))
				asked := 0
				ctx := intercept(t.Context(), func(req *http.Request) *http.Response {
					change := fmt.Sprintf(`{"id": "99", "kind": %q, "status": "Doing", "ready": false}`, kind)
					switch {
					case req.URL.Path == "/v1/changes" && req.URL.Query().Get("select") == "in-progress":
						return answerJSON(req, http.StatusOK, syncAnswer("["+change+"]"))
					case req.URL.Path == "/v1/changes/99/wait":
						asked++
						require.NoError(t, test.meanwhile(t.Context(), c))
						return answerJSON(req, http.StatusOK, syncAnswer(strings.Replace(strings.Replace(change, "Doing", "Done", 1), "false", "true", 1)))
					}
					return nil
				})
				applied, err := c.Apply(ctx, test.want)
				require.NoError(t, err)
				if !waited {
					require.Zero(t, asked)
					return
				}
				require.Equal(t, 1, asked)
				require.Equal(t, &test.applied, applied)
				require.Equal(t, &pebble.Applied{}, apply(t, c, test.want))
			})
		}
	}
}

// What is merged onto an image's own entry is not piled up, and what is retired keeps no more than Pebble asks for.
func TestApplyMergesOntoTheImage(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{Layers: []memory.Layer{{Label: "rock", YAML: `
services:
    own: {override: replace, command: own}
    web: {override: replace, command: web, summary: the web, after: [own], before: [late], requires: [own], environment: {A: rock, B: rock}}
    late: {override: replace, command: late}
log-targets:
    loki: {override: replace, type: loki, location: "http://loki", services: [own], labels: {a: rock}}
`}}}, memory.Options{})
	c := p.Container("app")
	want := pebble.Want{Layer: pebble.Layer{
		Services: map[string]*pebble.Service{"web": {
			Override: pebble.OverrideMerge, Startup: pebble.StartupEnabled, After: []string{"own", "late2"}, Before: []string{"late"}, Requires: []string{"own"},
			Environment: map[string]string{"B": "charm"},
		}, "late2": {Command: "late2"}},
		LogTargets: map[string]*pebble.LogTarget{"loki": {Override: pebble.OverrideMerge, Services: []string{"own", "web"}}},
	}}
	for _, version := range []string{"1", "2"} {
		want.Layer.Services["web"].Environment["C"] = version
		require.True(t, apply(t, c, want).LayerAdded)
		require.Equal(t, &pebble.Applied{}, apply(t, c, want))
		plan, err := p.Plan()
		require.NoError(t, err)
		require.Equal(t, &pebble.Service{
			Override: pebble.OverrideReplace, Startup: pebble.StartupEnabled, Command: "web", Summary: "the web",
			After: []string{"own", "late2"}, Before: []string{"late"}, Requires: []string{"own"},
			Environment: map[string]string{"A": "rock", "B": "charm", "C": version},
		}, plan.Services["web"])
		require.Equal(t, []string{"own", "web"}, plan.LogTargets["loki"].Services)
		require.Equal(t, version, p.StartedWith("web")["C"])
	}

	apply(t, c, pebble.Want{})
	plan, err := p.Plan()
	require.NoError(t, err)
	require.Equal(t, &pebble.Service{Override: pebble.OverrideReplace, Startup: pebble.StartupDisabled, Command: "web", Summary: "the web"}, plan.Services["web"])
	require.Equal(t, &pebble.LogTarget{Override: pebble.OverrideReplace, Type: pebble.LogTargetLoki, Location: "http://loki"}, plan.LogTargets["loki"])
}

func TestChecksAreRetired(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{}, memory.Options{})
	c := p.Container("app")
	want := pebble.Want{Layer: pebble.Layer{Checks: map[string]*pebble.Check{
		"http": {Level: pebble.LevelReady, Period: pebble.NewDuration(time.Hour), HTTP: &pebble.HTTPCheck{URL: "http://a", Headers: map[string]string{"Authorization": "secret"}}},
		"tcp":  {Level: pebble.LevelAlive, Timeout: pebble.NewDuration(time.Second), TCP: &pebble.TCPCheck{Host: "h", Port: 5}},
		"exec": {Threshold: 5, Exec: &pebble.ExecCheck{Command: "up", Environment: map[string]string{"PASSWORD": "secret"}, WorkingDir: "/srv"}},
	}}}
	require.True(t, apply(t, c, want).LayerAdded)
	require.Equal(t, []string{"exec", "http", "tcp"}, apply(t, c, pebble.Want{}).StoppedChecks)
	plan, err := p.Plan()
	require.NoError(t, err)
	retired := func(c pebble.Check) *pebble.Check {
		c.Override, c.Startup, c.Threshold = pebble.OverrideReplace, pebble.StartupDisabled, 3
		return &c
	}
	require.Equal(t, map[string]*pebble.Check{
		"http": retired(pebble.Check{HTTP: &pebble.HTTPCheck{URL: "http://a"}}),
		"tcp":  retired(pebble.Check{TCP: &pebble.TCPCheck{Host: "h", Port: 5}}),
		"exec": retired(pebble.Check{Exec: &pebble.ExecCheck{Command: "up"}}),
	}, plan.Checks)
}

// An entry that is written in another way, and means the same, is the same.
func TestApplyKnowsWhatMeansTheSame(t *testing.T) {
	t.Parallel()
	entries := func(threshold int, override pebble.Override, empty map[string]string, list []string) pebble.Want {
		return pebble.Want{Layer: pebble.Layer{
			Services:   map[string]*pebble.Service{"web": {Override: override, Command: "web", Environment: empty, After: list}},
			Checks:     map[string]*pebble.Check{"up": {Override: override, Threshold: threshold, TCP: &pebble.TCPCheck{Port: 1}}},
			LogTargets: map[string]*pebble.LogTarget{"loki": {Override: override, Type: pebble.LogTargetLoki, Location: "x", Labels: empty, Services: list}},
		}}
	}
	p := memory.New(memory.State{}, memory.Options{})
	apply(t, p.Container("app"), entries(0, "", nil, nil))
	for _, same := range []pebble.Want{
		entries(3, pebble.OverrideReplace, nil, nil), entries(0, pebble.OverrideReplace, map[string]string{}, []string{}), entries(3, "", map[string]string{}, nil),
	} {
		require.Equal(t, &pebble.Applied{}, apply(t, p.Container("app"), same))
	}
	require.True(t, apply(t, p.Container("app"), entries(4, "", nil, nil)).LayerAdded)
}

// An image may say of its lowest entry that it is merged: as a definition that is nothing else.
func TestApplyKnowsWhatAnImageHas(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{Layers: []memory.Layer{{Label: "rock", YAML: "services: {web: {override: merge, command: web, startup: disabled}}"}}}, memory.Options{})
	want := services(map[string]*pebble.Service{"web": {Command: "web", Startup: pebble.StartupDisabled}})
	apply(t, p.Container("app"), want)
	plan, err := p.Plan()
	require.NoError(t, err)
	require.Equal(t, pebble.OverrideMerge, plan.Services["web"].Override, "nothing was sent for it")
}

func TestAppliedTellsOfAnyChange(t *testing.T) {
	t.Parallel()
	of := reflect.TypeFor[pebble.Applied]()
	set := func(a *pebble.Applied, i int) {
		if field := reflect.ValueOf(a).Elem().Field(i); field.Kind() == reflect.Bool {
			field.SetBool(true)
		} else {
			field.Set(reflect.ValueOf([]string{"x"}))
		}
	}
	require.False(t, (&pebble.Applied{}).Changed())
	for i := range of.NumField() {
		for j := range of.NumField() {
			a := &pebble.Applied{}
			set(a, i)
			set(a, j)
			require.True(t, a.Changed(), "%+v", a)
		}
	}
}

// The order of files is of no matter, and what is wanted is the caller's.
func TestApplyLeavesWhatIsWantedAlone(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{}, memory.Options{})
	want := func(names ...string) pebble.Want {
		want := services(map[string]*pebble.Service{"web": {Startup: pebble.StartupEnabled, Command: "web"}})
		for _, name := range names {
			want.Files = append(want.Files, pebble.File{Path: "/etc/" + name, Content: []byte(name), Restarts: []string{"web"}})
		}
		want.Files = append(want.Files, pebble.File{Path: "/pages", Content: []byte("1"), Reloads: []string{"web"}})
		want.Reloads = []pebble.Reload{{Service: "web", Signal: "SIGHUP"}}
		want.Layer.Checks = map[string]*pebble.Check{"up": {TCP: &pebble.TCPCheck{Port: 1}}}
		want.Layer.LogTargets = map[string]*pebble.LogTarget{"loki": {Type: pebble.LogTargetLoki, Location: "http://loki"}}
		return want
	}
	first := want("a", "b", "c")
	apply(t, p.Container("app"), first)
	require.Equal(t, want("a", "b", "c"), first)
	require.Equal(t, &pebble.Applied{}, apply(t, p.Container("app"), want("c", "a", "b")))
}

// A failed command is told with the end of its output.
func TestTheEndOfTheOutputIsKept(t *testing.T) {
	t.Parallel()
	const kept = 4096
	for _, n := range []int{0, 1, kept - 1, kept, kept + 1, 2 * kept, 2*kept + 1, 3*kept + 5, 70_000, 200_000} {
		for _, chunk := range []int{1000, 5000, 1 << 20} {
			output := strings.Repeat("0123456789abcdef", n/16+1)[:n]
			p := memory.New(memory.State{}, memory.Options{Commands: []memory.Command{{Run: func(_ context.Context, process *memory.Running) int {
				for rest := output; rest != ""; rest = rest[min(len(rest), chunk):] {
					_, _ = io.WriteString(process.Stdout, rest[:min(len(rest), chunk)])
				}
				code, _ := strconv.Atoi(process.Args[0])
				return code
			}}}})
			_, err := p.Container("app").Exec(t.Context(), pebble.Command{Args: []string{"3"}})
			var failed *pebble.ExecError
			require.ErrorAs(t, err, &failed)
			require.Equal(t, 3, failed.ExitCode)
			require.Equal(t, output[max(0, n-kept):], failed.Stdout)
			require.Empty(t, failed.Stderr)
			result, err := p.Container("app").Exec(t.Context(), pebble.Command{Args: []string{"0"}})
			require.NoError(t, err)
			require.Equal(t, output, string(result.Stdout))
			require.Empty(t, result.Stderr)
		}
	}
}

// What is not enabled and was started by hand runs on, with its new definition; one that waits to be started again gets it too.
func TestApplyOfWhatSomebodyHasStarted(t *testing.T) {
	t.Parallel()
	want := func(version string) pebble.Want {
		return services(map[string]*pebble.Service{"web": {
			Startup: pebble.StartupDisabled, Command: "web", Environment: map[string]string{"V": version}, BackoffDelay: pebble.NewDuration(time.Hour), BackoffLimit: pebble.NewDuration(time.Hour),
		}})
	}
	for _, fails := range []bool{false, true} {
		p := memory.New(memory.State{}, memory.Options{})
		c := p.Container("app")
		apply(t, c, want("1"))
		require.Empty(t, p.State().Services)
		require.NoError(t, c.Start(t.Context(), "web"))
		require.Equal(t, &pebble.Applied{}, apply(t, c, want("1")))
		if fails {
			p.Advance(time.Minute)
			p.Exit("web", 1)
			require.Equal(t, pebble.StatusBackoff, p.State().Services["web"].Status)
			require.Equal(t, &pebble.Applied{}, apply(t, c, want("1")))
			require.Equal(t, &pebble.Applied{LayerAdded: true, Started: []string{"web"}}, apply(t, c, want("2")))
		} else {
			require.Equal(t, &pebble.Applied{LayerAdded: true, Restarted: []string{"web"}}, apply(t, c, want("2")))
		}
		require.Equal(t, "2", p.StartedWith("web")["V"])
		require.NoError(t, c.Stop(t.Context(), "web"))
		require.Equal(t, &pebble.Applied{LayerAdded: true}, apply(t, c, want("3")))
	}
}

// In what is under way there may be an error, which is told.
func TestApplyCannotWaitForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	for fail, path := range []string{"/v1/changes", "/v1/changes/99/wait", "/v1/services"} {
		p := memory.New(memory.State{}, memory.Options{})
		waited := false
		ctx := intercept(t.Context(), func(req *http.Request) *http.Response {
			waited = waited || req.URL.Path == "/v1/changes/99/wait"
			switch {
			case req.URL.Path == path && (fail < 2 || waited):
				return answerJSON(req, http.StatusInternalServerError, `{"type": "error", "status-code": 500, "result": {"message": "no room left"}}`)
			case req.URL.Path == "/v1/changes":
				return answerJSON(req, http.StatusOK, syncAnswer(`[{"id": "99", "kind": "start", "status": "Doing"}]`))
			case req.URL.Path == "/v1/changes/99/wait":
				return answerJSON(req, http.StatusOK, syncAnswer(`{"id": "99", "kind": "start", "status": "Done", "ready": true}`))
			}
			return nil
		})
		_, err := p.Container("app").Apply(ctx, services(map[string]*pebble.Service{"web": {Startup: pebble.StartupEnabled, Command: "web"}}))
		require.ErrorContains(t, err, "no room left", path)
		require.Empty(t, p.State().Layers)
	}
}
