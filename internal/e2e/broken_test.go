package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/pebble"
)

// awaitHook returns the hook binary as soon as it runs.
func (u *unleash) awaitHook(t *testing.T, hook string) process {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if p, ok := u.hookProcess("unleash/0", hook); ok {
			return p
		}
	}
	require.Fail(t, "the hook does not run", hook)
	return process{}
}

// settled waits until a configuration has been loaded and nothing is to be done.
func (u *unleash) awaitMaxAge(t *testing.T, seconds int) {
	t.Helper()
	u.settle(t)
	require.Contains(t, u.maxAge(t), fmt.Sprintf("max-age=%d,", seconds))
}

// testKilledHook kills the hook binary at any time of its work. The hook is run
// again and completes what was begun.
func (u *unleash) testKilledHook(t *testing.T) {
	const kills = 4
	for i := range kills {
		u.configure(t, "unleash", "static-max-age", fmt.Sprint(100+i))
		p := u.awaitHook(t, "config-changed")
		time.Sleep(time.Duration(rand.Int64N(int64(60 * time.Millisecond))))
		p.kill(t)
		u.awaitMaxAge(t, 100+i)
	}
	require.Contains(t, u.log(), `hook "config-changed" was terminated`)
}

// testKilledBeforeReload kills the hook binary when the new configuration is in
// its place and NGINX has not loaded it.
func (u *unleash) testKilledBeforeReload(t *testing.T) {
	configuration := filepath.Join(u.unitDir("unleash/0"), "root", "nginx", "var", "lib", "charm-nginx", "nginx.conf")
	before, err := os.Stat(configuration)
	require.NoError(t, err)
	u.configure(t, "unleash", "static-max-age", "200")
	p := u.awaitHook(t, "config-changed")
	eventually(t, "the new configuration is in its place", func() bool {
		now, err := os.Stat(configuration)
		return err == nil && !now.ModTime().Equal(before.ModTime())
	})
	p.kill(t)
	require.NotContains(t, u.maxAge(t), "max-age=200,", "NGINX has loaded it already")
	u.awaitMaxAge(t, 200)
}

// testLostSocket deletes the socket of a Pebble while a hook uses it. Nothing
// but a new container can help, and the charm says what it waits for.
func (u *unleash) testLostSocket(t *testing.T) {
	u.configure(t, "unleash", "static-max-age", "300")
	u.awaitHook(t, "config-changed")
	require.NoError(t, os.Remove(u.socket("unleash/0", "nginx")))
	// Whether that hook still had its connection or not, the next has none.
	u.configure(t, "unleash", "static-max-age", "301")
	u.awaitUnit(t, "unleash/0", "waiting", "nginx")
	require.Equal(t, http.StatusOK, u.web.get(t, "/").status)

	u.pebbleOf(t, "unleash/0", "nginx").kill(t)
	u.awaitUnit(t, "unleash/0", "active")
	u.awaitMaxAge(t, 301)
}

// testKilledContainer kills a workload container. Its replacement has nothing of
// what was in it, and gets it all from pebble-ready.
func (u *unleash) testKilledContainer(t *testing.T) {
	daemon := u.pebbleOf(t, "unleash/0", "app")
	master := u.nginxMaster(t)
	daemon.kill(t)
	eventually(t, "the app has gone", func() bool { return u.web.get(t, "/health").status == http.StatusBadGateway })
	eventually(t, "the app is back", func() bool { return u.web.get(t, "/health").status == http.StatusOK })
	u.settle(t)
	require.NotEqual(t, daemon.pid, u.pebbleOf(t, "unleash/0", "app").pid)
	require.Equal(t, master, u.nginxMaster(t))
	require.Contains(t, u.log(), "container app ended, and is started again: signal: killed")
}

// testWrongPassword changes the password of Unleash's user in PostgreSQL behind
// the charms' backs. Unleash's charm names the reason, and goes on by itself when
// PostgreSQL's has made the user what it should be.
func (u *unleash) testWrongPassword(t *testing.T) {
	u.sql(t, `DO $$ BEGIN EXECUTE (SELECT format('ALTER ROLE %I PASSWORD ''wrong''', rolname)
		FROM pg_roles WHERE rolname LIKE 'relation%' AND rolcanlogin); END $$`)
	u.configure(t, "unleash", "log-level", "warn") // restarts the app
	u.awaitUnit(t, "unleash/0", "waiting", "password authentication failed")

	u.configure(t, "postgresql", "max-connections", "101")
	u.settle(t)
	require.Equal(t, http.StatusOK, u.web.get(t, "/health").status)
	checks, err := u.container("unleash/0", "app").Checks(t.Context(), charm.CheckWakeUp)
	require.NoError(t, err)
	// It need not have run: if the app's check had failed before, its recovery was awaited.
	require.Contains(t, []pebble.CheckStatus{pebble.CheckInactive, ""}, checks[charm.CheckWakeUp].Status, "nothing is to be waited for")
}

// sql runs a statement as PostgreSQL's superuser.
func (u *unleash) sql(t *testing.T, statement string) {
	t.Helper()
	_, err := u.container("postgresql/0", "postgresql").Exec(t.Context(), pebble.Command{
		Args: []string{"/var/lib/postgresql/pg", "query", "postgres"}, Stdin: strings.NewReader(statement),
	})
	require.NoError(t, err)
}
