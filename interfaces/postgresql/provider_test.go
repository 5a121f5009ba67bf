package postgresql_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/interfaces/postgresql"
)

// server is a charm that offers databases.
type server struct {
	database *postgresql.Provider
	// got are the requests of the last reconcile, made the users that it would
	// have made in a database.
	got  []postgresql.Request
	made []postgresql.Credentials
}

func newServer(b *charm.Base) (*server, error) {
	s := &server{database: postgresql.Provides(b, "database")}
	s.database.OnBroken(func(ctx context.Context, e *charm.RelationBrokenEvent) error {
		return s.database.Forget(ctx, e.Relation)
	})
	b.Reconcile(s.reconcile)
	return s, nil
}

func (s *server) reconcile(ctx context.Context, _ *charm.Status) error {
	requests, err := s.database.Requests(ctx)
	s.got = requests
	problems := []error{err}
	for _, r := range requests {
		problems = append(problems, s.answer(ctx, r))
	}
	return errors.Join(problems...)
}

func (s *server) answer(ctx context.Context, r postgresql.Request) error {
	credentials, err := r.Credentials(ctx, func() (postgresql.Credentials, error) {
		return postgresql.Credentials{Username: "made", Password: "hunter2"}, nil
	})
	if err != nil {
		return err
	}
	s.made = append(s.made, credentials)
	return r.Publish(ctx, postgresql.Response{Database: r.Database, Endpoints: []string{"10.1.0.5:5432", "b:1"}, Version: "16.9"})
}

var provider = charmtest.New(newServer, fstest.MapFS{"metadata.yaml": {Data: []byte(`
name: pg
summary: A server.
description: For tests.
provides:
  database: {interface: postgresql_client}
`)}})

// asked is a leader that was asked this, each by another application.
func asked(requests ...map[string]string) charmtest.State {
	state := charmtest.State{Leader: true}
	for i, r := range requests {
		state.Relations = append(state.Relations, charmtest.Relation{
			Endpoint: "database", ID: i + 1, RemoteApp: string(rune('a' + i)), RemoteAppData: r,
		})
	}
	return state
}

// ask is a request as requirers publish it.
func ask(database string) map[string]string {
	return map[string]string{"database": database, "requested-secrets": `["username", "password"]`}
}

func serve(t *testing.T, state charmtest.State, event charmtest.Event) charmtest.Result[*server] {
	t.Helper()
	out := charmtest.Run(t, provider, state, event)
	require.NoError(t, out.Err)
	return out
}

func TestRequests(t *testing.T) {
	t.Parallel()
	first := ask("wiki")
	first["extra-user-roles"] = "CREATEDB, ,SUPERUSER"
	out := serve(t, asked(first, nil, map[string]string{"requested-secrets": "[]"}, ask("blog")), charmtest.UpdateStatus())
	require.Len(t, out.Charm.got, 2)
	require.Equal(t, "database:1", out.Charm.got[0].Relation.ID())
	require.Equal(t, "wiki", out.Charm.got[0].Database)
	require.Equal(t, []string{"CREATEDB", "SUPERUSER"}, out.Charm.got[0].ExtraUserRoles)
	require.Equal(t, "database:4", out.Charm.got[1].Relation.ID())
	require.Empty(t, out.Charm.got[1].ExtraUserRoles)
}

func TestRequestsThatCannotBeMetStopNoOthers(t *testing.T) {
	t.Parallel()
	garbled := ask("wiki")
	garbled["requested-secrets"] = "hunter2"
	out := serve(t, asked(
		garbled, map[string]string{"database": "wiki"}, ask("a\nhunter2"), ask(strings.Repeat("x", 100_000)), ask("fine"),
	), charmtest.UpdateStatus())
	require.Len(t, out.Charm.got, 1)
	require.Equal(t, "fine", out.Charm.got[0].Database)
	require.Equal(t, charmtest.Status{Status: "blocked", Message: strings.Join([]string{
		"invalid data on relation database:1: requested-secrets is not valid JSON for its type",
		"invalid request on relation database:2: requested-secrets is missing: credentials are given only as secrets",
		"invalid request on relation database:3: database is not a name of at most 63 bytes",
		"invalid request on relation database:4: database is not a name of at most 63 bytes",
		`waiting for the secret "database.5.user" to be stored`,
	}, "; ")}, out.State.Status)
}

func TestCredentialsAreUsedOnlyOnceTheyAreStored(t *testing.T) {
	t.Parallel()
	first := serve(t, asked(ask("wiki")), charmtest.RelationChanged("database", "a"))
	require.Empty(t, first.Charm.made)
	require.Equal(t, waiting(`waiting for the secret "database.1.user" to be stored`), first.State.Status)
	require.Len(t, first.State.Secrets, 1)
	secret := first.State.Secrets[0]
	require.Equal(t, "database.1.user", secret.Label)
	require.Equal(t, []string{"a"}, secret.GrantedTo)
	require.Empty(t, first.State.Relations[0].LocalAppData)

	second := serve(t, first.State, charmtest.UpdateStatus())
	require.Equal(t, []postgresql.Credentials{{Username: "made", Password: "hunter2"}}, second.Charm.made)
	said := second.State.Relations[0].LocalAppData
	require.Regexp(t, `^secret://[0-9a-f-]+/`+secret.ID+`$`, said["secret-user"])
	delete(said, "secret-user")
	require.Equal(t, map[string]string{"database": "wiki", "endpoints": "10.1.0.5:5432,b:1", "version": "16.9"}, said)
}

func TestPublishWritesNothingTwice(t *testing.T) {
	t.Parallel()
	first := serve(t, asked(ask("wiki")), charmtest.UpdateStatus())
	second := serve(t, first.State, charmtest.UpdateStatus())
	require.Equal(t, 1, second.Calls.Counts()["relation-set"])
	third := serve(t, second.State, charmtest.UpdateStatus())
	require.Zero(t, third.Calls.Counts()["relation-set"])
	require.Zero(t, third.Calls.Counts()["secret-grant"])
	require.Zero(t, third.Calls.Counts()["secret-add"])
	require.Equal(t, second.State.Relations[0].LocalAppData, third.State.Relations[0].LocalAppData)
}

func TestAGrantThatWasLostIsGivenAgain(t *testing.T) {
	t.Parallel()
	first := serve(t, asked(ask("wiki")), charmtest.UpdateStatus())
	first.State.Secrets[0].GrantedTo = nil
	second := serve(t, first.State, charmtest.UpdateStatus())
	require.Equal(t, []string{"a"}, second.State.Secrets[0].GrantedTo)
}

func TestARefusedCommitLeavesNoCredentials(t *testing.T) {
	t.Parallel()
	state := asked(ask("wiki"))
	state.RefuseCommit = errors.New("lost leadership")
	refused := charmtest.Run(t, provider, state, charmtest.UpdateStatus())
	require.ErrorContains(t, refused.Err, "lost leadership")
	require.Empty(t, refused.State.Secrets)
	again := serve(t, refused.State, charmtest.UpdateStatus())
	require.Len(t, again.State.Secrets, 1)
}

func TestForget(t *testing.T) {
	t.Parallel()
	state := asked(ask("wiki"), ask("blog"))
	ready := serve(t, serve(t, state, charmtest.UpdateStatus()).State, charmtest.UpdateStatus())
	require.Len(t, ready.State.Secrets, 2)
	gone := serve(t, ready.State, charmtest.RelationBroken("database").In(1))
	require.Len(t, gone.State.Secrets, 1)
	require.Equal(t, "database.2.user", gone.State.Secrets[0].Label)

	// A relation that never had credentials has none to forget.
	early := serve(t, asked(nil), charmtest.RelationBroken("database"))
	require.Empty(t, early.State.Secrets)
}

// FuzzRequests holds Requests to names that a database can have, whatever the
// requirer publishes.
func FuzzRequests(f *testing.F) {
	f.Add("wiki", `["username"]`, "CREATEDB,SUPERUSER")
	f.Add("a\x00", `["username"]`, "")
	f.Add("", "{", ",")
	f.Fuzz(func(t *testing.T, database, secrets, roles string) {
		out := serve(t, asked(bag("database", database, "requested-secrets", secrets, "extra-user-roles", roles)), charmtest.UpdateStatus())
		for _, r := range out.Charm.got {
			if utf8.ValidString(database) { // all that JSON can carry
				require.Equal(t, database, r.Database)
			}
			require.NotEmpty(t, r.Database)
			require.LessOrEqual(t, len(r.Database), 63)
			require.NotContains(t, r.Database, "\x00")
			require.NotContains(t, r.ExtraUserRoles, "")
		}
	})
}
