// Package e2e tests whole deployments: the Unleash charm with PostgreSQL in
// charmbox, with real Pebbles, NGINX and Node, what operators do to it, and what
// goes wrong.
//
// It has nothing but tests. They take the charms and programs that "make
// binaries charm" builds. Most run charmbox's daemon in the test's own process,
// where the race detector sees it; processes in pods are found from outside, by
// what /proc tells of them.
package e2e
