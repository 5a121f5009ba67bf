package memory_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// A service that fails is started again once its configuration is right.
func Example() {
	p := memory.New(memory.State{
		Processes: map[string]memory.Process{"web": {Exits: true, Code: 1, Output: []string{"unknown option"}}},
	}, memory.Options{})
	want := pebble.Want{
		Layer: pebble.Layer{Services: map[string]*pebble.Service{
			"web": {Startup: pebble.StartupEnabled, Command: "web", OnFailure: pebble.ActionIgnore},
		}},
		Files: []pebble.File{{Path: "/etc/web.conf", Content: []byte("opt = 1"), Restarts: []string{"web"}}},
	}
	ctx := context.Background()
	web := p.Container("web")
	_, err := web.Apply(ctx, want)
	var failed *pebble.ChangeError
	fmt.Println(errors.As(err, &failed), failed.Services(), p.State().Services["web"].Status)

	p.SetProcess("web", memory.Process{})
	want.Files[0].Content = []byte("option = 1")
	applied, err := web.Apply(ctx, want)
	fmt.Println(applied.Pushed, applied.Started, err)
	fmt.Println(p.State().Files["/etc/web.conf"].Content, p.State().Services["web"].Starts)
	// Output:
	// true [web] error
	// [/etc/web.conf] [web] <nil>
	// option = 1 2
}

// A command is a function, or what it writes.
func ExampleCommand() {
	p := memory.New(memory.State{}, memory.Options{Commands: []memory.Command{
		{Args: []string{"nginx", "-v"}, Stderr: "nginx version: nginx/1.26.3\n"},
		{Args: []string{"nginx", "-t"}, Run: func(_ context.Context, process *memory.Running) int {
			fmt.Fprintln(process.Stderr, "checked as", process.User)
			return 1
		}},
	}})
	_, err := p.Container("nginx").Exec(context.Background(), pebble.Command{Args: []string{"nginx", "-t", "-q"}, User: "www-data"})
	fmt.Println(err)
	_, err = p.Container("nginx").Exec(context.Background(), pebble.Command{Args: []string{"apache2"}})
	fmt.Println(err)
	// Output:
	// cannot run nginx in container "nginx": cannot run nginx: exit code 1: checked as www-data
	// cannot run apache2 in container "nginx": cannot find executable "apache2"
}

// A check that fails as often as its threshold says is down, until it succeeds again.
func ExamplePebble_PerformChecks() {
	p := memory.New(memory.State{
		Layers: []memory.Layer{{Label: "rock", YAML: `
checks: {up: {override: replace, level: ready, threshold: 2, tcp: {port: 8080}}}
`}},
		Failing: map[string]memory.Failure{"up": {Error: "connection refused"}},
	}, memory.Options{})
	for range 3 {
		healthy, err := p.Container("web").Health(context.Background(), pebble.LevelReady)
		fmt.Println(healthy, err)
		p.PerformChecks()
	}
	for _, change := range p.State().Changes {
		fmt.Println(change.Summary, change.Status)
	}
	// Output:
	// true <nil>
	// true <nil>
	// false <nil>
	// Perform TCP check "up" Error
	// Recover TCP check "up" Doing
}
