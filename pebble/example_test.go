package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

func ExampleCombine() {
	rock, err := pebble.ParseLayer([]byte(`
services:
    web:
        override: replace
        command: web --port 8080
        environment: {MODE: demo}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	charm := &pebble.Layer{Services: map[string]*pebble.Service{"web": {
		Override:    pebble.OverrideMerge,
		Startup:     pebble.StartupEnabled,
		Environment: map[string]string{"MODE": "production"},
	}}}
	combined, err := pebble.Combine(rock, charm)
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := combined.YAML()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(string(data))
	// Output:
	// services:
	//     web:
	//         startup: enabled
	//         override: replace
	//         command: web --port 8080
	//         environment:
	//             MODE: production
}

func ExampleContainer_Apply() {
	container := pebble.NewContainer("web", "/charm/containers/web/pebble.socket")
	_, err := container.Apply(context.Background(), pebble.Want{
		Layer: pebble.Layer{Services: map[string]*pebble.Service{"web": {
			Startup: pebble.StartupEnabled,
			Command: pebble.CommandLine("web", "--config", "/etc/web/web.conf"),
		}}},
		Files: []pebble.File{{
			Path:     "/etc/web/web.conf",
			Content:  []byte("port = 8080\n"),
			Restarts: []string{"web"},
		}},
	})
	if errors.Is(err, pebble.ErrNotReady) {
		fmt.Println("waiting for the web container")
	}
	// Output: waiting for the web container
}

func ExampleContainer_Exec() {
	database := pebble.NewContainer("database", "/charm/containers/database/pebble.socket")
	result, err := database.Exec(context.Background(), pebble.Command{
		Args:    []string{"psql", "--tuples-only", "--command", "SELECT version()"},
		User:    "postgres",
		Timeout: time.Minute,
	})
	var failed *pebble.ExecError
	switch {
	case errors.As(err, &failed):
		fmt.Println("psql says", failed.Output())
	case errors.Is(err, pebble.ErrNotReady):
		fmt.Println("waiting for the database container")
	case err == nil:
		fmt.Printf("%s", result.Stdout)
	}
	// Output: waiting for the database container
}

func ExampleContainer_StartCommand() {
	restore := func(ctx context.Context, database *pebble.Container, dump io.Reader) error {
		psql, err := database.StartCommand(ctx, pebble.Command{Args: []string{"psql"}, Stdin: dump, CombineStderr: true})
		if err != nil {
			return err
		}
		// What it says can be read while it runs.
		if _, err := io.Copy(os.Stdout, psql.Stdout); err != nil {
			return err
		}
		return psql.Wait()
	}
	database := pebble.NewContainer("database", "/charm/containers/database/pebble.socket")
	err := restore(context.Background(), database, strings.NewReader("CREATE TABLE t (n int);"))
	fmt.Println(errors.Is(err, pebble.ErrNotReady))
	// Output: true
}

func ExampleContainer_FollowLogs() {
	web := pebble.NewContainer("web", "/charm/containers/web/pebble.socket")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for entry, err := range web.FollowLogs(ctx, &pebble.LogsOptions{Services: []string{"web"}, N: 10}) {
		if err != nil {
			fmt.Println("not ready:", errors.Is(err, pebble.ErrNotReady))
			break
		}
		if strings.Contains(entry.Message, "listening") {
			fmt.Println("it listens since", entry.Time)
			break
		}
	}
	// Output: not ready: true
}

func ExampleContainer_PushDir() {
	web := pebble.NewContainer("web", "/charm/containers/web/pebble.socket")
	pages := fstest.MapFS{"index.html": {Data: []byte("hello")}} // or an embed.FS
	copied, err := web.PushDir(context.Background(), pages, "/srv/www", &pebble.PushDirOptions{
		Owner: pebble.Owner{User: "www-data"},
	})
	var incomplete *pebble.CopyError
	switch {
	case errors.As(err, &incomplete):
		for _, f := range incomplete.Failures {
			fmt.Println(f.Path, errors.Is(f.Err, pebble.ErrNotReady))
		}
	case err == nil:
		fmt.Println(copied.Files, "files")
	}
	// Output: . true
}

func ExampleContainer_Begin() {
	web := pebble.NewContainer("web", "/charm/containers/web/pebble.socket")
	restart := func(ctx context.Context) error {
		id, err := web.Begin(ctx, pebble.KindRestart, "web")
		if err != nil {
			return err
		}
		// Something else can be done here.
		change, err := web.WaitChange(ctx, id)
		if err != nil {
			return err
		}
		return change.Failure()
	}
	fmt.Println(errors.Is(restart(context.Background()), pebble.ErrNotReady))
	// Output: true
}

func ExampleContainer_Retry() {
	web := pebble.NewContainer("web", "/charm/containers/web/pebble.socket")
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	err := web.Retry(ctx, func(ctx context.Context) error {
		_, err := web.Apply(ctx, pebble.Want{Layer: pebble.Layer{Services: map[string]*pebble.Service{"web": {Command: "web"}}}})
		return err
	})
	fmt.Println(errors.Is(err, pebble.ErrNotReady))
	// Output: true
}
