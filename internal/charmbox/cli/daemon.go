package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/juju/gnuflag"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/sandbox"
)

// startTimeout is how long a daemon may take until it answers.
const startTimeout = 30 * time.Second

// startDaemon starts the model's daemon, and returns when it answers.
func (p *Program) startDaemon(ctx context.Context) error {
	if err := sandbox.Probe(ctx); err != nil {
		return err
	}
	pebble, err := p.pebble()
	if err != nil {
		return err
	}
	dir := p.dir()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the model's folder: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(dir, "daemon.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("cannot make the model's folder: %w", err)
	}
	defer log.Close()
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	cmd := exec.Command("/proc/self/exe", "daemon")
	cmd.Args[0] = "charmbox"
	cmd.Env = []string{"CHARMBOX_DIR=" + dir, "CHARMBOX_PEBBLE=" + pebble, "PATH=" + p.Getenv("PATH"), "HOME=" + p.Getenv("HOME")}
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{write}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	sandbox.AsOwner(cmd)
	if err := cmd.Start(); err != nil {
		write.Close()
		return fmt.Errorf("cannot start the model's daemon: %w", err)
	}
	write.Close()
	said, err := hear(read)
	switch {
	case err != nil:
		return fmt.Errorf("cannot start the model's daemon: %w; see %s", err, log.Name())
	case said == charmbox.ErrRunning.Error():
		// Another verb was faster; its daemon is about to answer.
		return p.awaitDaemon(ctx)
	case said != daemonReady:
		return fmt.Errorf("cannot start the model's daemon: %s", said)
	}
	return cmd.Process.Release()
}

// daemonReady is what a daemon says when it answers.
const daemonReady = "ready"

// hear returns what a daemon says.
func hear(read *os.File) (string, error) {
	if err := read.SetReadDeadline(time.Now().Add(startTimeout)); err != nil {
		return "", err
	}
	said, err := io.ReadAll(read)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", fmt.Errorf("it does not answer within %s", startTimeout)
	case err == nil && len(said) == 0:
		return "", errors.New("it ended without a word")
	}
	return string(said), err
}

// awaitDaemon waits for a daemon that somebody else has started.
func (p *Program) awaitDaemon(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		_, err := charmbox.NewClient(p.dir()).Status(ctx)
		if !errors.Is(err, charmbox.ErrNoDaemon) {
			return err
		}
		select {
		case <-ctx.Done():
			return charmbox.ErrRunning
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// pebble finds the daemon that runs in the containers: beside this program, as
// the Makefile builds it, or where CHARMBOX_PEBBLE says.
func (p *Program) pebble() (string, error) {
	if path := p.Getenv("CHARMBOX_PEBBLE"); path != "" {
		return filepath.Abs(path)
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), "pebble-1.19.2")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("cannot find Pebble: %s is not there; run `make tools`, or name a static Pebble in CHARMBOX_PEBBLE", path)
	}
	return path, nil
}

// probe tells whether this user can make pods on this machine.
func (p *Program) probe(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	return sandbox.Probe(ctx)
}

// daemon is the model's daemon: it runs until the model is destroyed or it gets
// SIGTERM. It says on file 3 that it answers, or why not.
func (p *Program) daemon(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	syscall.CloseOnExec(3)
	ready := os.NewFile(3, "ready")
	err := charmbox.RunDaemon(ctx, charmbox.Options{
		Dir: p.dir(), Model: "charmbox", Pebble: p.Getenv("CHARMBOX_PEBBLE"), Tools: "/proc/self/exe",
	}, func() {
		fmt.Fprint(ready, daemonReady)
		ready.Close()
	})
	if err != nil {
		fmt.Fprint(ready, strings.TrimSpace(err.Error()))
	}
	return err
}

// destroy ends the model, and waits until nothing is left of it.
func (p *Program) destroy(ctx context.Context, flags *gnuflag.FlagSet, args []string) error {
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	return charmbox.Destroy(ctx, p.dir())
}
