// Command charm is the charm that is measured, as Juju runs it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/charmkit/charmkit/bench/subject"
	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/pebble"
)

func main() {
	// Juju's place for the socket is /charm, which this machine does not have.
	socket := os.Getenv("BENCH_PEBBLE_SOCKET")
	if socket == "" {
		charm.Main(subject.New)
		return
	}
	_, err := charm.Run(context.Background(), subject.New, charm.Options{
		Pebble: func(name string) *pebble.Container { return pebble.NewContainer(name, socket) },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
