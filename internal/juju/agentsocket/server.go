package agentsocket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"path/filepath"
	"sync"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// The releases in which the protocol changed.
var (
	juju36 = model.Release{Major: 3, Minor: 6}
	juju4  = model.Release{Major: 4, Minor: 0}
)

// Server serves the hook tools of one running hook.
type Server struct {
	listener net.Listener
	rpc      *rpc.Server
	open     sync.WaitGroup
	cancel   context.CancelFunc
	path     string
}

// Listen serves the hook's tools on a unix socket at path, mode 0700. The socket
// is made under another name and renamed, so that it appears complete and in
// place of an old one. The path must be shorter than 108 bytes. Before Juju 3.6
// the socket is an abstract one of that name.
func Listen(path string, c *hook.Context) (*Server, error) {
	if c.Release().Before(juju36) {
		listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: "@" + path, Net: "unix"})
		if err != nil {
			return nil, fmt.Errorf("cannot listen on the agent's abstract socket: %w", err)
		}
		return Serve(listener, c), nil
	}
	temporary := filepath.Join(filepath.Dir(path), ".s")
	if err := os.Remove(temporary); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("cannot make room for the agent's socket: %w", err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: temporary, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("cannot listen on the agent's socket: %w", err)
	}
	listener.SetUnlinkOnClose(false)
	err = os.Chmod(temporary, 0o700)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot make the agent's socket: %w", err), listener.Close(), os.Remove(temporary))
	}
	s := Serve(listener, c)
	s.path = path
	return s, nil
}

// Serve serves the hook's tools to those who connect to the listener, until
// [Server.Close].
func Serve(listener net.Listener, c *hook.Context) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{listener: listener, rpc: rpc.NewServer(), cancel: cancel}
	if err := s.rpc.RegisterName(service, &Jujuc{ctx: ctx, hook: c}); err != nil {
		panic(err) // Jujuc has the one method that net/rpc wants
	}
	s.open.Add(1)
	go s.accept()
	return s
}

func (s *Server) accept() {
	defer s.open.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.open.Add(1)
		go func() {
			defer s.open.Done()
			s.rpc.ServeConn(conn)
		}()
	}
}

// Close stops listening, waits until the clients have closed all connections,
// and removes the socket.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.open.Wait()
	s.cancel()
	if s.path != "" {
		err = errors.Join(err, os.Remove(s.path))
	}
	return err
}

// Jujuc is the service that net/rpc calls.
type Jujuc struct {
	ctx  context.Context
	hook *hook.Context
}

// Main runs one hook tool. Its errors are those of the call, not of the tool.
func (j *Jujuc) Main(req Request, resp *Response) error {
	switch {
	case req.Token != "" && j.hook.Release().Before(juju4):
		return &tools.BadRequestError{Reason: "token does not match"}
	case req.CommandName == "":
		return &tools.BadRequestError{Reason: "command not specified"}
	case !filepath.IsAbs(req.Dir):
		return &tools.BadRequestError{Reason: "Dir is not absolute"}
	case req.ContextId != j.hook.ID() && j.hook.Release().Before(juju36):
		return &tools.BadRequestError{Reason: fmt.Sprintf("expected context id %q, got %q", j.hook.ID(), req.ContextId)}
	case req.ContextId != j.hook.ID():
		return &tools.BadRequestError{Reason: fmt.Sprintf("wrong context ID; got %q", req.ContextId)}
	}
	r, err := tools.Run(j.ctx, j.hook, tools.Request{
		Command: req.CommandName, Args: req.Args, Dir: req.Dir, Stdin: req.Stdin, StdinSet: req.StdinSet,
	})
	resp.Code, resp.Stdout, resp.Stderr = r.Code, r.Stdout, r.Stderr
	return err
}
