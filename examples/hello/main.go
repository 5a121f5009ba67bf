// Command hello is the smallest charm: one option, one action, one status.
package main

import (
	"context"

	"github.com/charmkit/charmkit/charm"
)

func main() { charm.Main(New) }

type options struct {
	Greeting string `charm:"greeting,required"`
}

type greetParams struct {
	Name string `charm:"name,required"`
}

type greetResult struct {
	Text string `charm:"text"`
}

// New declares the charm.
func New(b *charm.Base) (*charm.Base, error) {
	config := charm.Config[options](b)
	charm.OnAction(b, "greet", func(ctx context.Context, p greetParams) (greetResult, error) {
		o, err := config.Get(ctx)
		return greetResult{o.Greeting + ", " + p.Name + "!"}, err
	})
	b.Reconcile(func(ctx context.Context, st *charm.Status) error {
		o, err := config.Get(ctx)
		st.Active(o.Greeting)
		return st.Check(err)
	})
	return b, nil
}
