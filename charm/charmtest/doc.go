// Package charmtest runs one event of a charm in a test: state in, event, state
// out.
//
//	var wiki = charmtest.Charm[*Wiki]{New: New, Files: os.DirFS("..")}
//
//	func TestBlockedWithoutDatabase(t *testing.T) {
//		out := charmtest.Run(t, wiki, charmtest.State{Leader: true}, charmtest.ConfigChanged())
//		require.NoError(t, out.Err)
//		require.Equal(t, charmtest.Status{Status: "blocked", Message: "integrate database"}, out.State.Status)
//	}
//
// The charm's real hook runs in this process, against a Juju model in memory
// that answers the hook tools as Juju 3.6.11 does; what it records is there in
// the state that comes out only if the hook succeeded. That state can go into
// the next Run: a unit that has departed and a relation that is broken are not in
// it any more.
//
// Containers are real: give the socket of a Pebble daemon in [State.Sockets]
// (package pebbletest starts one). A container without a socket is one whose
// Pebble has not started.
package charmtest
