// Command mutate asks of each line of a package whether its tests would notice
// if it were wrong. It makes many copies of the package with one small mistake
// each (mutants): a condition negated, a bound off by one, a statement missing,
// a zero value returned. A mutant that makes a test fail is killed; one that
// does not survives, and shows a behaviour that no test asks for.
//
//	go run ./internal/mutate ./charm/hooktool
//
// The score is the share of mutants killed. The page given with -page lists
// the survivors that are accepted, with reasons; survivors that it does not
// list are shown, and what it lists must be a mutant. One that is killed is
// told: a test may have taken too long.
//
// # Why not an existing tool
//
// The known tools for Go (gremlins, go-mutesting, ooze) compile and run the
// whole package anew for every mutant. Tests here start real Pebble daemons and
// web servers, so that this takes hours. This command puts all mutants of a
// package into one binary, compiled once through go's -overlay, in which the
// environment variable MUTATE chooses the one that is on. Each test runs once
// alone to learn which mutants it reaches and how long it takes; a mutant is
// then tried with those tests only, the quickest first, until one fails.
//
// # The mutants
//
//   - conditions negated: those of if, for and switch without a tag, operands of
//     && and ||, comparisons wherever they are, and booleans that are returned
//   - && and || for one another
//   - bounds: < and <=, > and >= for one another
//   - numbers: + and -, * and / for one another, also as in += and ++
//   - statements removed: calls, assignments that are not definitions, defer,
//     go, sends, continue, break, and returns of nothing
//   - the zero value in place of each value that is returned
//
// Not made are mutants that cannot differ: a zero value for a zero value or for a
// variable that has had no other yet, and what is a constant at compile time. The
// statements within the header of a for loop stay, since a loop without them only
// never ends.
//
// With -budget a mutant is given up when the tests tried have taken so long, the
// quickest first, which makes a score of a package that starts daemons a matter of
// minutes. What only the others would kill survives.
//
// A test that takes much longer than it did without a mutant (ten times and five
// seconds) counts as failed. A mutant that no test reaches survives.
package main
