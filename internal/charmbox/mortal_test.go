package charmbox_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/testenv"
)

// mortalVariable makes the test binary a daemon that dies; its value is a
// mortalStore in JSON.
const mortalVariable = "CHARMBOX_TEST_MORTAL"

// mortalStore is a model's file whose process kills itself at one of its writes.
type mortalStore struct {
	// Dir is the daemon's folder, Pebble the program of its containers.
	Dir, Pebble string
	// Record is a file that gets a line for each write that is acknowledged:
	// what was written.
	Record string
	// DieAt is the write at which the process dies, 0 for never: before it, or
	// after it and before anybody hears that it was done.
	DieAt int
	After bool

	file   model.Store
	writes int
}

// Load implements [model.Store].
func (s *mortalStore) Load(ctx context.Context) ([]byte, error) { return s.file.Load(ctx) }

// Save implements [model.Store]. The model calls it for one write at a time.
func (s *mortalStore) Save(ctx context.Context, data []byte) error {
	s.writes++
	if s.writes == s.DieAt && !s.After {
		die()
	}
	if err := s.file.Save(ctx, data); err != nil {
		return err
	}
	record, err := os.OpenFile(s.Record, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = record.Write(append(bytes.Clone(data), '\n'))
	if err := errors.Join(err, record.Close()); err != nil {
		return err
	}
	if s.writes == s.DieAt {
		die()
	}
	return nil
}

// die ends this process as a kill from outside does.
func die() {
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// runMortal is the daemon that dies. It says when it answers.
func runMortal() int {
	store := &mortalStore{}
	err := json.Unmarshal([]byte(os.Getenv(mortalVariable)), store)
	if err == nil {
		store.file = model.FileStore(filepath.Join(store.Dir, "model.json"))
		err = charmbox.RunDaemon(context.Background(), charmbox.Options{
			Dir: store.Dir, Model: "m", Pebble: store.Pebble, Tools: "/proc/self/exe", Store: store,
		}, func() { fmt.Println("ready") })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// mortal is such a daemon, seen from outside.
type mortal struct {
	mortalStore
	cmd    *exec.Cmd
	stderr bytes.Buffer
	// parent is the folder of all that belongs to it.
	parent string
}

// startMortal starts a daemon, and returns when it answers or is dead.
func startMortal(t *testing.T, dieAt int, after bool) *mortal {
	t.Helper()
	parent, err := os.MkdirTemp("", "cb") // a short name, for the socket
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(parent)) })
	m := &mortal{parent: parent, mortalStore: mortalStore{
		Dir: filepath.Join(parent, "model"), Record: filepath.Join(parent, "record"), Pebble: testenv.Pebble(t, "1.19.2"),
		DieAt: dieAt, After: after,
	}}
	spec, err := json.Marshal(m.mortalStore)
	require.NoError(t, err)
	m.cmd = exec.Command("/proc/self/exe")
	m.cmd.Env = append(os.Environ(), mortalVariable+"="+string(spec))
	m.cmd.Stderr = &m.stderr
	said, err := m.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, m.cmd.Start())
	t.Cleanup(func() {
		m.cmd.Process.Kill()
		m.cmd.Wait()
	})
	// It may die before it says anything.
	bufio.NewReader(said).ReadString('\n')
	return m
}

// requireDead checks that the daemon has killed itself, and waits until all of
// its processes are gone.
func (m *mortal) requireDead(t *testing.T, why error) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- m.cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		require.Fail(t, "the daemon lives, and a verb failed", "%v", why)
	}
	status := m.cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.Equal(t, syscall.SIGKILL, status.Signal(), "%s: %s: %v", m.cmd.ProcessState, &m.stderr, why)
	require.Eventually(t, func() bool { return len(m.processes()) == 0 }, time.Minute, 50*time.Millisecond,
		"processes of the dead daemon are left")
}

// processes are those of the daemon and its pods, whose mounts come from its
// folder.
func (m *mortal) processes() []string {
	var found []string
	mark := []byte(filepath.Base(m.parent) + "/")
	for _, pattern := range []string{"/proc/[0-9]*/mountinfo", "/proc/[0-9]*/environ"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			// Processes end meanwhile.
			if data, err := os.ReadFile(file); err == nil && bytes.Contains(data, mark) {
				found = append(found, file)
			}
		}
	}
	return found
}

// acknowledged is what the store was told to keep, and has answered for, last;
// and how many writes that were.
func (m *mortal) acknowledged(t *testing.T) (last string, writes int) {
	t.Helper()
	data, err := os.ReadFile(m.Record)
	if errors.Is(err, os.ErrNotExist) {
		return "", 0
	}
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	return lines[len(lines)-1], len(lines)
}

// stored is what a daemon would find.
func (m *mortal) stored(t *testing.T) string {
	t.Helper()
	data, err := model.FileStore(filepath.Join(m.Dir, "model.json")).Load(t.Context())
	require.NoError(t, err)
	return string(data)
}

// state is the model that a store holds.
func state(t *testing.T, stored string) model.State {
	t.Helper()
	var s model.State
	if stored != "" {
		require.NoError(t, json.Unmarshal([]byte(stored), &s))
	}
	return s
}

// reopen starts a daemon that lives until the end of the test, when nothing may
// be left.
func (m *mortal) reopen(t *testing.T) *charmbox.Client {
	t.Helper()
	options := options(t, m.Dir)
	options.RetryDelay = 10 * time.Millisecond // a hook that was interrupted is one that failed
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- charmbox.RunDaemon(context.Background(), options, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-ended:
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		require.NoError(t, charmbox.Destroy(context.Background(), m.Dir))
		require.NoError(t, <-ended)
		require.Empty(t, m.processes())
		require.NoDirExists(t, m.Dir)
	})
	return charmbox.NewClient(m.Dir)
}
