// Package agentsocket serves the hook tools over the unit agent's socket, as
// Juju 3.6.11 does while a hook runs, and is the client of it.
//
// The protocol is Go's net/rpc with gob. There is one method, Jujuc.Main; a
// [Request] names the hook's context, the tool and its arguments, and the
// [Response] carries the tool's exit code and output. Any number of calls may be
// made on one connection, also at once; the tools take turns.
//
//	server, err := agentsocket.Listen(path, c)
//	... run the hook's process ...
//	err = server.Close()
//
// As in Juju, Close waits until every connection is closed: a process that a
// hook left behind with an open one stalls its agent.
package agentsocket
