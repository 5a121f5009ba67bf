package charm_test

import (
	"context"
	"errors"
	"fmt"
	"testing/fstest"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/pebble"
)

// Blog is a charm: a type with a handle for each thing that it uses.
type Blog struct {
	*charm.Base
	app      *charm.Container
	database *charm.Endpoint
	config   *charm.ConfigHandle[BlogOptions]
}

// BlogOptions are the options in config.yaml.
type BlogOptions struct {
	Title string `charm:"title,required"`
}

// NewBlog declares the charm. A main function is charm.Main(NewBlog).
func NewBlog(b *charm.Base) (*Blog, error) {
	c := &Blog{
		Base:     b,
		app:      b.Container("app"),
		database: b.Requires("database"),
		config:   charm.Config[BlogOptions](b),
	}
	b.Reconcile(c.reconcile)
	return c, nil
}

// reconcile reads the world and makes it so. What it misses becomes the status.
func (c *Blog) reconcile(ctx context.Context, st *charm.Status) error {
	options, configErr := c.config.Get(ctx)
	_, databaseErr := c.database.Relation(ctx)
	if err := st.Check(errors.Join(configErr, databaseErr)); err != nil || !st.Clear() {
		return err
	}
	_, err := c.app.Apply(ctx, pebble.Want{Layer: pebble.Layer{
		Services: map[string]*pebble.Service{"blog": {
			Command: pebble.CommandLine("/usr/bin/blog", "--title", options.Title),
			Startup: pebble.StartupEnabled,
		}},
	}})
	return err
}

// A charm, and what Juju would run for one event of it; the hook tools are
// stand-ins here.
func Example() {
	_, err := charm.Run(context.Background(), NewBlog, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/config-changed", "JUJU_UNIT_NAME", "blog/0"),
		Files: fstest.MapFS{"metadata.yaml": {Data: []byte(`
name: blog
summary: A blog.
description: An example.
containers: {app: {}}
requires: {database: postgresql_client}
`)}},
		Transport: hooktool.Func(func(_ context.Context, call hooktool.Call) (hooktool.Result, error) {
			switch call.Tool {
			case "status-get":
				return hooktool.Result{Stdout: []byte(`{"status": "unknown"}`)}, nil
			case "relation-ids":
				return hooktool.Result{Stdout: []byte(`[]`)}, nil
			case "status-set":
				fmt.Println(call.Args[1], "-", call.Args[2])
			}
			return hooktool.Result{Stdout: []byte(`{}`)}, nil
		}),
	})
	fmt.Println(err)
	// Output:
	// blocked - invalid configuration: title is missing; integrate database
	// <nil>
}

// A check compares what the code uses with what the files declare, at build
// time.
func ExampleCheck() {
	err := charm.Check(NewBlog, &metadata.Charm{Meta: metadata.Meta{
		Containers: map[string]metadata.Container{"web": {}},
		Requires:   map[string]metadata.Relation{"database": {}},
	}})
	fmt.Println(err)
	// Output:
	// cannot run this charm, its code and its files differ:
	//   container "app" is not declared in metadata.yaml: there is web
	//   option "title" is not declared in config.yaml: there is none
}

// An action is a function from parameters to results.
func ExampleOnAction() {
	type params struct {
		Name string `charm:"name,required"`
	}
	type result struct {
		Text string `charm:"text"`
	}
	events, err := charm.Events(func(b *charm.Base) (*charm.Base, error) {
		charm.OnAction(b, "greet", func(_ context.Context, p params) (result, error) {
			return result{Text: "Hello, " + p.Name}, nil
		})
		// The status may differ after this one.
		charm.OnAction(b, "reset", func(context.Context, charm.None) (charm.None, error) {
			return charm.None{}, nil
		}).ThenReconcile()
		return b, nil
	})
	fmt.Println(len(events), err)
	// Output: 0 <nil>
}

// Databags are structs with tags: what the other side has published, and what
// this side publishes.
func ExampleRead() {
	type theirs struct {
		Host string `charm:"host,required"`
		Port int    `charm:"port"`
	}
	type ours struct {
		URL string `charm:"url"`
	}
	events, err := charm.Events(func(b *charm.Base) (*charm.Base, error) {
		website := b.Provides("website")
		website.OnChanged(func(ctx context.Context, e *charm.RelationChangedEvent) error {
			proxy, err := charm.Read[theirs](ctx, e.Relation.RemoteApp())
			if errors.Is(err, charm.ErrAbsent) {
				return nil // not published yet; another event follows
			}
			if err != nil {
				return err
			}
			return charm.Write(ctx, e.Relation.LocalUnit(), ours{URL: fmt.Sprintf("http://%s:%d/", proxy.Host, proxy.Port)})
		})
		return b, nil
	})
	fmt.Println(events, err)
	// Output: [website-relation-changed] <nil>
}

// A secret is made once, by the leader, and used in a later hook than the one
// that made it: nothing depends on what a failing hook would take back.
func ExampleOwned() {
	type admin struct {
		Password string `charm:"password,required"`
	}
	_, err := charm.Events(func(b *charm.Base) (*charm.Base, error) {
		secret := charm.OwnedSecret[admin](b, "admin", charm.SecretOptions{Description: "the first user"})
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			user, err := secret.Ensure(ctx, func() (admin, error) { return admin{Password: "random"}, nil })
			if err != nil {
				return err // in the first hook: waiting for the secret to be stored
			}
			_ = user.Password // for the workload
			return nil
		})
		return b, nil
	})
	fmt.Println(err)
	// Output: <nil>
}
