package pebble

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/canonical/pebble/client"
)

// Command is a command to run in a container, by Pebble's own user unless said otherwise.
type Command struct {
	// Args are the command and its arguments; no shell is involved. Others in the container can read them while it runs.
	Args []string

	// Environment is all that the command gets, besides HOME, USER, PATH and LANG and what ServiceContext brings.
	Environment map[string]string

	// WorkingDir is the user's home if empty.
	WorkingDir string

	User    string
	UserID  *int
	Group   string
	GroupID *int

	// ServiceContext names a service whose environment, user, group and folder the command takes over.
	ServiceContext string

	// Timeout kills the command. Zero is none, and leaves it to the context.
	Timeout time.Duration

	// Stdin is read to its end, and empty if nil.
	Stdin io.Reader

	// Stdout and Stderr get the output as it comes. What has no writer is in the ExecResult.
	Stdout io.Writer
	Stderr io.Writer
}

// ExecResult is the output of a command, as far as the Command has no writer for it.
type ExecResult struct {
	Stdout []byte
	Stderr []byte
}

// errorOutput is how much of each output an ExecError keeps.
const errorOutput = 4 << 10

// Exec runs a command and waits for its end. If it fails, the error is an [ExecError]. When the context ends the command is
// killed; what it has started in turn is not.
func (c *Container) Exec(ctx context.Context, cmd Command) (*ExecResult, error) {
	result := &ExecResult{}
	name := ""
	if len(cmd.Args) > 0 {
		name = cmd.Args[0]
	}
	err := c.call(ctx, "run "+name, func(s *session) error { return s.exec(&cmd, result) })
	if err != nil {
		return nil, err
	}
	return result, nil
}

func (s *session) exec(cmd *Command, result *ExecResult) error {
	stdout, stderr := newOutput(cmd.Stdout), newOutput(cmd.Stderr)
	process, err := s.Client.Exec(&client.ExecOptions{
		Command:        cmd.Args,
		ServiceContext: cmd.ServiceContext,
		Environment:    cmd.Environment,
		WorkingDir:     cmd.WorkingDir,
		UserID:         cmd.UserID,
		User:           cmd.User,
		GroupID:        cmd.GroupID,
		Group:          cmd.Group,
		Timeout:        cmd.Timeout,
		Stdin:          cmd.Stdin,
		Stdout:         stdout,
		Stderr:         stderr,
	})
	if err != nil {
		return err
	}
	err = process.Wait()
	if broken := s.broken(); broken != nil {
		return broken
	}
	var exit *client.ExitError
	switch {
	case err == nil:
		result.Stdout, result.Stderr = stdout.all(), stderr.all()
		return errors.Join(stdout.failure(), stderr.failure())
	case errors.As(err, &exit):
		return newExecError(cmd, exit.ExitCode(), stdout, stderr)
	case cmd.Timeout > 0 && strings.Contains(err.Error(), "timed out after "):
		e := newExecError(cmd, -1, stdout, stderr)
		e.TimedOut = true
		return e
	}
	return &ChangeError{Kind: "exec", message: err.Error()}
}

func newExecError(cmd *Command, code int, stdout, stderr *output) *ExecError {
	return &ExecError{Command: cmd.Args, ExitCode: code, Stdout: stdout.tail(), Stderr: stderr.tail()}
}

// output passes on what a command writes, or keeps it; the end of it is kept in any case.
type output struct {
	mu     sync.Mutex
	writer io.Writer
	kept   bytes.Buffer
	err    error
}

func newOutput(w io.Writer) *output {
	return &output{writer: w}
}

// Write implements io.Writer. It takes everything even if the writer fails, so that the command is not held up.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writer != nil && o.err == nil {
		_, o.err = o.writer.Write(p)
	}
	o.kept.Write(p)
	if o.writer != nil && o.kept.Len() > 2*errorOutput {
		o.kept.Next(o.kept.Len() - errorOutput)
	}
	return len(p), nil
}

func (o *output) all() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writer != nil {
		return nil
	}
	return bytes.Clone(o.kept.Bytes())
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	data := o.kept.Bytes()
	return strings.ToValidUTF8(string(data[max(0, len(data)-errorOutput):]), "")
}

func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return fmt.Errorf("cannot pass on output: %w", o.err)
	}
	return nil
}
