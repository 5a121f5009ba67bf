package main

import (
	"net"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// awkward is a name that a database may have.
const awkward = `it's a "wiki" host=nowhere`

// unit is a unit of the charm with a real server. It goes from event to event.
type unit struct {
	t     *testing.T
	charm charmtest.Charm[*Postgres]
	port  int
	state charmtest.State
}

// newUnit starts the unit's Pebble, as the user postgres, which takes a test that
// runs as root: the server does not, and knows its administrator by that name.
func newUnit(t *testing.T) *unit {
	t.Helper()
	testenv.Command(t, "initdb")
	dir, err := os.MkdirTemp("", "postgresql")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	account, err := user.Lookup("postgres")
	require.NoError(t, err)
	uid, err := strconv.Atoi(account.Uid)
	require.NoError(t, err)
	gid, err := strconv.Atoi(account.Gid)
	require.NoError(t, err)
	require.NoError(t, os.Chown(dir, uid, gid))
	daemon := pebbletest.Start(t, pebbletest.Options{User: &pebbletest.User{UID: uid, GID: gid}})
	// A server that is killed leaves shared memory behind.
	t.Cleanup(daemon.Stop)
	at := place{dir: dir, listen: "127.0.0.1", port: freePort(t)}
	return &unit{
		t:     t,
		charm: charmtest.New(func(b *charm.Base) (*Postgres, error) { return newAt(b, at) }, underTest.Files()),
		port:  at.port,
		state: charmtest.State{
			Leader: true, Containers: map[string]charmtest.Container{"postgresql": {Socket: daemon.Socket}},
		},
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// run runs an event, which must succeed.
func (u *unit) run(event charmtest.Event) charmtest.Result[*Postgres] {
	u.t.Helper()
	out := charmtest.Run(u.t, u.charm, u.state, event)
	require.NoError(u.t, out.Err)
	u.state = out.State
	return out
}

// integrate adds a relation with an application that has asked for a database.
func (u *unit) integrate(id int, app, database string) {
	u.state.Relations = append(u.state.Relations, charmtest.Relation{
		Endpoint: "database", ID: id, RemoteApp: app, RemoteAppData: ask(database),
	})
}

// password is what the secret of a relation says.
func (u *unit) password(id int) string {
	u.t.Helper()
	for _, s := range u.state.Secrets {
		if s.Label == "database."+strconv.Itoa(id)+".user" {
			require.Equal(u.t, "relation_"+strconv.Itoa(id), s.Content["username"])
			return s.Content["password"]
		}
	}
	require.Fail(u.t, "there is no secret", "relation %d", id)
	return ""
}

// query connects as an application would.
func (u *unit) query(id int, password, database, sql string) (string, error) {
	u.t.Helper()
	cmd := exec.Command(testenv.Command(u.t, "psql"), "--no-psqlrc", "--no-password", "--no-align", "--tuples-only",
		"--quiet", "--set=ON_ERROR_STOP=1", "--command", sql)
	cmd.Env = []string{
		"PGHOST=127.0.0.1", "PGPORT=" + strconv.Itoa(u.port), "PGUSER=relation_" + strconv.Itoa(id),
		"PGPASSWORD=" + password, "PGDATABASE=" + database, "PATH=" + os.Getenv("PATH"),
	}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (u *unit) mustQuery(id int, database, sql string) string {
	u.t.Helper()
	out, err := u.query(id, u.password(id), database, sql)
	require.NoError(u.t, err, out)
	return out
}

func TestServer(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	started := u.run(charmtest.PebbleReady("postgresql"))
	require.Equal(t, charmtest.Status{Status: "active"}, u.state.Status)
	require.Contains(t, started.Statuses, charmtest.Status{Status: "maintenance", Message: "starting PostgreSQL"})
	require.Regexp(t, `^\d+\.\d+$`, u.state.WorkloadVersion)

	// The first application.
	u.integrate(3, "wiki", awkward)
	u.run(charmtest.RelationChanged("database", "wiki"))
	require.Equal(t, charmtest.Status{Status: "waiting", Message: `waiting for the secret "database.3.user" to be stored`}, u.state.Status)
	require.Empty(t, u.state.Relations[0].LocalAppData)
	u.run(charmtest.PebbleCustomNotice("postgresql", "1", "charmkit.example/credentials-made"))
	require.Equal(t, charmtest.Status{Status: "active"}, u.state.Status)
	said := u.state.Relations[0].LocalAppData
	require.Equal(t, awkward, said["database"])
	require.Equal(t, "10.1.0.5:"+strconv.Itoa(u.port), said["endpoints"])
	require.Contains(t, said["secret-user"], u.state.Secrets[0].ID)
	u.mustQuery(3, awkward, "CREATE TABLE page AS SELECT 'home' AS title")
	_, err := u.query(3, "wrong", awkward, "SELECT 1")
	require.Error(t, err)

	// Nothing changes any more.
	settled := u.run(charmtest.UpdateStatus())
	for _, call := range settled.Calls {
		require.NotContains(t, []string{"relation-set", "secret-add", "secret-grant", "status-set"}, call.Tool)
	}

	// Another one, which wants the same database.
	u.integrate(4, "blog", awkward)
	u.run(charmtest.UpdateStatus())
	u.run(charmtest.UpdateStatus())
	require.Equal(t, "blocked", u.state.Status.Status)
	require.Contains(t, u.state.Status.Message, "belongs to somebody else")
	require.Empty(t, u.state.Relations[1].LocalAppData)
	require.Equal(t, "home", u.mustQuery(3, awkward, "SELECT title FROM page"))

	// It gets it, with all that is in it, when the first one goes.
	password := u.password(3)
	u.run(charmtest.RelationBroken("database").In(3))
	out, err := u.query(3, password, awkward, "SELECT 1")
	require.Error(t, err)
	require.Contains(t, out, "not permitted to log in")
	require.Len(t, u.state.Secrets, 1)
	require.Equal(t, charmtest.Status{Status: "active"}, u.state.Status)
	require.Equal(t, "home", u.mustQuery(4, awkward, "SELECT title FROM page"))

	// No database of the server's own.
	u.integrate(5, "shop", "postgres")
	u.run(charmtest.UpdateStatus())
	u.run(charmtest.UpdateStatus())
	require.Contains(t, u.state.Status.Message, `database "postgres" belongs to somebody else`)

	// A new option restarts the server.
	u.state.Config = map[string]any{"max-connections": 42}
	u.run(charmtest.ConfigChanged())
	require.Equal(t, "42", u.mustQuery(4, awkward, "SHOW max_connections"))
}

func TestARelationThatEndsBeforeTheServerRan(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	u.integrate(3, "wiki", "wiki")
	u.state.Config = map[string]any{"max-connections": 1}
	u.run(charmtest.RelationBroken("database").In(3))
	require.Empty(t, u.state.Relations)
}

// Applications do not trust each other, and the charm trusts none of them.
func TestApplicationsAreKeptApart(t *testing.T) {
	t.Parallel()
	u := newUnit(t)
	u.run(charmtest.PebbleReady("postgresql"))
	u.integrate(3, "wiki", "wiki")
	u.integrate(4, "blog", "blog")
	u.run(charmtest.UpdateStatus())
	u.run(charmtest.UpdateStatus())
	require.Equal(t, charmtest.Status{Status: "active"}, u.state.Status)
	for _, database := range []string{"wiki", "postgres", "template1"} {
		out, err := u.query(4, u.password(4), database, "SELECT 1")
		require.Error(t, err, database)
		require.Contains(t, out, "permission denied for database")
	}

	// One that goes leaves traps in its database.
	u.mustQuery(3, "wiki", "REVOKE ALL ON DATABASE wiki FROM relation_3; ALTER DATABASE wiki CONNECTION LIMIT 0; "+
		"ALTER DATABASE wiki SET default_transaction_read_only = on")
	u.run(charmtest.RelationBroken("database").In(3))
	u.integrate(5, "shop", "wiki")
	u.run(charmtest.UpdateStatus())
	u.run(charmtest.UpdateStatus())
	require.Equal(t, charmtest.Status{Status: "active"}, u.state.Status)
	u.mustQuery(5, "wiki", "CREATE TABLE page ()")
}
