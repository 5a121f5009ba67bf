package charmtest

import (
	"strings"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

// Event is what happens to the unit.
type Event struct {
	info   hook.Info
	params map[string]any
}

// Install is the event install.
func Install() Event { return Event{info: hook.Info{Kind: hook.Install}} }

// Start is the event start.
func Start() Event { return Event{info: hook.Info{Kind: hook.Start}} }

// ConfigChanged is the event config-changed.
func ConfigChanged() Event { return Event{info: hook.Info{Kind: hook.ConfigChanged}} }

// UpdateStatus is the event update-status.
func UpdateStatus() Event { return Event{info: hook.Info{Kind: hook.UpdateStatus}} }

// UpgradeCharm is the event upgrade-charm.
func UpgradeCharm() Event { return Event{info: hook.Info{Kind: hook.UpgradeCharm}} }

// LeaderElected is the event leader-elected.
func LeaderElected() Event { return Event{info: hook.Info{Kind: hook.LeaderElected}} }

// LeaderSettingsChanged is the event leader-settings-changed.
func LeaderSettingsChanged() Event { return Event{info: hook.Info{Kind: hook.LeaderSettings}} }

// Stop is the event stop.
func Stop() Event { return Event{info: hook.Info{Kind: hook.Stop}} }

// Remove is the event remove.
func Remove() Event { return Event{info: hook.Info{Kind: hook.Remove}} }

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

// RelationCreated is the event relation-created of the first relation on an
// endpoint.
func RelationCreated(endpoint string) Event {
	return Event{info: hook.Info{Kind: hook.RelationCreated, Endpoint: endpoint}}
}

// RelationJoined is the event relation-joined for a remote unit.
func RelationJoined(endpoint, unit string) Event {
	return Event{info: hook.Info{Kind: hook.RelationJoined, Endpoint: endpoint, RemoteUnit: unit}}
}

// RelationChanged is the event relation-changed for a remote unit's databag, or
// with an application's name or none for the application's.
func RelationChanged(endpoint, unit string) Event {
	if !strings.Contains(unit, "/") {
		unit = ""
	}
	return Event{info: hook.Info{Kind: hook.RelationChanged, Endpoint: endpoint, RemoteUnit: unit}}
}

// RelationDeparted is the event relation-departed for a remote unit that
// leaves.
func RelationDeparted(endpoint, unit string) Event {
	return Event{info: hook.Info{Kind: hook.RelationDeparted, Endpoint: endpoint, RemoteUnit: unit, DepartingUnit: unit}}
}

// RelationBroken is the event relation-broken of the first relation on an
// endpoint.
func RelationBroken(endpoint string) Event {
	return Event{info: hook.Info{Kind: hook.RelationBroken, Endpoint: endpoint}}
}

// SecretChanged is the event secret-changed of a secret that the unit reads; here
// and below the id is the bare one.
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

// StorageAttached is the event storage-attached of an instance, such as
// "data/0".
func StorageAttached(id, location string) Event {
	return storageEvent(hook.StorageAttached, id, location)
}

// StorageDetaching is the event storage-detaching of an instance, such as
// "data/0".
func StorageDetaching(id, location string) Event {
	return storageEvent(hook.StorageDetaching, id, location)
}

func storageEvent(kind hook.Kind, id, location string) Event {
	name, _, _ := strings.Cut(id, "/")
	return Event{info: hook.Info{
		Kind: kind, StorageName: name, StorageID: id, StorageKind: "filesystem", StorageLocation: location,
	}}
}

// RunAction is the run of an action. Parameters are checked against
// actions.yaml, and its defaults filled in.
func RunAction(name string, params map[string]any) Event {
	return Event{info: hook.Info{Kind: hook.Action, ActionName: name}, params: params}
}
