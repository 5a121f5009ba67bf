package charmtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
)

// doing is a charm whose reconciler is a function.
func doing(f func(context.Context, *charm.Base) error) charmtest.Charm[*charm.Base] {
	return charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error { return f(ctx, b) })
		charm.OnAction(b, "backup", func(ctx context.Context, p struct {
			To string `charm:"to"`
		}) (struct {
			At string `charm:"at"`
		}, error) {
			b.ActionLog(ctx, "copying")
			return struct {
				At string `charm:"at"`
			}{"/" + p.To}, f(ctx, b)
		})
		return b, nil
	}, fstest.MapFS{
		"metadata.yaml": {Data: []byte(`
name: wiki
summary: s
description: d
requires: {database: {interface: pg}, traces: {interface: tracing}}
peers: {cluster: {interface: cluster}}
storage: {data: {type: filesystem, location: /srv}}
extra-bindings: {admin: }
`)},
		"config.yaml":  {Data: []byte("options: {level: {type: string}}")},
		"actions.yaml": {Data: []byte("backup: {params: {to: {type: string, default: x}}}")},
	})
}

// full is a state with something of everything.
func full() charmtest.State {
	return charmtest.State{
		Leader: true, Config: map[string]any{"level": "info"}, Status: charmtest.Active("fine"), AppStatus: charmtest.Active("all fine"),
		Relations: []charmtest.Relation{
			{
				Endpoint: "database", ID: 3, RemoteApp: "pg", RemoteAppData: map[string]string{"host": "h"},
				RemoteUnits:  map[string]map[string]string{"pg/0": {"a": "b"}},
				LocalAppData: map[string]string{"old": "x", "same": "y"}, LocalUnitData: map[string]string{"u": "v"},
			},
			{Endpoint: "cluster", ID: 4, RemoteUnits: map[string]map[string]string{"wiki/1": {}}},
		},
		Secrets: []charmtest.Secret{
			{ID: idA, Label: "ours", Owner: "wiki", Content: map[string]string{"key": "v"}, Revision: 2, Old: map[int]map[string]string{1: {"key": "u"}}, Rotate: "daily", GrantedTo: []string{"pg"}},
			{ID: idB, Owner: "pg", Content: map[string]string{"key": "v"}, Revision: 1, GrantedTo: []string{"wiki"}, Tracked: 1},
		},
		Ports: []string{"8080/tcp", "9000/tcp (database)"}, Storage: []charmtest.Storage{{ID: "data/0"}},
		Peers: []string{"wiki/2"}, Trust: true, Cloud: &hooktool.Cloud{Type: "kubernetes", Credential: hooktool.Credential{Attributes: map[string]string{"Token": "t"}}},
		Networks: map[string]charmtest.Network{"admin": {Bind: "10.9.0.1", Ingress: []string{"10.9.0.2"}}},
		Stored:   map[string]string{"key": "value"}, WorkloadVersion: "1",
	}
}

// A hook that writes everything changes nothing of what the test has given.
func TestTheInputIsNotChanged(t *testing.T) {
	t.Parallel()
	c := doing(func(ctx context.Context, b *charm.Base) error {
		tools := b.Tools()
		bag := hooktool.Databag{Relation: "database:3", Owner: "wiki"}
		return errors.Join(
			tools.RelationSet(ctx, bag, map[string]string{"old": "", "new": "1", "same": "y"}),
			tools.RelationSet(ctx, hooktool.Databag{Relation: "cluster:4", Owner: "wiki/0"}, map[string]string{"n": "1"}),
			tools.StateSet(ctx, map[string]string{"key": "other"}),
			tools.SecretSet(ctx, "secret:"+idA, hooktool.SecretChange{Content: map[string]string{"key": "w"}}),
			b.SetPorts(ctx, charm.TCP(1)), b.SetWorkloadVersion(ctx, "2"), b.SetAppStatus(ctx, charm.LevelActive, "better"),
		)
	})
	given, want := full(), full()
	out := charmtest.Run(t, c, given, charmtest.UpdateStatus())
	require.NoError(t, out.Err)
	require.Equal(t, want, given)

	require.Equal(t, []charmtest.Write{
		{Relation: "database:3", Databag: "wiki", Set: map[string]string{"new": "1"}, Deleted: []string{"old"}},
		{Relation: "cluster:4", Databag: "wiki/0", Set: map[string]string{"n": "1"}},
	}, out.Written)
	require.Equal(t, out.Written[0], out.Wrote("database", "wiki"))
	require.Empty(t, out.Wrote("database", "wiki/0"))
	require.Equal(t, map[string]string{"key": "other"}, out.State.Stored)
	require.Equal(t, 3, out.State.Secrets[0].Revision)
	require.Equal(t, []string{"1/tcp"}, out.State.Ports)
	require.Equal(t, []string{"2"}, out.WorkloadVersions)
	require.Equal(t, []charmtest.Status{charmtest.Active("fine"), charmtest.Active("")}, out.Statuses)
	require.Equal(t, []charmtest.Status{charmtest.Active("all fine"), charmtest.Active("better")}, out.AppStatuses)
	require.Equal(t, []charmtest.Storage{{ID: "data/0", Kind: "filesystem", Location: "/srv"}}, out.State.Storage)

	// What came out is none of what went in.
	out.State.Relations[0].RemoteUnits["pg/0"]["a"], out.State.Config["level"] = "changed", "changed"
	out.State.Cloud.Credential.Attributes["Token"] = "changed"
	require.Equal(t, want, given)
}

// What comes out of an event that does nothing is what went in.
func TestAStateGoesThroughUnchanged(t *testing.T) {
	t.Parallel()
	want := full()
	want.Unit, want.Storage[0].Kind, want.Storage[0].Location = "wiki/0", "filesystem", "/srv"
	c := charmtest.New(func(b *charm.Base) (*charm.Base, error) { return b, nil }, fstest.MapFS{
		"metadata.yaml": {Data: []byte("name: wiki\nsummary: s\ndescription: d\nrequires: {database: pg}\npeers: {cluster: {interface: cluster}}\n" +
			"storage: {data: {type: filesystem, location: /srv}}\nextra-bindings: {admin: }")},
		"config.yaml": {Data: []byte("options: {level: {type: string}}")},
	})
	out := charmtest.Run(t, c, full(), charmtest.Start())
	require.NoError(t, out.Err)
	require.Equal(t, want, out.State)
	require.Empty(t, out.Calls)
	again := charmtest.Run(t, c, out.State, charmtest.Start())
	require.Equal(t, want, again.State)
}

func TestAFailureNamesItsEvent(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is full")
	c := doing(func(ctx context.Context, b *charm.Base) error {
		b.Log.InfoContext(ctx, "about to fail")
		return errors.Join(b.Tools().RelationSet(ctx, hooktool.Databag{Relation: "database:3", Owner: "wiki"}, map[string]string{"new": "1"}), broken)
	})
	out := charmtest.Run(t, c, full(), charmtest.RelationChanged("database", "pg/0"))
	require.ErrorIs(t, out.Err, broken)
	require.EqualError(t, out.Err, "database-relation-changed for pg/0: the disk is full")
	require.Empty(t, out.Written)
	require.Equal(t, full().Relations[0], out.State.Relations[0])
	require.Equal(t, charmtest.Log{Level: "INFO", Message: "database:3: about to fail"}, out.Logs[0])

	panics := charmtest.Run(t, doing(func(context.Context, *charm.Base) error { panic("the sky falls") }), full(), charmtest.Start())
	var failure *charmtest.HookError
	require.ErrorAs(t, panics.Err, &failure)
	require.Equal(t, charmtest.Start(), failure.Event)
	require.Contains(t, string(failure.Stack), "run_test.go")
	require.ErrorContains(t, panics.Err, "run_test.go")
}

func TestARefusedCommitFailsTheHook(t *testing.T) {
	t.Parallel()
	c := doing(func(ctx context.Context, b *charm.Base) error { return b.SetPorts(ctx, charm.TCP(1)) })
	state := full()
	state.RefuseCommit = errors.New("lost leadership")
	out := charmtest.Run(t, c, state, charmtest.Start())
	require.EqualError(t, out.Err, "start: cannot apply changes: lost leadership")
	require.Equal(t, full().Ports, out.State.Ports)
	require.NoError(t, out.State.RefuseCommit)
}

func TestAnAction(t *testing.T) {
	t.Parallel()
	fine := charmtest.Run(t, doing(func(context.Context, *charm.Base) error { return nil }), charmtest.State{}, charmtest.RunAction("backup", nil))
	require.NoError(t, fine.Err)
	require.Equal(t, charmtest.Action{Status: "completed", Results: map[string]any{"at": "/x", "return-code": 0}, Log: []string{"copying"}}, fine.Action)

	failed := charmtest.Run(t, doing(func(context.Context, *charm.Base) error { return errors.New("no room") }), charmtest.State{}, charmtest.RunAction("backup", map[string]any{"to": "y"}))
	require.Equal(t, "failed", failed.Action.Status)
	require.Contains(t, failed.Action.Message, "no room")
}

func TestWhatAnEventMayCost(t *testing.T) {
	t.Parallel()
	out := charmtest.Run(t, benchCharm, twoUnits(), charmtest.UpdateStatus()).CostsAtMost(t, 6)
	require.Equal(t, 2, out.Calls.Count("relation-get"))
	require.Equal(t, map[string]int{"config-get": 1, "relation-ids": 1, "relation-list": 1, "relation-get": 2, "status-get": 1}, out.Calls.Counts())
	require.Equal(t, []string{"config-get", "status-get"}, out.Calls.Without("relation-ids", "relation-list", "relation-get").Tools())
	require.Contains(t, out.Calls.String(), "  4  relation-get --format=json -r database:0 - remote/0\n")

	f := &failing{TB: t}
	out.CostsAtMost(f, 5)
	require.Contains(t, f.said, "may cost N tool calls and took N:")
}

func TestDeferredEventsAreValues(t *testing.T) {
	t.Parallel()
	var handled []string
	ready := false
	c := charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		b.Requires("database").Deferrable("publish").OnChanged(func(_ context.Context, e *charm.RelationChangedEvent) (charm.Outcome, error) {
			handled = append(handled, e.Relation.ID()+" "+e.Unit)
			if ready {
				return charm.Done, nil
			}
			return charm.Defer, nil
		})
		return b, nil
	}, yaml("wiki", "requires: {database: pg}\n"))
	state := charmtest.State{Relations: []charmtest.Relation{
		{Endpoint: "database", ID: 3, RemoteUnits: map[string]map[string]string{"pg/0": {}}},
		{Endpoint: "database", ID: 4, RemoteUnits: map[string]map[string]string{"mysql/0": {}}},
	}}
	want := []charmtest.Deferred{{Handler: "publish", Event: charmtest.RelationChanged("database", "pg/0")}}
	out := charmtest.Run(t, c, state, charmtest.RelationChanged("database", "pg/0"))
	require.NoError(t, out.Err)
	require.Equal(t, want, out.State.Deferred)
	require.Empty(t, out.State.Stored)

	// They can be given, too.
	state.Deferred = []charmtest.Deferred{{Handler: "publish", Event: charmtest.RelationChanged("database", "mysql/0").In(4)}}
	ready, handled = true, nil
	out = charmtest.Run(t, c, state, charmtest.Start())
	require.NoError(t, out.Err)
	require.Equal(t, []string{"database:4 mysql/0"}, handled)
	require.Empty(t, out.State.Deferred)
}

func TestSpansOfATracedCharm(t *testing.T) {
	t.Parallel()
	c := charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		b.Trace("traces", charm.TraceOptions{})
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			_, err := b.Tools().ConfigGet(ctx)
			return errors.Join(err, errors.New("no luck"))
		})
		return b, nil
	}, yaml("wiki", "requires: {traces: tracing}\n"))
	out := charmtest.Run(t, c, charmtest.State{}, charmtest.Start())
	var names []string
	for _, span := range out.Spans {
		names = append(names, span.Name)
	}
	require.Equal(t, []string{"start", "reconcile", "config-get"}, names)
	require.Equal(t, []int{-1, 0, 1}, []int{out.Spans[0].Parent, out.Spans[1].Parent, out.Spans[2].Parent})
	require.Equal(t, "no luck", out.Spans[1].Error)
}

func TestNetworksOfBindings(t *testing.T) {
	t.Parallel()
	c := doing(func(ctx context.Context, b *charm.Base) error {
		network, err := b.Tools().NetworkGet(ctx, hooktool.NetworkGetOptions{Binding: "admin"})
		if err == nil {
			require.Equal(t, []string{"10.9.0.2"}, network.IngressAddresses)
		}
		return err
	})
	require.NoError(t, charmtest.Run(t, c, full(), charmtest.Start()).Err)
}

// The files may be those of a project, before it is packed.
func TestCharmcraftYAML(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	write("charmcraft.yaml", "type: charm\nname: wiki\nsummary: s\ndescription: d\nrequires: {database: pg}\nconfig: {options: {level: {type: string, default: info}}}\nactions: {look: {}}\n")
	declare := func(b *charm.Base) (*charm.Base, error) {
		config := charm.Config[struct {
			Level string `charm:"level"`
		}](b)
		charm.OnAction(b, "look", func(context.Context, charm.None) (charm.None, error) { return charm.None{}, nil })
		b.Requires("database")
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			o, err := config.Get(ctx)
			st.Active(o.Level)
			return err
		})
		return b, nil
	}
	out := charmtest.Run(t, charmtest.New(declare, os.DirFS(dir)), charmtest.State{}, charmtest.Start())
	require.NoError(t, out.Err)
	require.Equal(t, charmtest.Active("info"), out.State.Status)
}

// The code and the files must agree.
func TestNewHoldsTheCodeAgainstTheFiles(t *testing.T) {
	t.Parallel()
	c := charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		b.Container("app")
		return b, nil
	}, yaml("wiki", ""))
	_, err := c.Metadata()
	require.ErrorContains(t, err, `container "app" is not declared in metadata.yaml`)
}

func TestARecordedPebbleAnswers(t *testing.T) {
	t.Parallel()
	line, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"container": "app", "method": "GET", "url": "/v1/system-info", "code": 200, "type": "application/json",
		"body": `{"type":"sync","status-code":200,"status":"OK","result":{"version":"v1.19.2","boot-id":"x"}}`,
	}})
	require.NoError(t, err)
	c := charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		app := b.Container("app")
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			version, err := app.Version(ctx)
			st.Active(version)
			return err
		})
		return b, nil
	}, yaml("wiki", "containers: {app: {}}\n"))
	absent := charmtest.Run(t, c, charmtest.State{}, charmtest.Start())
	require.Equal(t, charmtest.Waiting("waiting for container app"), absent.State.Status)
	state := charmtest.State{Containers: map[string]charmtest.Container{"app": {Recorded: string(line)}}}
	require.Equal(t, charmtest.Active("v1.19.2"), charmtest.Run(t, c, state, charmtest.Start()).State.Status)
}
