package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// dialTimeout bounds how long a forwarded connection waits for a pod that does not answer.
const dialTimeout = 10 * time.Second

// Forwarder passes TCP connections from the host on to a port of a pod.
type Forwarder struct {
	pod      *Pod
	target   string
	listener net.Listener
	ctx      context.Context // ends with the forwarder
	cancel   context.CancelFunc
	work     sync.WaitGroup
}

// Forward listens on the host, at an address such as 127.0.0.1:8080 or 127.0.0.1:0, and connects each client to the port of
// the pod's address. A client whose connection the pod refuses is hung up on. The forwarder lasts until it or the pod is
// closed; ctx bounds only the call.
func (p *Pod) Forward(ctx context.Context, listen string, port int) (*Forwarder, error) {
	fail := func(err error) (*Forwarder, error) {
		return nil, fmt.Errorf("cannot forward %s to port %d of pod %s: %w", listen, port, p.name, err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", listen)
	if err != nil {
		return fail(err)
	}
	f := &Forwarder{pod: p, target: net.JoinHostPort(p.addr.String(), strconv.Itoa(port)), listener: listener}
	f.ctx, f.cancel = context.WithCancel(context.Background())

	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		f.cancel()
		return fail(errors.Join(net.ErrClosed, listener.Close()))
	}
	p.forwarders[f] = struct{}{}
	f.work.Go(f.accept)
	return f, nil
}

// Addr returns the host's address that is forwarded.
func (f *Forwarder) Addr() netip.AddrPort {
	return f.listener.Addr().(*net.TCPAddr).AddrPort()
}

// Close stops listening, and cuts the connections that are open.
func (f *Forwarder) Close() error {
	f.pod.mu.Lock()
	delete(f.pod.forwarders, f)
	f.pod.mu.Unlock()
	f.cancel()
	err := f.listener.Close()
	f.work.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (f *Forwarder) accept() {
	for {
		client, err := f.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of file descriptors, or a client that has gone again
			select {
			case <-time.After(10 * time.Millisecond):
			case <-f.ctx.Done():
			}
			continue
		}
		f.work.Go(func() { f.serve(client) })
	}
}

func (f *Forwarder) serve(client net.Conn) {
	defer client.Close()
	ctx, cancel := context.WithTimeout(f.ctx, dialTimeout)
	defer cancel()
	server, err := f.pod.DialContext(ctx, "tcp", f.target)
	if err != nil {
		return
	}
	defer server.Close()
	stop := context.AfterFunc(f.ctx, func() {
		_ = client.Close()
		_ = server.Close()
	})
	defer stop()

	var both sync.WaitGroup
	both.Go(func() { pass(server, client) })
	both.Go(func() { pass(client, server) })
	both.Wait()
}

// pass copies until the source has no more to say, and says so to the destination, which may still answer. After an error
// nothing more can be said either way.
func pass(to, from net.Conn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.Close()
		_ = from.Close()
		return
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}
