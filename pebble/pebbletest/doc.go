// Package pebbletest runs real Pebble daemons in tests.
//
//	daemon := pebbletest.Start(t, pebbletest.Options{})
//	container := daemon.Container("app")
//
// Each daemon has its own folder and socket, runs as the test's user unless said otherwise, and ends with the test together
// with all that it has started. Its services see the file system of the test: use t.TempDir() for their files. The binaries
// are built by "make tools".
//
// Package [github.com/charmkit/charmkit/pebble/pebbletest/memory] has a Pebble without a process, which is much faster and does
// what a test says. It is held to these daemons by one contract.
//
// A [Proxy] stands between a container and its daemon, counts requests and cuts the line at any of them, to see what remains
// of a charm that is killed there.
package pebbletest
