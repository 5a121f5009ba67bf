// Package bench measures hooks as Juju runs them: a process that is started,
// makes its calls over the agent's socket, and ends. `make bench` runs it.
//
// Two programs do the same work, a no-op update-status that reads one option,
// looks at one endpoint and at the unit's status: the charm in the folder charm,
// and bare, which makes the same calls with net/rpc and nothing else.
package bench
