// Command charm is the bench charm: one option, one unrelated endpoint, the
// unit's status.
package main

import (
	"context"
	"errors"

	"github.com/charmkit/charmkit/charm"
)

func main() { charm.Main(newBench) }

type options struct {
	Name string `charm:"name"`
}

func newBench(b *charm.Base) (*charm.Base, error) {
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
