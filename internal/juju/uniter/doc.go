// Package uniter decides which hook a unit runs next, and runs it: the unit
// agent of Juju 3.6.11, for a sidecar charm on Kubernetes.
//
// [Next] is the decision, a pure function of two things: [Local], what the agent
// has done so far, and [Snapshot], what the model asks for. It goes down a list
// in Juju's order and returns the first [Operation] that applies:
//
//	start after an agent's start, relation-created, leadership, workload events,
//	secrets, actions, storage, a failed or queued hook, charm upgrade,
//	config-changed, relations, update-status; and for a dying unit relations,
//	stop, remove
//
// A [Uniter] drives it: it takes snapshots, gives each operation to a [Runner],
// notes the result in the model (hook committed or failed, agent status, what
// was done), and waits when there is nothing to do. [Uniter.Step] does one
// operation and returns, for tests that want to see each; [Uniter.Run] goes on
// until the unit is gone.
//
// A unit of a machine model differs in what charms notice: its storage comes
// before install, and it may be rebooted.
//
// A failed hook stays, blocks every other hook, and is run again after 5
// seconds, then 10, up to 5 minutes, or when the operator resolves it. Hooks of
// Pebble are different: a failed one is dropped, and whoever sent the event
// ([Uniter.Workload]) learns of it and sends it again.
package uniter
