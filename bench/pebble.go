package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

// daemon is a Pebble as Juju starts it.
type daemon struct {
	socket string
	cmd    *exec.Cmd
}

func startPebble(ctx context.Context, path, dir string) (*daemon, error) {
	d := &daemon{socket: filepath.Join(dir, "pebble.socket")}
	d.cmd = exec.Command(path, "run", "--create-dirs", "--hold")
	d.cmd.Env = append(os.Environ(), "PEBBLE="+dir, "PEBBLE_SOCKET="+d.socket)
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start Pebble, which make tools builds: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := d.container().Ready(ctx)
		if err == nil {
			return d, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("cannot reach Pebble: %w", err), d.stop())
		}
	}
}

func (d *daemon) container() *pebble.Container { return pebble.NewContainer("app", d.socket) }

// stop ends the daemon, which ends its services.
func (d *daemon) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return d.cmd.Wait()
}

// check fails if the service has not been started with that log level since
// then.
func (d *daemon) check(ctx context.Context, logLevel string, since time.Time) error {
	plan, err := d.container().Plan(ctx)
	if err != nil {
		return err
	}
	services, err := d.container().Services(ctx, "app")
	if err != nil {
		return err
	}
	app, info := plan.Services["app"], services["app"]
	if app == nil || app.Environment["LOG_LEVEL"] != logLevel || info.Status != pebble.StatusActive || info.Since.Before(since) {
		return fmt.Errorf("service app is %v, %s since %v", app, info.Status, info.Since)
	}
	return nil
}
