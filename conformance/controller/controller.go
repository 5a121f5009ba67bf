// Package controller holds a Juju model in memory and answers the calls that a
// unit's agent makes of its controller: the facades Uniter, SecretsManager,
// ResourcesHookContext and PayloadsHookContext of Juju 3.6.11.
//
// SecretsManager is Juju's own code over a store held in memory. Uniter stands
// on Juju's database throughout and cannot be hosted without one; what hook
// tools need of it is restated here after Juju's source, with the source's own
// error constructors.
package controller

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/juju/charm/v12"

	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/core/leadership"
)

// Controller is one model.
type Controller struct {
	World  *script.World
	charms map[string]*files
}

// files are a charm's files as Juju reads them.
type files struct {
	meta    *charm.Meta
	config  *charm.Config
	actions *charm.Actions
}

// New reads the charms of a world, which it then owns.
func New(w *script.World) (*Controller, error) {
	c := &Controller{World: w, charms: map[string]*files{}}
	for name, app := range w.Applications {
		if len(app.Files) == 0 {
			continue
		}
		f, err := readFiles(app.Files)
		if err != nil {
			return nil, fmt.Errorf("cannot read the charm of %s: %w", name, err)
		}
		c.charms[name] = f
	}
	return c, nil
}

func readFiles(content map[string]string) (*files, error) {
	f := &files{config: charm.NewConfig(), actions: charm.NewActions()}
	var err error
	if f.meta, err = charm.ReadMeta(strings.NewReader(content["metadata.yaml"])); err != nil {
		return nil, err
	}
	if text := content["config.yaml"]; text != "" {
		if f.config, err = charm.ReadConfig(strings.NewReader(text)); err != nil {
			return nil, err
		}
	}
	if text := content["actions.yaml"]; text != "" {
		f.actions, err = charm.ReadActionsYaml(f.meta.Name, strings.NewReader(text))
	}
	return f, err
}

// Meta returns the metadata of an application's charm, or nil.
func (c *Controller) Meta(application string) *charm.Meta {
	if f := c.charms[application]; f != nil {
		return f.meta
	}
	return nil
}

func applicationOf(unit string) string {
	name, _, _ := strings.Cut(unit, "/")
	return name
}

// Key returns a relation's key, such as "myapp:db postgresql:database".
func Key(r *script.Relation) string {
	parts := make([]string, len(r.Endpoints))
	for i, e := range r.Endpoints {
		parts[i] = e.Application + ":" + e.Name
	}
	return strings.Join(parts, " ")
}

func (c *Controller) relationByKey(key string) (int, *script.Relation) {
	for id, r := range c.World.Relations {
		if Key(r) == key {
			return id, r
		}
	}
	return 0, nil
}

func endpoint(r *script.Relation, application string) *script.Endpoint {
	for i := range r.Endpoints {
		if r.Endpoints[i].Application == application {
			return &r.Endpoints[i]
		}
	}
	return nil
}

func isPeer(r *script.Relation) bool { return len(r.Endpoints) == 1 }

// remote returns the application that the given one sees as the other side.
func remote(r *script.Relation, application string) string {
	for _, e := range r.Endpoints {
		if e.Application != application {
			return e.Application
		}
	}
	return application
}

// RemoteUnits returns the units in scope that a unit sees as remote, sorted.
func RemoteUnits(r *script.Relation, unit string) []string {
	var units []string
	for name, ru := range r.Units {
		if ru.InScope && name != unit && applicationOf(name) == remote(r, applicationOf(unit)) {
			units = append(units, name)
		}
	}
	sort.Strings(units)
	return units
}

func (c *Controller) isLeader(unit string) bool {
	a := c.World.Applications[applicationOf(unit)]
	return a != nil && a.Leader == unit
}

// LeadershipCheck implements leadership.Checker.
func (c *Controller) LeadershipCheck(application, unit string) leadership.Token {
	return token(func() error {
		if c.isLeader(unit) {
			return nil
		}
		return leadership.NewNotLeaderError(unit, application)
	})
}

type token func() error

func (t token) Check() error { return t() }

func (c *Controller) unitsOf(application string) []string {
	var units []string
	for name := range c.World.Units {
		if applicationOf(name) == application {
			units = append(units, name)
		}
	}
	slices.Sort(units)
	return units
}

// Since is the time of everything that has a time in the world.
var Since = time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)

func put[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}

func merge(m *map[string]string, changes map[string]string) {
	for key, value := range changes {
		if value == "" {
			delete(*m, key)
			continue
		}
		put(m, key, value)
	}
}
