package pebbletest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/pebble"
)

// DefaultVersion is the Pebble of Juju 3.6.11.
const DefaultVersion = "1.19.2"

// Versions are all that are built: the oldest and the newest that are supported.
func Versions() []string {
	return []string{DefaultVersion, "1.32.1"}
}

// Options are the optional parts of a daemon.
type Options struct {
	// Version of Pebble; DefaultVersion if empty.
	Version string

	// Layers are the image's own layers: file names such as "001-rock.yaml", and their YAML.
	Layers map[string]string

	// User runs the daemon as another user, which only root can. Nil is the test's own user.
	User *User

	// Env is added to the daemon's environment, as KEY=VALUE; services inherit it.
	Env []string
}

// User is a user by numbers, which need not have a name.
type User struct {
	UID, GID int
}

// Daemon is a Pebble that runs as under Juju: with --hold, so that no service starts by itself.
type Daemon struct {
	// Socket is the path that it listens on.
	Socket string

	t       testing.TB
	binary  string
	dir     string
	options Options

	mu   sync.Mutex
	log  bytes.Buffer
	cmd  *exec.Cmd
	done chan struct{}
}

// Start runs a daemon until the end of the test, and returns when it answers.
func Start(t testing.TB, options Options) *Daemon {
	t.Helper()
	if options.Version == "" {
		options.Version = DefaultVersion
	}
	// A socket's path has at most 107 bytes, and t.TempDir() contains the name of the test.
	dir, err := os.MkdirTemp("", "pebble")
	if err != nil {
		t.Fatalf("cannot start Pebble: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &Daemon{
		Socket:  filepath.Join(dir, "pebble.socket"),
		t:       t,
		binary:  testenv.Pebble(t, options.Version),
		dir:     dir,
		options: options,
	}
	if err := d.writeLayers(); err != nil {
		t.Fatalf("cannot start Pebble: %v", err)
	}
	t.Cleanup(d.kill)
	d.start()
	return d
}

func (d *Daemon) writeLayers() error {
	layers := filepath.Join(d.dir, "layers")
	if err := os.Mkdir(layers, 0o755); err != nil {
		return err
	}
	paths := []string{d.dir, layers}
	for name, layer := range d.options.Layers {
		path := filepath.Join(layers, name)
		if err := os.WriteFile(path, []byte(layer), 0o644); err != nil {
			return err
		}
		paths = append(paths, path)
	}
	if user := d.options.User; user != nil {
		for _, path := range paths {
			if err := os.Chown(path, user.UID, user.GID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Daemon) start() {
	d.t.Helper()
	cmd := exec.Command(d.binary, "run", "--create-dirs", "--hold", "--verbose")
	cmd.Dir = d.dir
	cmd.Env = append(os.Environ(), "PEBBLE="+d.dir, "PEBBLE_SOCKET="+d.Socket, "HOME="+d.dir)
	cmd.Env = append(cmd.Env, d.options.Env...)
	cmd.Stdout, cmd.Stderr = (*logWriter)(d), (*logWriter)(d)
	// An interrupt from the terminal is for the test, which then ends the daemon.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if user := d.options.User; user != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(user.UID), Gid: uint32(user.GID)}
	}
	hearSignals()
	if err := cmd.Start(); err != nil {
		d.t.Fatalf("cannot start Pebble: %v", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait()
	}()
	d.mu.Lock()
	d.cmd, d.done = cmd, done
	d.mu.Unlock()
	d.waitReady(done)
}

func (d *Daemon) waitReady(done chan struct{}) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := d.Container("").Ready(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-done:
			d.t.Fatalf("Pebble has ended:\n%s", d.Log())
		case <-ctx.Done():
			d.t.Fatalf("Pebble does not answer: %v\n%s", err, d.Log())
		}
	}
}

// Container returns a container of that name whose Pebble this is.
func (d *Daemon) Container(name string) *pebble.Container {
	return pebble.NewContainer(name, d.Socket)
}

// Log returns what the daemon and its services have written so far.
func (d *Daemon) Log() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

// Stop ends the daemon as Kubernetes would: by SIGTERM, on which it stops its services. What remains then, or after 5
// seconds, is killed.
func (d *Daemon) Stop() {
	d.t.Helper()
	d.mu.Lock()
	cmd, done := d.cmd, d.done
	d.mu.Unlock()
	if cmd == nil {
		return
	}
	below := descendants(cmd.Process.Pid)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-done:
	case <-time.After(5 * time.Second):
	}
	d.kill()
	for _, p := range below {
		p.kill()
	}
}

// Restart ends the daemon and starts it again. Layers that were added are gone, as are the services; notices, changes and
// identities stay.
func (d *Daemon) Restart() {
	d.t.Helper()
	d.Stop()
	d.start()
}

// Recreate ends the daemon and starts it again as Kubernetes does with a container that has failed: notices, changes and
// identities are gone as well. The file system is the test's, and stays.
func (d *Daemon) Recreate() {
	d.t.Helper()
	d.Stop()
	if err := os.Remove(filepath.Join(d.dir, ".pebble.state")); err != nil && !os.IsNotExist(err) {
		d.t.Fatalf("cannot start Pebble anew: %v", err)
	}
	d.start()
}

// kill ends the daemon and everything below it at once.
func (d *Daemon) kill() {
	d.mu.Lock()
	cmd, done := d.cmd, d.done
	d.cmd = nil
	d.mu.Unlock()
	if cmd == nil {
		return
	}
	select {
	case <-done:
		return
	default:
	}
	// A stopped daemon starts nothing new, and keeps its number while its children are looked up.
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	below := descendants(cmd.Process.Pid)
	_ = cmd.Process.Kill()
	for _, p := range below {
		p.kill()
	}
	<-done
}

// logWriter collects the daemon's output.
type logWriter Daemon

func (w *logWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}
