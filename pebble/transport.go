package pebble

import (
	"context"
	"net"
	"net/http"
)

// Transport is a way to a Pebble that needs no socket, such as to one in the same process. Its methods may be called from
// several goroutines. An error of either means that Pebble is [ErrNotReady].
//
// One that also has a method ParsePlan([]byte) (*Plan, error) reads the plans that it brings: it may know what they say. The
// plan that it returns belongs to the caller.
type Transport interface {
	http.RoundTripper

	// Dial opens a connection that speaks HTTP/1.1 with the same Pebble. The websockets of a command go over such ones.
	Dial(ctx context.Context) (net.Conn, error)
}

// planParser is the optional part of a Transport.
type planParser interface {
	ParsePlan(data []byte) (*Plan, error)
}

// NewContainerOver returns the container of that name whose Pebble is reached by a transport. It has no socket.
func NewContainerOver(name string, t Transport) *Container {
	return &Container{name: name, transport: t, handshake: handshakeLimit}
}

// roundTripper returns what brings a session's requests to Pebble.
func (s *session) roundTripper() http.RoundTripper {
	if s.over != nil {
		return s.over
	}
	return s.transport
}

// dial opens a connection of its own.
func (s *session) dial() (net.Conn, error) {
	if s.over != nil {
		return s.over.Dial(s.ctx)
	}
	var d net.Dialer
	return d.DialContext(s.ctx, "unix", s.socket)
}
