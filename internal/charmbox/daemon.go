package charmbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/charmkit/charmkit/internal/sandbox"
)

// ErrRunning says that the model has a daemon.
var ErrRunning = errors.New("a daemon runs for this model already")

// RunDaemon is a model's daemon: it opens the model and answers the verbs, until
// ctx ends or the model is destroyed, which leaves nothing of it. It calls ready
// when it answers. ErrRunning says that the folder has a daemon.
func RunDaemon(ctx context.Context, options Options, ready func()) error {
	d := dirs{options.Dir}
	if err := os.MkdirAll(d.root, 0o755); err != nil {
		return fmt.Errorf("cannot make the model's folder: %w", err)
	}
	if err := d.private(); err != nil {
		return err
	}
	lock, err := d.acquire()
	if err != nil {
		return err
	}
	defer release(lock)
	listener, err := d.listen(ctx)
	if err != nil {
		return err
	}
	defer listener.Close()
	box, err := Open(ctx, options)
	if err != nil {
		return err
	}
	ready()
	destroyed, err := box.Serve(ctx, listener)
	err = errors.Join(err, box.Close())
	if destroyed {
		err = errors.Join(err, d.remove())
	}
	return err
}

// acquire takes the lock that a daemon holds as long as it lives, or returns
// ErrRunning.
func (d dirs) acquire() (*os.File, error) {
	for {
		file, err := os.OpenFile(d.lock(), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, fmt.Errorf("cannot lock the model: %w", err)
		}
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = ErrRunning
		}
		if err != nil {
			file.Close()
			return nil, err
		}
		// A destroyed model took its lock along: this may be that one.
		taken, err := file.Stat()
		if err != nil {
			file.Close()
			return nil, err
		}
		if there, err := os.Stat(d.lock()); err == nil && os.SameFile(taken, there) {
			return file, nil
		}
		file.Close()
	}
}

// release gives the lock back. Closing the file alone would leave it with a
// program that is being started: until it has become itself, it has the file too.
func release(lock *os.File) {
	_ = unix.Flock(int(lock.Fd()), unix.LOCK_UN)
	_ = lock.Close()
}

// listen makes the daemon's socket, for its user alone.
func (d dirs) listen(ctx context.Context) (net.Listener, error) {
	// A daemon that was killed leaves its socket.
	if err := os.RemoveAll(d.socket()); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(d.root)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return sandbox.ListenUnixIn(ctx, root, filepath.Base(d.socket()), 0o600)
}

// private returns an error unless the folder is this user's and nobody else may
// make files in it: a link there would lead the daemon anywhere.
func (d dirs) private() error {
	info, err := os.Stat(d.root)
	if err != nil {
		return fmt.Errorf("cannot use the model's folder: %w", err)
	}
	owner := info.Sys().(*syscall.Stat_t).Uid
	if int(owner) != os.Geteuid() || info.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("cannot use the model's folder %s: others may write it; name another one in CHARMBOX_DIR", d.root)
	}
	return nil
}

// Stored tells whether a folder holds a model, with a daemon or without.
func Stored(dir string) bool { return dirs{dir}.stored() }

// Destroy ends the model in a folder and returns when nothing is left of it:
// neither of its daemon, which may be in this process, nor on disk. ErrNoModel says that there
// was none.
func Destroy(ctx context.Context, dir string) error {
	d := dirs{dir}
	daemon, err := NewClient(dir).Destroy(ctx)
	switch {
	case errors.Is(err, ErrNoDaemon) && !d.stored():
		return ErrNoModel
	case err == nil && daemon.PID != os.Getpid():
		err = awaitEnd(ctx, daemon.PID)
	}
	if err != nil && !errors.Is(err, ErrNoDaemon) {
		return err
	}
	// The daemon removes it all, unless it was killed.
	for {
		lock, err := d.acquire()
		switch {
		case err == nil:
			defer release(lock)
			return d.remove()
		case errors.Is(err, os.ErrNotExist):
			return nil
		case !errors.Is(err, ErrRunning) || daemon.PID != os.Getpid():
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("cannot wait for the daemon's end: %w", context.Cause(ctx))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// awaitEnd waits until a process has ended.
func awaitEnd(ctx context.Context, pid int) error {
	process, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot wait for the daemon's end: %w", err)
	}
	defer unix.Close(process)
	for ctx.Err() == nil {
		// It can be read when the process has ended.
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(process), Events: unix.POLLIN}}, 100)
		if n > 0 {
			return nil
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("cannot wait for the daemon's end: %w", err)
		}
	}
	return fmt.Errorf("cannot wait for the daemon's end: %w", context.Cause(ctx))
}
