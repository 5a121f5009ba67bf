package charmtest

import (
	"maps"
	"strconv"
	"strings"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/internal/juju/hook"
)

// Event is what happens to the unit. There is a function for each kind. Two
// events that tell the same are equal to [github.com/stretchr/testify/require.Equal].
type Event struct {
	info hook.Info
	// relation says that info has the relation's id.
	relation bool
	params   map[string]any
}

// String names the event as Juju does, with what it is about.
func (e Event) String() string {
	i := e.info
	if i.Kind == hook.Action {
		return "action " + i.ActionName
	}
	text := i.Name()
	if e.relation {
		text += " of " + i.Endpoint + ":" + strconv.Itoa(i.RelationID)
	}
	for _, what := range []string{i.RemoteUnit, i.NoticeKey, i.CheckName, i.SecretURI, i.StorageID} {
		if what != "" {
			text += " for " + what
		}
	}
	return text
}

// Install is the event install.
func Install() Event { return plain(hook.Install) }

// Start is the event start.
func Start() Event { return plain(hook.Start) }

// ConfigChanged is the event config-changed.
func ConfigChanged() Event { return plain(hook.ConfigChanged) }

// UpdateStatus is the event update-status.
func UpdateStatus() Event { return plain(hook.UpdateStatus) }

// UpgradeCharm is the event upgrade-charm.
func UpgradeCharm() Event { return plain(hook.UpgradeCharm) }

// LeaderElected is the event leader-elected.
func LeaderElected() Event { return plain(hook.LeaderElected) }

// LeaderSettingsChanged is the event leader-settings-changed.
func LeaderSettingsChanged() Event { return plain(hook.LeaderSettings) }

// PreSeriesUpgrade is the event pre-series-upgrade of a machine that will have a
// base, such as "ubuntu@24.04" with the old name "noble".
func PreSeriesUpgrade(base, series string) Event {
	return Event{info: hook.Info{Kind: hook.PreSeriesUpgrade, TargetBase: base, TargetSeries: series}}
}

// PostSeriesUpgrade is the event post-series-upgrade.
func PostSeriesUpgrade() Event { return plain(hook.PostSeriesUpgrade) }

// Stop is the event stop.
func Stop() Event { return plain(hook.Stop) }

// Remove is the event remove.
func Remove() Event { return plain(hook.Remove) }

func plain(kind hook.Kind) Event { return Event{info: hook.Info{Kind: kind}} }

// PebbleReady is the event pebble-ready of a container.
func PebbleReady(container string) Event {
	return Event{info: hook.Info{Kind: hook.PebbleReady, Workload: container}}
}

// PebbleCustomNotice is the event pebble-custom-notice of a container.
func PebbleCustomNotice(container, id, key string) Event {
	return Event{info: hook.Info{Kind: hook.PebbleCustomNotice, Workload: container, NoticeID: id, NoticeType: "custom", NoticeKey: key}}
}

// PebbleCheckFailed is the event pebble-check-failed of a container.
func PebbleCheckFailed(container, check string) Event {
	return Event{info: hook.Info{Kind: hook.PebbleCheckFailed, Workload: container, CheckName: check}}
}

// PebbleCheckRecovered is the event pebble-check-recovered of a container.
func PebbleCheckRecovered(container, check string) Event {
	return Event{info: hook.Info{Kind: hook.PebbleCheckRecovered, Workload: container, CheckName: check}}
}

// WakeUp is the hook that a charm has asked for with [charm.Base.After], as the
// container's Pebble sends it.
func WakeUp(container string) Event { return PebbleCheckFailed(container, charm.CheckWakeUp) }

// RelationCreated is the event relation-created of the relation on an endpoint.
func RelationCreated(endpoint string) Event {
	return Event{info: hook.Info{Kind: hook.RelationCreated, Endpoint: endpoint}}
}

// RelationJoined is the event relation-joined for a remote unit.
func RelationJoined(endpoint, unit string) Event {
	return Event{info: hook.Info{Kind: hook.RelationJoined, Endpoint: endpoint, RemoteUnit: unit}}
}

// RelationChanged is the event relation-changed for the databag of a remote unit
// or, with an application's name, of that.
func RelationChanged(endpoint, whose string) Event {
	info := hook.Info{Kind: hook.RelationChanged, Endpoint: endpoint, RemoteUnit: whose}
	if !strings.Contains(whose, "/") {
		info.RemoteUnit, info.RemoteApp = "", whose
	}
	return Event{info: info}
}

// RelationDeparted is the event relation-departed for a remote unit that
// leaves.
func RelationDeparted(endpoint, unit string) Event {
	return Event{info: hook.Info{Kind: hook.RelationDeparted, Endpoint: endpoint, RemoteUnit: unit, DepartingUnit: unit}}
}

// Departing says who it is that goes away in a relation-departed, if it is not the
// remote unit: the unit under test, when that is removed.
func (e Event) Departing(unit string) Event {
	e.info.DepartingUnit = unit
	return e
}

// RelationBroken is the event relation-broken of the relation on an endpoint.
func RelationBroken(endpoint string) Event {
	return Event{info: hook.Info{Kind: hook.RelationBroken, Endpoint: endpoint}}
}

// In says which relation a relation event is of, by the number in its id, if the
// endpoint has several.
func (e Event) In(relation int) Event {
	e.info.RelationID, e.relation = relation, true
	return e
}

// SecretChanged is the event secret-changed of a secret that the unit reads; here
// and below the id is the bare one. A label that is left empty is that of the
// state.
func SecretChanged(id, label string) Event {
	return Event{info: hook.Info{Kind: hook.SecretChanged, SecretURI: "secret:" + id, SecretLabel: label}}
}

// SecretRotate is the event secret-rotate of an owned secret.
func SecretRotate(id, label string) Event {
	return Event{info: hook.Info{Kind: hook.SecretRotate, SecretURI: "secret:" + id, SecretLabel: label}}
}

// SecretExpired is the event secret-expired of a revision of an owned secret.
func SecretExpired(id, label string, revision int) Event {
	return Event{info: hook.Info{Kind: hook.SecretExpired, SecretURI: "secret:" + id, SecretLabel: label, SecretRevision: revision}}
}

// SecretRemove is the event secret-remove of a revision of an owned secret.
func SecretRemove(id, label string, revision int) Event {
	return Event{info: hook.Info{Kind: hook.SecretRemove, SecretURI: "secret:" + id, SecretLabel: label, SecretRevision: revision}}
}

// StorageAttached is the event storage-attached of an instance of the state, such
// as "data/0".
func StorageAttached(id string) Event { return storageEvent(hook.StorageAttached, id) }

// StorageDetaching is the event storage-detaching of an instance of the state,
// such as "data/0".
func StorageDetaching(id string) Event { return storageEvent(hook.StorageDetaching, id) }

func storageEvent(kind hook.Kind, id string) Event {
	name, _, _ := strings.Cut(id, "/")
	return Event{info: hook.Info{Kind: kind, StorageName: name, StorageID: id}}
}

// RunAction is the run of an action. Parameters are checked against
// actions.yaml, and its defaults filled in.
func RunAction(name string, params map[string]any) Event {
	return Event{info: hook.Info{Kind: hook.Action, ActionName: name}, params: maps.Clone(params)}
}

// HookError tells that the hook has failed.
type HookError struct {
	// Event is the hook's.
	Event Event
	// Err is what the charm has returned or, after a panic, a [*charm.PanicError]
	// in it; or why the controller has refused what it recorded.
	Err error
	// Stack is where the charm has panicked, if it has.
	Stack []byte
}

func (e *HookError) Error() string {
	text := e.Err.Error()
	if name := e.Event.info.Name() + e.Event.info.ActionName; name == "" || !strings.Contains(text, name) {
		text = e.Event.String() + ": " + text
	}
	if len(e.Stack) > 0 {
		text += "\n" + string(e.Stack)
	}
	return text
}

func (e *HookError) Unwrap() error { return e.Err }
