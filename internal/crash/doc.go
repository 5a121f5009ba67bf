// Package crash kills charms: at every hook-tool call and every Pebble request of
// a unit's life in turn, and by refusing the commit of every hook in turn. The
// hooks that follow must bring the unit to where it would have come anyway.
//
//	func TestKilled(t *testing.T) {
//		crash.Test(t, crash.Case[*Wiki]{Charm: wiki, Containers: []string{"app"}, Story: story})
//	}
//
// A life is a deployment and a story of what the operator does, run by the real
// unit agent of internal/juju with real Pebble daemons, in a pod: network,
// processes and file system of its own. It is lived once undisturbed. Then it is
// lived again for each cut, and the end of each such life is compared with that of
// the first: databags, secrets, state, ports, status, versions, plans, services,
// checks, and what the workload itself says that it has loaded. What is random, a
// password for example, is replaced by the name of the secret that holds it, so
// that a credential which is in use but was never stored shows.
//
// With containers a test cuts at each kind of call once. All cuts take minutes:
//
//	CRASH=all go test ./unleash -run Killed
package crash
