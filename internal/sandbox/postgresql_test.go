package sandbox_test

import (
	"os/user"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
	"github.com/charmkit/charmkit/internal/testenv"
)

// PostgreSQL refuses to run as root, and wants to own its files: both also hold for an ordinary user.
func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	binaries := "PATH=" + filepath.Dir(testenv.Command(t, "initdb")) + ":$PATH; "
	account, err := user.Lookup("postgres")
	require.NoError(t, err)
	uid, err := strconv.Atoi(account.Uid)
	require.NoError(t, err)
	gid, err := strconv.Atoi(account.Gid)
	require.NoError(t, err)
	postgres := sandbox.Credentials{UID: uid, GID: gid}
	c := start(t, newPod(t, newNetwork(t), "postgresql-0"), sandbox.ContainerSpec{Name: "charm", Directories: []sandbox.Directory{
		{Path: "/var/lib/data", Mode: 0o700, UID: uid, GID: gid},
		{Path: "/run/postgresql", UID: uid, GID: gid},
	}})
	require.Contains(t, shell(t, c, sandbox.Credentials{}, binaries+"initdb -D /var/lib/data 2>&1 || true"), "cannot be run as root")
	shell(t, c, postgres, binaries+"initdb --no-sync -A trust -D /var/lib/data && pg_ctl -w -D /var/lib/data -l /var/lib/data/log start")
	require.Equal(t, "postgres\n", shell(t, c, postgres, binaries+"psql -h 127.0.0.1 -d postgres -Atc 'select current_user'"))
}
