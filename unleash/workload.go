package unleash

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/interfaces/postgresql"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/webapp"
)

// Places in the app container. The image makes the folder, for its user alone.
const (
	node        = "/app/node_modules/.bin/node"
	secretsFile = "/var/lib/unleash/secrets.json"
	caFile      = "/var/lib/unleash/database-ca.pem"
)

// adminUser is the user that Unleash makes at its first start.
const adminUser = "admin"

// app is Unleash with its environment. What is secret goes into a file: the
// plan can be read by whoever reads Pebble.
func app(config Config, database *postgresql.Database, admin Administrator) (*webapp.Workload, error) {
	secrets, err := json.MarshalIndent(map[string]string{
		"DATABASE_URL":                   database.URL(),
		"INIT_ADMIN_API_TOKENS":          admin.Token,
		"UNLEASH_DEFAULT_ADMIN_USERNAME": adminUser,
		"UNLEASH_DEFAULT_ADMIN_PASSWORD": admin.Password,
		"UNLEASH_SECRET":                 admin.SessionKey,
	}, "", "  ")
	if err != nil {
		return nil, err
	}
	environment := map[string]string{
		"UNLEASH_SECRETS_FILE": secretsFile,
		"HTTP_HOST":            "0.0.0.0", // Prometheus scrapes the pod
		"HTTP_PORT":            strconv.Itoa(webapp.PortApp),
		"DATABASE_POOL_MAX":    strconv.Itoa(config.DatabasePoolSize),
		"LOG_LEVEL":            config.LogLevel,
		"CHECK_VERSION":        "false", // no calls home
		"SEND_TELEMETRY":       "false",
		"NODE_ENV":             "production",
	}
	if config.ExternalURL != "" {
		environment["UNLEASH_URL"] = strings.TrimSuffix(config.ExternalURL, "/")
	}
	files := []pebble.File{{
		Path: secretsFile, Content: append(secrets, '\n'), Mode: 0o600, Restarts: []string{webapp.ServiceApp},
	}}
	switch {
	case database.TLS && database.TLSCA != "":
		environment["DATABASE_SSL_CA_FILE"] = caFile
		files = append(files, pebble.File{
			Path: caFile, Content: []byte(database.TLSCA), Restarts: []string{webapp.ServiceApp},
		})
	case database.TLS:
		environment["DATABASE_SSL"] = `{"rejectUnauthorized":false}`
	default:
		environment["DATABASE_SSL"] = "false"
	}
	return &webapp.Workload{
		Service: pebble.Service{
			Summary:     "Unleash",
			Command:     node + " /app/server.mjs",
			Environment: environment,
			KillDelay:   pebble.NewDuration(10 * time.Second),
		},
		Files: files,
	}, nil
}

// newAdministrator makes the administrator's secret.
func newAdministrator() (Administrator, error) {
	return Administrator{
		// Unleash wants project:environment.secret; * is all.
		Token:      "*:*." + randomText(),
		Password:   newPassword(),
		SessionKey: randomText(),
	}, nil
}

// randomText returns 52 letters and digits, 260 bits.
func randomText() string { return strings.ToLower(rand.Text() + rand.Text()) }

// newPassword returns a password of 120 bits that Unleash's rules take whatever
// chance gives.
func newPassword() string { return password(rand.Text()) }

// password makes a password of a text of capitals and digits. Unleash wants ten
// characters, all kinds of them, and no three alike in a row.
func password(text string) string {
	var pairs []string
	for ; len(text) >= 4; text = text[4:] {
		pairs = append(pairs, text[:2], strings.ToLower(text[2:4]))
	}
	return strings.Join(pairs, "-") + "-7aZ"
}

// diagnose asks the database why Unleash does not become ready.
func (c *Charm) diagnose(ctx context.Context) error {
	_, err := c.web.App().Exec(ctx, pebble.Command{
		Args:           []string{node, "/app/probe.mjs"},
		ServiceContext: webapp.ServiceApp,
		Timeout:        10 * time.Second,
	})
	var failed *pebble.ExecError
	if errors.As(err, &failed) {
		if reason := strings.TrimSpace(failed.Stderr); reason != "" {
			return charm.Waiting("Unleash cannot use the database: %s", firstLine(reason))
		}
	}
	if err != nil {
		return fmt.Errorf("cannot find out why Unleash is not ready: %w", err)
	}
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
