// Package hooktool gives the hook tools of Juju as typed Go functions: plain
// values in, plain values out. It can be used alone; package charm is built on
// it.
//
// A [Client] has one method per tool (or per use of a tool), and
// [Client.Run] for every other. What it asks travels on a [Transport]:
//
//   - the unit agent's socket, on one connection ([Dial]): no process is
//     started for a call, which makes it about forty times as fast;
//   - the executables that Juju puts on PATH ([Exec]): always right, and what
//     is used when somebody has put a stub there;
//   - a function in the same process ([Func]): tests;
//   - a recorder around any of these ([Record]).
//
// [Open] chooses between the first two from the environment of the hook, and
// never changes its mind after a command may have run.
//
// A tool that fails is an [*Error], which matches [ErrNotLeader],
// [ErrNotFound], [ErrPermission] and the others of this package with
// [errors.Is].
//
// Tools that no new charm should use (leader-get and -set, the payload and
// the pod specification tools) have no method; [Client.Run] runs them.
//
// Facts about Juju are those of 3.6.11.
package hooktool
