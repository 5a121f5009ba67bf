// Command bench measures hooks as Juju runs them: a process that is started,
// calls hook tools and Pebble, and ends. `make bench` builds what it needs and
// runs it; docs/explanation/performance.md holds what came of it.
//
// Three programs do the same work, in folders of these names:
//
//   - charm, a charm written with charmkit, in the package subject;
//   - bare, which makes the same calls one after another on one connection, by
//     hand: what a charm in Go cannot be faster than without pipelining;
//   - goops, the same charm written with github.com/gruyaume/goops, which starts
//     Juju's client for each hook tool. It is a module of its own, so that
//     charmkit does not depend on it.
//
// They run in the same [scenario]s, in turn, against Juju 3.6.11's own hook-tool
// server (the program that ../conformance is), each with a new hook context as in
// Juju, with Juju's own client under the names of all tools on PATH, and a Pebble
// 1.19.2 each. A small process, in the folder starter, starts and measures them. After
// each run the status and the service must be what they should.
//
// A first run of each program, which is not measured, goes through a relay that
// counts the calls of hook tools.
package main
