package unleash

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/interfaces/postgresql"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/webapp"
)

var (
	testConfig   = Config{ExternalURL: "https://flags.example.com/", LogLevel: "warn", DatabasePoolSize: 7}
	testDatabase = postgresql.Database{Name: "unleash", Username: "relation_3", Password: "db-pass/word", Endpoints: []string{"pg:5432"}}
	testAdmin    = Administrator{Token: "*:*.admin-token", Password: "admin-password", SessionKey: "session-key"}
)

// appFor returns the service and its files by path.
func appFor(t *testing.T, database postgresql.Database) (pebble.Service, map[string]pebble.File) {
	t.Helper()
	w, err := app(testConfig, &database, testAdmin)
	require.NoError(t, err)
	files := map[string]pebble.File{}
	for _, f := range w.Files {
		require.Equal(t, []string{webapp.ServiceApp}, f.Restarts, "Unleash reads %s at its start only", f.Path)
		files[f.Path] = f
	}
	return w.Service, files
}

func TestAppKeepsSecretsOutOfThePlan(t *testing.T) {
	t.Parallel()
	service, files := appFor(t, testDatabase)
	layer, err := (&pebble.Layer{Services: map[string]*pebble.Service{"app": &service}}).YAML()
	require.NoError(t, err)
	for _, secret := range []string{"db-pass", "relation_3", "admin-token", "admin-password", "session-key"} {
		require.NotContains(t, string(layer), secret)
	}

	require.Len(t, files, 1)
	file := files[service.Environment["UNLEASH_SECRETS_FILE"]]
	require.Equal(t, fs.FileMode(0o600), file.Mode)
	var secrets map[string]string
	require.NoError(t, json.Unmarshal(file.Content, &secrets))
	require.Equal(t, map[string]string{
		"DATABASE_URL":                   "postgresql://relation_3:db-pass%2Fword@pg:5432/unleash",
		"INIT_ADMIN_API_TOKENS":          "*:*.admin-token",
		"UNLEASH_DEFAULT_ADMIN_USERNAME": "admin",
		"UNLEASH_DEFAULT_ADMIN_PASSWORD": "admin-password",
		"UNLEASH_SECRET":                 "session-key",
	}, secrets)
}

func TestAppEnvironment(t *testing.T) {
	t.Parallel()
	service, _ := appFor(t, testDatabase)
	require.Equal(t, map[string]string{
		"UNLEASH_SECRETS_FILE": "/var/lib/unleash/secrets.json",
		"HTTP_HOST":            "0.0.0.0",
		"HTTP_PORT":            "8081",
		"DATABASE_POOL_MAX":    "7",
		"DATABASE_SSL":         "false",
		"LOG_LEVEL":            "warn",
		"CHECK_VERSION":        "false",
		"SEND_TELEMETRY":       "false",
		"NODE_ENV":             "production",
		"UNLEASH_URL":          "https://flags.example.com",
	}, service.Environment)
}

func TestAppTrustsTheDatabasesCertificate(t *testing.T) {
	t.Parallel()
	secure := testDatabase
	secure.TLS, secure.TLSCA = true, "PEM"
	service, files := appFor(t, secure)
	require.NotContains(t, service.Environment, "DATABASE_SSL")
	require.Equal(t, "PEM", string(files[service.Environment["DATABASE_SSL_CA_FILE"]].Content))

	secure.TLSCA = ""
	service, files = appFor(t, secure)
	require.JSONEq(t, `{"rejectUnauthorized": false}`, service.Environment["DATABASE_SSL"])
	require.Len(t, files, 1)
}

// requirePassword holds a password to Unleash's rules.
func requirePassword(t *testing.T, p string) {
	t.Helper()
	require.GreaterOrEqual(t, len(p), 10)
	for _, kind := range []string{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789", "-"} {
		require.True(t, strings.ContainsAny(p, kind), "%q has none of %s", p, kind)
	}
	for i := 2; i < len(p); i++ {
		require.False(t, p[i] == p[i-1] && p[i] == p[i-2], "%q has three alike in a row", p)
	}
}

func TestPasswordsObeyUnleashWhateverChanceGives(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("A", 26), strings.Repeat("2", 26), strings.Repeat("7", 26), strings.Repeat("Z", 26), "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	} {
		requirePassword(t, password(text))
	}
	for range 200 {
		requirePassword(t, newPassword())
	}
	require.NotEqual(t, newPassword(), newPassword())
}

func TestNewAdministrator(t *testing.T) {
	t.Parallel()
	a, err := newAdministrator()
	require.NoError(t, err)
	require.Regexp(t, `^\*:\*\.[a-z2-7]{52}$`, a.Token)
	require.Regexp(t, `^[a-z2-7]{52}$`, a.SessionKey)
	requirePassword(t, a.Password)
	require.NotContains(t, a.Token, a.SessionKey)
}

func TestFirstLine(t *testing.T) {
	t.Parallel()
	require.Equal(t, "password authentication failed", firstLine("password authentication failed\n  at connect"))
	require.Equal(t, "one", firstLine("one"))
}
