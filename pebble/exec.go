package pebble

import (
	"context"
	"io"
	"strings"
	"time"
)

// Command is a command to run in a container, by Pebble's own user unless said otherwise. It gets no terminal.
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

	// Stdin is read to its end, or that of the command. Nil is no input for Exec, and [Process.Stdin] for StartCommand.
	Stdin io.Reader

	// Stdout and Stderr get the output as it comes. What has no writer is in the ExecResult, which has no limit, or the Process to
	// be read. When the context ends, a Write that is under way is not waited for; there is none after it.
	Stdout io.Writer
	Stderr io.Writer

	// CombineStderr sends errors where other output goes, in order. There must be no Stderr then.
	CombineStderr bool
}

// name is the only part of a command that may be told.
func (c *Command) name() string {
	if len(c.Args) == 0 {
		return "a command"
	}
	return c.Args[0]
}

// ExecResult is the output of a command, as far as the Command has no writer for it.
type ExecResult struct {
	Stdout []byte
	Stderr []byte
}

// Exec runs a command and waits for its end. If it fails, the error is an [ExecError]. When the context ends the command is
// killed; what it has started in turn is not.
func (c *Container) Exec(ctx context.Context, cmd Command) (*ExecResult, error) {
	if cmd.Stdin == nil {
		cmd.Stdin = strings.NewReader("")
	}
	p, err := c.StartCommand(ctx, cmd)
	if err != nil {
		return nil, err
	}
	if err := p.Wait(); err != nil {
		return nil, err
	}
	return &ExecResult{Stdout: p.stdout.rest(), Stderr: p.stderr.rest()}, nil
}
