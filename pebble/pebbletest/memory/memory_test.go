package memory_test

import (
	"context"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// full is a state with something of everything.
func full() memory.State {
	return memory.State{
		Layers: []memory.Layer{{Label: "rock", YAML: `
services:
    web: {override: replace, startup: enabled, command: web, environment: {A: '1'}}
    job: {override: replace, command: job, on-failure: shutdown}
checks:
    up: {override: replace, level: ready, tcp: {port: 1}}
    down: {override: replace, startup: disabled, tcp: {port: 2}}
`}},
		Services:   map[string]memory.Service{"web": {}},
		Checks:     map[string]memory.Check{"up": {Status: pebble.CheckDown}},
		Files:      map[string]memory.File{"/etc/web.conf": {Content: "x"}, "/data": {Mode: fs.ModeDir, Mount: true}},
		Identities: map[string]memory.Identity{"bob": {Access: "read", UserID: ptr(uint32(42))}},
		Processes:  map[string]memory.Process{"web": {Output: []string{"hello"}}},
		Failing:    map[string]memory.Failure{"up": {Error: "refused"}},
	}
}

func TestStateComesOutAsItWent(t *testing.T) {
	t.Parallel()
	require.Equal(t, memory.State{}, memory.New(memory.State{}, memory.Options{}).State())
	once := memory.New(full(), memory.Options{}).State()
	require.Equal(t, once, memory.New(once, memory.Options{}).State(), "after the first time")
	p := memory.New(once, memory.Options{})
	_, err := p.Container("app").Plan(t.Context())
	require.NoError(t, err)
	_, err = p.Container("app").Services(t.Context())
	require.NoError(t, err)
	require.Equal(t, once, p.State(), "reading changes nothing")
}

func TestStateIsNeverChanged(t *testing.T) {
	t.Parallel()
	given := full()
	p := memory.New(given, memory.Options{Commands: []memory.Command{{}}})
	c := p.Container("app")
	before := p.State()
	kept := memory.New(before, memory.Options{}).State()
	everything := func() {
		ctx := t.Context()
		require.NoError(t, c.Push(ctx, "/etc/web.conf", &emptyReader{}, nil))
		require.NoError(t, c.Push(ctx, "/data/file", &emptyReader{}, nil))
		require.NoError(t, c.Remove(ctx, "/data/file", nil))
		require.NoError(t, c.Restart(ctx, "web"))
		require.NoError(t, c.Signal(ctx, "SIGHUP", "web"))
		_, err := c.Notify(ctx, "example.com/x", nil)
		require.NoError(t, err)
		_, err = c.StopChecks(ctx, "up")
		require.NoError(t, err)
		_, err = c.StartChecks(ctx, "up", "down")
		require.NoError(t, err)
		_, err = c.Exec(ctx, pebble.Command{Args: []string{"x"}})
		require.NoError(t, err)
		require.NoError(t, c.AddLayer(ctx, "rock", &pebble.Layer{Services: map[string]*pebble.Service{"web": {Override: "merge", Summary: "x"}}}))
		require.NoError(t, c.Replan(ctx))
		p.PerformChecks()
		p.FailCheck("down", memory.Failure{Error: "x"})
		p.PassCheck("up")
		p.SetProcess("web", memory.Process{})
		p.Warn("careful")
		p.Advance(time.Hour)
	}
	everything()
	require.Equal(t, full(), given)
	require.Equal(t, kept, before)
	after := p.State()
	keptAfter := memory.New(after, memory.Options{}).State()
	everything()
	p.Restart()
	p.Recreate(nil)
	require.Equal(t, keptAfter, after)
}

// emptyReader is a file of nothing.
type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, io.EOF }

// A service that a test says to be active has been started with what the plan says then.
func TestServiceGivenAsActive(t *testing.T) {
	t.Parallel()
	p := memory.New(full(), memory.Options{})
	c := p.Container("app")
	require.NoError(t, c.Replan(t.Context()))
	require.Equal(t, 1, p.State().Services["web"].Starts, "nothing has happened to it")
	require.NoError(t, c.AddLayer(t.Context(), "charm", &pebble.Layer{Services: map[string]*pebble.Service{
		"web": {Override: "merge", Environment: map[string]string{"A": "2"}},
	}}))
	require.NoError(t, c.Replan(t.Context()))
	web := p.State().Services["web"]
	require.Equal(t, 2, web.Starts)
	require.Equal(t, map[string]string{"A": "2"}, web.Definition.Environment)
	require.Equal(t, "2", p.StartedWith("web")["A"])
}

func TestCheckGivenAsDown(t *testing.T) {
	t.Parallel()
	p := memory.New(full(), memory.Options{})
	c := p.Container("app")
	checks, err := c.Checks(t.Context())
	require.NoError(t, err)
	require.Equal(t, pebble.CheckDown, checks["up"].Status)
	require.Equal(t, 3, checks["up"].Failures)
	require.Equal(t, pebble.CheckInactive, checks["down"].Status)
	healthy, err := c.Health(t.Context(), pebble.LevelReady)
	require.NoError(t, err)
	require.False(t, healthy)
	p.PassCheck("up")
	p.PerformChecks("up")
	healthy, err = c.Health(t.Context(), pebble.LevelReady)
	require.NoError(t, err)
	require.True(t, healthy)
	changes := p.State().Changes
	require.Equal(t, "recover-check", changes[0].Kind)
	require.Equal(t, "Done", changes[0].Status)
}

func TestCommandsFitByTheirBeginning(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{}, memory.Options{Commands: []memory.Command{
		{Args: []string{"nginx"}, Stdout: "nginx"},
		{Args: []string{"nginx", "-t"}, Stderr: "bad configuration", ExitCode: 1},
		{Args: []string{"ps"}, Run: func(_ context.Context, process *memory.Running) int {
			_, _ = io.WriteString(process.Stdout, process.User+" in "+process.WorkingDir)
			return 0
		}},
	}})
	c := p.Container("app")
	result, err := c.Exec(t.Context(), pebble.Command{Args: []string{"nginx", "-v"}})
	require.NoError(t, err)
	require.Equal(t, "nginx", string(result.Stdout))
	_, err = c.Exec(t.Context(), pebble.Command{Args: []string{"nginx", "-t", "-q"}})
	require.ErrorContains(t, err, "exit code 1: bad configuration")
	result, err = c.Exec(t.Context(), pebble.Command{Args: []string{"ps"}, User: "www-data", WorkingDir: "/tmp"})
	require.NoError(t, err)
	require.Equal(t, "www-data in /tmp", string(result.Stdout))
	_, err = c.Exec(t.Context(), pebble.Command{Args: []string{"apache"}})
	require.ErrorContains(t, err, `cannot find executable "apache"`)
	require.Equal(t, []memory.Exec{
		{Args: []string{"nginx", "-v"}},
		{Args: []string{"nginx", "-t", "-q"}, ExitCode: 1},
		{Args: []string{"ps"}, UserID: ptr(33), GroupID: ptr(33), WorkingDir: "/tmp"},
	}, p.State().Execs)
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{Unreachable: true}, memory.Options{Commands: []memory.Command{{}}})
	c := p.Container("app")
	require.ErrorIs(t, c.Ready(t.Context()), pebble.ErrNotReady)
	_, err := c.Exec(t.Context(), pebble.Command{Args: []string{"x"}})
	require.ErrorIs(t, err, pebble.ErrNotReady)
	_, err = p.Dial(t.Context())
	require.Error(t, err)
	p.SetUnreachable(false)
	require.NoError(t, c.Ready(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, c.Ready(ctx), context.Canceled)
}

func TestTime(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{
		Layers: []memory.Layer{{Label: "rock", YAML: `
services: {web: {override: replace, command: web, backoff-delay: 1s, backoff-factor: 3, backoff-limit: 5s}}
`}},
		Processes: map[string]memory.Process{"web": {Exits: true, After: 2 * time.Second, Code: 1}},
	}, memory.Options{})
	c := p.Container("app")
	require.NoError(t, c.Start(t.Context(), "web"))
	web := func() memory.Service { return p.State().Services["web"] }
	for _, wait := range []time.Duration{time.Second, 3 * time.Second, 5 * time.Second, 5 * time.Second} {
		require.Equal(t, pebble.StatusActive, web().Status)
		p.Advance(2 * time.Second)
		require.Equal(t, pebble.StatusBackoff, web().Status)
		require.Equal(t, wait, web().Backoff)
		p.Advance(wait)
	}
	require.Equal(t, 5, web().Starts)
	p.SetProcess("web", memory.Process{})
	p.Advance(10 * time.Second)
	require.Equal(t, pebble.StatusActive, web().Status)
	p.Advance(time.Minute)
	p.Exit("web", 0)
	require.Equal(t, time.Second, web().Backoff, "it has run for longer than the limit")
	p.Exit("web", 0)
	require.Equal(t, 1, web().Backoffs, "it did not run")
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	p := memory.New(full(), memory.Options{})
	c := p.Container("app")
	require.NoError(t, c.Start(t.Context(), "job"))
	p.Exit("job", 4)
	require.ErrorIs(t, c.Ready(t.Context()), pebble.ErrNotReady)
	require.Equal(t, `service "job" exited with code 4: on-failure is shutdown`, p.State().Ended)
	p.Recreate(nil, full().Layers...)
	require.NoError(t, c.Ready(t.Context()))
	require.Empty(t, p.State().Ended)
}

func TestRecreateKeepsMounts(t *testing.T) {
	t.Parallel()
	p := memory.New(full(), memory.Options{})
	c := p.Container("app")
	for _, name := range []string{"/data/kept", "/etc/lost"} {
		require.NoError(t, c.Push(t.Context(), name, emptyReader{}, nil))
	}
	before, err := c.SystemInfo(t.Context())
	require.NoError(t, err)
	p.Recreate(map[string]memory.File{"/etc/image": {}})
	names := []string{}
	for name := range p.State().Files {
		names = append(names, name)
	}
	require.ElementsMatch(t, []string{"/data", "/data/kept", "/etc/image"}, names)
	after, err := p.Container("app").SystemInfo(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, before.BootID, after.BootID)
}

func TestLinks(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{Files: map[string]memory.File{
		"/etc/real/file":  {Content: "x"},
		"/etc/link":       {Link: "real"},
		"/etc/absolute":   {Link: "/etc/link/file"},
		"/etc/dangling":   {Link: "nothing"},
		"/etc/loop":       {Link: "loop"},
		"/run/socket":     {Mode: fs.ModeSocket | 0o600},
		"/run/named-pipe": {Mode: fs.ModeNamedPipe | 0o600},
	}}, memory.Options{})
	c := p.Container("app")
	for _, name := range []string{"/etc/link/file", "/etc/absolute"} {
		content, err := c.Pull(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, "x", string(content))
	}
	infos, err := c.List(t.Context(), "/etc", "link")
	require.NoError(t, err)
	require.Equal(t, fs.ModeSymlink|0o777, infos[0].Mode)
	infos, err = c.List(t.Context(), "/etc/link", "")
	require.NoError(t, err)
	require.Equal(t, "/etc/link/file", infos[0].Path)
	_, err = c.Stat(t.Context(), "/etc/dangling")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = c.Stat(t.Context(), "/etc/loop")
	require.ErrorContains(t, err, "too many levels of symbolic links")
	info, err := c.Stat(t.Context(), "/run/socket")
	require.NoError(t, err)
	require.Equal(t, fs.ModeSocket|0o600, info.Mode)
	require.NoError(t, c.Push(t.Context(), "/etc/absolute", emptyReader{}, nil))
	require.Empty(t, p.State().Files["/etc/absolute"].Link, "a link is replaced, not followed")
	require.NoError(t, c.Remove(t.Context(), "/etc/link", nil))
	require.Contains(t, p.State().Files, "/etc/real/file")
}

// Programs that need a socket can have one.
func TestServe(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{}, memory.Options{Commands: []memory.Command{{Stdout: "out"}}})
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- p.Serve(listener) }()
	c := pebble.NewContainer("app", socket)
	_, err = c.Apply(t.Context(), workload())
	require.NoError(t, err)
	result, err := c.Exec(t.Context(), pebble.Command{Args: []string{"x"}})
	require.NoError(t, err)
	require.Equal(t, "out", string(result.Stdout))
	require.NoError(t, listener.Close())
	require.NoError(t, <-served)
	require.Equal(t, 1, p.State().Services["web"].Starts)
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	cache := &memory.Cache{}
	p := memory.New(memory.State{}, memory.Options{Cache: cache, Commands: []memory.Command{{Stdout: "out"}}})
	_, err := p.Container("app").Apply(t.Context(), workload())
	require.NoError(t, err)
	state := p.State()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			c := p.Container("app")
			for range 5 {
				_, err := c.Apply(t.Context(), workload())
				require.NoError(t, err)
				_, err = c.Exec(t.Context(), pebble.Command{Args: []string{"x"}})
				require.NoError(t, err)
				_ = p.State()
				other := memory.New(state, memory.Options{Cache: cache})
				require.NoError(t, other.Container("app").Restart(t.Context(), "web"))
			}
		})
	}
	all.Wait()
	require.Len(t, p.State().Execs, 40)
	require.Equal(t, 1, state.Services["web"].Starts)
}

func TestWarningsAreNotices(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{}, memory.Options{})
	p.Warn("careful")
	p.Warn("careful")
	notices, err := p.Container("app").Notices(t.Context(), &pebble.NoticesOptions{Types: []pebble.NoticeType{"warning"}})
	require.NoError(t, err)
	require.Len(t, notices, 1)
	require.Equal(t, "careful", notices[0].Key)
	require.Equal(t, 2, notices[0].Occurrences)
	require.Equal(t, notices[0].FirstOccurred, notices[0].LastRepeated)
	p.Advance(8 * 24 * time.Hour)
	notices, err = p.Container("app").Notices(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, notices, "it has expired")
}

func TestLayersThatPebbleDoesNotStartWith(t *testing.T) {
	t.Parallel()
	p := memory.New(memory.State{Layers: []memory.Layer{{Label: "rock", YAML: "services: {web: {override: replace}}"}}}, memory.Options{})
	_, err := p.Plan()
	require.ErrorContains(t, err, `plan must define "command" for service "web"`)
	require.ErrorIs(t, p.Container("app").Ready(t.Context()), pebble.ErrNotReady)
	require.Equal(t, `cannot start: plan must define "command" for service "web"`, p.State().Ended)
}

func TestRestartWhileACommandRuns(t *testing.T) {
	t.Parallel()
	began, goOn := make(chan struct{}), make(chan struct{})
	p := memory.New(memory.State{}, memory.Options{Commands: []memory.Command{{
		Run: func(context.Context, *memory.Running) int {
			close(began)
			<-goOn
			return 0
		},
	}}})
	c := p.Container("app")
	ended := make(chan error, 1)
	go func() {
		_, err := c.Exec(t.Context(), pebble.Command{Args: []string{"x"}})
		ended <- err
	}()
	<-began
	p.Recreate(nil)
	require.Error(t, <-ended)
	require.NoError(t, c.Replan(t.Context()))
	close(goOn)
	require.Empty(t, p.State().Execs)
	require.Len(t, p.State().Changes, 1)
}
