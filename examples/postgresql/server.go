package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/interfaces/postgresql"
	"github.com/charmkit/charmkit/pebble"
)

// server is PostgreSQL in its container.
type server struct {
	*charm.Container
	place
}

// place is where a server keeps its files and listens.
type place struct {
	dir    string
	listen string
	port   int
}

const service = "postgresql"

// pgScript finds the server's programs, whose folder has the version in its
// name.
//
//go:embed pg.sh
var pgScript []byte

func (s *server) script() string { return path.Join(s.dir, "pg") }

// run makes the server run with these options and returns its version.
func (s *server) run(ctx context.Context, o options, st *charm.Status) (string, error) {
	applied, err := s.Apply(ctx, pebble.Want{
		Layer: pebble.Layer{
			Summary: "PostgreSQL",
			Services: map[string]*pebble.Service{service: {
				Summary:     "PostgreSQL's server",
				Startup:     pebble.StartupEnabled,
				Command:     fmt.Sprintf("%s serve -c listen_addresses=%s -c max_connections=%d", s.script(), s.listen, o.MaxConnections),
				Environment: map[string]string{"PGPORT": strconv.Itoa(s.port)},
				// SIGTERM waits for clients to leave.
				KillDelay: pebble.NewDuration(10 * time.Second),
			}},
			Checks: map[string]*pebble.Check{"up": {
				Level: pebble.LevelReady,
				Exec:  &pebble.ExecCheck{Command: s.script() + " ready", ServiceContext: service},
			}},
		},
		Files: []pebble.File{{Path: s.script(), Content: pgScript, Mode: 0o755, Restarts: []string{service}}},
	})
	if err != nil {
		return "", err
	}
	if applied.Changed() {
		if err := st.Progress(ctx, "starting PostgreSQL"); err != nil {
			return "", err
		}
	}
	return s.await(ctx)
}

// await waits until the server takes queries, which after a first start is when
// its files are made.
func (s *server) await(ctx context.Context) (string, error) {
	deadline := time.Now().Add(30 * time.Second)
	for {
		version, err := s.query(ctx, "postgres", "SHOW server_version")
		if err == nil {
			version, _, _ = strings.Cut(version, " ")
			return version, nil
		}
		var failed *pebble.ExecError
		if !errors.As(err, &failed) {
			return "", err
		}
		if time.Now().After(deadline) {
			return "", charm.Waiting("waiting for PostgreSQL: %s", strings.TrimSpace(failed.Stderr))
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// grant makes the user and its database what they should be.
func (s *server) grant(ctx context.Context, database string, c postgresql.Credentials) error {
	user := quoteName(c.Username)
	exists, err := s.query(ctx, "postgres", "SELECT 1 FROM pg_roles WHERE rolname = "+quoteText(c.Username))
	if err != nil {
		return err
	}
	if exists == "" {
		if _, err := s.query(ctx, "postgres", "CREATE ROLE "+user); err != nil {
			return err
		}
	}
	// The server logs statements that fail; not this one.
	if _, err := s.query(ctx, "postgres", "SET log_min_error_statement = panic; "+
		"ALTER ROLE "+user+" LOGIN PASSWORD "+quoteText(c.Password)); err != nil {
		return err
	}
	if err := s.own(ctx, database, c.Username); err != nil {
		return err
	}
	// PostgreSQL lets every user into every database, unless told otherwise; and
	// an owner before this one may have told it anything.
	_, err = s.query(ctx, "postgres", "REVOKE ALL ON DATABASE postgres, template1, "+quoteName(database)+" FROM PUBLIC; "+
		"GRANT ALL ON DATABASE "+quoteName(database)+" TO "+user)
	return err
}

// own makes the user the owner of the database.
func (s *server) own(ctx context.Context, database, username string) error {
	owner, err := s.query(ctx, "postgres", "SELECT rolname FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba "+
		"WHERE datname = "+quoteText(database))
	switch {
	case err != nil || owner == username:
		return err
	case owner != "":
		return s.takeOver(ctx, database, owner, username)
	}
	_, err = s.query(ctx, "postgres", "CREATE DATABASE "+quoteName(database)+" OWNER "+quoteName(username))
	return err
}

// takeOver gives a database and all that is in it to another user, if its owner
// was locked out: that was a relation which is no more.
func (s *server) takeOver(ctx context.Context, database, owner, username string) error {
	locked, err := s.query(ctx, "postgres", "SELECT 1 FROM pg_roles WHERE NOT rolcanlogin AND rolname = "+quoteText(owner))
	if err != nil {
		return err
	}
	if locked == "" {
		return charm.Blocked("database %q belongs to somebody else: ask for another", database)
	}
	// Its owner may have made it hard to enter, or read-only.
	if _, err := s.query(ctx, "postgres", fmt.Sprintf("ALTER DATABASE %[1]s ALLOW_CONNECTIONS true CONNECTION LIMIT -1; "+
		"ALTER DATABASE %[1]s RESET ALL", quoteName(database))); err != nil {
		return err
	}
	_, err = s.query(ctx, database, "REASSIGN OWNED BY "+quoteName(owner)+" TO "+quoteName(username))
	return err
}

// revoke locks a user out, now and from now on.
func (s *server) revoke(ctx context.Context, username string) error {
	services, err := s.Services(ctx, service)
	if err != nil || len(services) == 0 {
		// Where no server ever ran there are no users.
		return err
	}
	exists, err := s.query(ctx, "postgres", "SELECT 1 FROM pg_roles WHERE rolname = "+quoteText(username))
	if err != nil || exists == "" {
		return err
	}
	_, err = s.query(ctx, "postgres", "ALTER ROLE "+quoteName(username)+" NOLOGIN; "+
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = "+quoteText(username))
	return err
}

// query runs SQL as the superuser. It travels on standard input: passwords are
// in it.
func (s *server) query(ctx context.Context, database, sql string) (string, error) {
	result, err := s.Exec(ctx, pebble.Command{
		Args:           []string{s.script(), "query", database},
		ServiceContext: service,
		Stdin:          strings.NewReader(sql),
		Timeout:        30 * time.Second,
	})
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(result.Stdout)), nil
}

func quoteText(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
