package uniter

import "github.com/charmkit/charmkit/internal/juju/hook"

// OperationKind is what an agent does next.
type OperationKind int

// The kinds of operation.
const (
	// Nothing says that the agent waits.
	Nothing OperationKind = iota
	// RunHook runs the hook or action of Operation.Info.
	RunHook
	// SkipHook counts a failed hook as done, as juju resolve --no-retry does.
	SkipHook
	// Resign notes that the unit is no longer leader. There is no hook for it.
	Resign
	// LeaveRelation leaves a relation that needs no (more) hook.
	LeaveRelation
	// UpgradeCode takes up a charm that was refreshed to by force, without a hook:
	// the hook that failed is still to be run.
	UpgradeCode
	// Wait says that the agent waits, and that nothing further down Juju's list
	// is looked at.
	Wait
	// Finish takes the unit out of the model.
	Finish
)

// Operation is one thing for an agent to do.
type Operation struct {
	Kind OperationKind
	Info hook.Info
	// Version is the version of the databag, or the revision of the secret, that
	// a relation or secret hook tells of.
	Version int
}

func run(i hook.Info) Operation { return Operation{Kind: RunHook, Info: i} }
