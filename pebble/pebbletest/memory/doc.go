// Package memory is a Pebble with its container, kept in memory, for tests.
//
// It answers Pebble's HTTP API within the process, so that a [pebble.Container] works with it as with a real one, without a
// socket, a process or a second of waiting:
//
//	p := memory.New(memory.State{
//		Layers: []memory.Layer{{Label: "rock", YAML: rock}},
//		Files:  map[string]memory.File{"/etc/nginx/nginx.conf": {Content: "old"}},
//	}, memory.Options{})
//	applied, err := p.Container("nginx").Apply(ctx, want)
//
// # State in, state out
//
// A [State] is plain data: what goes into [New] is never changed, what comes out of [Pebble.State] is a state that can go into
// the next New, be compared and be kept. Nothing is copied until it is written to, so a Pebble that nobody asks costs next to
// nothing. Give a [Cache] to all Pebbles of a test program, and they read each layer only once.
//
// # What is simulated
//
// Services have no processes. Their commands run until they are stopped, unless a [Process] says that they cannot be started,
// or exit, and when. How often a service was started, and with what, is in the state. Commands that are run by exec are
// functions or canned output, each a [Command]; one that nobody has given is an executable that is not there. Checks succeed,
// unless [State.Failing] has them, and are performed by [Pebble.PerformChecks]. The clock stands still but for a microsecond
// with each thing that happens; [Pebble.Advance] moves it, and with it what waits for a time: exits, and restarts after a backoff.
// A start does not take the second that Pebble waits for a service to stay up: whether it would have is known at once.
//
// Files are a tree with modes, owners, symbolic links and mounts. A container has the usual folders, and the users root, daemon,
// www-data and nobody.
//
// # What can be relied on
//
// Everything else is as in Pebble 1.19.2 or 1.32.1, whichever [State.Version] says: how layers merge, what a replan restarts, in
// which order services start, what changes and notices there are, and the words of errors. The contract, a table of clauses in
// this package's tests, holds it and the real daemons to the same; random walks with one at its side look for more.
//
// What is left out: terminals of commands, access control, metrics, pairing, workloads (a section of layers in newer Pebbles),
// and log forwarding itself. Where Pebble chooses any order, this is the order of names. The text of a YAML error is that of
// package pebble.
package memory
