package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ExecSpec says what program to run in a container, and how.
type ExecSpec struct {
	// Argv is the program and its arguments. A program without a slash is looked for in the PATH of Env.
	Argv []string
	// Env is the program's whole environment.
	Env []string
	// Dir is its working directory; / if empty.
	Dir string
	// RunAs is whom it runs as; root if zero.
	RunAs Credentials
	// Stdin, Stdout and Stderr are handed over as they are if they are files, and copied otherwise. Nil is /dev/null. Input
	// that is copied may be read beyond what the program takes.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// execRequest goes to the supervisor on a socket of its own, execReply comes back when the program has ended. The request's
// end of the socket being closed means that the program is to be killed.
type execRequest struct {
	Argv, Env []string
	Dir       string
	RunAs     Credentials
}

type execReply struct {
	Exit  Exit
	Error string        // why the program could not be started
	Errno syscall.Errno // the same, for errors.Is
}

// ExecError is a program that could not be started. It unwraps to the system's error, so that a missing program is
// fs.ErrNotExist.
type ExecError struct {
	Program string
	Message string
	Errno   syscall.Errno // 0 if it was no system call that failed
}

func (e *ExecError) Error() string { return fmt.Sprintf("cannot run %s: %s", e.Program, e.Message) }

func (e *ExecError) Unwrap() error {
	if e.Errno == 0 {
		return nil
	}
	return e.Errno
}

// Exec runs a program in a container that has no command, and waits for its end. Output that children of the program still
// write after that is lost after 100 ms. When ctx ends, the program and those of its children that stayed in its process
// group are killed, and the error is that of ctx. Other errors are *ExecError and ErrStopped.
func (c *Container) Exec(ctx context.Context, spec ExecSpec) (Exit, error) {
	if len(spec.Argv) == 0 {
		return Exit{}, &ExecError{Message: "there is no program to run"}
	}
	if c.control == nil {
		return Exit{}, &ExecError{Program: spec.Argv[0], Message: "the container " + c.name + " runs a command of its own"}
	}
	exit, err := c.exec(ctx, spec)
	var execError *ExecError
	if err != nil && !errors.As(err, &execError) {
		err = fmt.Errorf("cannot run %s in container %s: %w", spec.Argv[0], c.name, err)
	}
	return exit, err
}

func (c *Container) exec(ctx context.Context, spec ExecSpec) (Exit, error) {
	if err := ctx.Err(); err != nil {
		return Exit{}, context.Cause(ctx)
	}
	conn, peer, err := socketPair(unix.SOCK_STREAM)
	if err != nil {
		return Exit{}, err
	}
	defer conn.Close()
	defer peer.Close()
	var streams streams
	defer streams.close()
	files, err := streams.open(spec)
	if err != nil {
		return Exit{}, err
	}
	fds := []int{int(peer.Fd())}
	for _, file := range files {
		fds = append(fds, int(file.Fd()))
	}
	if _, _, err := c.control.WriteMsgUnix([]byte{0}, unix.UnixRights(fds...), nil); err != nil {
		return Exit{}, c.orStopped(err)
	}
	_ = peer.Close()
	streams.handedOver()

	reply, err := c.ask(ctx, conn, spec)
	if err != nil {
		return Exit{}, err
	}
	if reply.Error != "" {
		return Exit{}, &ExecError{Program: spec.Argv[0], Message: reply.Error, Errno: reply.Errno}
	}
	streams.drain()
	if ctx.Err() != nil && reply.Exit.Signal == syscall.SIGKILL {
		return reply.Exit, context.Cause(ctx)
	}
	return reply.Exit, nil
}

func (c *Container) ask(ctx context.Context, conn *net.UnixConn, spec ExecSpec) (execReply, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.CloseWrite() })
	defer stop()
	var reply execReply
	request := execRequest{Argv: spec.Argv, Env: append([]string{}, spec.Env...), Dir: spec.Dir, RunAs: spec.RunAs}
	err := json.NewEncoder(conn).Encode(request)
	if err == nil {
		err = json.NewDecoder(conn).Decode(&reply)
	}
	switch {
	case err == nil:
		return reply, nil
	case ctx.Err() != nil:
		return reply, context.Cause(ctx)
	}
	return reply, c.orStopped(err)
}

// orStopped explains a failure to talk to the supervisor: nothing but its end can be the cause.
func (c *Container) orStopped(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return ErrStopped
	}
	return err
}

// streams are the files behind a program's standard input, output and error.
type streams struct {
	theirs []*os.File // opened here for the program
	copied []copied   // output that is copied
	copies sync.WaitGroup
	input  *os.File // of input that is copied
}

func (s *streams) open(spec ExecSpec) ([]*os.File, error) {
	stdin, err := s.in(spec.Stdin)
	if err != nil {
		return nil, err
	}
	stdout, err := s.out(spec.Stdout, spec.RunAs)
	if err != nil {
		return nil, err
	}
	if sameWriter(spec.Stdout, spec.Stderr) {
		return []*os.File{stdin, stdout, stdout}, nil
	}
	stderr, err := s.out(spec.Stderr, spec.RunAs)
	if err != nil {
		return nil, err
	}
	return []*os.File{stdin, stdout, stderr}, nil
}

// sameWriter compares writers, of which some cannot be compared.
func sameWriter(a, b io.Writer) bool {
	defer func() { _ = recover() }()
	return a != nil && a == b
}

func (s *streams) null() (*os.File, error) {
	file, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err == nil {
		s.theirs = append(s.theirs, file)
	}
	return file, err
}

func (s *streams) in(from io.Reader) (*os.File, error) {
	if from == nil {
		return s.null()
	}
	if file, ok := from.(*os.File); ok {
		return file, nil
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.theirs, s.input = append(s.theirs, theirs), ours
	go func() { // nobody waits for this one: from may never end
		_, _ = io.Copy(ours, from)
		_ = ours.Close()
	}()
	return theirs, nil
}

func (s *streams) out(to io.Writer, as Credentials) (*os.File, error) {
	if to == nil {
		return s.null()
	}
	if file, ok := to.(*os.File); ok {
		return file, nil
	}
	ours, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	s.theirs, s.copied = append(s.theirs, theirs), append(s.copied, copied{ours, to})
	// The owner may open /dev/stdout. In a user namespace he is the owner already, under another number.
	_ = theirs.Chown(as.UID, as.GID)
	s.copies.Go(func() { _, _ = io.Copy(to, ours) })
	return theirs, nil
}

// handedOver closes what only the program needs.
func (s *streams) handedOver() {
	for _, file := range s.theirs {
		_ = file.Close()
	}
}

// drain waits for the rest of the output, but not for long.
func (s *streams) drain() {
	done := make(chan struct{})
	go func() {
		s.copies.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(outputDelay):
	}
}

// close ends all copying. No output is written when it has returned.
func (s *streams) close() {
	s.handedOver()
	for _, c := range s.copied {
		_ = c.file.SetReadDeadline(time.Unix(1, 0))
	}
	if s.input != nil {
		_ = s.input.Close()
	}
	s.copies.Wait()
	for _, c := range s.copied {
		c.takeRest()
		_ = c.file.Close()
	}
}

// copied is output on its way to a writer.
type copied struct {
	file *os.File // what the program writes into, seen from here
	to   io.Writer
}

// pipeSize is how much a pipe holds.
const pipeSize = 64 << 10

// takeRest takes what was written before the copying ended: on a busy machine
// the program may be gone before it was looked at.
func (c copied) takeRest() {
	raw, err := c.file.SyscallConn()
	if err != nil {
		return
	}
	buffer := make([]byte, pipeSize)
	_ = raw.Control(func(fd uintptr) {
		var n int
		err := uninterrupted(func() (err error) { n, err = unix.Read(int(fd), buffer); return err })
		if err == nil && n > 0 {
			_, _ = c.to.Write(buffer[:n])
		}
	})
}
