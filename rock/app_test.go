// Package rock_test runs what the images hold.
package rock_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/internal/testenv/postgres"
	"github.com/charmkit/charmkit/internal/testenv/unleash"
)

func TestServer(t *testing.T) {
	t.Parallel()
	database := postgres.Start(t)
	s := unleash.Start(t, database.URL)

	// The name of a page that does not exist would do for a check, so both have to be able to fail.
	database.Stop()
	s.Await("/ready", http.StatusServiceUnavailable)
	s.Await("/health", http.StatusOK)
	database.Start()
	s.Await("/ready", http.StatusOK)

	require.Zero(t, s.Stop(), s.Log())
	for _, secret := range []string{unleash.Password, unleash.Token, unleash.SessionKey, database.Password} {
		require.NotContains(t, s.Log(), secret)
		require.NotContains(t, s.Log(), secret[strings.Index(secret, ".")+1:])
	}
	require.Contains(t, s.Log(), "***", "Unleash does tell, but in vain")
	for line := range strings.Lines(strings.TrimSpace(s.Log())) {
		var entry map[string]string
		require.NoError(t, json.Unmarshal([]byte(line), &entry), line)
		require.Subset(t, []string{"debug", "info", "warn", "error", "fatal"}, []string{entry["level"]})
		require.NotEmpty(t, entry["time"])
	}
}

func TestServerCannotReadItsSecrets(t *testing.T) {
	t.Parallel()
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "secrets.json")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	for _, test := range []struct{ path, reason string }{
		{"/nonexistent/secrets.json", "ENOENT: no such file or directory"},
		{t.TempDir(), "EISDIR: illegal operation on a directory"},
		{file(""), "it is not JSON"},
		{file(`{"DATABASE_URL": "s3cr3t`), "it is not JSON"},
		{file(`["s3cr3t"]`), "it is not a JSON object of strings"},
		{file(`{"A": {"B": "s3cr3t"}}`), "it is not a JSON object of strings"},
		{file(`null`), "it is not a JSON object of strings"},
	} {
		for _, script := range []string{"server.mjs", "probe.mjs"} {
			output, code := run(t, script, map[string]string{"UNLEASH_SECRETS_FILE": test.path})
			require.Equal(t, 1, code, output)
			require.True(t, strings.HasPrefix(output, "cannot read UNLEASH_SECRETS_FILE "+test.path+": "+test.reason), output)
			require.Equal(t, 1, strings.Count(output, "\n"), "one line: %s", output)
			require.NotContains(t, output, "s3cr3t")
		}
	}
}

func TestServerCannotReachItsDatabase(t *testing.T) {
	t.Parallel()
	secrets := unleash.Secrets(t, map[string]string{"DATABASE_URL": "postgres://u:s3cr3t@" + testenv.Address(t).String() + "/d"})
	output, code := run(t, "server.mjs", map[string]string{"UNLEASH_SECRETS_FILE": secrets})
	require.NotZero(t, code)
	require.Contains(t, output, "ECONNREFUSED")
	require.NotContains(t, output, "s3cr3t")
}

func TestProbe(t *testing.T) {
	t.Parallel()
	database := postgres.Start(t)
	nobody := testenv.Address(t).String()
	for _, test := range []struct{ name, url, reason string }{
		{"all is well", database.URL, ""},
		{"wrong password", strings.Replace(database.URL, database.Password, "s3cr3t", 1), `password authentication failed for user "postgres"`},
		{"no such database", strings.TrimSuffix(database.URL, "postgres") + "none", `database "none" does not exist`},
		{"no server", "postgres://u:s3cr3t@" + nobody + "/d", "ECONNREFUSED " + nobody},
		{"no such host", "postgres://u:s3cr3t@host.invalid/d", "host.invalid"},
	} {
		secrets := unleash.Secrets(t, map[string]string{"DATABASE_URL": test.url})
		output, code := run(t, "probe.mjs", map[string]string{"UNLEASH_SECRETS_FILE": secrets})
		if test.reason == "" {
			require.Zero(t, code, output)
			require.Empty(t, output)
			continue
		}
		require.Equal(t, 1, code, test.name)
		require.Contains(t, output, test.reason, test.name)
		require.Equal(t, 1, strings.Count(output, "\n"), output)
		require.NotContains(t, output, "s3cr3t")
	}

	// A server without TLS does not do for a client that wants it.
	secrets := unleash.Secrets(t, map[string]string{"DATABASE_URL": database.URL})
	output, code := run(t, "probe.mjs", map[string]string{
		"UNLEASH_SECRETS_FILE": secrets, "DATABASE_SSL": `{"rejectUnauthorized":false}`,
	})
	require.Equal(t, 1, code)
	require.Contains(t, output, "does not support SSL")
}

// run runs a script to its end, and returns what it wrote and its exit code.
func run(t *testing.T, script string, environment map[string]string) (string, int) {
	t.Helper()
	var output bytes.Buffer
	cmd := unleash.Command(t, script, environment)
	cmd.Stdout, cmd.Stderr = &output, &output
	require.NoError(t, cmd.Start())
	_ = cmd.Wait()
	return output.String(), cmd.ProcessState.ExitCode()
}
