// Package subject is the charm that is measured: an option, the databags of an
// endpoint, a status, a service. Its files are in bench/charm.
package subject

import (
	"context"
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/pebble"
)

type options struct {
	Name     string `charm:"name"`
	LogLevel string `charm:"log-level"`
}

type database struct {
	Host string `charm:"host"`
}

// Bench is the charm.
type Bench struct {
	config   *charm.ConfigHandle[options]
	database *charm.Endpoint
	app      *charm.Container
}

// New is the charm's constructor.
func New(b *charm.Base) (*Bench, error) {
	c := &Bench{config: charm.Config[options](b), database: b.Requires("database"), app: b.Container("app")}
	b.On.ConfigChanged(c.configure)
	b.Reconcile(c.reconcile)
	return c, nil
}

func (c *Bench) configure(ctx context.Context, _ *charm.ConfigChangedEvent) error {
	o, err := c.config.Get(ctx)
	if err != nil {
		return err
	}
	_, err = c.app.Apply(ctx, pebble.Want{Layer: pebble.Layer{Services: map[string]*pebble.Service{
		"app": {Command: "sleep infinity", Startup: pebble.StartupEnabled, Environment: map[string]string{"LOG_LEVEL": o.LogLevel}},
	}}})
	return err
}

func (c *Bench) reconcile(ctx context.Context, st *charm.Status) error {
	o, configErr := c.config.Get(ctx)
	hosts, relationErr := c.hosts(ctx)
	st.Active(fmt.Sprintf("%s, %d databases", o.Name, hosts))
	return errors.Join(configErr, relationErr)
}

// hosts counts the databags that have a host.
func (c *Bench) hosts(ctx context.Context) (int, error) {
	relations, err := c.database.Relations(ctx)
	if err != nil {
		return 0, err
	}
	hosts := 0
	for _, r := range relations {
		bags, err := r.RemoteUnits(ctx)
		if err != nil {
			return 0, err
		}
		for _, bag := range bags {
			d, err := charm.Read[database](ctx, bag)
			if err != nil {
				return 0, err
			}
			if d.Host != "" {
				hosts++
			}
		}
	}
	return hosts, nil
}
