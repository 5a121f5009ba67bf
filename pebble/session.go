package pebble

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/canonical/pebble/client"
)

// A session is Pebble's client for the time of one call, under that call's context. Most methods of the client take no
// context, and retry every GET for 5 seconds if the socket is missing. So the session registers itself as the round tripper
// of the client's transport: requests get the context, and a failed connection becomes an answer, which is not retried, while
// its cause is kept for the caller.
type session struct {
	*client.Client
	ctx       context.Context
	container string
	socket    string
	handshake time.Duration
	over      Transport       // instead of the socket, if not nil
	transport *http.Transport // over the socket
	follows   bool            // an answer has no end

	mu      sync.Mutex
	cause   error
	conns   map[net.Conn]struct{}
	drained chan struct{} // closed once there are no more conns
}

// open prepares a session; nothing is sent yet. It must be closed.
func (c *Container) open(ctx context.Context) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &session{
		ctx: ctx, container: c.name, socket: c.socket, over: c.transport, handshake: c.handshake,
		conns: map[net.Conn]struct{}{}, drained: make(chan struct{}),
	}
	pebbleClient, err := client.New(&client.Config{Socket: c.socket})
	if err != nil {
		return nil, fmt.Errorf("cannot talk to Pebble: %w", err)
	}
	s.Client = pebbleClient
	if s.over == nil {
		s.transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", c.socket)
		}}
	}
	outer := pebbleClient.Requester().Transport()
	outer.RegisterProtocol("http", s)
	//lint:ignore SA1019 the client dials its websockets with this field.
	outer.Dial = s.dialWebsocket
	return s, nil
}

// close ends what is still open. It returns the connection that requests went over.
func (s *session) close() {
	if s.transport != nil {
		s.transport.CloseIdleConnections()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

// drain waits until the client has read all that a command wrote, after which it closes the command's connections.
func (s *session) drain() {
	select {
	case <-s.drained:
	case <-s.ctx.Done():
	}
}

// RoundTrip implements http.RoundTripper.
func (s *session) RoundTrip(req *http.Request) (*http.Response, error) {
	response, err := s.withMiddleware(s.roundTripper()).RoundTrip(req.WithContext(s.ctx))
	if err != nil {
		s.fail(err)
		return unreachable(req), nil
	}
	response.Body = &watchedBody{ReadCloser: response.Body, session: s}
	return response, nil
}

// unreachable is the answer to a request that got none.
func unreachable(req *http.Request) *http.Response {
	const body = `{"type": "error", "status-code": 503, "status": "Service Unavailable", "result": {"message": "no answer"}}`
	return &http.Response{
		Status:        "503 Service Unavailable",
		StatusCode:    http.StatusServiceUnavailable,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}
}

// watchedBody notices a connection that breaks within an answer.
type watchedBody struct {
	io.ReadCloser
	session *session
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.session.fail(err)
	}
	return n, err
}

// Close reads a short rest first, since only a connection that was read to the end is used again.
func (b *watchedBody) Close() error {
	if !b.session.follows {
		_, _ = io.CopyN(io.Discard, b.ReadCloser, 4<<10)
	}
	return b.ReadCloser.Close()
}

// dialWebsocket opens a connection that ends with the session or its context, whichever is first. Pebble kills the process
// of an exec whose control connection breaks.
func (s *session) dialWebsocket(_, _ string) (net.Conn, error) {
	conn, err := s.dial()
	if err != nil {
		s.fail(err)
		return nil, err
	}
	s.mu.Lock()
	s.conns[conn] = struct{}{}
	s.mu.Unlock()
	stop := context.AfterFunc(s.ctx, func() { _ = conn.Close() })
	return &watchedConn{Conn: conn, session: s, stop: stop}, nil
}

type watchedConn struct {
	net.Conn
	session *session
	stop    func() bool
}

// handshakeLimit is far more than any Pebble takes that will ever answer.
const handshakeLimit = 25 * time.Second

// SetDeadline sets the client's limit of five seconds for the handshake off. Pebble answers only after it has written its
// state to the disk and begun the command, which can take longer on a busy machine. But it forgets a command whose client
// takes more than five seconds to come, and then never answers it.
func (c *watchedConn) SetDeadline(t time.Time) error {
	if !t.IsZero() {
		t = t.Add(c.session.handshake)
	}
	return c.Conn.SetDeadline(t)
}

// Read notices a handshake that takes too long.
func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.session.fail(fmt.Errorf("Pebble does not begin the command: %w", err))
	}
	return n, err
}

// Write says that all went well even on a broken connection, as reading will tell. The client would else leave a goroutine
// behind, which has read more of a command's input and can never send it.
func (c *watchedConn) Write(p []byte) (int, error) {
	_, _ = c.Conn.Write(p)
	return len(p), nil
}

func (c *watchedConn) Close() error {
	c.stop()
	c.session.forget(c.Conn)
	return c.Conn.Close()
}

func (s *session) forget(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.conns[conn]; !open {
		return
	}
	delete(s.conns, conn)
	if len(s.conns) == 0 {
		close(s.drained)
	}
}

// fail keeps the first reason why Pebble could not be reached.
func (s *session) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		s.cause = err
	}
}

// forgive forgets a failure that was not the connection's.
func (s *session) forgive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cause = nil
}

// broken returns the error of the context or of the connection, or nil if both are fine.
func (s *session) broken() error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return &NotReadyError{s.container, s.cause}
	}
	return nil
}

// explain turns an error of the client into one of ours.
func (s *session) explain(err error) error {
	if err == nil {
		return nil
	}
	if broken := s.broken(); broken != nil {
		return broken
	}
	// A request that never left, since the socket is not there.
	var missing *client.SocketNotFoundError
	if errors.As(err, &missing) {
		return &NotReadyError{s.container, err}
	}
	return apiError(err)
}
