package charm_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
)

// runAnswered runs a hook whose tools give these answers, and returns their command
// lines. The path is that of the hook, with variables of its environment behind it.
func runAnswered(t *testing.T, answers map[string]string, declare func(*charm.Base), path string, env ...string) (lines []string, err error) {
	t.Helper()
	transport := hooktool.Record(answering(answers), func(r hooktool.Recorded) {
		lines = append(lines, strings.Join(append([]string{r.Call.Tool}, r.Call.Args...), " "))
	})
	_, err = charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		declare(b)
		return b, nil
	}, charm.Options{
		Getenv:    environment(append(env, "JUJU_DISPATCH_PATH", path, "JUJU_UNIT_NAME", "wiki/0", "JUJU_VERSION", "3.6.11")...),
		Transport: transport,
		Files:     fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
	})
	return lines, err
}

// The event of a relation says who is at its other side: nothing is asked.
func TestAnEventNamesTheApplication(t *testing.T) {
	t.Parallel()
	env := []string{"JUJU_RELATION", "database", "JUJU_RELATION_ID", "database:1", "JUJU_REMOTE_APP", "pg", "JUJU_REMOTE_UNIT", "pg/0"}
	lines, err := runAnswered(t, map[string]string{"relation-ids": `["database:1"]`}, func(b *charm.Base) {
		database := b.Requires("database")
		database.OnChanged(func(ctx context.Context, e *charm.RelationChangedEvent) error {
			app, err := e.Relation.App(ctx)
			require.Equal(t, "pg", app)
			return err
		})
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			r, err := database.Relation(ctx)
			require.NoError(t, err)
			app, err := r.App(ctx)
			require.Equal(t, "pg", app)
			return err
		})
	}, "hooks/database-relation-changed", env...)
	require.NoError(t, err)
	require.Zero(t, count(tool(lines), "relation-list"))
}

func TestTheApplicationOfPeersIsTheirOwn(t *testing.T) {
	t.Parallel()
	lines, err := runAnswered(t, map[string]string{"relation-ids": `["cluster:0"]`}, func(b *charm.Base) {
		peers := b.Peers("cluster")
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			r, err := peers.Relation(ctx)
			require.NoError(t, err)
			app, err := r.App(ctx)
			require.Equal(t, "wiki", app)
			return err
		})
	}, "hooks/start")
	require.NoError(t, err)
	require.Zero(t, count(tool(lines), "relation-list"))
}

// A relation may go while a hook runs: by force, or in the other model. Juju
// then says that there is none, or only that it is not permitted.
func TestARelationThatHasGoneMeanwhile(t *testing.T) {
	t.Parallel()
	use := func(use func(context.Context, *charm.Relation) error) func(*charm.Base) {
		return func(b *charm.Base) {
			requires := requiresDatabase(b)
			requires.OnDeparted(func(ctx context.Context, e *charm.RelationDepartedEvent) error { return use(ctx, e.Relation) })
		}
	}
	env := []string{"JUJU_RELATION", "database", "JUJU_RELATION_ID", "database:1", "JUJU_REMOTE_UNIT", "pg/0"}
	gone := "ERROR invalid value \"database:1\" for option -r: relation not found"
	_, err := runAnswered(t, map[string]string{"relation-ids": `["database:1"]`, "relation-list": gone}, overDatabase(func(ctx context.Context, r *charm.Relation) error {
		_, err := r.App(ctx)
		require.ErrorIs(t, err, charm.ErrAbsent)
		units, err := r.Units(ctx)
		require.Empty(t, units)
		return err
	}), "hooks/update-status")
	require.NoError(t, err)

	for _, refusal := range []string{gone, "ERROR permission denied"} {
		for ids, want := range map[string]string{"[]": "", `["database:2"]`: "", `["database:1"]`: "permission denied"} {
			if refusal == gone {
				want = ""
			}
			answers := map[string]string{"relation-ids": ids, "relation-list": `["pg/0", "pg/1"]`, "relation-get": refusal}
			_, err := runAnswered(t, answers, use(func(ctx context.Context, r *charm.Relation) error {
				bags, err := r.RemoteUnits(ctx)
				if err != nil {
					return err
				}
				require.Len(t, bags, 2)
				content, err := bags[1].Get(ctx)
				require.Empty(t, content)
				return err
			}), "hooks/database-relation-departed", env...)
			if want == "" {
				require.NoError(t, err, "%s %s", refusal, ids)
				continue
			}
			require.ErrorContains(t, err, want)
		}
	}
}

// unwritable is what no text can stand for.
type unwritable struct {
	Number float64 `charm:"number,json"`
}

// A value that cannot be written is told, and nothing is written.
func TestValuesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	bad := unwritable{math.NaN()}
	for name, declare := range map[string]func(*charm.Base){
		"databag": overDatabase(func(ctx context.Context, r *charm.Relation) error { return charm.Write(ctx, r.LocalUnit(), bad) }),
		"unit state": with(func(b *charm.Base) *charm.UnitState[unwritable] { return charm.UnitStateOf[unwritable](b, "x") },
			func(ctx context.Context, s *charm.UnitState[unwritable]) error { return s.Set(ctx, bad) }),
		"peer state": with(func(b *charm.Base) *charm.PeerUnitState[unwritable] {
			return charm.PeerUnitStateOf[unwritable](b.Peers("cluster"), "x")
		}, func(ctx context.Context, s *charm.PeerUnitState[unwritable]) error { return s.Set(ctx, bad) }),
		"new secret": with(func(b *charm.Base) *charm.Owned[unwritable] {
			return charm.OwnedSecret[unwritable](b, "new", charm.SecretOptions{Owner: hooktool.OwnerUnit})
		}, func(ctx context.Context, o *charm.Owned[unwritable]) error {
			return second(o.Ensure(ctx, func() (unwritable, error) { return bad, nil }))
		}),
		"secret": with(func(b *charm.Base) *charm.Owned[unwritable] {
			return charm.OwnedSecret[unwritable](b, "old", charm.SecretOptions{Owner: hooktool.OwnerUnit})
		}, func(ctx context.Context, o *charm.Owned[unwritable]) error { return o.Set(ctx, bad) }),
		"results": using(func(ctx context.Context, b *charm.Base) error { return charm.SetResults(ctx, b, bad) }),
	} {
		lines, err := runAnswered(t, map[string]string{
			"relation-ids": `["x:1"]`, "secret-get --refresh": "ERROR secret not found", "secret-info-get": `{"abc": {"label": "old"}}`,
		}, declare, "hooks/start")
		require.ErrorContains(t, err, "NaN", name)
		for _, name := range tool(lines) {
			require.NotContains(t, []string{"relation-set", "state-set", "secret-add", "secret-set", "action-set"}, name)
		}
	}
}

// A type with tags that nobody knows is a mistake in the program, and told at
// once.
func TestTypesThatCannotBeBound(t *testing.T) {
	t.Parallel()
	type bad struct {
		Text string `charm:"text,nosuch"`
	}
	for name, declare := range map[string]func(*charm.Base){
		"somebody's secret": func(b *charm.Base) { charm.ObservedSecret[bad](b, "secret:x", "x") },
		"own secret":        func(b *charm.Base) { charm.OwnedSecret[bad](b, "x", charm.SecretOptions{}) },
		"unit state":        func(b *charm.Base) { charm.UnitStateOf[bad](b, "x") },
		"peer state":        func(b *charm.Base) { charm.PeerUnitStateOf[bad](b.Peers("cluster"), "x") },
		"app state":         func(b *charm.Base) { charm.PeerAppStateOf[bad](b.Peers("cluster"), "x") },
		"config":            func(b *charm.Base) { charm.Config[bad](b) },
	} {
		require.Panics(t, func() {
			_, _ = charm.Events(func(b *charm.Base) (*charm.Base, error) { declare(b); return b, nil })
		}, name)
	}
}

func TestNamesOfResourcesAndBindingsAreDeclared(t *testing.T) {
	t.Parallel()
	_, err := runAnswered(t, nil, func(b *charm.Base) {
		require.Equal(t, "movie", b.Resource("movie").Name())
		require.Equal(t, "backup", b.Binding("backup").Name())
		b.Resource("manual")
		b.Binding("admin")
	}, "hooks/start")
	require.ErrorContains(t, err, `resource "movie" is not declared in metadata.yaml`)
	require.ErrorContains(t, err, `binding "backup" is not declared in metadata.yaml`)
	require.NotContains(t, err.Error(), `resource "manual" is not`)
	require.NotContains(t, err.Error(), `binding "admin" is not`)
}

func TestPortsThatANewerJujuWritesInAnotherWay(t *testing.T) {
	t.Parallel()
	_, err := runAnswered(t, map[string]string{"opened-ports": `["any/tcp", "1-x/tcp", "8080", "icmp (database)"]`}, using(func(ctx context.Context, b *charm.Base) error {
		ports, err := b.Ports(ctx)
		require.Equal(t, "[8080/tcp icmp (database)]", fmt.Sprint(ports))
		return err
	}), "hooks/start")
	require.NoError(t, err)
}

// Only ranges that have ports in common are in one another's way.
func TestPortsThatAreInTheWay(t *testing.T) {
	t.Parallel()
	for open, waits := range map[string]bool{
		"20-30/tcp": true, "1-10/tcp": true, "12-18/tcp": true, "1-50/tcp": true, "10-21/tcp": true, "9-20/tcp": true,
		"21-30/tcp": false, "1-9/tcp": false, "20-30/udp": false,
	} {
		_, err := runAnswered(t, map[string]string{"opened-ports": `["` + open + `"]`}, using(func(ctx context.Context, b *charm.Base) error {
			err := b.SetPorts(ctx, charm.TCP(10).Through(20))
			require.Equal(t, waits, err != nil, open)
			return nil
		}), "hooks/start")
		require.NoError(t, err)
	}
}

func TestASecretWhoseNameIsNone(t *testing.T) {
	t.Parallel()
	_, err := runAnswered(t, map[string]string{"secret-get": `ERROR secret URI "x y" not valid`}, using(func(ctx context.Context, b *charm.Base) error {
		_, err := charm.ReadSecret[login](ctx, b, "x y", "login")
		var invalid *charm.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, []string{"its URI is none"}, invalid.Problems)
		return nil
	}), "hooks/start")
	require.NoError(t, err)
}

// What is deferred about a storage is dropped when that storage goes, and no
// other.
func TestDeferredEventsOfStorageThatGoes(t *testing.T) {
	t.Parallel()
	state := map[string]string{"state-get": `{"charmkit-deferred": "[{\"handler\": \"later\", \"event\": \"data-storage-attached\", \"storage\": \"data/0\"}]"}`, "storage-list": `["data/0", "data/1"]`}
	for name, test := range map[string]struct {
		path  string
		env   []string
		comes bool
	}{
		"this one goes":   {"hooks/data-storage-detaching", []string{"JUJU_STORAGE_ID", "data/0"}, false},
		"another goes":    {"hooks/data-storage-detaching", []string{"JUJU_STORAGE_ID", "data/1"}, true},
		"it comes again":  {"hooks/data-storage-attached", []string{"JUJU_STORAGE_ID", "data/0"}, true},
		"something else":  {"hooks/update-status", nil, true},
		"the unit's last": {"hooks/stop", nil, false},
	} {
		var handled []string
		_, err := runAnswered(t, state, func(b *charm.Base) {
			b.Storage("data").Deferrable("later").OnAttached(func(_ context.Context, e *charm.StorageAttachedEvent) (charm.Outcome, error) {
				handled = append(handled, e.ID)
				return charm.Done, nil
			})
		}, test.path, test.env...)
		require.NoError(t, err, name)
		require.Equal(t, test.comes, len(handled) > 0 && handled[0] == "data/0", name)
	}
	state["storage-list"] = "ERROR no storage today"
	lines, err := runAnswered(t, state, func(b *charm.Base) {
		b.Storage("data").Deferrable("later").OnAttached(func(context.Context, *charm.StorageAttachedEvent) (charm.Outcome, error) { panic("handled") })
	}, "hooks/update-status")
	require.ErrorContains(t, err, "no storage today", "whether it is there is not known")
	require.NotContains(t, strings.Join(lines, "\n"), "state-delete")
}

func TestDeferringTooMuch(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 20<<10)
	deferring := func(b *charm.Base) {
		b.On.Deferrable("later").SecretChanged(func(context.Context, *charm.SecretChangedEvent) (charm.Outcome, error) { return charm.Defer, nil })
	}
	state := map[string]string{"state-get": `{"charmkit-deferred": "[{\"handler\": \"later\", \"event\": \"secret-changed\", \"label\": \"` + long + `\"}]"}`}
	_, err := runAnswered(t, state, deferring, "hooks/secret-changed", "JUJU_SECRET_LABEL", "small")
	require.NoError(t, err)
	_, err = runAnswered(t, state, deferring, "hooks/secret-changed", "JUJU_SECRET_LABEL", long+"y")
	var full *charm.DeferralsFullError
	require.ErrorAs(t, err, &full)
	require.Equal(t, charm.DeferralsFullError{Deferred: charm.Deferred{Handler: "later", Event: "secret-changed"}, Waiting: 1}, *full)
	require.ErrorContains(t, err, `cannot defer secret-changed for handler "later": 1 events are deferred already`)
}

func TestHandlersThatMayDeferAreTold(t *testing.T) {
	t.Parallel()
	done := func(context.Context, *charm.StartEvent) (charm.Outcome, error) { return charm.Done, nil }
	for name, declare := range map[string]func(*charm.Base){
		"no name": func(b *charm.Base) { b.On.Deferrable("").Start(done) },
		"twice":   func(b *charm.Base) { b.On.Deferrable("x").Start(done); b.On.Deferrable("x").Start(done) },
	} {
		require.Panics(t, func() {
			_, _ = charm.Events(func(b *charm.Base) (*charm.Base, error) { declare(b); return b, nil })
		}, name)
	}
	broken := errors.New("broken")
	for _, outcome := range []charm.Outcome{charm.Done, charm.Defer} {
		lines, err := runAnswered(t, nil, func(b *charm.Base) {
			b.On.Deferrable("x").Start(func(context.Context, *charm.StartEvent) (charm.Outcome, error) { return outcome, broken })
		}, "hooks/start")
		require.ErrorIs(t, err, broken)
		require.NotContains(t, strings.Join(lines, "\n"), "state-set")
	}
	events, err := charm.Events(func(b *charm.Base) (*charm.Base, error) {
		b.On.Deferrable("x").PreSeriesUpgrade(func(context.Context, *charm.PreSeriesUpgradeEvent) (charm.Outcome, error) { return charm.Done, nil })
		b.On.Deferrable("x").PostSeriesUpgrade(func(context.Context, *charm.PostSeriesUpgradeEvent) (charm.Outcome, error) { return charm.Done, nil })
		return b, nil
	})
	require.NoError(t, err)
	require.Equal(t, []string{"post-series-upgrade", "pre-series-upgrade"}, events)
}

// A charm that reconciles the application alone fails with it, and does so where it is
// not known who leads.
func TestTheApplicationCannotBeReconciled(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for answer, want := range map[string]string{"true": "broken", "ERROR nobody knows": "nobody knows"} {
		_, err := runAnswered(t, map[string]string{"is-leader": answer}, func(b *charm.Base) {
			b.ReconcileApp(func(context.Context, *charm.Status) error { return broken })
		}, "hooks/start")
		require.ErrorContains(t, err, want)
	}
}
