// Package charmbox is a Juju model on one machine, without a cluster: the engine
// (internal/juju) on one side, pods (internal/sandbox) on the other, and between
// them what the unit agent and Kubernetes do.
//
// A [Box] holds one model. For each of its units it keeps a pod, made as Juju
// 3.6.11 makes one: a charm container, and a container with a real Pebble for
// each entry of metadata.yaml's containers, all in one network. An agent runs
// the unit's hooks in the charm container, in Juju's order, with Juju's
// environment, and answers the hook tools on the agent's socket; what the
// Pebbles report becomes events.
//
// # The daemon
//
// A Box lives in a daemon, one for each folder: [RunDaemon]. It answers the
// verbs on a socket; [Client] asks them. The model is on disk after every verb
// and every hook; pods are not: they end with the daemon, however it ends, and a
// new daemon makes new ones, which to the charms is a pod that was replaced
// (upgrade-charm, config-changed, start).
//
// # What is different from a cluster
//
//   - Images are not unpacked but laid over the machine's /usr, as an [Image]
//     says.
//   - There is no storage: all data of a workload goes with its pod.
//   - A container that ends is started again, but nothing acts on a check's level:
//     one whose alive check fails goes on, and one that is not ready stays
//     reachable.
//   - A charm container that ends takes its pod along; in a cluster it alone is
//     started again.
//   - No service stands in front of the units: [Box.Forward] leads to one of
//     them, and lasts as long as the daemon.
//   - Pebbles are looked at four times a second rather than every 5 seconds.
//   - The log is kept in memory, and begins with the daemon.
package charmbox
