// Command charm is the bench charm as Juju runs it.
package main

import (
	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/internal/bench/subject"
)

func main() { charm.Main(subject.New) }
