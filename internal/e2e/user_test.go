package e2e_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox/sandboxtest"
	"github.com/charmkit/charmkit/internal/testenv"
)

// nobody is an ordinary user.
const nobody = 65534

// TestOrdinaryUser deploys as one, from a checkout that he can read wherever it
// is: charmbox and the images are seen through a mount that only he has. Where
// the machine keeps ordinary users from making pods, charmbox says so.
func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	if sandboxtest.Ordinary(t) {
		return // all tests run as one
	}
	home := shortTempDir(t)
	require.NoError(t, os.Chmod(home, 0o755))
	require.NoError(t, os.Chown(home, nobody, nobody))
	source, err := os.MkdirTemp("", "source")
	require.NoError(t, err)
	// Never more than the empty folder: the checkout is mounted on it.
	t.Cleanup(func() { require.NoError(t, os.Remove(source)) })

	c := &terminal{dir: filepath.Join(home, "model")}
	t.Cleanup(func() { requireNothingLeft(t, c.dir) })
	script := `mount --bind "$1" "$2" && shift && cd "$1" && shift &&
		exec setpriv --reuid=65534 --regid=65534 --clear-groups build/bin/charmbox "$@"`
	c.prepare = func(cmd *exec.Cmd) {
		cmd.Path = testenv.Command(t, "unshare")
		cmd.Args = append([]string{"unshare", "--mount", "/bin/sh", "-c", script, "sh", testenv.Root(t), source}, cmd.Args[1:]...)
		cmd.Env = append(cmd.Env, "HOME="+home)
	}
	if code, stdout, stderr := c.try(t, "probe"); code != 0 {
		require.Equal(t, 1, code)
		require.Empty(t, stdout)
		require.Regexp(t, `^ERROR cannot make pods here: .*\n$`, stderr)
		_, _, again := c.try(t, "deploy", "build/"+filepath.Base(charmFile(t, "postgresql")))
		require.Equal(t, stderr, again)
		return
	}
	t.Cleanup(func() {
		if t.Failed() {
			_, log, problem := c.try(t, "debug-log")
			t.Log(log, problem)
		}
		c.run(t, "destroy")
	})
	c.deployAll(t, source)
	info, err := os.Stat(filepath.Join(c.dir, "model.json"))
	require.NoError(t, err)
	require.EqualValues(t, nobody, info.Sys().(*syscall.Stat_t).Uid)
	web := newSite(c.run(t, "forward", "unleash/0", "8080"))
	require.Equal(t, http.StatusOK, web.get(t, "/").status)
}
