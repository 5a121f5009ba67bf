// Package charm is a framework for Juju charms in Go.
//
// # A charm
//
// A charm is a type that embeds [*Base], takes a handle for each thing it uses,
// and registers methods on them. Its constructor only declares: no I/O happens
// in it, so that checks and tests can call it anywhere.
//
//	func main() { charm.Main(New) }
//
//	func New(b *charm.Base) (*Wiki, error) {
//		c := &Wiki{
//			Base:   b,
//			app:    b.Container("app"),
//			config: charm.Config[Options](b),
//		}
//		charm.OnAction(b, "backup", c.backup)
//		b.Reconcile(c.reconcile)
//		return c, nil
//	}
//
// Juju runs the binary once for every event, as the file dispatch in the root
// of the charm. [Main] reads the environment, calls the constructor, checks the
// names against metadata.yaml, calls the handlers of the event in the order in
// which they were registered, then the reconcilers, and writes the status.
//
// # Events
//
// Every kind of event that Juju 3.6 sends to a charm has a type with the fields
// that Juju gives it, and a method that registers handlers: on [Base.On] for the
// unit's own (config-changed, upgrade-charm, ...), on an [Endpoint] for its
// relations, on a [Container] for its Pebble, on a [Storage]. An action is a
// function from parameters to results ([OnAction]).
//
// Left out are collect-metrics, meter-status-changed and leader-deposed, which
// Juju 3.6.11 does not send any more. An event of a kind that is not known is
// logged, and reconciled like any other: a charm goes on under a newer Juju.
//
// A handler that returns an error, whichever, fails the hook, and Juju runs it
// again: no event is lost.
//
// # The model
//
// One handle both observes and acts. An [Endpoint] has its [Relation]s, each with
// four kinds of [Databag], read and written as structs ([Read], [Write]) or as
// maps. [Config] is the options; an option of type secret is a [SecretURI], and
// its content an [ObservedSecret]. An [OwnedSecret] belongs to the charm. A
// [Storage] has instances, a [Resource] a file, a [Container] its Pebble. The
// [Base] itself tells of leadership, planned units, the [Environment] and the
// [Version] of Juju, sets ports, and the versions and statuses that `juju status`
// shows. For everything else there are the hook tools ([Base.Tools]).
//
// All data is bound by `charm` tags, and every problem is told at once, by the
// name of its option or key and without the value. Names that the code uses and
// metadata.yaml, config.yaml or actions.yaml do not declare are found by [Check].
//
// # Reconcile first
//
// Most charms need few handlers: one function reads the world and makes it so
// ([Base.Reconcile]). It runs after the handlers of every event but stop and
// remove, and after actions that ask for it. What it finds missing it tells its
// [Status]; all of that becomes one message, worst first. On the leader
// [Base.ReconcileApp] does the same for the application and its status.
//
// # Not ready is a value
//
// A relation that is not there ([ErrAbsent]), data that cannot be used
// ([*InvalidError]), a secret not stored yet ([ErrPending]), a container that
// does not answer ([pebble.ErrNotReady]): these are ordinary, and
// [Status.Check] turns them into conditions, also when a reconciler returns
// them. Every other error fails the hook.
//
// # Components
//
// A library is a type whose constructor takes the charm's base: one line adds its
// handlers, its reconciler, and what it wants in a container ([Base.Want]). With a
// base of its own name ([Base.Component]) its conditions can be told from others',
// and the charm says which matter most ([Base.Prioritize], [WithPriority]).
//
// # A hook is a transaction
//
// Databags, secrets and ports are recorded until the hook has succeeded and the
// controller has taken the changes. The status, and everything done to a
// container, happens at once. So nothing in a container may depend on a secret
// that is only recorded: [Owned] gives its content in a later hook than the one
// that made it. A relation that is gone reads as one without data.
//
// # State
//
// A charm's memory ends with its hook. What it must know later it reads from the
// world, as a reconciler does; the rest it keeps in a struct, whose type says where
// it lives and who sees it: [UnitState] in Juju, for this unit alone;
// [PeerUnitState] and [PeerAppState] in a peer relation, for all units; what is
// secret in an [Owned].
//
// # Deferral and wake-ups
//
// A handler that must wait for something can defer its event: it is registered
// with Deferrable (of [Base.On], an [Endpoint], a [Container], a [Storage]) and
// returns [Defer]; the event comes again before that of the next hook. It is rarely
// needed: a reconciler finds in the next hook what it could not do in this one.
// When no event tells that the wait is over, [Base.After] asks for a hook.
//
// # Looking on
//
// [Base.Log] is the unit's log; what matters for security is written to it too, at
// level TRACE. [Base.Trace] makes each hook a trace, [Base.Record] a recording that
// the binary's own commands run again, and `juju debug-code` stops a hook in a
// debugger, at a [Base.Breakpoint] or before each handler.
//
// # Few calls
//
// Each thing is read at most once per hook, when it is first used; writes are
// differences. Nothing is kept between hooks.
//
// [pebble.ErrNotReady]: https://pkg.go.dev/github.com/charmkit/charmkit/pebble#ErrNotReady
package charm
