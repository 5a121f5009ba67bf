package tools

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/juju/gnuflag"

	"github.com/charmkit/charmkit/internal/helpflag"
	"github.com/charmkit/charmkit/internal/juju/hook"
)

// Request is one call of a hook tool.
type Request struct {
	// Command is the tool's name.
	Command string
	Args    []string
	// Dir is the caller's directory, absolute; --file and --output are relative
	// to it.
	Dir string
	// Stdin is all of the standard input. It is used only if StdinSet is true.
	Stdin    []byte
	StdinSet bool
}

// Response is what a hook tool answered.
type Response struct {
	// Code is the exit code.
	Code           int
	Stdout, Stderr []byte
}

// ErrNoStdin says that the tool wants to read its standard input, which the
// request did not bring: the caller repeats it with StdinSet.
var ErrNoStdin = errors.New("hook tool requires stdin, none supplied")

// BadRequestError says that a request cannot be one of a hook tool.
type BadRequestError struct{ Reason string }

func (e *BadRequestError) Error() string { return "bad request: " + e.Reason }

// Run runs one hook tool. Tools of one context take turns. The error is not the
// tool's but the call's: [ErrNoStdin] or a [BadRequestError].
func Run(ctx context.Context, c *hook.Context, req Request) (Response, error) {
	if req.Command == "" {
		return Response{}, &BadRequestError{Reason: "command not specified"}
	}
	if !filepath.IsAbs(req.Dir) {
		return Response{}, &BadRequestError{Reason: "Dir is not absolute"}
	}
	tool, ok := table[req.Command]
	if !ok || !tool.in(c.Release()) {
		return Response{}, &BadRequestError{Reason: "unknown command: " + req.Command}
	}
	call := &call{ctx: ctx, hook: c, request: &req, name: req.Command}
	defer c.Turn()()
	code := call.run(tool)
	if call.wantsStdin {
		return Response{}, ErrNoStdin
	}
	return Response{Code: code, Stdout: call.stdout.Bytes(), Stderr: call.stderr.Bytes()}, nil
}

// command is one tool's own part of a call.
type command interface {
	// flags declares the tool's flags.
	flags(f flagSet)
	// init takes the positional arguments. An error is exit code 2.
	init(args []string) error
	// run does the work. An error is exit code 1.
	run() error
}

// call is what a running tool has in hand.
type call struct {
	ctx     context.Context
	hook    *hook.Context
	request *Request
	name    string

	quick          quickFlags
	stdout, stderr bytes.Buffer
	wantsStdin     bool
}

func (c *call) run(tool tool) int {
	cmd := tool.make(c)
	cmd.flags(&c.quick)
	if args, ok := c.quick.parse(c.request.Args); ok {
		return c.finish(cmd, args, nil)
	}
	cmd = tool.make(c)
	f := gnuflag.NewFlagSetWithFlagKnownAs(c.name, gnuflag.ContinueOnError, "option")
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	help := &helpflag.Flag{}
	cmd.flags(f)
	f.Var(help, "help", "")
	f.Var(help, "h", "")
	err := f.Parse(true, c.request.Args)
	if help.Asked {
		c.stdout.WriteString(helpText(c.name, tool, cmd))
		return 0
	}
	return c.finish(cmd, f.Args(), err)
}

// finish runs a tool with its arguments; err is what was wrong with its flags.
func (c *call) finish(cmd command, args []string, err error) int {
	if err == nil {
		err = cmd.init(args)
	}
	if err != nil {
		c.fail(err)
		return 2
	}
	if err := cmd.run(); err != nil {
		c.fail(err)
		return 1
	}
	return 0
}

func (c *call) fail(err error) { fmt.Fprintf(&c.stderr, "ERROR %v\n", err) }

// stdin returns the whole standard input, or fails the call with [ErrNoStdin].
func (c *call) stdin() ([]byte, error) {
	if !c.request.StdinSet {
		c.wantsStdin = true
		return nil, ErrNoStdin
	}
	return c.request.Stdin, nil
}

// path resolves a path against the caller's directory.
func (c *call) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.request.Dir, p)
}

// noMore refuses arguments that no tool takes.
func noMore(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unrecognized args: %q", args)
	}
	return nil
}
