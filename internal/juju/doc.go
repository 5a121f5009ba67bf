// Package juju is the engine: Juju 3.6.11's behaviour towards charms, in memory.
// It has no code of its own; its packages, from the inside out, are
//
//   - model: the model as plain state, and the verbs of operators on it
//   - hook: what one running hook sees of the model, records and commits
//   - tools: the hook tools' arguments and output over a hook
//   - agentsocket: the tools on the unit agent's socket
//   - jujuc: the stock client of that socket, behind every tool's name
//   - uniter: a unit's agent, which decides which hook runs next, and runs it
//   - inprocess: charms that run in this process, killed at any call if need be
//   - lives: long random lives of models, held to the guarantees (tests only)
//   - conform: the engine beside Juju's own programs (tests only)
//
// Two things are built on it. Tests of charms (charm/charmtest) use model, hook
// and tools in process, a hook in microseconds. The sandbox (charmbox) keeps a
// model on disk, gives each unit a uniter whose runner starts the charm's
// process in a pod, and serves each hook's tools on a socket.
//
// # Where the rules are
//
// docs/reference/juju-contract.md has all of them, numbered; tests cite the
// numbers. Somebody who knows Juju finds them where Juju has them:
//
//   - the order of hooks: uniter, a function for each of Juju's resolvers in next.go,
//     relations.go and storage.go
//   - what comes of a hook: runhook.go and done.go in uniter, finish.go in hook
//   - what is recorded, immediate, committed and refused: commit.go in hook, with
//     a file for each thing that hooks write
//   - the environment: env.go in hook
//   - each tool: a file of its family in tools; table.go lists them by release
//   - the controller's rules: a file for each thing in model; version.go has what
//     differs between releases
//   - the protocol: agentsocket
//
// The rules come from Juju's source and from running Juju's own hook tools. The
// texts of errors, the output formats and the exit codes are a charm's contract:
// tests hold them to the byte.
package juju
