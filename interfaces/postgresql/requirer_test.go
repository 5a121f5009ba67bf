package postgresql_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/interfaces/postgresql"
)

// app is a charm that needs a database.
type app struct {
	database *postgresql.Requirer
	// got is what the last reconcile found.
	got *postgresql.Database
}

func newApp(b *charm.Base) (*app, error) {
	a := &app{database: postgresql.Requires(b, "database", postgresql.Options{Database: "wiki", ExtraUserRoles: "CREATEDB"})}
	b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
		db, err := a.database.Get(ctx)
		a.got = db
		return err
	})
	return a, nil
}

var requirer = charmtest.New(newApp, fstest.MapFS{"metadata.yaml": {Data: []byte(`
name: wiki
summary: A wiki.
description: For tests.
requires:
  database: {interface: postgresql_client, limit: 1}
`)}})

const (
	userID = "9m4e2mr0ui3e8a215n4g"
	tlsID  = "9m4e2mr0ui3e8a215n5g"
)

// answered is a unit whose database has said this.
func answered(said map[string]string, secrets ...charmtest.Secret) charmtest.State {
	return charmtest.State{
		Leader:    true,
		Relations: []charmtest.Relation{{Endpoint: "database", ID: 7, RemoteApp: "pg", RemoteAppData: said}},
		Secrets:   secrets,
	}
}

func user(password string) charmtest.Secret {
	return charmtest.Secret{ID: userID, Owner: "pg", Content: map[string]string{"username": "u", "password": password, "uris": "ignored"}}
}

func TestTheLeaderPublishesTheRequestOnce(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"database": "wiki", "extra-user-roles": "CREATEDB",
		"requested-secrets": `["username","password","tls","tls-ca","uris","read-only-uris"]`,
	}
	for name, event := range map[string]charmtest.Event{
		"created":         charmtest.RelationCreated("database"),
		"leader-elected":  charmtest.LeaderElected(),
		"upgrade-charm":   charmtest.UpgradeCharm(),
		"nothing for all": charmtest.UpdateStatus(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := charmtest.Run(t, requirer, answered(nil), event)
			require.NoError(t, first.Err)
			if name == "nothing for all" {
				require.Empty(t, first.State.Relations[0].LocalAppData)
				return
			}
			require.Equal(t, want, first.State.Relations[0].LocalAppData)

			again := charmtest.Run(t, requirer, first.State, event)
			require.NoError(t, again.Err)
			require.Equal(t, want, again.State.Relations[0].LocalAppData)
			require.Zero(t, again.Calls.Counts()["relation-set"])
		})
	}
}

func TestOthersPublishNothing(t *testing.T) {
	t.Parallel()
	state := answered(nil)
	state.Leader = false
	out := charmtest.Run(t, requirer, state, charmtest.RelationCreated("database"))
	require.NoError(t, out.Err)
	require.Zero(t, out.Calls.Counts()["relation-set"])

	out = charmtest.Run(t, requirer, charmtest.State{Leader: true}, charmtest.LeaderElected())
	require.NoError(t, out.Err, "there is no relation")
}

func TestGet(t *testing.T) {
	t.Parallel()
	out := charmtest.Run(t, requirer, answered(map[string]string{
		"database": "wiki2", "endpoints": "pg-primary.prod.svc.cluster.local:5432, [fd00::1]:5433", "read-only-endpoints": "10.1.0.9:5432",
		"secret-user": "secret:" + userID, "secret-tls": "secret:" + tlsID, "version": "16.9", "data": `{"ignored": true}`,
	}, user("p"), charmtest.Secret{ID: tlsID, Owner: "pg", Content: map[string]string{"tls": "True", "tls-ca": "PEM"}}), charmtest.UpdateStatus())
	require.NoError(t, out.Err)
	require.Equal(t, charmtest.Status{Status: "active"}, out.State.Status)
	require.Equal(t, &postgresql.Database{
		Name: "wiki2", Username: "u", Password: "p",
		Endpoints:         []string{"pg-primary.prod.svc.cluster.local:5432", "[fd00::1]:5433"},
		ReadOnlyEndpoints: []string{"10.1.0.9:5432"},
		TLS:               true, TLSCA: "PEM", Version: "16.9",
	}, out.Charm.got)
	require.Equal(t, map[string]int{
		"relation-ids": 1, "relation-list": 1, "relation-get": 1, "secret-get": 2, "status-get": 1, "status-set": 1,
	}, out.Calls.Counts())
}

func TestGetOfRawCredentials(t *testing.T) {
	t.Parallel()
	out := charmtest.Run(t, requirer, answered(map[string]string{
		"endpoints": "pg:5432", "username": "u", "password": "p", "tls": "false",
	}), charmtest.UpdateStatus())
	require.NoError(t, out.Err)
	require.Equal(t, &postgresql.Database{Name: "wiki", Username: "u", Password: "p", Endpoints: []string{"pg:5432"}}, out.Charm.got)
}

func TestWhatIsMissingIsToldInTheStatus(t *testing.T) {
	t.Parallel()
	secret := "secret:" + userID
	denied := user("p")
	denied.Denied = true
	unfit := user("hunter2")
	unfit.Content = map[string]string{"password": "hunter2"}
	for name, test := range map[string]struct {
		state charmtest.State
		want  charmtest.Status
	}{
		"no relation":       {charmtest.State{}, charmtest.Blocked("integrate database")},
		"nothing published": {answered(nil), waiting("waiting for pg to publish on database")},
		"credentials alone": {answered(map[string]string{"secret-user": secret}, user("p")), waiting("waiting for endpoints from pg")},
		"endpoints that are none": {
			answered(map[string]string{"secret-user": secret, "endpoints": " , "}, user("p")), waiting("waiting for endpoints from pg"),
		},
		"endpoints alone": {answered(map[string]string{"endpoints": "pg:5432"}), waiting("waiting for credentials from pg")},
		"half of the credentials": {
			answered(map[string]string{"endpoints": "pg:5432", "username": "u"}), waiting("waiting for credentials from pg"),
		},
		"secret not granted": {
			answered(map[string]string{"endpoints": "pg:5432", "secret-user": secret}, denied),
			waiting(`waiting for the secret "database.7.user" to be granted`),
		},
		"secret not there": {
			answered(map[string]string{"endpoints": "pg:5432", "secret-user": secret}),
			waiting(`waiting for the secret "database.7.user"`),
		},
		"secret without a user": {
			answered(map[string]string{"endpoints": "pg:5432", "secret-user": secret}, unfit),
			charmtest.Status{Status: "blocked", Message: `invalid secret "database.7.user": username is missing`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := charmtest.Run(t, requirer, test.state, charmtest.UpdateStatus())
			require.NoError(t, out.Err)
			require.Equal(t, test.want, out.State.Status)
			require.Nil(t, out.Charm.got)
		})
	}
}

func TestASubordinateProviderIsReadyWhenAUnitSaysSo(t *testing.T) {
	t.Parallel()
	state := answered(map[string]string{"endpoints": "localhost:6432", "secret-user": "secret:" + userID, "subordinated": "true"}, user("p"))
	state.Relations[0].RemoteUnits = map[string]map[string]string{"pg/0": {}, "pg/1": {"state": "starting"}}
	out := charmtest.Run(t, requirer, state, charmtest.UpdateStatus())
	require.NoError(t, out.Err)
	require.Equal(t, waiting("waiting for pg to be ready"), out.State.Status)

	state.Relations[0].RemoteUnits["pg/1"]["state"] = "ready"
	out = charmtest.Run(t, requirer, state, charmtest.UpdateStatus())
	require.NoError(t, out.Err)
	require.Equal(t, []string{"localhost:6432"}, out.Charm.got.Endpoints)
}

func TestHostileData(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("hunter2", 100_000)
	for name, test := range map[string]struct {
		key, value, want string
	}{
		"no port":              {"endpoints", "hunter2", "endpoints holds something that is not host:port"},
		"no number":            {"endpoints", "pg:hunter2", "endpoints holds something that is not host:port"},
		"port out of range":    {"endpoints", "hunter2:65536", "endpoints holds something that is not host:port"},
		"port 0":               {"endpoints", "hunter2:0", "endpoints holds something that is not host:port"},
		"no host":              {"endpoints", ":5432", "endpoints holds something that is not host:port"},
		"line breaks":          {"endpoints", "pg\nhunter2:5432", "endpoints holds something that is not host:port"},
		"part of a URL":        {"endpoints", "u:hunter2@pg:5432", "endpoints holds something that is not host:port"},
		"a path":               {"endpoints", "pg/hunter2:5432", "endpoints holds something that is not host:port"},
		"huge":                 {"endpoints", huge + ":5432", "endpoints holds something that is not host:port"},
		"many bad ones":        {"endpoints", strings.Repeat("hunter2,", 1000), "endpoints holds something that is not host:port"},
		"one bad one":          {"endpoints", "pg:5432,pg-2.hunter2..x:1", "endpoints holds something that is not host:port"},
		"a zone":               {"endpoints", "[fe80::1%hunter2]:5432", "endpoints holds something that is not host:port"},
		"read-only endpoints":  {"read-only-endpoints", "hunter2", "read-only-endpoints holds something that is not host:port"},
		"database of lines":    {"database", "a\nhunter2", "database is not a name of at most 63 bytes"},
		"database of a length": {"database", huge, "database is not a name of at most 63 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := map[string]string{"endpoints": "pg:5432", "username": "u", "password": "p"}
			said[test.key] = test.value
			out := charmtest.Run(t, requirer, answered(said), charmtest.UpdateStatus())
			require.NoError(t, out.Err)
			require.Equal(t, charmtest.Status{Status: "blocked", Message: "invalid data from pg: " + test.want}, out.State.Status)
		})
	}
}

func TestASecretURIThatIsNone(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{"hunter2", "--peek", "secret:x", "secret://hunter2/" + userID} {
		out := charmtest.Run(t, requirer, answered(map[string]string{"endpoints": "pg:5432", "secret-user": uri}), charmtest.UpdateStatus())
		require.NoError(t, out.Err)
		require.Equal(t, charmtest.Status{Status: "blocked", Message: `invalid secret "database.7.user": its URI is none`}, out.State.Status)
	}
}

func TestURLEncodesItsParts(t *testing.T) {
	t.Parallel()
	db := postgresql.Database{Name: "a/b?c#d %", Username: "u:@/", Password: "p@ss:w/ör d%?", Endpoints: []string{"[::1]:5432", "pg:5432"}}
	require.Equal(t, "postgresql://u%3A%40%2F:p%40ss%3Aw%2F%C3%B6r%20d%25%3F@[::1]:5432/a%2Fb%3Fc%23d%20%25", db.URL())
	require.Equal(t, "a/b?c#d % at [::1]:5432", db.String(), "without the password")
}

func waiting(message string) charmtest.Status {
	return charmtest.Status{Status: "waiting", Message: message}
}

// FuzzGet holds Get to a database that can be used, a condition or an error of
// Juju's, whatever the provider publishes.
func FuzzGet(f *testing.F) {
	f.Add("wiki", "pg:5432,[::1]:1", "", "u", "p", "true", "true")
	f.Add("", ",", "x:1", "", "", "", "")
	f.Add("a\x00b", "pg:5432", "10.1.0.1:5432", "u", "p", "TRUE", "")
	f.Fuzz(func(t *testing.T, database, endpoints, readOnly, username, password, tls, subordinated string) {
		out := charmtest.Run(t, requirer, answered(bag(
			"database", database, "endpoints", endpoints, "read-only-endpoints", readOnly, "username", username,
			"password", password, "tls", tls, "subordinated", subordinated,
		)), charmtest.UpdateStatus())
		require.NoError(t, out.Err)
		db := out.Charm.got
		if db == nil {
			require.Contains(t, []string{"waiting", "blocked"}, out.State.Status.Status)
			return
		}
		require.NotEmpty(t, db.Username)
		require.NotEmpty(t, db.Password)
		require.NotEmpty(t, db.Endpoints)
		parsed, err := parseURL(db.URL())
		require.NoError(t, err)
		require.Equal(t, []string{db.Username, db.Password, db.Endpoints[0], db.Name}, parsed)
	})
}
