// Package charmtest tests charms: one event at a time, or whole models of them. The
// charm's real code runs in this process, against the engine that charmbox has
// (internal/juju): it answers as Juju 3.6.11 does, to the byte.
//
// # One event
//
// A charm is its constructor and its files. A test is a state, an event, and the
// state after it:
//
//	var wiki = charmtest.New(New, os.DirFS("."))
//
//	func TestBlockedWithoutDatabase(t *testing.T) {
//		out := charmtest.Run(t, wiki, charmtest.State{Leader: true}, charmtest.ConfigChanged())
//		require.NoError(t, out.Err)
//		require.Equal(t, charmtest.Blocked("integrate database"), out.State.Status)
//	}
//
// A [State] is all that a hook can see of a model; its zero value is a unit that was
// just deployed and does not lead. There is a function for each kind of [Event]. What
// comes out can go into the next [Run]: a unit that has departed and a relation that is
// broken are not in it any more. What a hook only records is in it only if the
// hook has succeeded, and the controller has taken it ([State.RefuseCommit]). Nothing
// that the test has given is changed.
//
// A [Result] has more than the state: the charm itself, the failure with its event, and
// with its stack after a panic; what was logged, the tool calls, the histories of
// statuses, the databags as differences ([Write]), the action's results, the spans.
//
// # States that cannot be
//
// A test that no Juju could bring about proves nothing. So [Run] first holds what it is
// given against the charm's files and Juju's own rules, and fails the test with
// everything that is wrong: where it is, why it cannot be, and what to write
// instead. [Check] is that alone.
//
// # What an event costs
//
// Each call of a hook tool takes its time, in every hook, for ever. A test can say how
// many there may be; if there are more, it fails with the list:
//
//	charmtest.Run(t, wiki, state, charmtest.UpdateStatus()).CostsAtMost(t, 5)
//
// # Whole models
//
// A [Model] has several applications with several units, whose agents decide which
// hook comes next, as Juju's do. Both sides of a relation are charms, or one is a
// stand-in ([Model.StandIn]) for which the test speaks. The methods are those of an
// operator, and of what befalls a model: scale, integrate, configure, upgrade and back,
// kill a pod, change the leader, let time pass. [Model.Settle] lets the agents
// work until there is nothing to do:
//
//	m := charmtest.NewModel(t, charmtest.ModelOptions{})
//	m.Deploy("wiki", wiki, charmtest.DeployOptions{Units: 3})
//	m.Deploy("postgresql", postgresql, charmtest.DeployOptions{})
//	m.Integrate("wiki", "postgresql")
//	m.Settle()
//	require.Equal(t, charmtest.Active(""), m.App("wiki").Status())
//
// What a hook writes into a databag the other side sees when the hook has succeeded,
// and not before. [App.Lifecycle] is a whole life in one call.
//
// # What every charm must withstand
//
// [Explore] tells such a story again and again: with the units taking turns at random,
// by seeds that it tells; with the charms killed before and after each of their calls,
// and each of their commits refused. Each time the model must settle, in the same
// end, and reconciling once more must write nothing.
//
// # Containers
//
// A container that is not in [State.Containers] is one whose Pebble has not started.
// The zero [Container] has a Pebble that has just started, in memory: files, layers,
// services and checks are data, before the hook and after it (package
// pebbletest/memory, which is held to the real Pebble by a contract):
//
//	state := charmtest.State{Containers: map[string]charmtest.Container{"app": {}}}
//	out := charmtest.Run(t, wiki, state, charmtest.PebbleReady("app"))
//	app := out.State.Containers["app"].Pebble
//	require.Equal(t, pebble.StatusActive, app.Services["wiki"].Status)
//
// Units of a model have theirs by themselves ([Unit.Pebble]); the agents look at them,
// so that pebble-ready, notices and checks become hooks. With the socket of a real
// daemon instead (package pebbletest starts one), or what a Pebble has answered to a
// recorded hook, a container is not in memory.
//
// # From a recording
//
// A charm that records its hooks ([charm.Base.Record]) turns a recording into such a
// test by itself: "replay --as-test FILE" prints it.
//
// # Speed
//
// An event costs some tens of microseconds: no process, no socket, no file. A Charm's
// files are read once, so keep it in a variable of the package. Tests may run in
// parallel: nothing is shared.
package charmtest
