// Package cli is charmbox's command line: juju's verbs, for a model on this
// machine.
//
// The first deploy starts a daemon in the background, which keeps the model;
// the other verbs ask it. The same program is the daemon, the first process of
// each container, and, under their names, the hook tools.
package cli
