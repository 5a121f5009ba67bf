// Command postgresql is an example charm: a PostgreSQL server that gives a
// database and a user to each application that is integrated with it.
//
// It shows the providing side of a relation interface, credentials as secrets
// that are used only once they are stored, and a workload that is set up by
// running commands in its container.
package main

import "github.com/charmkit/charmkit/charm"

func main() { charm.Main(New) }
