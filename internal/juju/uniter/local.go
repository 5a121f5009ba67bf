package uniter

import (
	"maps"
	"slices"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

// Local is what a unit's agent has done so far. It is kept in the model, so that
// it survives the agent and the pod.
type Local struct {
	Installed bool
	Started   bool
	Stopped   bool
	Removed   bool

	// Queued is the hook that must run next.
	Queued *hook.Info `json:",omitempty"`
	// Failed is the hook that failed and is to be run again.
	Failed *hook.Info `json:",omitempty"`
	// Running is the operation that began last and has not ended. After a crash
	// of the agent a hook is run again, an action has failed.
	Running *hook.Info `json:",omitempty"`

	// CharmRevision, Pod and ConfigHash are those that the charm was last told
	// of, by upgrade-charm and config-changed.
	CharmRevision int
	Pod           int
	ConfigHash    string

	// Leader says that leader-elected has run since the unit became leader.
	Leader bool
	// StatusSet says that the charm has set the unit's status at least once.
	StatusSet bool

	Relations map[int]*LocalRelation `json:",omitempty"`
	// Attached are the storage instances that storage-attached told of.
	Attached []string `json:",omitempty"`
	// Obsolete are the revisions, by secret, that secret-remove told of.
	Obsolete map[string][]int `json:",omitempty"`
}

// LocalRelation is what the charm was told of one relation.
type LocalRelation struct {
	// AppVersion is the version of the remote application's databag.
	AppVersion int
	// Members are the remote units that joined, with their databag's version.
	Members map[string]int
	// ChangedPending is the unit whose relation-joined ran and whose
	// relation-changed has to follow.
	ChangedPending string `json:",omitempty"`
}

// idle reports whether no hook is queued or failed.
func (l *Local) idle() bool { return l.Queued == nil && l.Failed == nil }

// members returns all known remote units, for a new [hook.Memory].
func (l *Local) members() map[int][]string {
	all := map[int][]string{}
	for id, r := range l.Relations {
		all[id] = slices.Sorted(maps.Keys(r.Members))
	}
	return all
}
