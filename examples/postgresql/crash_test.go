package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/crash"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// TestKilled kills the charm at its hook-tool calls and Pebble requests, and
// refuses its commits, while applications come and go.
func TestKilled(t *testing.T) {
	if os.Getpid() != 1 {
		t.Parallel()
	}
	testenv.Command(t, "initdb")
	account, err := user.Lookup("postgres")
	require.NoError(t, err)
	uid, err := strconv.Atoi(account.Uid)
	require.NoError(t, err)
	gid, err := strconv.Atoi(account.Gid)
	require.NoError(t, err)
	crash.Test(t, crash.Case[*Postgres]{
		Charm:      underTest,
		Containers: []string{"postgresql"},
		Sample:     4, // each life makes a cluster
		User:       &pebbletest.User{UID: uid, GID: gid},
		Prepare: func(t testing.TB) {
			require.NoError(t, os.Mkdir("/var/lib/postgresql", 0o700))
			require.NoError(t, os.Chown("/var/lib/postgresql", uid, gid))
		},
		Story: []crash.Step{
			{Name: "integrate a wiki and a blog", Status: "active", Do: func(s *model.State) error {
				return errors.Join(integrateWith(s, "wiki"), integrateWith(s, "blog"))
			}},
			{Name: "change an option", Status: "active", Do: func(s *model.State) error {
				return s.SetConfig(crash.App, map[string]string{"max-connections": "42"})
			}},
			{Name: "remove the wiki's relation", Status: "active", Do: func(s *model.State) error {
				id := s.RelationsOf("wiki")[0]
				s.LeaveScope(id, "wiki/0")
				return s.RemoveRelation(id)
			}},
		},
		Observe: func(ctx context.Context, s *model.State) (map[string]string, error) { return whoGetsIn(ctx, t, s) },
	})
}

// integrateWith makes an application appear that wants a database of its name.
func integrateWith(s *model.State, name string) error {
	files, err := metadata.Load(fstest.MapFS{"metadata.yaml": {Data: []byte(
		"name: " + name + "\nsummary: s\ndescription: d\nrequires: {db: {interface: postgresql_client}}")}})
	if err != nil {
		return err
	}
	if err := s.Deploy(name, files, model.DeployOptions{Units: 1}); err != nil {
		return err
	}
	relation, err := s.Integrate(name+":db", crash.App+":database")
	if err != nil {
		return err
	}
	relation.AppData(name).Merge(ask(name))
	return s.EnterScope(relation.ID, name+"/0")
}

// whoGetsIn tries the credentials that the applications were given.
func whoGetsIn(ctx context.Context, t *testing.T, s *model.State) (map[string]string, error) {
	seen := map[string]string{}
	for id, relation := range s.Relations {
		for _, secret := range s.Secrets {
			content := secret.Latest().Content
			if secret.Label != fmt.Sprintf("database.%d.user", id) {
				continue
			}
			database := relation.Remote(crash.App).Application
			username, err := base64.StdEncoding.DecodeString(content["username"])
			if err != nil {
				return nil, err
			}
			password, err := base64.StdEncoding.DecodeString(content["password"])
			if err != nil {
				return nil, err
			}
			out, err := psql(ctx, t, string(username), string(password), database)
			if err != nil {
				return nil, fmt.Errorf("cannot use the credentials of %s: %w: %s", database, err, out)
			}
			seen[database] = out
		}
	}
	return seen, nil
}

// psql tells of the server and of its users.
func psql(ctx context.Context, t *testing.T, username, password, database string) (string, error) {
	cmd := exec.CommandContext(ctx, testenv.Command(t, "psql"), "--no-psqlrc", "--no-password", "--no-align", "--tuples-only", "--quiet",
		"--command", "SHOW max_connections", "--command", "SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname LIKE 'relation%' ORDER BY 1",
		"--command", "SELECT datname, rolname FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba ORDER BY 1")
	cmd.Env = []string{
		"PGHOST=127.0.0.1", "PGPORT=5432", "PGUSER=" + username, "PGPASSWORD=" + password, "PGDATABASE=" + database, "PATH=" + os.Getenv("PATH"),
	}
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
