package uniter

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// Snapshot is what the model, and time, ask of one unit.
type Snapshot struct {
	Unit string
	// Dying says that the unit is to be removed, ApplicationDying that its
	// application is.
	Dying, ApplicationDying bool
	Leader                  bool
	Resolve                 model.Resolve
	CharmRevision           int
	Pod                     int
	// ConfigHash changes with the config, trust and the unit's addresses.
	ConfigHash string
	Relations  map[int]RelationSnapshot
	// Storage are the unit's attachments in the order they were made.
	Storage []StorageSnapshot
	// Machine says that the unit runs on a machine, Rebooting that this waits for
	// a reboot.
	Machine, Rebooting bool
	// ForcedUpgrade says that the charm's revision does not wait for failed hooks.
	ForcedUpgrade bool
	// LeaderSettings changes when the leadership settings do; it is never 0.
	LeaderSettings int
	Secrets        SecretsSnapshot
	// Actions are the ids of the waiting actions, oldest first.
	Actions []string

	// AgentStarted says that this agent process has run the start hook, or
	// that the unit was not started before it.
	AgentStarted bool
	// LeaderSettingsSeen are those that this agent process ran
	// leader-settings-changed for, or 0.
	LeaderSettingsSeen int
	// Workload is the oldest Pebble event that waits, or nil.
	Workload *hook.Info
	// RetryDue and UpdateStatusDue say that the time has come.
	RetryDue, UpdateStatusDue bool
}

// RelationSnapshot is one relation of the unit.
type RelationSnapshot struct {
	Endpoint  string
	RemoteApp string
	Peer      bool
	// Ending says that the relation is being removed or is suspended.
	Ending bool
	// InScope says that the unit is in the relation.
	InScope bool
	// AppVersion is the version of the remote application's databag.
	AppVersion int
	// Members are the remote units in scope, with their databag's version.
	Members map[string]int
}

// SecretsSnapshot are the secret hooks that are due.
type SecretsSnapshot struct {
	Expired, Rotate, Changed, Obsolete []SecretDue
	// Next is when the next revision expires or rotation is due.
	Next *time.Time
}

// SecretDue is one secret hook that is due.
type SecretDue struct {
	ID, Label string
	// Revision is the one that expired or is obsolete; for rotate and changed,
	// the latest.
	Revision int
}

// jujuInfo is the endpoint whose relations run no hooks.
const jujuInfo = "juju-info"

// takeSnapshot reads what concerns the unit. ok is false if it is gone.
func takeSnapshot(s *model.State, unit string) (snap Snapshot, ok bool) {
	u, err := s.Unit(unit)
	if err != nil {
		return Snapshot{}, false
	}
	a, err := s.Application(u.Application)
	if err != nil {
		return Snapshot{}, false
	}
	snap = Snapshot{
		Unit: unit, Dying: u.Life.Gone(), ApplicationDying: a.Life.Gone(), Leader: a.Leader == unit, Resolve: u.Resolve,
		CharmRevision: a.CharmRevision, Pod: u.Pod, ConfigHash: configHash(s, a, u),
		Relations: map[int]RelationSnapshot{}, Actions: s.PendingActions(unit), Secrets: secretsOf(s, unit),
		Storage: storageOf(s, unit, u.Life.Gone()), Machine: s.Type == model.Machines, Rebooting: u.Rebooting,
		ForcedUpgrade: a.Forced > 0 && a.Forced == a.CharmRevision, LeaderSettings: a.LeaderSettings.Version + 1,
	}
	for id, r := range s.Relations {
		own, takesPart := r.Endpoint(u.Application)
		if !takesPart || own.Name == jujuInfo {
			continue
		}
		remote := r.Remote(u.Application).Application
		rs := RelationSnapshot{
			Endpoint: own.Name, RemoteApp: remote, Peer: r.IsPeer(), Ending: r.Life.Gone() || r.Suspended,
			InScope: r.InScope(unit), Members: map[string]int{},
		}
		if bag, ok := r.ApplicationData[remote]; ok {
			rs.AppVersion = bag.Version
		}
		for _, name := range r.RemoteUnits(unit) {
			rs.Members[name] = r.Units[name].Version
		}
		snap.Relations[id] = rs
	}
	return snap, true
}

func configHash(s *model.State, a *model.Application, u *model.Unit) string {
	data, err := json.Marshal([]any{s.Config(a.Name), a.Trust, u.Address, u.Links, s.IngressAddresses(u.Name, nil)})
	if err != nil {
		return err.Error() // config holds plain values only
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func secretsOf(s *model.State, unit string) SecretsSnapshot {
	var due SecretsSnapshot
	now := s.Now()
	later := func(t *time.Time) bool {
		if t == nil {
			return true
		}
		if !t.After(now) {
			return false
		}
		if due.Next == nil || t.Before(*due.Next) {
			due.Next = t
		}
		return true
	}
	leader := s.IsLeader(unit)
	for id, secret := range s.Secrets {
		latest := secret.Latest().Number
		if c, ok := secret.Consumers[unit]; ok && c.Notified < latest && secret.ReadableBy(unit) {
			label := c.Label
			if secret.OwnedBy(unit) {
				label = secret.Label
			}
			due.Changed = append(due.Changed, SecretDue{id, label, latest})
		}
		if !secret.OwnedBy(unit) || (secret.Owner.Kind == model.ApplicationOwner && !leader) {
			continue
		}
		if !later(secret.NextRotate) {
			due.Rotate = append(due.Rotate, SecretDue{id, secret.Label, latest})
		}
		for _, r := range secret.Revisions {
			if !later(r.Expire) {
				due.Expired = append(due.Expired, SecretDue{id, secret.Label, r.Number})
			}
			if r.Obsolete {
				due.Obsolete = append(due.Obsolete, SecretDue{id, secret.Label, r.Number})
			}
		}
	}
	return due
}
