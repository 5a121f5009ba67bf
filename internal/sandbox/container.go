package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// outputDelay is how long output is still read after a program has ended, if a child of it keeps the file open.
const outputDelay = 100 * time.Millisecond

// ErrStopped is reported by Exec when the container has ended, or ends before the program does.
var ErrStopped = errors.New("the container has stopped")

// ContainerSpec says what container to start.
type ContainerSpec struct {
	// Name is the container's, unique in its pod.
	Name string
	// Root is the directory on the host that becomes the container's root, and keeps what the container writes, except in
	// /etc, /tmp and /run. It is made if missing. No two running containers may share one.
	Root string
	// Mounts are what the container sees of the host besides /usr. They are made in this order.
	Mounts []Mount
	// Directories are made inside, after the mounts.
	Directories []Directory
	// Users are accounts besides the host's system accounts and Juju's own (juju, sjuju, _daemon_).
	Users []User

	// Command is run as process 1, with RunAs, Env and Dir. A container without one is driven by Exec.
	Command []string
	// RunAs is whom the command runs as; root if zero.
	RunAs Credentials
	// Env is the command's whole environment.
	Env []string
	// Dir is the command's working directory; / if empty.
	Dir string
	// Output gets what process 1 writes to standard output and error. If nil it is lost.
	Output io.Writer
}

// Mount is a file or directory of the host, seen inside a container.
type Mount struct {
	Source   string // on the host; must exist
	Target   string // inside; made if missing
	ReadOnly bool
}

// Credentials are whom a program runs as. The zero value is root.
type Credentials struct {
	UID, GID int
	Groups   []int // supplementary groups
}

// Exit is how a process ended.
type Exit struct {
	Code   int            // if Signal is 0
	Signal syscall.Signal // that killed it, or 0
}

// String returns "exit status 1" or "signal: killed".
func (e Exit) String() string {
	if e.Signal != 0 {
		return "signal: " + e.Signal.String()
	}
	return fmt.Sprintf("exit status %d", e.Code)
}

func exitOf(status syscall.WaitStatus) Exit {
	if status.Signaled() {
		return Exit{Signal: status.Signal()}
	}
	return Exit{Code: status.ExitStatus()}
}

// Container is a running, or ended, container.
type Container struct {
	name    string
	pod     *Pod
	cmd     *exec.Cmd
	control *net.UnixConn // to the supervisor; nil if the container has a command
	ended   bool          // under the pod's lock
	done    chan struct{}
	exit    Exit // once done is closed
}

// Start starts a container, and returns when its command runs, or it can take programs.
func (p *Pod) Start(ctx context.Context, spec ContainerSpec) (*Container, error) {
	c, err := p.start(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("cannot start container %s of pod %s: %w", spec.Name, p.name, err)
	}
	return c, nil
}

func (p *Pod) start(ctx context.Context, spec ContainerSpec) (*Container, error) {
	switch {
	case spec.Name == "":
		return nil, errors.New("it has no name")
	case !filepath.IsAbs(spec.Root):
		return nil, fmt.Errorf("root %q is not an absolute path", spec.Root)
	case len(spec.Command) == 0 && (spec.RunAs.UID != 0 || spec.RunAs.GID != 0):
		return nil, errors.New("it has no command to run as another user")
	}
	if err := p.reserve(spec.Name); err != nil {
		return nil, err
	}
	c, err := p.launch(ctx, spec)

	p.mu.Lock()
	closed := p.closed
	if err == nil && !closed && !c.ended {
		p.containers[spec.Name] = c
	} else {
		delete(p.containers, spec.Name)
	}
	p.mu.Unlock()
	if err == nil && closed {
		err = errors.Join(net.ErrClosed, c.Kill())
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (p *Pod) reserve(name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return net.ErrClosed
	}
	if _, exists := p.containers[name]; exists {
		return errors.New("it is running already")
	}
	p.containers[name] = nil
	return nil
}

// forget makes the name of a container that has ended free again.
func (p *Pod) forget(c *Container) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.ended = true
	if p.containers[c.name] == c {
		delete(p.containers, c.name)
	}
}

// Name returns the container's name.
func (c *Container) Name() string { return c.name }

// Done is closed when all processes of the container have ended.
func (c *Container) Done() <-chan struct{} { return c.done }

// Wait waits for the end of the container, and tells how process 1 ended.
func (c *Container) Wait(ctx context.Context) (Exit, error) {
	select {
	case <-c.done:
		return c.exit, nil
	case <-ctx.Done():
		return Exit{}, context.Cause(ctx)
	}
}

// Stop asks process 1 to end (SIGTERM), and kills the container if it has not when ctx ends. As with any process 1, a
// command that does not handle SIGTERM does not notice it.
func (c *Container) Stop(ctx context.Context) error {
	if err := c.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
		return c.Kill()
	}
}

// Kill kills all processes of the container, and waits for their end.
func (c *Container) Kill() error {
	if err := c.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-c.done
	return nil
}

func (c *Container) signal(signal syscall.Signal) error {
	err := c.cmd.Process.Signal(signal)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("cannot signal container %s of pod %s: %w", c.name, c.pod.name, err)
	}
	return nil
}
