package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/testenv"
)

// TestLostPod takes away what a unit's pod is made from, and then the pod. The
// status says what is missing; when it is there again, so is the unit.
func TestLostPod(t *testing.T) {
	t.Parallel()
	image, err := os.ReadFile(filepath.Join(testenv.Root(t), "examples", "postgresql", "image.yaml"))
	require.NoError(t, err)
	folder := t.TempDir()
	file := filepath.Join(folder, "image.yaml")
	require.NoError(t, os.WriteFile(file, image, 0o644))

	b := newBox(t, charmbox.Options{})
	require.NoError(t, b.Deploy(t.Context(), charmbox.DeployRequest{
		Charm: charmFile(t, "postgresql"), Application: "db", Resources: map[string]string{"postgresql-image": folder},
	}))
	b.settle(t)

	require.NoError(t, os.Remove(file))
	charms := b.find(func(p process) bool { return p.args[0] == "charmbox-supervisor" })
	require.Len(t, charms, 1)
	charms[0].kill(t)
	b.awaitUnit(t, "db/0", "unknown", "agent lost: cannot read the image: there is no "+file)
	status, err := b.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, "lost", status.Applications["db"].Units["db/0"].Agent.Current)
	require.False(t, status.Settled())
	require.Contains(t, b.log(), "the charm container ended: signal: killed")

	require.NoError(t, os.WriteFile(file, image, 0o644))
	b.settle(t)
	require.Contains(t, b.log(), `ran "upgrade-charm" hook`, "the charm is told of its new pod")
}

// TestContainerThatCannotStart has a container whose image is broken in a way
// that only its start shows. It is tried again, and the log tells why.
func TestContainerThatCannotStart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "image.yaml"),
		[]byte("mounts: [{from: image.yaml, to: /usr/there/is/no/such/folder}]\n"), 0o644))
	b := newBox(t, charmbox.Options{})
	require.NoError(t, b.Deploy(t.Context(), charmbox.DeployRequest{
		Charm: charmFile(t, "postgresql"), Application: "db", Resources: map[string]string{"postgresql-image": folder},
	}))
	b.awaitUnit(t, "db/0", "waiting", "container postgresql")
	b.await(t, "the log tells why", func(charmbox.Status) bool {
		answer, err := b.Log(t.Context(), charmbox.LogRequest{})
		require.NoError(t, err)
		for _, r := range answer.Records {
			if r.Level == "WARNING" && r.Unit == "db/0" {
				require.Regexp(t, `container postgresql ended, and is started again: cannot start container postgresql.*/usr/there`, r.Message)
				return true
			}
		}
		return false
	})
}
