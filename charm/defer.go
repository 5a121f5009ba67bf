package charm

import (
	"context"
	"fmt"
)

// Outcome is what a handler that may defer has come to.
type Outcome int

const (
	// Done: the event is handled.
	Done Outcome = iota
	// Defer: the event cannot be handled yet. It comes again to this handler, before
	// the event of the next hook, whatever that is; [Base.After] makes one come
	// soon.
	Defer
)

// A handler that may defer is registered under a name, on what Deferrable
// returns. Most charms need none: what can wait for the next event belongs into a
// reconciler, which sees the world as it then is. Deferral is for what only the
// event tells.
//
// Deferred events are kept in Juju's state of the unit: with the hook's other
// changes or not at all, and longer than the pod. A charm with such handlers asks
// for that state once in every hook but stop, remove and actions. Deferred events
// come oldest first; the same event for the same handler is kept once. Dropped
// are those of a relation or storage that is gone, and those of a handler that a
// new version of the charm does not have.
//
// Not deferrable are the last events of their subject (stop, remove,
// relation-broken, storage-detaching), actions, and what Juju itself repeats until
// it is done (secret-rotate, secret-expired).
type deferrable struct {
	b *Base
	// name is the handler's, whatever its function is called.
	name string
}

// deferKey is what a handler that may defer is found by.
type deferKey struct {
	trigger
	handler string
}

// deferrer handles an event, or does not yet.
type deferrer func(context.Context, *event) (Outcome, error)

func newDeferrable(b *Base, name string) deferrable {
	if name == "" {
		panic("charm: a handler that may defer has no name: deferred events are kept under it")
	}
	return deferrable{b, name}
}

func observeDeferrable[E any](d deferrable, t trigger, build func(*event) *E, f func(context.Context, *E) (Outcome, error)) {
	key := deferKey{t, d.name}
	if _, ok := d.b.deferrers[key]; ok {
		panic(fmt.Sprintf("charm: %s has two handlers %q that may defer", t, d.name))
	}
	run := func(ctx context.Context, e *event) (Outcome, error) { return f(ctx, build(e)) }
	d.b.deferrers[key] = run
	d.b.handlers[t] = append(d.b.handlers[t], func(ctx context.Context, e *event) error {
		outcome, err := run(ctx, e)
		if err != nil || outcome == Done {
			return err
		}
		return d.b.run.queue.add(d.name, e)
	})
}

// DeferrableOn registers handlers of the unit's own events that may defer them.
type DeferrableOn struct{ deferrable }

// Deferrable returns what registers handlers that may defer, under a name that
// must stay the same in later versions of the charm.
func (o On) Deferrable(name string) DeferrableOn { return DeferrableOn{newDeferrable(o.b, name)} }

// Install registers a handler of install that may defer it.
func (d DeferrableOn) Install(f func(context.Context, *InstallEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kind: kindInstall}, plain[InstallEvent], f)
}

// Start registers a handler of start that may defer it.
func (d DeferrableOn) Start(f func(context.Context, *StartEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kind: kindStart}, plain[StartEvent], f)
}

// ConfigChanged registers a handler of config-changed that may defer it.
func (d DeferrableOn) ConfigChanged(f func(context.Context, *ConfigChangedEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kind: kindConfigChanged}, plain[ConfigChangedEvent], f)
}

// UpdateStatus registers a handler of update-status that may defer it.
func (d DeferrableOn) UpdateStatus(f func(context.Context, *UpdateStatusEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kind: kindUpdateStatus}, plain[UpdateStatusEvent], f)
}

// UpgradeCharm registers a handler of upgrade-charm that may defer it.
func (d DeferrableOn) UpgradeCharm(f func(context.Context, *UpgradeCharmEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kind: kindUpgradeCharm}, plain[UpgradeCharmEvent], f)
}

// LeaderElected registers a handler of leader-elected that may defer it.
func (d DeferrableOn) LeaderElected(f func(context.Context, *LeaderElectedEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kind: kindLeaderElected}, plain[LeaderElectedEvent], f)
}

// LeaderSettingsChanged registers a handler of leader-settings-changed that may
// defer it.
func (d DeferrableOn) LeaderSettingsChanged(f func(context.Context, *LeaderSettingsChangedEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kind: kindLeaderSettingsChanged}, plain[LeaderSettingsChangedEvent], f)
}

// PreSeriesUpgrade registers a handler of pre-series-upgrade that may defer it.
func (d DeferrableOn) PreSeriesUpgrade(f func(context.Context, *PreSeriesUpgradeEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kind: kindPreSeriesUpgrade}, newPreSeriesUpgrade, f)
}

// PostSeriesUpgrade registers a handler of post-series-upgrade that may defer it.
func (d DeferrableOn) PostSeriesUpgrade(f func(context.Context, *PostSeriesUpgradeEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kind: kindPostSeriesUpgrade}, plain[PostSeriesUpgradeEvent], f)
}

// SecretChanged registers a handler of secret-changed that may defer it.
func (d DeferrableOn) SecretChanged(f func(context.Context, *SecretChangedEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kind: kindSecretChanged}, newSecretChanged, f)
}

// SecretRemove registers a handler of secret-remove that may defer it. The
// framework removes the revision all the same.
func (d DeferrableOn) SecretRemove(f func(context.Context, *SecretRemoveEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kind: kindSecretRemove}, newSecretRemove, f)
}

// DeferrableEndpoint registers handlers of relation events that may defer them.
type DeferrableEndpoint struct {
	deferrable
	e *Endpoint
}

// Deferrable returns what registers handlers that may defer, under a name that
// must stay the same in later versions of the charm.
func (e *Endpoint) Deferrable(name string) DeferrableEndpoint {
	return DeferrableEndpoint{newDeferrable(e.b, name), e}
}

// OnCreated registers a handler of relation-created that may defer it.
func (d DeferrableEndpoint) OnCreated(f func(context.Context, *RelationCreatedEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kindRelationCreated, d.e.name}, d.e.created, f)
}

// OnJoined registers a handler of relation-joined that may defer it.
func (d DeferrableEndpoint) OnJoined(f func(context.Context, *RelationJoinedEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kindRelationJoined, d.e.name}, d.e.joined, f)
}

// OnChanged registers a handler of relation-changed that may defer it.
func (d DeferrableEndpoint) OnChanged(f func(context.Context, *RelationChangedEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kindRelationChanged, d.e.name}, d.e.changed, f)
}

// OnDeparted registers a handler of relation-departed that may defer it.
func (d DeferrableEndpoint) OnDeparted(f func(context.Context, *RelationDepartedEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kindRelationDeparted, d.e.name}, d.e.departed, f)
}

// DeferrableContainer registers handlers of a container's events that may defer
// them.
type DeferrableContainer struct {
	deferrable
	c *Container
}

// Deferrable returns what registers handlers that may defer, under a name that
// must stay the same in later versions of the charm.
func (c *Container) Deferrable(name string) DeferrableContainer {
	return DeferrableContainer{newDeferrable(c.b, name), c}
}

// OnPebbleReady registers a handler of pebble-ready that may defer it.
func (d DeferrableContainer) OnPebbleReady(f func(context.Context, *PebbleReadyEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kindPebbleReady, d.c.Name()}, d.c.pebbleReady, f)
}

// OnCustomNotice registers a handler of pebble-custom-notice that may defer it.
func (d DeferrableContainer) OnCustomNotice(f func(context.Context, *PebbleCustomNoticeEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kindPebbleCustomNotice, d.c.Name()}, d.c.customNotice, f)
}

// OnCheckFailed registers a handler of pebble-check-failed that may defer it.
func (d DeferrableContainer) OnCheckFailed(f func(context.Context, *PebbleCheckFailedEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kindPebbleCheckFailed, d.c.Name()}, d.c.checkFailed, f)
}

// OnCheckRecovered registers a handler of pebble-check-recovered that may defer
// it.
func (d DeferrableContainer) OnCheckRecovered(f func(context.Context, *PebbleCheckRecoveredEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kindPebbleCheckRecovered, d.c.Name()}, d.c.checkRecovered, f)
}

// DeferrableStorage registers handlers of a storage's events that may defer them.
type DeferrableStorage struct {
	deferrable
	s *Storage
}

// Deferrable returns what registers handlers that may defer, under a name that
// must stay the same in later versions of the charm.
func (s *Storage) Deferrable(name string) DeferrableStorage {
	return DeferrableStorage{newDeferrable(s.b, name), s}
}

// OnAttached registers a handler of storage-attached that may defer it.
func (d DeferrableStorage) OnAttached(f func(context.Context, *StorageAttachedEvent) (Outcome, error)) {
	observeDeferrable(d.deferrable, trigger{kindStorageAttached, d.s.name}, d.s.attached, f)
}
