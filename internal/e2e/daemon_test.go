package e2e_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/testenv"
)

// terminal runs charmbox as a person does, for the model in a folder.
type terminal struct {
	dir string
	// prepare changes how it is run, if it is not nil.
	prepare func(*exec.Cmd)
}

// newTerminal has a folder of its own, whose model is destroyed at the end of
// the test. Nothing of it may be left then.
func newTerminal(t *testing.T) *terminal {
	t.Helper()
	c := &terminal{dir: shortTempDir(t)}
	t.Cleanup(func() {
		if charmbox.Stored(c.dir) {
			if t.Failed() {
				_, log, _ := c.try(t, "debug-log")
				t.Log(log)
			}
			require.NoError(t, charmbox.Destroy(context.Background(), c.dir))
		}
		requireNothingLeft(t, c.dir)
	})
	return c
}

// try returns the exit code, and what was written.
func (c *terminal) try(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, problem bytes.Buffer
	cmd := exec.Command(testenv.Built(t, "bin/charmbox"), args...)
	cmd.Env = []string{"CHARMBOX_DIR=" + c.dir, "PATH=" + os.Getenv("PATH")}
	cmd.Stdout, cmd.Stderr = &out, &problem
	if c.prepare != nil {
		c.prepare(cmd)
	}
	if err := cmd.Run(); cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), problem.String()
}

// run returns what was written by a verb that succeeds.
func (c *terminal) run(t *testing.T, args ...string) string {
	t.Helper()
	code, stdout, stderr := c.try(t, args...)
	require.Zero(t, code, "charmbox %s: %s%s", strings.Join(args, " "), stdout, stderr)
	return stdout
}

// deployAll deploys the two charms from the folder that holds the source.
func (c *terminal) deployAll(t *testing.T, root string) {
	t.Helper()
	charm := func(name string) string { return filepath.Join(root, "build", filepath.Base(charmFile(t, name))) }
	c.run(t, "deploy", charm("postgresql"), "--resource", "postgresql-image="+filepath.Join(root, "examples", "postgresql"))
	c.run(t, "deploy", charm("unleash-k8s"), "unleash",
		"--resource", "nginx-image="+filepath.Join(root, "rock", "nginx"), "--resource", "app-image="+filepath.Join(root, "rock", "app"))
	c.run(t, "integrate", "unleash:database", "postgresql")
	c.run(t, "wait", "--timeout", patience.String())
}

// daemons are those of the model. Between fork and exec what a daemon starts looks
// like another.
func (c *terminal) daemons() []process {
	var found []process
	forked := func(p process) bool {
		return slices.ContainsFunc(found, func(q process) bool { return mentions(p.pid, "status", "\nPPid:\t"+strconv.Itoa(q.pid)+"\n") })
	}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || !mentions(pid, "environ", "CHARMBOX_DIR="+c.dir+"\x00") {
			continue
		}
		if args := list(pid, "cmdline"); len(args) == 2 && args[1] == "daemon" {
			found = append(found, process{pid: pid, args: args})
		}
	}
	return slices.DeleteFunc(slices.Clone(found), forked)
}

// killDaemon kills the daemon, with which all pods have to go.
func (c *terminal) killDaemon(t *testing.T) {
	t.Helper()
	daemons := c.daemons()
	require.Len(t, daemons, 1)
	require.NotEmpty(t, processes(c.dir))
	daemons[0].kill(t)
	eventually(t, "the pods are gone", func() bool { return len(c.daemons())+len(processes(c.dir)) == 0 })
}

// TestKilledDaemon kills the daemon. Its pods go with it; the next verb starts
// another, and the charms settle in new pods, with the secrets that they had.
func TestKilledDaemon(t *testing.T) {
	t.Parallel()
	c := newTerminal(t)
	c.deployAll(t, testenv.Root(t))
	secrets := stored(t, c.dir).Secrets
	require.Len(t, secrets, 2)

	c.killDaemon(t)
	require.FileExists(t, filepath.Join(c.dir, "model.json"))

	// Several verbs at once agree on one daemon.
	var verbs sync.WaitGroup
	for range 3 {
		verbs.Go(func() {
			code, stdout, stderr := c.try(t, "status")
			if code != 0 || !strings.Contains(stdout, "unleash/0") {
				t.Errorf("charmbox status: %s%s", stdout, stderr)
			}
		})
	}
	verbs.Wait()
	require.Len(t, c.daemons(), 1)
	err := charmbox.RunDaemon(t.Context(), charmbox.Options{Dir: c.dir}, func() {})
	require.ErrorIs(t, err, charmbox.ErrRunning)

	c.run(t, "wait", "--timeout", patience.String())
	web := newSite(c.run(t, "forward", "unleash/0", "8080"))
	require.Equal(t, http.StatusOK, web.get(t, "/").status)
	for id, secret := range stored(t, c.dir).Secrets {
		require.Equal(t, secrets[id].Revisions, secret.Revisions, secret.Label)
	}

	// What no daemon keeps can be destroyed too.
	c.killDaemon(t)
	c.run(t, "destroy")
	requireNothingLeft(t, c.dir)
	code, _, stderr := c.try(t, "status")
	require.Equal(t, 1, code)
	require.Equal(t, "ERROR "+charmbox.ErrNoModel.Error()+"\n", stderr)
}
