package charm_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// publisher is a charm that handles its database's changes only when it may.
type publisher struct {
	ready   bool
	handled []string
}

func (p *publisher) charm(more ...func(*charm.Base)) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		p.handled = nil
		database := b.Requires("database")
		database.Deferrable("publish").OnChanged(func(ctx context.Context, e *charm.RelationChangedEvent) (charm.Outcome, error) {
			p.handled = append(p.handled, fmt.Sprint("changed ", e.Relation.ID(), " ", e.App, " ", e.Unit))
			return p.outcome(), nil
		})
		b.On.Deferrable("configure").ConfigChanged(func(context.Context, *charm.ConfigChangedEvent) (charm.Outcome, error) {
			p.handled = append(p.handled, "config")
			return p.outcome(), nil
		})
		b.On.UpdateStatus(func(context.Context, *charm.UpdateStatusEvent) error {
			p.handled = append(p.handled, "status")
			return nil
		})
		for _, declare := range more {
			declare(b)
		}
	})
}

func (p *publisher) outcome() charm.Outcome {
	if p.ready {
		return charm.Done
	}
	return charm.Defer
}

// twoDatabases is a state with a database of two units.
func twoDatabases() charmtest.State {
	return charmtest.State{Relations: []charmtest.Relation{{
		Endpoint: "database", RemoteApp: "pg", RemoteUnits: map[string]map[string]string{"pg/0": {}, "pg/1": {}},
	}}}
}

func TestDeferredEventsComeAgainInOrder(t *testing.T) {
	t.Parallel()
	p := &publisher{}
	out := succeed(t, p.charm(), twoDatabases(), charmtest.RelationChanged("database", "pg/1"))
	require.Equal(t, []string{"changed database:0 pg pg/1"}, p.handled)
	require.Equal(t, []string{"state-get", "state-set"}, out.Calls.Tools())

	out = succeed(t, p.charm(), out.State, charmtest.ConfigChanged())
	require.Equal(t, []string{"changed database:0 pg pg/1", "config"}, p.handled)

	// What is deferred already is not deferred once more, and nothing is written.
	out = succeed(t, p.charm(), out.State, charmtest.ConfigChanged())
	require.Equal(t, []string{"changed database:0 pg pg/1", "config", "config"}, p.handled)
	require.NotContains(t, out.Calls.Tools(), "state-set")

	p.ready = true
	out = succeed(t, p.charm(), out.State, charmtest.UpdateStatus())
	require.Equal(t, []string{"changed database:0 pg pg/1", "config", "status"}, p.handled)
	require.Empty(t, out.State.Deferred)
	require.Empty(t, out.State.Stored, "nothing is left behind")

	out = succeed(t, p.charm(), out.State, charmtest.UpdateStatus())
	require.Equal(t, []string{"status"}, p.handled)
	require.Equal(t, []string{"state-get"}, out.Calls.Tools())
}

func TestDeferredEventsCanBeListed(t *testing.T) {
	t.Parallel()
	p := &publisher{}
	out := succeed(t, p.charm(), twoDatabases(), charmtest.RelationChanged("database", "pg/1"))
	var waiting []charm.Deferred
	c := p.charm(func(b *charm.Base) {
		b.On.UpdateStatus(func(ctx context.Context, _ *charm.UpdateStatusEvent) (err error) {
			waiting, err = b.Deferred(ctx)
			return err
		})
	})
	succeed(t, c, out.State, charmtest.UpdateStatus())
	require.Equal(t, []charm.Deferred{{Handler: "publish", Event: "database-relation-changed"}}, waiting)
}

// While one is handled, it and those after it are still deferred.
func TestDeferredEventsCanBeListedWhileTheyAreHandled(t *testing.T) {
	t.Parallel()
	var listed [][]charm.Deferred
	var outcome charm.Outcome
	c := wiki(func(b *charm.Base) {
		for _, name := range []string{"first", "second"} {
			b.On.Deferrable(name).Start(func(ctx context.Context, _ *charm.StartEvent) (charm.Outcome, error) {
				waiting, err := b.Deferred(ctx)
				listed = append(listed, waiting)
				return outcome, err
			})
		}
	})
	outcome = charm.Defer
	out := succeed(t, c, charmtest.State{}, charmtest.Start())
	outcome, listed = charm.Done, nil
	out = succeed(t, c, out.State, charmtest.UpdateStatus())
	first, second := charm.Deferred{Handler: "first", Event: "start"}, charm.Deferred{Handler: "second", Event: "start"}
	require.Equal(t, [][]charm.Deferred{{first, second}, {second}}, listed)
	require.Empty(t, out.State.Stored)
}

func TestDeferredEventsThatCannotBeReadAreNotNone(t *testing.T) {
	t.Parallel()
	p := &publisher{}
	c := p.charm(func(b *charm.Base) {
		b.On.Stop(func(ctx context.Context, _ *charm.StopEvent) error {
			for range 2 {
				_, err := b.Deferred(ctx)
				require.ErrorContains(t, err, "state-delete")
			}
			return nil
		})
	})
	succeed(t, c, charmtest.State{Stored: map[string]string{"charmkit-deferred": "{"}}, charmtest.Stop())
}

// A hook that fails, or whose commit is refused, has deferred nothing and lost
// nothing.
func TestDeferralIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	p := &publisher{}
	deferred := succeed(t, p.charm(), twoDatabases(), charmtest.RelationChanged("database", "pg/1")).State
	failing := func(b *charm.Base) {
		b.Reconcile(func(context.Context, *charm.Status) error { return errors.New("cannot go on") })
	}
	p.ready = true
	out := charmtest.Run(t, p.charm(failing), deferred, charmtest.UpdateStatus())
	require.Error(t, out.Err)
	require.Equal(t, deferred.Deferred, out.State.Deferred)

	refused := deferred
	refused.RefuseCommit = errors.New("refused")
	out = charmtest.Run(t, p.charm(), refused, charmtest.UpdateStatus())
	require.Error(t, out.Err)
	require.Equal(t, deferred.Deferred, out.State.Deferred)
}

func TestDeferredEventsOfARelationEndWithIt(t *testing.T) {
	t.Parallel()
	p := &publisher{}
	out := succeed(t, p.charm(), twoDatabases(), charmtest.RelationChanged("database", "pg/1"))
	out = succeed(t, p.charm(), out.State, charmtest.RelationBroken("database"))
	require.Empty(t, p.handled, "after its last event there is no other")
	require.Empty(t, out.State.Stored)
}

// The hook of its last event may have been skipped, by "juju resolve --no-retry".
func TestDeferredEventsOfAStorageEndWithIt(t *testing.T) {
	t.Parallel()
	handled := 0
	c := wiki(func(b *charm.Base) {
		b.Storage("data").Deferrable("mount").OnAttached(func(context.Context, *charm.StorageAttachedEvent) (charm.Outcome, error) {
			handled++
			return charm.Defer, nil
		})
	})
	state := charmtest.State{Storage: []charmtest.Storage{{ID: "data/0", Location: "/srv"}}}
	attached := succeed(t, c, state, charmtest.StorageAttached("data/0")).State
	succeed(t, c, attached, charmtest.UpdateStatus())
	require.Equal(t, 2, handled)

	out := succeed(t, c, attached, charmtest.StorageDetaching("data/0"))
	require.Equal(t, 2, handled)
	require.Empty(t, out.State.Stored)

	attached.Storage = nil
	out = succeed(t, c, attached, charmtest.UpdateStatus())
	require.Equal(t, 2, handled)
	require.Empty(t, out.State.Stored)
}

func TestDeferredEventsWaitForActionsAndTheEnd(t *testing.T) {
	t.Parallel()
	p := &publisher{}
	c := p.charm(func(b *charm.Base) {
		charm.OnAction(b, "look", func(context.Context, charm.None) (charm.None, error) { return charm.None{}, nil })
	})
	c = charmtest.New(c.Constructor(), wiki(nil, "actions.yaml", "look:\n").Files())
	deferred := succeed(t, c, twoDatabases(), charmtest.RelationChanged("database", "pg/1")).State
	for _, event := range []charmtest.Event{charmtest.RunAction("look", nil), charmtest.Stop(), charmtest.Remove()} {
		out := succeed(t, c, deferred, event)
		require.Empty(t, p.handled)
		require.NotContains(t, out.Calls.Tools(), "state-get")
		require.Equal(t, deferred.Deferred, out.State.Deferred)
	}
}

func TestDeferredEventsWithoutAHandlerAreDropped(t *testing.T) {
	t.Parallel()
	p := &publisher{}
	out := succeed(t, p.charm(), twoDatabases(), charmtest.RelationChanged("database", "pg/1"))
	newer := wiki(func(b *charm.Base) {
		b.Requires("database").Deferrable("renamed").OnChanged(func(context.Context, *charm.RelationChangedEvent) (charm.Outcome, error) {
			return charm.Done, errors.New("this event was another handler's")
		})
	})
	out = succeed(t, newer, out.State, charmtest.UpgradeCharm())
	require.Empty(t, out.State.Stored)
	require.Contains(t, out.Logs, charmtest.Log{Level: "WARNING", Message: "dropped a deferred event: the charm has no such handler any more event=database-relation-changed handler=publish"})
}

func TestDeferralIsBounded(t *testing.T) {
	t.Parallel()
	state := twoDatabases()
	for i := range 120 {
		state.Relations[0].RemoteUnits[fmt.Sprintf("pg/%d", i)] = map[string]string{}
	}
	p := &publisher{}
	for i := range 120 {
		out := charmtest.Run(t, p.charm(), state, charmtest.RelationChanged("database", fmt.Sprintf("pg/%d", i)))
		if out.Err != nil {
			var full *charm.DeferralsFullError
			require.ErrorAs(t, out.Err, &full)
			require.Equal(t, charm.Deferred{Handler: "publish", Event: "database-relation-changed"}, full.Deferred)
			require.Equal(t, 100, i)
			require.Less(t, len(out.State.Stored["charmkit-deferred"]), 32<<10)
			return
		}
		state = out.State
	}
	t.Fatal("the deferred events have no bound")
}

// Whatever a deferred handler's event has, it has again.
func TestDeferredEventsKeepTheirFields(t *testing.T) {
	t.Parallel()
	const secret = "dc1png1ksduervjuecvg"
	state := twoDatabases()
	state.Secrets = []charmtest.Secret{{ID: secret, Label: "token", Content: map[string]string{"key": "v"}, Tracked: 1}}
	state.Storage = []charmtest.Storage{{ID: "data/0", Location: "/srv"}}
	state.Containers = map[string]charmtest.Container{"app": {Pebble: memory.State{Unreachable: true}}}
	type seen map[string]any
	for name, event := range map[string]charmtest.Event{
		"departed": charmtest.RelationDeparted("database", "pg/1"), "joined": charmtest.RelationJoined("database", "pg/0"),
		"created": charmtest.RelationCreated("database"), "notice": charmtest.PebbleCustomNotice("app", "7", "example.com/x"),
		"failed": charmtest.PebbleCheckFailed("app", "up"), "recovered": charmtest.PebbleCheckRecovered("app", "up"),
		"ready": charmtest.PebbleReady("app"), "secret": charmtest.SecretChanged(secret, "token"),
		"obsolete": charmtest.SecretRemove(secret, "token", 1), "attached": charmtest.StorageAttached("data/0"),
		"install": charmtest.Install(), "start": charmtest.Start(), "upgrade": charmtest.UpgradeCharm(),
		"elected": charmtest.LeaderElected(), "settings": charmtest.LeaderSettingsChanged(), "status": charmtest.UpdateStatus(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []seen
			c := wiki(func(b *charm.Base) {
				database, app, data := b.Requires("database").Deferrable("x"), b.Container("app").Deferrable("x"), b.Storage("data").Deferrable("x")
				on := b.On.Deferrable("x")
				database.OnCreated(func(_ context.Context, e *charm.RelationCreatedEvent) (charm.Outcome, error) {
					got = append(got, seen{"created": e.Relation.ID(), "app": e.App})
					return charm.Defer, nil
				})
				database.OnJoined(func(_ context.Context, e *charm.RelationJoinedEvent) (charm.Outcome, error) {
					got = append(got, seen{"joined": e.Relation.ID(), "app": e.App, "unit": e.Unit})
					return charm.Defer, nil
				})
				database.OnDeparted(func(_ context.Context, e *charm.RelationDepartedEvent) (charm.Outcome, error) {
					got = append(got, seen{"departed": e.Relation.ID(), "unit": e.Unit, "departing": e.DepartingUnit})
					return charm.Defer, nil
				})
				app.OnPebbleReady(func(_ context.Context, e *charm.PebbleReadyEvent) (charm.Outcome, error) {
					got = append(got, seen{"ready": e.Container.Name()})
					return charm.Defer, nil
				})
				app.OnCustomNotice(func(_ context.Context, e *charm.PebbleCustomNoticeEvent) (charm.Outcome, error) {
					got = append(got, seen{"notice": e.ID, "type": e.Type, "key": e.Key})
					return charm.Defer, nil
				})
				app.OnCheckFailed(func(_ context.Context, e *charm.PebbleCheckFailedEvent) (charm.Outcome, error) {
					got = append(got, seen{"failed": e.Check})
					return charm.Defer, nil
				})
				app.OnCheckRecovered(func(_ context.Context, e *charm.PebbleCheckRecoveredEvent) (charm.Outcome, error) {
					got = append(got, seen{"recovered": e.Check})
					return charm.Defer, nil
				})
				data.OnAttached(func(_ context.Context, e *charm.StorageAttachedEvent) (charm.Outcome, error) {
					got = append(got, seen{"attached": e.ID, "kind": e.Kind, "at": e.Location})
					return charm.Defer, nil
				})
				on.SecretChanged(func(_ context.Context, e *charm.SecretChangedEvent) (charm.Outcome, error) {
					got = append(got, seen{"secret": e.URI.ID(), "label": e.Label})
					return charm.Defer, nil
				})
				on.SecretRemove(func(_ context.Context, e *charm.SecretRemoveEvent) (charm.Outcome, error) {
					got = append(got, seen{"obsolete": e.URI.ID(), "label": e.Label, "revision": e.Revision})
					return charm.Defer, nil
				})
				plain := func(name string) (charm.Outcome, error) {
					got = append(got, seen{"plain": name})
					return charm.Defer, nil
				}
				on.Install(func(context.Context, *charm.InstallEvent) (charm.Outcome, error) { return plain("install") })
				on.Start(func(context.Context, *charm.StartEvent) (charm.Outcome, error) { return plain("start") })
				on.UpgradeCharm(func(context.Context, *charm.UpgradeCharmEvent) (charm.Outcome, error) { return plain("upgrade") })
				on.LeaderElected(func(context.Context, *charm.LeaderElectedEvent) (charm.Outcome, error) { return plain("elected") })
				on.LeaderSettingsChanged(func(context.Context, *charm.LeaderSettingsChangedEvent) (charm.Outcome, error) {
					return plain("settings")
				})
				on.UpdateStatus(func(context.Context, *charm.UpdateStatusEvent) (charm.Outcome, error) { return plain("status") })
			})
			state := state
			state.Leader = name != "settings"
			out := succeed(t, c, state, event)
			require.Len(t, got, 1)
			state.Storage = out.State.Storage
			require.Equal(t, []charmtest.Deferred{{Handler: "x", Event: event}}, out.State.Deferred)
			succeed(t, c, out.State, charmtest.ConfigChanged())
			require.Len(t, got, 2)
			require.Equal(t, got[0], got[1])
			require.NotContains(t, slices.Collect(maps.Values(got[0])), "")
		})
	}
}

// What stands in the unit's state may be damaged; the operator is told what to do.
func FuzzDeferred(f *testing.F) {
	f.Add(`[{"handler":"publish","event":"database-relation-changed","relation":"database:0","app":"pg","unit":"pg/1"}]`)
	f.Add(`[{"handler":"configure","event":"config-changed"},{"handler":"x","event":""}]`)
	f.Add(`[{"handler":"publish","event":"database-relation-changed"}]`)
	f.Add("[]")
	f.Add(`{`)
	f.Add(`[1]`)
	f.Fuzz(func(t *testing.T, stored string) {
		p := &publisher{ready: true}
		state := twoDatabases()
		state.Stored = map[string]string{"charmkit-deferred": stored}
		out := charmtest.Run(t, p.charm(), state, charmtest.UpdateStatus())
		if out.Err != nil {
			require.ErrorContains(t, out.Err, "state-delete")
			return
		}
		require.Contains(t, []string{"", "[]", "null"}, strings.TrimSpace(out.State.Stored["charmkit-deferred"]))
	})
}
