// Command unleash is the hook binary of the charm unleash-k8s. Juju runs it as
// "dispatch" for every event.
package main

import (
	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/unleash"
)

func main() { charm.Main(unleash.New) }
