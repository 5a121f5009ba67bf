package hooktool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
)

// ExecOptions says how the tools are run.
type ExecOptions struct {
	// Env is the whole environment of the tools, as "NAME=value"; nil is this
	// process's own.
	Env []string
}

// Exec returns a transport that runs the tools found through PATH.
func Exec(options ExecOptions) Transport { return &execTransport{options} }

type execTransport struct{ options ExecOptions }

func (e *execTransport) Close() error { return nil }

func (e *execTransport) Run(ctx context.Context, call Call) (Result, error) {
	cmd := exec.CommandContext(ctx, call.Tool, call.Args...)
	cmd.Env = e.options.Env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if call.Stdin != nil {
		cmd.Stdin = bytes.NewReader(call.Stdin)
	}
	err := cmd.Run()
	if ctx.Err() != nil {
		return Result{}, fmt.Errorf("cannot run %s: %w", call.Tool, context.Cause(ctx))
	}
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return Result{}, fmt.Errorf("cannot run %s: %w: %w", call.Tool, ErrNotSupported, err)
	}
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.Exited()) {
		return Result{}, fmt.Errorf("cannot run %s: %w", call.Tool, err)
	}
	return Result{Code: cmd.ProcessState.ExitCode(), Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}, nil
}
