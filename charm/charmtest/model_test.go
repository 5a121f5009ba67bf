package charmtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

// address is what a server publishes.
type address struct {
	Host string `charm:"host,required"`
}

// newServer is a charm that publishes its leader's name to whom it serves.
func newServer(b *charm.Base) (*charm.Base, error) {
	clients := b.Provides("clients")
	b.Peers("servers")
	charm.OnAction(b, "greet", func(_ context.Context, p struct {
		Name string `charm:"name,required"`
	}) (struct {
		Greeting string `charm:"greeting"`
	}, error) {
		return struct {
			Greeting string `charm:"greeting"`
		}{"hello " + p.Name}, nil
	})
	b.Reconcile(func(ctx context.Context, st *charm.Status) error {
		leader, err := b.IsLeader(ctx)
		if err != nil || !leader {
			return err
		}
		relations, err := clients.Relations(ctx)
		for _, r := range relations {
			err = errors.Join(err, charm.Write(ctx, r.LocalApp(), address{Host: b.Unit()}))
		}
		return err
	})
	return b, nil
}

// newClient is a charm that shows what its server publishes.
func newClient(b *charm.Base) (*charm.Base, error) {
	server := b.Requires("server")
	b.Reconcile(func(ctx context.Context, st *charm.Status) error {
		r, err := server.Relation(ctx)
		if err != nil {
			return err
		}
		a, err := charm.Read[address](ctx, r.RemoteApp())
		st.Active("served by " + a.Host)
		return err
	})
	return b, nil
}

func yaml(name, more string) fstest.MapFS {
	return fstest.MapFS{
		"metadata.yaml": {Data: []byte("name: " + name + "\nsummary: s\ndescription: d\n" + more)},
		"actions.yaml":  {Data: []byte("{}")},
	}
}

func serverFiles() fstest.MapFS {
	files := yaml("server", "provides: {clients: {interface: served}}\npeers: {servers: {interface: servers}}\n")
	files["actions.yaml"] = &fstest.MapFile{Data: []byte("greet: {params: {name: {type: string}}, required: [name]}")}
	return files
}

var (
	server = charmtest.New(newServer, serverFiles())
	client = charmtest.New(newClient, yaml("client", "requires: {server: {interface: served, limit: 1}}\n"))
)

func TestModelOfTwoApplications(t *testing.T) {
	t.Parallel()
	m := charmtest.NewModel(t, charmtest.ModelOptions{})
	server, client := m.Deploy("server", server, charmtest.DeployOptions{Units: 2}), m.Deploy("client", client, charmtest.DeployOptions{})
	m.Settle()
	require.Equal(t, charmtest.Blocked("integrate server"), client.Status())
	require.Equal(t, []string{"install", "leader-elected", "config-changed", "start"}, client.Unit(0).Hooks())

	served := m.Integrate("client", "server")
	m.Settle()
	require.Equal(t, charmtest.Active("served by server/0"), client.Unit(0).Status())
	require.Equal(t, "server/0", served.Databag("server")["host"])

	server.Lead(server.Unit(1))
	m.Settle()
	require.Equal(t, charmtest.Active("served by server/1"), client.Status())
	require.Equal(t, map[string]any{"greeting": "hello Ada", "return-code": 0}, server.Leader().RunAction("greet", map[string]any{"name": "Ada"}).Results)

	served.Remove()
	m.Settle()
	require.Equal(t, charmtest.Blocked("integrate server"), client.Status())
	require.Nil(t, served.Databag("server"))
	require.Empty(t, m.Idle())

	server.Lifecycle()
	require.False(t, server.Exists())
}

// C-023. What a hook writes is seen by others when it has succeeded.
func TestDatabagsAreSeenAfterTheHook(t *testing.T) {
	t.Parallel()
	m := charmtest.NewModel(t, charmtest.ModelOptions{})
	broken := true
	writer := charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		b.Provides("clients").OnJoined(func(ctx context.Context, e *charm.RelationJoinedEvent) error {
			err := e.Relation.LocalUnit().Set(ctx, map[string]string{"host": "h"})
			if broken {
				return errors.Join(err, errors.New("the disk is full"))
			}
			return err
		})
		return b, nil
	}, yaml("writer", "provides: {clients: {interface: served}}\n"))
	m.Deploy("writer", writer, charmtest.DeployOptions{})
	m.StandIn("reader", charmtest.Endpoints{Requires: map[string]string{"server": "served"}}, 1)
	served := m.Integrate("reader", "writer")
	var unsettled *charmtest.UnsettledError
	require.ErrorAs(t, m.TrySettle(), &unsettled)
	require.False(t, unsettled.Endless)
	require.ErrorContains(t, unsettled, "on writer/0, 5 times in a row, cannot handle clients-relation-joined: the disk is full")
	require.NotContains(t, served.Databag("writer/0"), "host")
	require.Equal(t, charmtest.Status{Status: "error", Message: `hook failed: "clients-relation-joined"`}, m.Unit("writer/0").Status())
	broken = false
	m.Settle()
	require.Equal(t, "h", served.Databag("writer/0")["host"])
}

func TestStandIns(t *testing.T) {
	t.Parallel()
	m := charmtest.NewModel(t, charmtest.ModelOptions{Seed: 3})
	client := m.Deploy("client", client, charmtest.DeployOptions{})
	standIn := m.StandIn("proxy", charmtest.Endpoints{Provides: map[string]string{"site": "served"}}, 2)
	served := m.Integrate("client", "proxy")
	m.Settle()
	require.Equal(t, charmtest.Waiting("waiting for proxy to publish on server"), client.Status())
	served.Write("proxy", map[string]string{"host": "h"})
	m.Settle()
	require.Equal(t, charmtest.Active("served by h"), client.Status())
	standIn.Remove()
	m.Settle()
	require.Equal(t, charmtest.Blocked("integrate server"), client.Status())
}

// What cannot be integrated is told with what there is.
func TestIntegrateWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for other, want := range map[string]string{
		"proxy": "cannot integrate client and proxy: no relations found: client requires server (served), and proxy provides site (http)",
		"prxy":  `the model has no application "prxy": write "proxy"`,
	} {
		f := &failing{TB: t}
		m := charmtest.NewModel(f, charmtest.ModelOptions{})
		m.Deploy("client", client, charmtest.DeployOptions{})
		m.StandIn("proxy", charmtest.Endpoints{Provides: map[string]string{"site": "http"}}, 1)
		require.Panics(t, func() { m.Integrate("client", other) })
		require.Equal(t, want, f.said)
	}
}

func TestRefreshTheRealCharmAndBack(t *testing.T) {
	t.Parallel()
	version := func(v string) charmtest.Charm[*charm.Base] {
		return charmtest.New(func(b *charm.Base) (*charm.Base, error) {
			b.Reconcile(func(_ context.Context, st *charm.Status) error {
				st.Active("version " + v)
				return nil
			})
			return b, nil
		}, yaml("versioned", ""))
	}
	m := charmtest.NewModel(t, charmtest.ModelOptions{})
	app := m.Deploy("versioned", version("1"), charmtest.DeployOptions{Units: 2})
	m.Settle()
	for _, v := range []string{"2", "1"} {
		app.Refresh(version(v))
		m.Settle()
		for _, u := range app.Units() {
			require.Equal(t, charmtest.Active("version "+v), u.Status())
			require.Equal(t, []string{"upgrade-charm", "config-changed"}, u.Hooks()[len(u.Hooks())-2:])
		}
	}
}

func TestSecretsOverTime(t *testing.T) {
	t.Parallel()
	rotated := 0
	owner := charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		type key struct {
			Value string `charm:"value"`
		}
		secret := charm.OwnedSecret[key](b, "key", charm.SecretOptions{Rotate: "daily"})
		secret.OnRenew(func(context.Context) (key, error) {
			rotated++
			return key{fmt.Sprint("new-", rotated)}, nil
		})
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			_, err := secret.Ensure(ctx, func() (key, error) { return key{"old"}, nil })
			return err
		})
		return b, nil
	}, yaml("owner", ""))
	m := charmtest.NewModel(t, charmtest.ModelOptions{})
	app := m.Deploy("owner", owner, charmtest.DeployOptions{})
	m.Settle()
	require.Equal(t, map[string]string{"value": "old"}, app.Secrets()[0].Content)
	m.Advance(25 * time.Hour)
	m.Settle()
	require.Equal(t, map[string]string{"value": "new-1"}, app.Secrets()[0].Content)
	require.Contains(t, app.Unit(0).Hooks(), "secret-rotate")
	m.Advance(6 * time.Minute)
	m.Settle()
	require.Contains(t, app.Unit(0).Hooks(), "update-status")
}

func TestHooksForEverAreFound(t *testing.T) {
	t.Parallel()
	chatty := charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		peers := b.Peers("others")
		peers.OnChanged(func(ctx context.Context, e *charm.RelationChangedEvent) error {
			mine, err := e.Relation.LocalUnit().Get(ctx)
			if err != nil {
				return err
			}
			return e.Relation.LocalUnit().Set(ctx, map[string]string{"said": mine["said"] + "."})
		})
		return b, nil
	}, yaml("chatty", "peers: {others: {interface: others}}\n"))
	m := charmtest.NewModel(t, charmtest.ModelOptions{Hooks: 100})
	m.Deploy("chatty", chatty, charmtest.DeployOptions{Units: 2})
	var unsettled *charmtest.UnsettledError
	require.ErrorAs(t, m.TrySettle(), &unsettled)
	require.True(t, unsettled.Endless)
	require.ErrorContains(t, unsettled, "chatty/0 others-relation-changed of others:0 for chatty/1")
}

func TestExplore(t *testing.T) {
	t.Parallel()
	charmtest.Explore(t, charmtest.ExploreOptions{}, func(t *testing.T, m *charmtest.Model) {
		m.Deploy("server", server, charmtest.DeployOptions{Units: 2})
		client := m.Deploy("client", client, charmtest.DeployOptions{})
		m.Settle()
		m.Integrate("client", "server")
		m.Settle()
		require.Equal(t, charmtest.Active("served by "+m.App("server").Leader().Name()), client.Status())
		m.App("server").Leader().KillPod()
	})
}

// The same seed is the same order, another one mostly another.
func TestSeedsMakeOrders(t *testing.T) {
	t.Parallel()
	order := func(seed uint64) []string {
		m := charmtest.NewModel(t, charmtest.ModelOptions{Seed: seed})
		m.Deploy("server", server, charmtest.DeployOptions{Units: 3})
		m.Settle()
		var units []string
		for _, h := range m.Hooks() {
			units = append(units, h.String())
		}
		return units
	}
	require.Equal(t, order(7), order(7))
	require.NotEqual(t, order(7), order(8))
	require.ElementsMatch(t, order(0)[:3], []string{"server/0 install", "server/1 install", "server/2 install"}, "without a seed they take turns")
}

func TestACharmThatAlwaysWritesIsFound(t *testing.T) {
	t.Parallel()
	m := charmtest.NewModel(t, charmtest.ModelOptions{})
	count := 0
	m.Deploy("restless", charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			count++
			return b.Tools().StateSet(ctx, map[string]string{"count": fmt.Sprint(count)})
		})
		return b, nil
	}, yaml("restless", "")), charmtest.DeployOptions{})
	m.Settle()
	idle := m.Idle()
	require.Len(t, idle, 1)
	require.Equal(t, "restless/0", idle[0].Unit)
	require.Equal(t, []string{"state-set"}, idle[0].Calls.Tools())
}

func TestARefusedCommitThatStaysRefusedIsTold(t *testing.T) {
	t.Parallel()
	m := charmtest.NewModel(t, charmtest.ModelOptions{})
	m.Deploy("greedy", charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error { return b.SetPorts(ctx, charm.ICMP()) })
		return b, nil
	}, yaml("greedy", "")), charmtest.DeployOptions{})
	require.ErrorContains(t, m.TrySettle(), "on greedy/0, 5 times in a row, hook \"start\" failed: cannot apply changes: protocol icmp on caas models not supported")
}

// A container's events come through the agent, and again until they are taken.
func TestEventsOfContainers(t *testing.T) {
	t.Parallel()
	attempts := 0
	m := charmtest.NewModel(t, charmtest.ModelOptions{})
	m.Deploy("ready", charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		b.Container("app").OnPebbleReady(func(context.Context, *charm.PebbleReadyEvent) error {
			if attempts++; attempts < 3 {
				return errors.New("not yet")
			}
			return nil
		})
		return b, nil
	}, yaml("ready", "containers: {app: {}}\n")), charmtest.DeployOptions{})
	m.Settle()
	require.Equal(t, 3, attempts, "it comes by itself, and again until it is handled")
	m.Unit("ready/0").Send(charmtest.PebbleReady("app"))
	m.Settle()
	require.Equal(t, 4, attempts)
}

// BenchmarkLifecycle deploys ten units of two applications, relates them, changes a
// leader, and removes them.
func BenchmarkLifecycle(b *testing.B) {
	hooks := 0
	for b.Loop() {
		m := charmtest.NewModel(b, charmtest.ModelOptions{})
		server, client := m.Deploy("server", server, charmtest.DeployOptions{Units: 5}), m.Deploy("client", client, charmtest.DeployOptions{Units: 5})
		m.Settle()
		m.Integrate("client", "server")
		m.Settle()
		server.Lead(server.Unit(1))
		m.Settle()
		server.Remove()
		client.Remove()
		m.Settle()
		hooks = len(m.Hooks())
	}
	b.ReportMetric(float64(hooks), "hooks")
}
