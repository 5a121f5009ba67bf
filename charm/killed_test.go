package charm_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
)

// letters is what the charm of this test has done.
type letters struct {
	Sent []string `charm:"sent,json"`
}

// postOffice is a charm that cannot send a letter while the office is closed:
// what has changed meanwhile is deferred. It keeps its books in the unit's state,
// tells the other units how many it sent, and has a seal, which it shows once it is
// stored.
func postOffice(b *charm.Base) (*charm.Base, error) {
	options := charm.Config[struct {
		Open   bool   `charm:"open"`
		Letter string `charm:"letter"`
	}](b)
	books := charm.UnitStateOf[letters](b, "books")
	peers := b.Peers("office")
	shared := charm.PeerAppStateOf[struct {
		Sent int    `charm:"sent"`
		Seal string `charm:"seal"`
	}](peers, "all")
	seal := charm.OwnedSecret[struct {
		Value string `charm:"value"`
	}](b, "seal", charm.SecretOptions{Owner: hooktool.OwnerUnit})

	send := func(ctx context.Context, what string) (charm.Outcome, error) {
		o, err := options.Get(ctx)
		if err != nil || !o.Open {
			return charm.Defer, err
		}
		v, err := books.Get(ctx)
		if err != nil {
			return charm.Defer, err
		}
		v.Sent = append(v.Sent, what)
		return charm.Done, books.Set(ctx, v)
	}
	b.On.Deferrable("send").ConfigChanged(func(ctx context.Context, _ *charm.ConfigChangedEvent) (charm.Outcome, error) {
		o, err := options.Get(ctx)
		if err != nil || o.Letter == "" {
			return charm.Done, err
		}
		return send(ctx, o.Letter)
	})
	peers.Deferrable("greet").OnCreated(func(ctx context.Context, e *charm.RelationCreatedEvent) (charm.Outcome, error) {
		return send(ctx, "greetings to "+e.App)
	})
	b.Reconcile(func(ctx context.Context, st *charm.Status) error {
		v, err := books.Get(ctx)
		if err != nil {
			return err
		}
		count, err := shared.Get(ctx)
		if errors.Is(err, charm.ErrAbsent) {
			return err
		}
		if err != nil {
			return err
		}
		sealed, err := seal.Ensure(ctx, func() (s struct {
			Value string `charm:"value"`
		}, err error) {
			s.Value = "wax"
			return s, nil
		})
		st.Check(err)
		count.Sent, count.Seal = len(v.Sent), sealed.Value
		waiting, deferErr := b.Deferred(ctx)
		if len(waiting) > 0 {
			st.Waiting("waiting for the office to open")
		}
		return errors.Join(deferErr, shared.Set(ctx, count))
	})
	return b, nil
}

// TestKilledCharmLosesNothingDeferred kills a charm at each of its calls, and
// refuses each of its commits.
func TestKilledCharmLosesNothingDeferred(t *testing.T) {
	t.Parallel()
	office := charmtest.New(postOffice, fstest.MapFS{
		"metadata.yaml": {Data: []byte("name: post\nsummary: s\ndescription: d\npeers:\n  office: {interface: office}\n")},
		"config.yaml":   {Data: []byte("options:\n  open: {type: boolean, default: false}\n  letter: {type: string}\n")},
	})
	charmtest.Explore(t, charmtest.ExploreOptions{}, func(t *testing.T, m *charmtest.Model) {
		app := m.Deploy("post", office, charmtest.DeployOptions{})
		m.Settle()
		for _, step := range []struct {
			options map[string]any
			status  charmtest.Status
		}{
			{map[string]any{"letter": "Ada"}, charmtest.Waiting("waiting for the office to open")},
			{map[string]any{"open": true}, charmtest.Active("")},
			{map[string]any{"letter": "Grace"}, charmtest.Active("")},
		} {
			app.Configure(step.options)
			m.Settle()
			require.Equal(t, step.status, app.Status())
		}
		require.Equal(t, map[string]string{"books.sent": `["greetings to post","Ada","Ada","Grace"]`}, app.Unit(0).Stored())
	})
}
