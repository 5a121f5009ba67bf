// Package notes is the charm whose hooks are recorded by the tests of charm.
package notes

import (
	"context"
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/charm"
)

type options struct {
	Title  string  `charm:"title"`
	Limit  int     `charm:"limit"`
	Ratio  float64 `charm:"ratio"`
	Public bool    `charm:"public"`
}

type key struct {
	Value string `charm:"value"`
}

type database struct {
	Host string          `charm:"host,required"`
	User charm.SecretURI `charm:"secret-user"`
}

type login struct {
	Password string `charm:"password"`
}

type rename struct {
	Title string `charm:"title"`
	Times int    `charm:"times"`
}

// Notes is the charm.
type Notes struct {
	*charm.Base
	app      *charm.Container
	config   *charm.ConfigHandle[options]
	database *charm.Endpoint
	website  *charm.Endpoint
	cluster  *charm.PeerUnitState[key]
	counter  *charm.UnitState[rename]
	key      *charm.Owned[key]
}

// New is the constructor.
func New(b *charm.Base) (*Notes, error) {
	b.Record(charm.RecordOptions{})
	n := &Notes{
		Base: b, app: b.Container("app"), config: charm.Config[options](b), database: b.Requires("database"), website: b.Provides("website"),
		counter: charm.UnitStateOf[rename](b, "renamed"), key: charm.OwnedSecret[key](b, "key", charm.SecretOptions{}),
	}
	n.cluster = charm.PeerUnitStateOf[key](b.Peers("cluster"), "node")
	charm.OnAction(b, "rename", func(ctx context.Context, p rename) (charm.None, error) {
		return charm.None{}, n.counter.Set(ctx, p)
	})
	b.On.Stop(func(context.Context, *charm.StopEvent) error { return errors.New("cannot stop now") })
	b.Reconcile(n.reconcile)
	return n, nil
}

func (n *Notes) reconcile(ctx context.Context, st *charm.Status) error {
	o, err := n.config.Get(ctx)
	_ = st.Check(err)
	k, err := n.key.Ensure(ctx, func() (key, error) { return key{"generated"}, nil })
	_ = st.Check(err)
	_ = st.Check(n.cluster.Set(ctx, key{Value: n.Unit()}))
	_ = st.Check(n.publish(ctx, o))
	r, err := n.database.Relation(ctx)
	if st.Check(err) == nil && err == nil {
		db, err := charm.Read[database](ctx, r.RemoteApp())
		if err == nil && db.User != "" {
			var l login
			l, err = charm.ReadSecret[login](ctx, n.Base, db.User, "login")
			n.Log.InfoContext(ctx, "logged in", "length", len(l.Password))
		}
		_ = st.Check(err)
	}
	_ = st.Check(n.app.Ready(ctx))
	st.Active(fmt.Sprint(o.Title, " ", o.Limit, " ", o.Public, " ", k.Value != ""))
	return st.Err()
}

// publish tells websites where the notes are.
func (n *Notes) publish(ctx context.Context, o options) error {
	relations, err := n.website.Relations(ctx)
	for _, r := range relations {
		err = errors.Join(err, r.LocalUnit().Set(ctx, map[string]string{"title": o.Title}))
	}
	return err
}
