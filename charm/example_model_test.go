package charm_test

import (
	"context"
	"fmt"
	"os"
	"testing/fstest"
	"time"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/pebble"
)

// start declares a charm by one function and runs its event start, with the
// answers that the hook tools would give.
func start(declare func(*charm.Base), answers map[string]string) {
	_, err := charm.Run(context.Background(), func(b *charm.Base) (*charm.Base, error) {
		declare(b)
		return b, nil
	}, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_UNIT_NAME", "wiki/0", "JUJU_VERSION", "3.6.11"),
		Files:  fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
		Transport: hooktool.Func(func(_ context.Context, call hooktool.Call) (hooktool.Result, error) {
			if call.Tool == "status-set" {
				fmt.Println(call.Args[1], "-", call.Args[2])
			}
			return hooktool.Result{Stdout: []byte(answers[call.Tool])}, nil
		}),
	})
	if err != nil {
		fmt.Println(err)
	}
}

// An option of type secret names a secret that the operator has made and granted.
func ExampleObservedSecret() {
	type options struct {
		Login charm.SecretURI `charm:"login"`
	}
	type login struct {
		User     string `charm:"user,required"`
		Password string `charm:"password,required"`
	}
	start(func(b *charm.Base) {
		config := charm.Config[options](b)
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			o, err := config.Get(ctx)
			if err != nil {
				return err
			}
			v, err := charm.ObservedSecret[login](b, o.Login, "login").Latest(ctx)
			st.Active("user " + v.User)
			return err // all that is missing becomes the status
		})
	}, map[string]string{
		"config-get": `{"login": "secret:9m4e2mr0ui3e8a215n4g"}`,
		"secret-get": `{"user": "ann"}`,
		"status-get": `{"status": "active"}`,
	})
	// Output: blocked - invalid secret "login": password is missing
}

// A secret that is changed when Juju says that it is time.
func ExampleOwned_OnRenew() {
	type key struct {
		Value string `charm:"value,required"`
	}
	events, err := charm.Events(func(b *charm.Base) (*charm.Base, error) {
		secret := charm.OwnedSecret[key](b, "signing-key", charm.SecretOptions{Rotate: hooktool.RotateMonthly})
		secret.OnRenew(func(context.Context) (key, error) { return key{Value: "random"}, nil })
		return b, nil
	})
	fmt.Println(events, err)
	// Output: [secret-expired secret-rotate] <nil>
}

// A backup is a component: a library that a charm adds with one line.
type backup struct{ store *charm.Endpoint }

// newBackup adds it, with a service beside the charm's own.
func newBackup(b *charm.Base, app *charm.Container) *backup {
	b = b.Component("backup")
	c := &backup{store: b.Requires("cache")}
	b.Want(app, "backup", func(ctx context.Context) (*pebble.Want, error) {
		if _, err := c.store.Relation(ctx); err != nil {
			return nil, err
		}
		return &pebble.Want{Layer: pebble.Layer{Services: map[string]*pebble.Service{
			"backup": {Command: "/usr/bin/backup", Startup: pebble.StartupEnabled},
		}}}, nil
	})
	return c
}

// To this charm its own waiting matters more than a backup that is missing.
func ExampleBase_Component() {
	start(func(b *charm.Base) {
		newBackup(b, b.Container("app"))
		b.Prioritize("backup", -1)
		b.Reconcile(func(context.Context, *charm.Status) error { return charm.Waiting("waiting for the first page") })
	}, map[string]string{"relation-ids": "[]", "status-get": "{}"})
	// Output: waiting - waiting for the first page; integrate cache
}

// Ports are a set: what else is open is closed.
func ExampleBase_SetPorts() {
	start(func(b *charm.Base) {
		website := b.Provides("website")
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			open, err := b.Ports(ctx)
			fmt.Println("open:", open)
			if err != nil {
				return err
			}
			return b.SetPorts(ctx, charm.TCP(8080), charm.TCP(9113).For(website))
		})
	}, map[string]string{"opened-ports": `["8080/tcp (*)", "9113/tcp (website)"]`})
	// Output: open: [8080/tcp 9113/tcp (website)]
}

// What differs between releases of Juju is asked for by name.
func ExampleVersion_Has() {
	start(func(b *charm.Base) {
		b.On.Start(func(context.Context, *charm.StartEvent) error {
			v := b.Version()
			fmt.Println(v, v.Has(charm.FeatureCheckEvents), v.AtLeast(4, 0, 0))
			return nil
		})
	}, nil)
	// Output: 3.6.11 true false
}

// A resource is a file that the operator attaches.
func ExampleResource() {
	start(func(b *charm.Base) {
		manual := b.Resource("manual")
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			path, err := manual.Path(ctx)
			if err != nil {
				return err
			}
			_, err = os.Stat(path)
			fmt.Println(path, os.IsNotExist(err))
			return nil
		})
	}, map[string]string{"resource-get": "/nonexistent/manual.pdf"})
	// Output: /nonexistent/manual.pdf true
}

// What must outlive a hook is kept in a struct; the type says where.
func ExampleUnitState() {
	type backups struct {
		Last  string `charm:"last"`
		Count int    `charm:"count"`
	}
	start(func(b *charm.Base) {
		state := charm.UnitStateOf[backups](b, "backups")
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			v, err := state.Get(ctx)
			if err != nil {
				return err
			}
			v.Count++
			st.Active(fmt.Sprintf("backup %d, the last one on %s", v.Count, v.Last))
			return state.Set(ctx, v) // kept if the hook succeeds
		})
	}, map[string]string{
		"state-get":  `{"backups.last": "Monday", "backups.count": "6"}`,
		"status-get": `{"status": "maintenance"}`,
	})
	// Output: active - backup 7, the last one on Monday
}

// A handler that cannot do its work yet defers the event, and asks for another
// hook if nothing else will bring one.
func ExampleDefer() {
	start(func(b *charm.Base) {
		app := b.Container("app")
		b.WakeUpBy(app)
		b.On.Deferrable("announce").Start(func(ctx context.Context, _ *charm.StartEvent) (charm.Outcome, error) {
			if err := app.Ready(ctx); err != nil {
				b.After(time.Minute)
				return charm.Defer, nil
			}
			return charm.Done, announce(ctx)
		})
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			waiting, err := b.Deferred(ctx)
			for _, d := range waiting {
				st.Waiting("waiting to %s", d.Handler)
			}
			return err
		})
	}, map[string]string{
		"state-get":  `null`,
		"status-get": `{"status": "maintenance"}`,
	})
	// Output: waiting - waiting to announce
}

func announce(context.Context) error { return nil }
