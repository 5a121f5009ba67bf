package unleash_test

import (
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/unleash"
)

var underTest = charmtest.New(unleash.New, os.DirFS(".."))

const (
	adminID    = "9m4e2mr0ui3e8a215n4g"
	databaseID = "9m4e2mr0ui3e8a215n5g"
)

func TestDeclared(t *testing.T) {
	t.Parallel()
	files, err := metadata.Load(underTest.Files())
	require.NoError(t, err)
	require.NoError(t, charm.Check(unleash.New, files))
}

// related is a leader whose database has said nothing yet.
func related() charmtest.State {
	return charmtest.State{Leader: true, Relations: []charmtest.Relation{{
		Endpoint: "database", ID: 3, RemoteApp: "postgresql", RemoteUnits: map[string]map[string]string{"postgresql/0": {}},
	}}}
}

// settled is a leader that has all that Unleash needs.
func settled() charmtest.State {
	state := related()
	state.Relations[0].RemoteAppData = map[string]string{
		"database": "unleash", "endpoints": "10.1.0.9:5432", "secret-user": "secret:" + databaseID,
	}
	state.Secrets = []charmtest.Secret{
		{ID: adminID, Label: unleash.AdministratorLabel, Content: map[string]string{
			"token": "*:*.t", "password": "p", "session-key": "s",
		}},
		{ID: databaseID, Owner: "postgresql", Content: map[string]string{"username": "u", "password": "p"}},
	}
	return state
}

func run(t *testing.T, state charmtest.State, event charmtest.Event) charmtest.Result[*unleash.Charm] {
	t.Helper()
	out := charmtest.Run(t, underTest, state, event)
	require.NoError(t, out.Err)
	return out
}

func TestStatus(t *testing.T) {
	t.Parallel()
	halfway := settled()
	delete(halfway.Relations[0].RemoteAppData, "endpoints")
	denied := settled()
	denied.Secrets[1].Denied = true
	for name, test := range map[string]struct {
		state charmtest.State
		want  charmtest.Status
	}{
		"fresh leader": {
			charmtest.State{Leader: true},
			charmtest.Status{Status: "blocked", Message: "integrate database; waiting for container nginx; " +
				`waiting for the secret "administrator" to be stored; waiting for container app`},
		},
		"fresh follower": {
			charmtest.State{},
			charmtest.Status{Status: "blocked", Message: "integrate database; waiting for container nginx; " +
				`waiting for the leader to make the secret "administrator"; waiting for container app`},
		},
		"fresh and misconfigured": {
			charmtest.State{Config: map[string]any{"log-level": "loud", "database-pool-size": 0, "proxy-read-timeout": 0}},
			charmtest.Status{Status: "blocked", Message: "invalid configuration: proxy-read-timeout is not between 1 and 3600; " +
				"log-level is not one of debug, info, warn, error, fatal; database-pool-size is not between 1 and 100; " +
				"integrate database; waiting for container nginx; " +
				`waiting for the leader to make the secret "administrator"; waiting for container app`},
		},
		"no answer from the database": {
			related(),
			charmtest.Status{Status: "waiting", Message: "waiting for container nginx; waiting for postgresql to publish on database; " +
				`waiting for the secret "administrator" to be stored; waiting for container app`},
		},
		"half an answer": {
			halfway,
			charmtest.Waiting("waiting for container nginx; waiting for endpoints from postgresql; waiting for container app"),
		},
		"credentials not granted": {
			denied,
			charmtest.Status{Status: "waiting", Message: "waiting for container nginx; " +
				`waiting for the secret "database.3.user" to be granted; waiting for container app`},
		},
		"everything but the containers": {
			settled(),
			charmtest.Waiting("waiting for container nginx; waiting for container app"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, run(t, test.state, charmtest.ConfigChanged()).State.Status)
		})
	}
}

func TestInvalidOptionsAreNamed(t *testing.T) {
	t.Parallel()
	for option, test := range map[string]struct {
		value any
		want  string
	}{
		"external-url":       {"flags.example.com", "external-url is not a URL such as https://flags.example.com"},
		"log-level":          {"", "log-level is not one of debug, info, warn, error, fatal"},
		"database-pool-size": {101, "database-pool-size is not between 1 and 100"},
		// These are webapp's.
		"client-max-body-size": {"2g", "client-max-body-size is "},
		"proxy-read-timeout":   {3601, "proxy-read-timeout is "},
		"static-max-age":       {-1, "static-max-age is "},
		"trusted-proxies":      {"10.1.0.0/99", "trusted-proxies is "},
	} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			state := settled()
			state.Config = map[string]any{option: test.value}
			got := run(t, state, charmtest.ConfigChanged()).State.Status
			require.Equal(t, "blocked", got.Status)
			require.Contains(t, got.Message, "invalid configuration: "+test.want)
		})
	}
}

func TestTheRequestIsPublished(t *testing.T) {
	t.Parallel()
	out := run(t, related(), charmtest.RelationCreated("database"))
	require.Equal(t, "unleash", out.State.Relations[0].LocalAppData["database"])
}

func TestPortsAreOpenedAtInstall(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"8080/tcp"}, run(t, charmtest.State{}, charmtest.Install()).State.Ports)
}

func TestTheLeaderMakesTheAdministratorOnce(t *testing.T) {
	t.Parallel()
	first := run(t, charmtest.State{Leader: true}, charmtest.Install())
	require.Len(t, first.State.Secrets, 1)
	secret := first.State.Secrets[0]
	require.Equal(t, unleash.AdministratorLabel, secret.Label)
	require.Equal(t, "unleash-k8s", secret.Owner)
	require.Len(t, secret.Content, 3)

	second := run(t, first.State, charmtest.Start())
	secret.Tracked = 1
	require.Equal(t, []charmtest.Secret{secret}, second.State.Secrets)

	follower := run(t, charmtest.State{}, charmtest.Install())
	require.Empty(t, follower.State.Secrets)
}

func TestARefusedCommitLeavesNoAdministrator(t *testing.T) {
	t.Parallel()
	refused := charmtest.Run(t, underTest, charmtest.State{Leader: true, RefuseCommit: errors.New("lost leadership")}, charmtest.Install())
	require.Error(t, refused.Err)
	require.Empty(t, refused.State.Secrets)
	require.Len(t, run(t, refused.State, charmtest.Install()).State.Secrets, 1)
}

func TestActionsOfAUnitThatIsNotReady(t *testing.T) {
	t.Parallel()
	for name, event := range map[string]charmtest.Event{
		"create-api-token":   charmtest.RunAction("create-api-token", map[string]any{"name": "ci"}),
		"set-admin-password": charmtest.RunAction("set-admin-password", nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := run(t, charmtest.State{Leader: true}, event)
			require.Equal(t, "failed", out.Action.Status)
			require.Equal(t, `not ready: waiting for the secret "administrator"`, out.Action.Message)
		})
	}
}

// The hook tools that an update-status runs are what it costs Juju.
func TestCallsOfAFreshUnit(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		"config-get", "relation-ids", "relation-list", "relation-get", "secret-get", "is-leader", "secret-add",
		"status-get", "status-set",
	}, run(t, related(), charmtest.UpdateStatus()).Calls.Tools())
}

func TestCallsOfASettledUnit(t *testing.T) {
	t.Parallel()
	first := run(t, settled(), charmtest.UpdateStatus())
	again := run(t, first.State, charmtest.UpdateStatus())
	require.Equal(t, []string{
		"config-get", "relation-ids", "relation-list", "relation-get",
		"secret-get", // of the database
		"secret-get", // of the administrator
		"status-get",
	}, again.Calls.Tools())
}
