package pebble

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/canonical/pebble/client"
)

// Process is a command that [Container.StartCommand] has started.
//
// None of its readers and writers outlives it: they end when the command does, and fail when its Pebble goes away or its
// context ends. Wait must be called, or the context ended.
type Process struct {
	// Stdin is what the command reads; closing it ends the input. It is nil if the Command has its own.
	Stdin io.WriteCloser

	// Stdout and Stderr are what the command writes, up to its end; nil if the Command has writers for them, or if they are
	// combined. A command whose output nobody reads is held up before long, as by a full pipe, until Wait is called. Closing
	// one drops the rest.
	Stdout io.ReadCloser
	Stderr io.ReadCloser

	command   Command
	container string
	session   *session
	process   *client.ExecProcess
	input     *io.PipeReader // the other end of Stdin
	stdout    *stream
	stderr    *stream

	signals sync.Mutex
	cancel  context.CancelFunc
	done    chan struct{}
	err     error // once done
}

// StartCommand starts a command without waiting for its end. When the context ends the command is killed.
func (c *Container) StartCommand(ctx context.Context, cmd Command) (*Process, error) {
	p := &Process{command: cmd, container: c.name, done: make(chan struct{})}
	if err := c.start(ctx, p); err != nil {
		return nil, p.explain(err)
	}
	go p.run()
	return p, nil
}

func (c *Container) start(ctx context.Context, p *Process) error {
	cmd := &p.command
	if cmd.CombineStderr && cmd.Stderr != nil {
		return errors.New("its standard error is to be combined, and has a writer of its own")
	}
	ctx, p.cancel = context.WithCancel(ctx)
	s, err := c.open(ctx)
	if err != nil {
		p.cancel()
		return err
	}
	p.session = s
	p.stdout, p.stderr = newStream(cmd.Stdout), newStream(cmd.Stderr)
	stdin := cmd.Stdin
	if stdin == nil {
		p.input, p.Stdin = io.Pipe()
		stdin = p.input
	}
	if cmd.Stdout == nil {
		p.Stdout = p.stdout
	}
	opts := &client.ExecOptions{
		Command:        cmd.Args,
		ServiceContext: cmd.ServiceContext,
		Environment:    cmd.Environment,
		WorkingDir:     cmd.WorkingDir,
		UserID:         cmd.UserID,
		User:           cmd.User,
		GroupID:        cmd.GroupID,
		Group:          cmd.Group,
		Timeout:        cmd.Timeout,
		Stdin:          &input{ctx, stdin},
		Stdout:         p.stdout,
	}
	if !cmd.CombineStderr {
		opts.Stderr = p.stderr
		if cmd.Stderr == nil {
			p.Stderr = p.stderr
		}
	}
	if p.process, err = s.Exec(opts); err != nil {
		err = s.explain(err)
		p.end(err)
		return err
	}
	context.AfterFunc(ctx, func() { p.release(ctx.Err()) })
	return nil
}

// run waits for the end of the command.
func (p *Process) run() {
	p.err = p.outcome(p.process.Wait())
	close(p.done)
	p.end(p.err)
}

// end lets go of everything, with what the streams end with.
func (p *Process) end(err error) {
	var failed *ExecError
	if err == nil || errors.As(err, &failed) {
		err = io.EOF
	}
	p.release(err)
	p.session.close()
	p.cancel()
}

// release ends the streams; only the first call has an effect.
func (p *Process) release(err error) {
	p.stdout.finish(err)
	p.stderr.finish(err)
	if p.input != nil {
		_ = p.input.Close()
	}
}

// outcome explains how the command ended.
func (p *Process) outcome(err error) error {
	if broken := p.session.broken(); broken != nil {
		return broken
	}
	var exit *client.ExitError
	var refusal *client.Error
	switch {
	case err == nil:
		return errors.Join(p.stdout.failure(), p.stderr.failure())
	case errors.As(err, &exit):
		return p.failure(exit.ExitCode(), false)
	case p.command.Timeout > 0 && strings.Contains(err.Error(), "timed out after "):
		p.session.drain()
		return p.failure(-1, true)
	case errors.As(err, &refusal) && refusal.StatusCode == http.StatusGatewayTimeout:
		// It was killed, and something that it has started still holds its output.
		return p.failure(-1, true)
	}
	return &ChangeError{Kind: string(KindExec), message: err.Error()}
}

func (p *Process) failure(code int, timedOut bool) error {
	return &ExecError{
		Command:  p.command.Args,
		ExitCode: code,
		TimedOut: timedOut,
		Stdout:   p.stdout.tail(),
		Stderr:   p.stderr.tail(),
	}
}

func (p *Process) explain(err error) error {
	if err != nil {
		return fmt.Errorf("cannot run %s in container %q: %w", p.command.name(), p.container, err)
	}
	return nil
}

// Wait waits for the end of the command and of its output. If the command fails, the error is an [ExecError] with the end of
// what it wrote. What has not been read by then can still be, from Stdout and Stderr.
func (p *Process) Wait() error {
	p.stdout.unbound()
	p.stderr.unbound()
	select {
	case <-p.done:
	case <-p.session.ctx.Done():
		// A writer of the caller's may hold up the rest. The context also ends right after the command.
		select {
		case <-p.done:
		default:
			return p.explain(p.session.ctx.Err())
		}
	}
	return p.explain(p.err)
}

// Signal sends a signal such as "SIGTERM" to the command. One that has ended is os.ErrProcessDone.
func (p *Process) Signal(signal string) error {
	err := p.signal(signal)
	if err != nil {
		return fmt.Errorf("cannot send %s to %s in container %q: %w", signal, p.command.name(), p.container, err)
	}
	return nil
}

func (p *Process) signal(signal string) error {
	// Pebble only writes into its log that it does not know a signal.
	if !strings.HasPrefix(signal, "SIG") {
		return errors.New("it is not the name of a signal")
	}
	select {
	case <-p.done:
		return os.ErrProcessDone
	default:
	}
	p.signals.Lock()
	defer p.signals.Unlock()
	err := p.process.SendSignal(signal)
	if broken := p.session.broken(); broken != nil {
		return broken
	}
	return err
}

// input is what a command reads. It ends with the command, since Pebble's client reads it to its end in any case.
type input struct {
	ctx    context.Context
	reader io.Reader
}

func (i *input) Read(p []byte) (int, error) {
	if i.ctx.Err() != nil {
		return 0, io.EOF
	}
	return i.reader.Read(p)
}
