package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// DialContext connects from inside the pod to a TCP address such as 127.0.0.1:8080 (the pod's own loopback) or that of
// another pod. It has the form that net/http wants; the network must be "tcp" or "tcp4" and the host an IPv4 address, since
// pods have no resolver.
func (p *Pod) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := p.dial(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("cannot dial %s from pod %s: %w", address, p.name, err)
	}
	return conn, nil
}

func (p *Pod) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if network != "tcp" && network != "tcp4" {
		return nil, net.UnknownNetworkError(network)
	}
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	if !target.Addr().Unmap().Is4() {
		return nil, errors.New("it is not an IPv4 address")
	}
	// A socket belongs to the namespace it was made in, so only this step needs the pod's thread.
	var fd int
	err = p.ns.do(func() (err error) {
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	socket := os.NewFile(uintptr(fd), "tcp")
	defer socket.Close()
	if err := connect(ctx, socket, target); err != nil {
		return nil, err
	}
	return net.FileConn(socket)
}

// connect connects a non-blocking socket, and waits in Go's poller as net does.
func connect(ctx context.Context, socket *os.File, target netip.AddrPort) error {
	stop := context.AfterFunc(ctx, func() { _ = socket.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	address := &unix.SockaddrInet4{Port: int(target.Port()), Addr: target.Addr().Unmap().As4()}
	var failure error
	err = raw.Write(func(fd uintptr) (done bool) {
		// Connecting again tells how far an earlier attempt has got.
		switch failure = unix.Connect(int(fd), address); failure {
		case unix.EINPROGRESS, unix.EALREADY, unix.EINTR:
			return false
		case unix.EISCONN:
			failure = nil
		}
		return true
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	return failure
}
