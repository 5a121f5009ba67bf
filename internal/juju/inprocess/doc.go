// Package inprocess runs charms in this process, against the engine: what the
// tests of charms (charm/charmtest) and those that kill them (internal/crash) have
// in common.
//
//   - [Transport] carries the hook tools to a hook without a process or a socket.
//   - [Clock] is a clock that jumps, for the agents of units.
//   - [Reaper] kills a charm at one call, before or after it is done, or refuses
//     one commit: a [Cut].
//   - [Describe] is what a model has come to, as text that can be compared.
package inprocess
