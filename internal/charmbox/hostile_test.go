package charmbox_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
)

// hostile deploys a charm whose dispatch is a script, with the user that
// metadata.yaml names, and returns its model's folder and client.
func hostile(t *testing.T, charmUser, dispatch string) (dir string, client *charmbox.Client) {
	t.Helper()
	charm := t.TempDir()
	for name, content := range map[string]string{
		"metadata.yaml": "name: hostile\nsummary: s\ndescription: d\ncharm-user: " + charmUser + "\n",
		"dispatch":      "#!/bin/sh\n" + dispatch,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(charm, name), []byte(content), 0o755))
	}
	dir, ended := startDaemon(t)
	client = charmbox.NewClient(dir)
	t.Cleanup(func() {
		require.NoError(t, charmbox.Destroy(context.Background(), dir))
		require.NoError(t, <-ended)
	})
	require.NoError(t, client.Deploy(t.Context(), charmbox.DeployRequest{Charm: charm}))
	return dir, client
}

// logged waits for a record of the log with this text.
func logged(t *testing.T, client *charmbox.Client, text string) {
	t.Helper()
	for request := (charmbox.LogRequest{Wait: time.Minute}); ; {
		answer, err := client.Log(t.Context(), request)
		require.NoError(t, err)
		require.NotEmpty(t, answer.Records, "nothing is logged any more, and no %q was", text)
		for _, r := range answer.Records {
			if strings.Contains(r.Message, text) {
				return
			}
		}
		request.After = answer.Last
	}
}

// What runs as root in a container can make programs there that make anybody
// root, so nobody else may get at a container's files.
func TestOthersCannotReachThePods(t *testing.T) {
	t.Parallel()
	dir, client := hostile(t, "root", "cp /bin/sh /var/lib/juju/sh && chmod 4755 /var/lib/juju/sh && echo made\n")
	logged(t, client, "made")
	made, err := os.Stat(filepath.Join(dir, "units/unit-hostile-0/juju/sh"))
	require.NoError(t, err)
	require.NotZero(t, made.Mode()&os.ModeSetuid)
	units, err := os.Stat(filepath.Join(dir, "units"))
	require.NoError(t, err)
	require.EqualValues(t, 0o700, units.Mode().Perm())
}

// The charm owns the folder of the agent's socket, and may put a link to
// somewhere else in its place.
func TestACharmCannotLeadTheAgentElsewhere(t *testing.T) {
	t.Parallel()
	victim := t.TempDir()
	kept := filepath.Join(victim, "agent.socket")
	require.NoError(t, os.WriteFile(kept, []byte("mine"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(victim, "charm"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(victim, "charm/dispatch"), []byte("#!/bin/sh\n"), 0o755))
	_, client := hostile(t, "non-root", "cd /var/lib/juju/agents && mv unit-hostile-0 moved && ln -s "+victim+" unit-hostile-0 && echo moved\n")
	logged(t, client, "moved")
	logged(t, client, "cannot serve the hook tools")
	content, err := os.ReadFile(kept)
	require.NoError(t, err)
	require.Equal(t, "mine", string(content))
}

// The daemon keeps the output of a command until it ends.
func TestACommandThatWritesForEver(t *testing.T) {
	t.Parallel()
	_, client := hostile(t, "non-root", "echo started\n")
	logged(t, client, "started")
	_, err := client.Exec(t.Context(), charmbox.ExecRequest{Unit: "hostile/0", Command: []string{"cat", "/dev/zero"}})
	require.ErrorContains(t, err, "cannot run cat: it wrote more than 16 MiB, and was killed")
}

func TestAFolderThatOthersMayWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o777))
	err := charmbox.RunDaemon(t.Context(), options(t, dir), func() { t.Error("it runs") })
	require.ErrorContains(t, err, "others may write it")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}
