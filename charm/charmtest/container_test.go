package charmtest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// keepsAServer declares a charm that runs a server in a container, and says what it waits
// for.
func keepsAServer(b *charm.Base) (*charm.Base, error) {
	config := charm.Config[struct {
		Greeting string `charm:"greeting"`
	}](b)
	app := b.Container("app")
	b.WakeUpBy(app)
	b.Reconcile(func(ctx context.Context, st *charm.Status) error {
		o, err := config.Get(ctx)
		if err != nil {
			return err
		}
		_, err = app.Apply(ctx, pebble.Want{
			Layer: pebble.Layer{
				Services: map[string]*pebble.Service{"server": {Startup: pebble.StartupEnabled, Command: "server"}},
				Checks:   map[string]*pebble.Check{"up": {Threshold: 1, HTTP: &pebble.HTTPCheck{URL: "http://127.0.0.1/"}}},
			},
			Files: []pebble.File{{Path: "/etc/greeting", Content: []byte(o.Greeting), Restarts: []string{"server"}}},
		})
		if err != nil {
			return err
		}
		checks, err := app.Checks(ctx, "up")
		if err != nil {
			return err
		}
		if checks["up"].Status == pebble.CheckDown {
			st.Waiting("waiting for the server")
		}
		if out, err := app.Exec(ctx, pebble.Command{Args: []string{"server", "--busy"}}); err == nil && string(out.Stdout) == "yes" {
			st.Waiting("waiting for a quiet moment")
			b.After(10 * time.Second)
		}
		return nil
	})
	return b, nil
}

var serverCharm = charmtest.New(keepsAServer, keeperFiles())

func keeperFiles() fstest.MapFS {
	files := yaml("keeper", "containers: {app: {}}\n")
	files["config.yaml"] = &fstest.MapFile{Data: []byte("options: {greeting: {type: string, default: hello}}\n")}
	return files
}

// busy is what the server says when it is asked.
func busy(answer string) []memory.Command {
	return []memory.Command{{Args: []string{"server", "--busy"}, Stdout: answer}}
}

func TestAContainerIsDataBeforeAndAfter(t *testing.T) {
	t.Parallel()
	before := charmtest.State{Containers: map[string]charmtest.Container{"app": {Commands: busy("no")}}}
	out := charmtest.Run(t, serverCharm, before, charmtest.PebbleReady("app"))
	require.NoError(t, out.Err)
	require.Equal(t, charmtest.Active(""), out.State.Status)
	after := out.State.Containers["app"].Pebble
	require.Equal(t, "hello", after.Files["/etc/greeting"].Content)
	require.Equal(t, pebble.StatusActive, after.Services["server"].Status)
	require.Equal(t, []string{"server", "--busy"}, after.Execs[0].Args)
	require.Empty(t, before.Containers["app"].Pebble.Files, "the test's own state is left alone")

	next := out.State
	next.Config = map[string]any{"greeting": "moin"}
	out = charmtest.Run(t, serverCharm, next, charmtest.ConfigChanged())
	require.NoError(t, out.Err)
	require.Equal(t, "moin", out.State.Containers["app"].Pebble.Files["/etc/greeting"].Content)
	require.Equal(t, 2, out.State.Containers["app"].Pebble.Services["server"].Starts, "it was restarted")
	require.Equal(t, 1, next.Containers["app"].Pebble.Services["server"].Starts)
}

func TestAContainerThatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, state := range map[string]charmtest.State{
		"left out":    {},
		"unreachable": {Containers: map[string]charmtest.Container{"app": {Pebble: memory.State{Unreachable: true}}}},
	} {
		out := charmtest.Run(t, serverCharm, state, charmtest.ConfigChanged())
		require.NoError(t, out.Err, name)
		require.Equal(t, charmtest.Waiting("waiting for container app"), out.State.Status, name)
	}
}

func TestTheStateOfAContainerIsChecked(t *testing.T) {
	t.Parallel()
	layer := func(yaml string) charmtest.State {
		return charmtest.State{Containers: map[string]charmtest.Container{"app": {Pebble: memory.State{Layers: []memory.Layer{{Label: "rock", YAML: yaml}}}}}}
	}
	noticed := layer("")
	c := noticed.Containers["app"]
	c.Pebble.Notices = []memory.Notice{{ID: "3", Type: pebble.NoticeCustom, Key: "example.com/done"}}
	noticed.Containers["app"] = c
	for name, test := range map[string]struct {
		state charmtest.State
		event charmtest.Event
		want  string
	}{
		"layers":                 {layer("services: {server: {}}"), charmtest.Start(), `State.Containers["app"].Pebble.Layers: layer is invalid: layer "rock" must define "override" for service "server"`},
		"check (OPS-377)":        {layer("checks: {up: {override: replace, tcp: {port: 1}}}"), charmtest.PebbleCheckFailed("app", "uq"), `is of the check "uq", which the plan does not have: write "up"`},
		"notice (OPS-377)":       {layer(""), charmtest.PebbleCustomNotice("app", "3", "example.com/done"), "is of notice 3, which is not there: add it"},
		"key of the notice":      {noticed, charmtest.PebbleCustomNotice("app", "3", "example.com/x"), `notice 3 has the key "example.com/done", and the event "example.com/x"`},
		"the wake-up is nobodys": {layer(""), charmtest.PebbleCheckFailed("app", charm.CheckWakeUp), ""},
		"notice that is there":   {noticed, charmtest.PebbleCustomNotice("app", "3", "example.com/done"), ""},
	} {
		err := charmtest.Check(serverCharm, test.state, test.event)
		if test.want == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, test.want, name)
	}
}

func TestUnitsOfAModelHaveContainers(t *testing.T) {
	t.Parallel()
	answer := "no"
	m := charmtest.NewModel(t, charmtest.ModelOptions{Container: func(string, string) charmtest.Container {
		return charmtest.Container{Commands: []memory.Command{{Args: []string{"server", "--busy"}, Run: func(_ context.Context, r *memory.Running) int {
			_, _ = r.Stdout.Write([]byte(answer))
			return 0
		}}}}
	}})
	unit := m.Deploy("keeper", serverCharm, charmtest.DeployOptions{}).Unit(0)
	m.Settle()
	require.Equal(t, charmtest.Active(""), unit.Status())
	require.Equal(t, 1, unit.Pebble("app").State().Services["server"].Starts)

	// A check fails, and is well again.
	unit.Pebble("app").FailCheck("up", memory.Failure{Error: "non-2xx status code 503"})
	m.Advance(10 * time.Second)
	m.Settle()
	require.Equal(t, charmtest.Waiting("waiting for the server"), unit.Status())
	unit.Pebble("app").PassCheck("up")
	m.Advance(10 * time.Second)
	m.Settle()
	require.Equal(t, charmtest.Active(""), unit.Status())

	// Nothing tells that the server is not busy any more, so the charm asks again.
	answer = "yes"
	m.App("keeper").Configure(map[string]any{"greeting": "moin"})
	m.Settle()
	require.Equal(t, charmtest.Waiting("waiting for a quiet moment"), unit.Status())
	answer = "no"
	m.Advance(11 * time.Second)
	m.Settle()
	require.Equal(t, charmtest.Active(""), unit.Status())

	// The container, and then the whole pod, starts again without what was in it.
	unit.Pebble("app").Recreate(nil)
	m.Settle()
	require.Equal(t, "moin", unit.Pebble("app").State().Files["/etc/greeting"].Content)
	unit.KillPod()
	m.Settle()
	require.Equal(t, "moin", unit.Pebble("app").State().Files["/etc/greeting"].Content)
}

// Killed between any two requests, Apply is completed by the next hook.
func TestExploreKillsBetweenRequests(t *testing.T) {
	t.Parallel()
	charmtest.Explore(t, charmtest.ExploreOptions{Orders: 3}, func(_ *testing.T, m *charmtest.Model) {
		m.Deploy("keeper", serverCharm, charmtest.DeployOptions{})
		m.Settle()
		m.App("keeper").Configure(map[string]any{"greeting": "moin"})
	})
}

// A charm that still changes its container when there is nothing to do is found out.
func TestIdleTellsOfContainers(t *testing.T) {
	t.Parallel()
	m := charmtest.NewModel(t, charmtest.ModelOptions{})
	m.Deploy("restless", charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		app := b.Container("app")
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			err := app.Push(ctx, "/etc/motd", strings.NewReader("hello"), nil)
			if errors.Is(err, pebble.ErrNotReady) {
				return nil
			}
			return err
		})
		return b, nil
	}, yaml("restless", "containers: {app: {}}\n")), charmtest.DeployOptions{})
	m.Settle()
	idle := m.Idle()
	require.Len(t, idle, 1)
	require.Equal(t, []string{"app POST /v1/files"}, idle[0].Requests)
}
