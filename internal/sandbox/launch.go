package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// launch starts the first process of a container, tells it what to become, and waits until it has. See runInit for the
// other side.
func (p *Pod) launch(ctx context.Context, spec ContainerSpec) (*Container, error) {
	own, err := currentIDs()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(os.MkdirAll(spec.Root, 0o755), os.Chmod(spec.Root, 0o755)); err != nil {
		return nil, fmt.Errorf("cannot make root: %w", err)
	}
	setup, setupPeer, err := socketPair(unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	defer setup.Close()
	defer setupPeer.Close()

	c := &Container{name: spec.Name, pod: p, done: make(chan struct{})}
	c.cmd = &exec.Cmd{
		Path: self, Args: []string{initName}, Env: []string{}, Dir: "/",
		Stdout: spec.Output, Stderr: spec.Output, WaitDelay: outputDelay,
		ExtraFiles: []*os.File{setupPeer},
		SysProcAttr: &syscall.SysProcAttr{
			Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
			Setsid:     true,
			Pdeathsig:  syscall.SIGKILL,
		},
	}
	if !own.has(spec.RunAs.UID, spec.RunAs.GID) {
		playUser(c.cmd.SysProcAttr, spec.RunAs)
		c.cmd.SysProcAttr.AmbientCaps = initCapabilities()
	}
	if len(spec.Command) == 0 {
		control, controlPeer, err := socketPair(unix.SOCK_SEQPACKET)
		if err != nil {
			return nil, err
		}
		defer controlPeer.Close()
		c.control = control
		c.cmd.ExtraFiles = append(c.cmd.ExtraFiles, controlPeer, p.network.program)
	}
	if err := p.ns.do(c.cmd.Start); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot make namespaces: %w", err), c.closeControl())
	}
	go c.wait()
	_ = setupPeer.Close() // only the child's copy is to remain

	if err := setUp(ctx, setup, newInitSpec(spec, p)); err != nil {
		return nil, errors.Join(err, c.Kill())
	}
	return c, nil
}

// playUser starts a process in a user namespace in which the only account that exists has the wanted ids.
func playUser(attr *syscall.SysProcAttr, as Credentials) {
	attr.Cloneflags |= unix.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: as.UID, HostID: os.Geteuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: as.GID, HostID: os.Getegid(), Size: 1}}
}

// setUp sends the spec. The answer is an error message, or nothing: the command's start closes the socket.
func setUp(ctx context.Context, setup *net.UnixConn, spec initSpec) error {
	stop := context.AfterFunc(ctx, func() { _ = setup.Close() })
	defer stop()
	err := json.NewEncoder(setup).Encode(spec)
	var answer []byte
	if err == nil {
		answer, err = io.ReadAll(setup)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("cannot set it up: %w", err)
	case len(answer) > 0:
		return errors.New(string(answer))
	}
	return nil
}

func (c *Container) wait() {
	_ = c.cmd.Wait() // its errors are in the process state, or concern output after the end
	c.exit = exitOf(c.cmd.ProcessState.Sys().(syscall.WaitStatus))
	_ = c.closeControl()
	c.pod.forget(c)
	close(c.done)
}

func (c *Container) closeControl() error {
	if c.control == nil {
		return nil
	}
	return c.control.Close()
}

// socketPair makes two connected sockets: one to use here, one for a child to inherit.
func socketPair(kind int) (here *net.UnixConn, child *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot make socket pair: %w", err)
	}
	ours := os.NewFile(uintptr(fds[0]), "here")
	child = os.NewFile(uintptr(fds[1]), "child")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		_ = child.Close()
		return nil, nil, fmt.Errorf("cannot use socket pair: %w", err)
	}
	return conn.(*net.UnixConn), child, nil
}
