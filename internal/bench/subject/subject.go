// Package subject is the bench charm: one option, one endpoint, the unit's status.
package subject

import (
	"context"
	"errors"

	"github.com/charmkit/charmkit/charm"
)

// Metadata is the charm's metadata.yaml, Config its config.yaml.
const (
	Metadata = `
name: bench
summary: Bench.
description: Bench.
requires: {database: {interface: bench}}
`
	Config = "options: {name: {type: string, default: x}}\n"
)

type options struct {
	Name string `charm:"name"`
}

// New is the charm's constructor.
func New(b *charm.Base) (*charm.Base, error) {
	config := charm.Config[options](b)
	database := b.Requires("database")
	b.Reconcile(func(ctx context.Context, st *charm.Status) error {
		o, err := config.Get(ctx)
		st.Active(o.Name)
		relations, relationsErr := database.Relations(ctx)
		for _, r := range relations {
			_, err := r.RemoteUnits(ctx)
			relationsErr = errors.Join(relationsErr, err)
		}
		return st.Check(errors.Join(err, relationsErr))
	})
	return b, nil
}
