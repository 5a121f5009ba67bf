package unleash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/interfaces/postgresql"
	"github.com/charmkit/charmkit/webapp"
)

// Charm is the charm unleash-k8s.
type Charm struct {
	*charm.Base
	web      *webapp.Operator
	database *postgresql.Requirer
	config   *charm.ConfigHandle[Config]
	admin    *charm.Owned[Administrator]
}

// Administrator is the secret that lets the charm administer Unleash. The
// application owns it; it is made before Unleash first starts.
type Administrator struct {
	// Token is that of an admin API token.
	Token string `charm:"token,required"`
	// Password is the first administrator's.
	Password string `charm:"password,required"`
	// SessionKey signs the sessions; with Unleash's own default anybody could
	// forge one.
	SessionKey string `charm:"session-key,required"`
}

// AdministratorLabel is the label of the administrator's secret.
const AdministratorLabel = "administrator"

// New declares the charm.
func New(b *charm.Base) (*Charm, error) {
	c := &Charm{
		Base:     b,
		database: postgresql.Requires(b, "database", postgresql.Options{Database: "unleash"}),
		config:   charm.Config[Config](b),
		admin: charm.OwnedSecret[Administrator](b, AdministratorLabel, charm.SecretOptions{
			Description: "Unleash's administrator",
		}),
	}
	c.web = webapp.New(b, webapp.Options{
		Workload:  c.workload,
		ReadyPath: "/ready",
		UpPath:    "/health",
		Diagnose:  c.diagnose,
		Static:    []webapp.Static{{Prefix: "/static/", Dir: "/srv/static"}},
		// Metrics and health, without authentication.
		Refuse: []string{"/internal-backstage"},
		// Whoever has the rest of such a path may join, or use the token.
		Hide: []string{"/invite", "/api/admin/invite-link/tokens", "/api/admin/api-tokens", "/api/admin/projects"},
	})
	c.web.App().OnPebbleReady(c.onAppPebbleReady)
	charm.OnAction(b, "create-api-token", c.createToken)
	charm.OnAction(b, "set-admin-password", c.setPassword)
	return c, nil
}

// onAppPebbleReady shows the version of Unleash that the image holds.
func (c *Charm) onAppPebbleReady(ctx context.Context, e *charm.PebbleReadyEvent) error {
	data, err := e.Container.Pull(ctx, "/app/node_modules/unleash-server/package.json")
	if err != nil {
		return err
	}
	var info struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(data, &info); err != nil {
		return fmt.Errorf("cannot tell the version of Unleash: %w", err)
	}
	return c.SetWorkloadVersion(ctx, info.Version)
}

// workload is what should run in the app container. Everything that is missing
// is told at once.
func (c *Charm) workload(ctx context.Context) (*webapp.Workload, error) {
	config, configErr := c.config.Get(ctx)
	database, databaseErr := c.database.Get(ctx)
	admin, adminErr := c.admin.Ensure(ctx, newAdministrator)
	if err := errors.Join(configErr, databaseErr, adminErr); err != nil {
		return nil, err
	}
	return app(config, database, admin)
}
