// Package lives lets models live through long random sequences of what
// operators, time, failures and crashes may do, and holds what the charms saw to
// the guarantees that Juju gives: those of the order of hooks, and those of what
// is visible when.
//
// It has tests only. A sequence is a list of small steps that mean something
// whatever came before, so that any part of it can be left out: one that breaks
// a guarantee is shortened until nothing more can go, and printed with its seed.
//
//	go test ./internal/juju/lives -steps 10000   # a long life
//	go test ./internal/juju/lives -seed 7        # one seed again
package lives
