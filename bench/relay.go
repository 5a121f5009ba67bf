package main

import (
	"net"
	"net/rpc"
	"sync/atomic"
)

// relay passes calls of hook tools on to an agent, and counts them.
type relay struct {
	listener net.Listener
	calls    atomic.Int64
}

// newRelay listens at a path for calls to the agent at another.
func newRelay(path, agent string) (*relay, error) {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	r := &relay{listener: listener}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go r.serve(conn, agent)
		}
	}()
	return r, nil
}

func (r *relay) serve(conn net.Conn, agent string) {
	client, err := rpc.Dial("unix", agent)
	if err != nil {
		conn.Close()
		return
	}
	defer client.Close()
	server := rpc.NewServer()
	if err := server.RegisterName("Jujuc", &Jujuc{client, &r.calls}); err != nil {
		panic(err) // Jujuc has the one method that net/rpc wants
	}
	server.ServeConn(conn)
}

func (r *relay) close() error { return r.listener.Close() }

// Jujuc is the service that net/rpc calls.
type Jujuc struct {
	agent *rpc.Client
	calls *atomic.Int64
}

// Request and Response have the field names of the agent's own structs, which
// gob goes by.
type Request struct {
	//lint:ignore ST1003 gob goes by the agent's name.
	ContextId, Dir, CommandName string
	Args                        []string
	StdinSet                    bool
	Stdin                       []byte
}

// Response is what a tool answered.
type Response struct {
	Code           int
	Stdout, Stderr []byte
}

// Main passes one call on.
func (j *Jujuc) Main(request Request, response *Response) error {
	j.calls.Add(1)
	return j.agent.Call("Jujuc.Main", request, response)
}
