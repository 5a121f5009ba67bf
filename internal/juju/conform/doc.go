// Package conform holds the engine to Juju. Its tests, behind the build tag
// conformance, run scripts of hooks and hook-tool calls twice: in process on
// the engine (packages model, hook and tools), and by the program in
// conformance/, which runs Juju 3.6.11's own code. Whatever differs fails, but
// for random order, random ids and times.
//
//	make conformance
//
// A [Script] in the tests is a model, the [World], and hooks with calls. What is
// compared is each call's standard output, standard error, exit code and RPC
// error; each hook's environment, log and failure; the files that tools wrote;
// and the world after the last hook, which shows what was committed and what
// was not.
//
// Scripts are tables, one file a family of tools, and generated calls from a
// seed. The run writes docs/reference/conformance.md when asked to with
// -update.
//
// [Script]: https://github.com/charmkit/charmkit/tree/main/internal/juju/conform
// [World]: https://github.com/charmkit/charmkit/tree/main/internal/juju/conform
package conform
