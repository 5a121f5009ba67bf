package charm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// seen collects what handlers were called with.
type seen []any

// note returns a handler that notes its event.
func note[E any](s *seen) func(context.Context, *E) error {
	return func(_ context.Context, e *E) error {
		*s = append(*s, *e)
		return nil
	}
}

// observeAll registers a handler of every kind of event.
func observeAll(b *charm.Base, s *seen) {
	b.On.Install(note[charm.InstallEvent](s))
	b.On.Start(note[charm.StartEvent](s))
	b.On.ConfigChanged(note[charm.ConfigChangedEvent](s))
	b.On.UpdateStatus(note[charm.UpdateStatusEvent](s))
	b.On.UpgradeCharm(note[charm.UpgradeCharmEvent](s))
	b.On.LeaderElected(note[charm.LeaderElectedEvent](s))
	b.On.LeaderSettingsChanged(note[charm.LeaderSettingsChangedEvent](s))
	b.On.PreSeriesUpgrade(note[charm.PreSeriesUpgradeEvent](s))
	b.On.PostSeriesUpgrade(note[charm.PostSeriesUpgradeEvent](s))
	b.On.Stop(note[charm.StopEvent](s))
	b.On.Remove(note[charm.RemoveEvent](s))
	b.On.SecretChanged(note[charm.SecretChangedEvent](s))
	b.On.SecretRotate(note[charm.SecretRotateEvent](s))
	b.On.SecretExpired(note[charm.SecretExpiredEvent](s))
	b.On.SecretRemove(note[charm.SecretRemoveEvent](s))
	app := b.Container("app")
	app.OnPebbleReady(note[charm.PebbleReadyEvent](s))
	app.OnCustomNotice(note[charm.PebbleCustomNoticeEvent](s))
	app.OnCheckFailed(note[charm.PebbleCheckFailedEvent](s))
	app.OnCheckRecovered(note[charm.PebbleCheckRecoveredEvent](s))
	data := b.Storage("data")
	data.OnAttached(note[charm.StorageAttachedEvent](s))
	data.OnDetaching(note[charm.StorageDetachingEvent](s))
	website := b.Provides("website")
	website.OnCreated(note[charm.RelationCreatedEvent](s))
	website.OnJoined(note[charm.RelationJoinedEvent](s))
	website.OnChanged(note[charm.RelationChangedEvent](s))
	website.OnDeparted(note[charm.RelationDepartedEvent](s))
	website.OnBroken(note[charm.RelationBrokenEvent](s))
}

func TestEveryEventReachesItsHandlerWithItsFields(t *testing.T) {
	t.Parallel()
	const id, read = "9m4e2mr0ui3e8a215n4g", "9m4e2mr0ui3e8a215n5g"
	state := charmtest.State{Leader: true, Secrets: []charmtest.Secret{
		{ID: id, Label: "ours", Content: map[string]string{"key": "v"}, Revision: 3, Old: map[int]map[string]string{2: {"key": "u"}}, Rotate: "daily"},
		{ID: read, Label: "theirs", Content: map[string]string{"key": "v"}, Tracked: 1},
	}}
	for name, test := range map[string]struct {
		event charmtest.Event
		want  any
	}{
		"install":                 {charmtest.Install(), charm.InstallEvent{}},
		"start":                   {charmtest.Start(), charm.StartEvent{}},
		"config-changed":          {charmtest.ConfigChanged(), charm.ConfigChangedEvent{}},
		"update-status":           {charmtest.UpdateStatus(), charm.UpdateStatusEvent{}},
		"upgrade-charm":           {charmtest.UpgradeCharm(), charm.UpgradeCharmEvent{}},
		"leader-elected":          {charmtest.LeaderElected(), charm.LeaderElectedEvent{}},
		"leader-settings-changed": {charmtest.LeaderSettingsChanged(), charm.LeaderSettingsChangedEvent{}},
		"stop":                    {charmtest.Stop(), charm.StopEvent{}},
		"remove":                  {charmtest.Remove(), charm.RemoveEvent{}},
		"secret-changed":          {charmtest.SecretChanged(read, "theirs"), charm.SecretChangedEvent{URI: "secret:" + read, Label: "theirs"}},
		"secret-rotate":           {charmtest.SecretRotate(id, "ours"), charm.SecretRotateEvent{URI: "secret:" + id, Label: "ours"}},
		"secret-expired":          {charmtest.SecretExpired(id, "ours", 3), charm.SecretExpiredEvent{URI: "secret:" + id, Label: "ours", Revision: 3}},
		"secret-remove":           {charmtest.SecretRemove(id, "ours", 2), charm.SecretRemoveEvent{URI: "secret:" + id, Label: "ours", Revision: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got seen
			state := state
			state.Leader = name != "leader-settings-changed"
			succeed(t, wiki(func(b *charm.Base) { observeAll(b, &got) }), state, test.event)
			require.Equal(t, seen{test.want}, got)
		})
	}
}

func TestEventsOfContainersAndStorage(t *testing.T) {
	t.Parallel()
	run := func(e charmtest.Event) any {
		var got seen
		state := charmtest.State{
			Storage:    []charmtest.Storage{{ID: "data/0", Location: "/mnt"}, {ID: "data/1", Pending: true}},
			Containers: map[string]charmtest.Container{"app": {Pebble: memory.State{Unreachable: true}}},
		}
		succeed(t, wiki(func(b *charm.Base) { observeAll(b, &got) }), state, e)
		require.Len(t, got, 1)
		return got[0]
	}
	ready := run(charmtest.PebbleReady("app")).(charm.PebbleReadyEvent)
	require.Equal(t, "app", ready.Container.Name())
	notice := run(charmtest.PebbleCustomNotice("app", "7", "example.com/done")).(charm.PebbleCustomNoticeEvent)
	require.Equal(t, []string{"app", "7", "custom", "example.com/done"},
		[]string{notice.Container.Name(), notice.ID, notice.Type, notice.Key})
	failed := run(charmtest.PebbleCheckFailed("app", "up")).(charm.PebbleCheckFailedEvent)
	require.Equal(t, []string{"app", "up"}, []string{failed.Container.Name(), failed.Check})
	recovered := run(charmtest.PebbleCheckRecovered("app", "up")).(charm.PebbleCheckRecoveredEvent)
	require.Equal(t, []string{"app", "up"}, []string{recovered.Container.Name(), recovered.Check})
	attached := run(charmtest.StorageAttached("data/0")).(charm.StorageAttachedEvent)
	require.Equal(t, []string{"data", "data/0", "filesystem", "/mnt"},
		[]string{attached.Storage.Name(), attached.ID, attached.Kind, attached.Location})
	detaching := run(charmtest.StorageDetaching("data/1")).(charm.StorageDetachingEvent)
	require.Equal(t, []string{"data", "", ""}, []string{detaching.Storage.Name(), detaching.ID, detaching.Location})
}

func TestEventsOfRelations(t *testing.T) {
	t.Parallel()
	state := charmtest.State{Relations: []charmtest.Relation{{
		Endpoint: "website", ID: 7, RemoteApp: "proxy",
		RemoteUnits: map[string]map[string]string{"proxy/0": {}, "proxy/1": {}},
	}}}
	for name, test := range map[string]struct {
		event charmtest.Event
		check func(*testing.T, any) *charm.Relation
	}{
		"created": {charmtest.RelationCreated("website"), func(t *testing.T, e any) *charm.Relation {
			require.Equal(t, "proxy", e.(charm.RelationCreatedEvent).App)
			return e.(charm.RelationCreatedEvent).Relation
		}},
		"joined": {charmtest.RelationJoined("website", "proxy/1"), func(t *testing.T, e any) *charm.Relation {
			joined := e.(charm.RelationJoinedEvent)
			require.Equal(t, []string{"proxy", "proxy/1"}, []string{joined.App, joined.Unit})
			return joined.Relation
		}},
		"changed by a unit": {charmtest.RelationChanged("website", "proxy/0"), func(t *testing.T, e any) *charm.Relation {
			changed := e.(charm.RelationChangedEvent)
			require.Equal(t, []string{"proxy", "proxy/0"}, []string{changed.App, changed.Unit})
			return changed.Relation
		}},
		"changed by the application": {charmtest.RelationChanged("website", "proxy"), func(t *testing.T, e any) *charm.Relation {
			changed := e.(charm.RelationChangedEvent)
			require.Equal(t, []string{"proxy", ""}, []string{changed.App, changed.Unit})
			return changed.Relation
		}},
		"departed": {charmtest.RelationDeparted("website", "proxy/0"), func(t *testing.T, e any) *charm.Relation {
			departed := e.(charm.RelationDepartedEvent)
			require.Equal(t, []string{"proxy", "proxy/0", "proxy/0"}, []string{departed.App, departed.Unit, departed.DepartingUnit})
			return departed.Relation
		}},
		"broken": {charmtest.RelationBroken("website"), func(t *testing.T, e any) *charm.Relation {
			require.Equal(t, "proxy", e.(charm.RelationBrokenEvent).App)
			return e.(charm.RelationBrokenEvent).Relation
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got seen
			out := succeed(t, wiki(func(b *charm.Base) { observeAll(b, &got) }), state, test.event)
			require.Len(t, got, 1)
			relation := test.check(t, got[0])
			require.Equal(t, "website:7", relation.ID())
			require.Equal(t, "website", relation.Endpoint())
			app, err := relation.App(t.Context())
			require.NoError(t, err)
			require.Equal(t, "proxy", app)
			require.Empty(t, out.Calls, "the environment tells all of this")
		})
	}
}

func TestHandlersRunInTheirOrderAndReconcilersAfterThem(t *testing.T) {
	t.Parallel()
	var order []string
	c := wiki(func(b *charm.Base) {
		step := func(name string) func(context.Context, *charm.ConfigChangedEvent) error {
			return func(context.Context, *charm.ConfigChangedEvent) error {
				order = append(order, name)
				return nil
			}
		}
		b.Reconcile(func(context.Context, *charm.Status) error {
			order = append(order, "reconcile 1")
			return nil
		})
		b.On.ConfigChanged(step("handle 1"))
		b.On.Start(func(context.Context, *charm.StartEvent) error { panic("another event's handler") })
		b.On.ConfigChanged(step("handle 2"))
		b.Reconcile(func(context.Context, *charm.Status) error {
			order = append(order, "reconcile 2")
			return nil
		})
	})
	succeed(t, c, charmtest.State{}, charmtest.ConfigChanged())
	require.Equal(t, []string{"handle 1", "handle 2", "reconcile 1", "reconcile 2"}, order)
}

func TestNothingIsReconciledAfterStopAndRemove(t *testing.T) {
	t.Parallel()
	c := reconciling(func(context.Context, *charm.Base, *charm.Status) error { panic("reconciled") })
	for _, event := range []charmtest.Event{charmtest.Stop(), charmtest.Remove()} {
		require.Empty(t, succeed(t, c, charmtest.State{}, event).Calls)
	}
}

func TestAnErrorOfAHandlerFailsTheHook(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is full")
	for name, failure := range map[string]error{"failure": broken, "condition": charm.Waiting("waiting for Godot")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := wiki(func(b *charm.Base) {
				b.On.Start(func(context.Context, *charm.StartEvent) error { return failure })
				b.On.Start(func(context.Context, *charm.StartEvent) error { panic("called after a failure") })
				b.Reconcile(func(context.Context, *charm.Status) error { panic("reconciled after a failure") })
			})
			out := charmtest.Run(t, c, charmtest.State{}, charmtest.Start())
			require.ErrorIs(t, out.Err, failure)
			require.ErrorContains(t, out.Err, "cannot handle start: ")
			require.Len(t, out.Logs, 2) // and one for the security log
			require.Equal(t, "ERROR", out.Logs[0].Level)
			require.Contains(t, out.Logs[0].Message, "event=start")
		})
	}
}

func TestAPanicIsAnErrorThatNamesTheEvent(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		b.Container("app").OnPebbleReady(func(context.Context, *charm.PebbleReadyEvent) error {
			var endpoint *charm.Endpoint
			_ = endpoint.Name()
			return nil
		})
		b.Reconcile(func(context.Context, *charm.Status) error { panic("the sky falls") })
	})
	state := charmtest.State{Containers: map[string]charmtest.Container{"app": {}}}
	out := charmtest.Run(t, c, state, charmtest.PebbleReady("app"))
	require.ErrorContains(t, out.Err, "cannot handle app-pebble-ready: panic: runtime error: invalid memory address or nil pointer dereference\n")
	require.ErrorContains(t, out.Err, "event_test.go", "the stack")
	out = charmtest.Run(t, c, charmtest.State{}, charmtest.Start())
	require.ErrorContains(t, out.Err, "cannot handle start: panic: the sky falls\n")
	require.Equal(t, charmtest.Status{Status: "unknown"}, out.State.Status)
}

func TestAnEventThatNobodyHandlesIsReconciled(t *testing.T) {
	t.Parallel()
	c := reconciling(func(_ context.Context, _ *charm.Base, st *charm.Status) error {
		st.Active("all is well")
		return nil
	})
	const id = "9m4e2mr0ui3e8a215n4g"
	state := charmtest.State{
		Leader: true, Storage: []charmtest.Storage{{ID: "data/0"}},
		Secrets: []charmtest.Secret{{ID: id, Rotate: "daily", Content: map[string]string{"key": "v"}}},
	}
	for _, event := range []charmtest.Event{charmtest.StorageAttached("data/0"), charmtest.SecretRotate(id, "")} {
		require.Equal(t, charmtest.Active("all is well"), succeed(t, c, state, event).State.Status)
	}
}

// underJuju runs a hook by its environment alone, and returns what was logged.
func underJuju(t *testing.T, declare func(*charm.Base), pairs ...string) (logged []string) {
	t.Helper()
	_, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		declare(b)
		return b, nil
	}, charm.Options{
		Getenv: environment(append([]string{"JUJU_UNIT_NAME", "wiki/0"}, pairs...)...),
		Files:  fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
		Transport: hooktool.Func(func(_ context.Context, call hooktool.Call) (hooktool.Result, error) {
			if call.Tool == "juju-log" {
				logged = append(logged, call.Args[len(call.Args)-1])
			}
			return hooktool.Result{Stdout: []byte("{}")}, nil
		}),
	})
	require.NoError(t, err)
	return logged
}

func TestEventsOfMachines(t *testing.T) {
	t.Parallel()
	var got seen
	observe := func(b *charm.Base) { observeAll(b, &got) }
	logged := underJuju(t, observe, "JUJU_DISPATCH_PATH", "hooks/pre-series-upgrade",
		"JUJU_TARGET_BASE", "ubuntu@24.04", "JUJU_TARGET_SERIES", "noble")
	logged = append(logged, underJuju(t, observe, "JUJU_DISPATCH_PATH", "hooks/post-series-upgrade")...)
	require.Equal(t, seen{
		charm.PreSeriesUpgradeEvent{TargetBase: "ubuntu@24.04", TargetSeries: "noble"}, charm.PostSeriesUpgradeEvent{},
	}, got)
	require.Empty(t, logged)
}

func TestAnUnknownEventIsLoggedAndReconciled(t *testing.T) {
	t.Parallel()
	for path, known := range map[string]bool{
		"hooks/pod-frobnicated": false, "hooks/relation-broken": false, "hooks/start": true,
	} {
		reconciled := false
		logged := underJuju(t, func(b *charm.Base) {
			b.Reconcile(func(context.Context, *charm.Status) error {
				reconciled = true
				return nil
			})
		}, "JUJU_DISPATCH_PATH", path)
		require.True(t, reconciled, path)
		require.Equal(t, known, len(logged) == 0, path)
		if !known {
			require.Contains(t, logged[0], "unknown event")
			require.Contains(t, logged[0], strings.TrimPrefix(path, "hooks/"))
		}
	}
}

func TestWhereMostToolsAreRefusedNothingIsDone(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"collect-metrics", "meter-status-changed", "leader-deposed"} {
		logged := underJuju(t, func(b *charm.Base) {
			b.On.Deferrable("start").Start(func(context.Context, *charm.StartEvent) (charm.Outcome, error) { panic("handled") })
			b.Reconcile(func(context.Context, *charm.Status) error { panic("reconciled") })
		}, "JUJU_DISPATCH_PATH", "hooks/"+kind)
		require.Empty(t, logged, kind)
	}
}

func TestTheApplicationOfAUnitThatComesAlone(t *testing.T) {
	t.Parallel()
	var got seen
	underJuju(t, func(b *charm.Base) { observeAll(b, &got) }, "JUJU_DISPATCH_PATH", "hooks/website-relation-changed",
		"JUJU_RELATION_ID", "website:7", "JUJU_REMOTE_UNIT", "proxy/1")
	require.Len(t, got, 1)
	require.Equal(t, "proxy", got[0].(charm.RelationChangedEvent).App)
}
