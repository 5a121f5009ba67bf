// Package survey runs a compiled charm, the command surveyor, for every kind of event
// and lets it call every function of the hook tools' client: over the agent's socket
// and with the tools as programs, against the engine here, and against Juju's own
// server in package conform. What the charm prints must be the same everywhere.
package survey
