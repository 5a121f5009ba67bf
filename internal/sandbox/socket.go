package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// SocketPath is a short name for a Unix socket with a long path: the system takes no more than 107 bytes, and what lies in
// a container's root is easily longer on the host. It can be used, in this process only, wherever a path is wanted.
type SocketPath struct {
	directory *os.File
	name      string
}

// ShortSocketPath returns a short name for the path, whose directory must exist. It is valid until closed.
func ShortSocketPath(path string) (*SocketPath, error) {
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("cannot open directory of socket: %w", err)
	}
	return &SocketPath{directory: directory, name: filepath.Base(path)}, nil
}

// String returns the short path.
func (s *SocketPath) String() string {
	return fmt.Sprintf("/proc/self/fd/%d/%s", s.directory.Fd(), s.name)
}

// Close ends the validity of the short path.
func (s *SocketPath) Close() error { return s.directory.Close() }

// DialUnix connects to a Unix socket, whatever the length of its path.
func DialUnix(ctx context.Context, path string) (net.Conn, error) {
	short, err := ShortSocketPath(path)
	if err != nil {
		return nil, err
	}
	defer short.Close()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", short.String())
	if err != nil {
		return nil, fmt.Errorf("cannot dial %s: %w", path, err)
	}
	return conn, nil
}

// ListenUnix listens on a Unix socket, whatever the length of its path. The file must not exist; closing the listener
// removes it.
func ListenUnix(ctx context.Context, path string) (net.Listener, error) {
	short, err := ShortSocketPath(path)
	if err != nil {
		return nil, err
	}
	return short.listen(ctx, path, 0o777)
}

// ListenUnixIn listens on a Unix socket of that name in a directory, which may be closed afterwards: nobody who moves the
// directory can lead the socket elsewhere. Only those whom the mode allows it can ever connect.
func ListenUnixIn(ctx context.Context, directory *os.Root, name string, mode fs.FileMode) (net.Listener, error) {
	opened, err := directory.Open(".")
	if err != nil {
		return nil, fmt.Errorf("cannot open directory of socket: %w", err)
	}
	return (&SocketPath{directory: opened, name: name}).listen(ctx, filepath.Join(directory.Name(), name), mode)
}

// listen listens on the short path, and takes it over. The path is for people.
func (s *SocketPath) listen(ctx context.Context, path string, mode fs.FileMode) (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, socket syscall.RawConn) error {
		// The file gets the mode that the socket has when it is bound.
		var failed error
		err := socket.Control(func(fd uintptr) { failed = unix.Fchmod(int(fd), uint32(mode.Perm())) })
		return errors.Join(err, failed)
	}}
	listener, err := config.Listen(ctx, "unix", s.String())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot listen on %s: %w", path, err), s.Close())
	}
	return &socketListener{Listener: listener, path: s}, nil
}

// socketListener needs its directory until the socket is removed.
type socketListener struct {
	net.Listener
	path *SocketPath
}

func (l *socketListener) Close() error {
	return errors.Join(l.Listener.Close(), l.path.Close())
}
