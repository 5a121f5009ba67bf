package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/interfaces/postgresql"
	"github.com/charmkit/charmkit/pebble"
)

// Postgres is the charm.
type Postgres struct {
	*charm.Base
	config   *charm.ConfigHandle[options]
	server   *server
	database *postgresql.Provider
}

type options struct {
	MaxConnections int `charm:"max-connections"`
}

// Validate checks what config.yaml promises.
func (o *options) Validate() error {
	if o.MaxConnections < 10 || o.MaxConnections > 1000 {
		return errors.New("max-connections is not between 10 and 1000")
	}
	return nil
}

// New declares the charm.
func New(b *charm.Base) (*Postgres, error) {
	return newAt(b, place{dir: "/var/lib/postgresql", listen: "*", port: 5432})
}

func newAt(b *charm.Base, at place) (*Postgres, error) {
	p := &Postgres{
		Base:     b,
		config:   charm.Config[options](b),
		server:   &server{b.Container("postgresql"), at},
		database: postgresql.Provides(b, "database"),
	}
	p.database.OnBroken(p.onBroken)
	b.Reconcile(p.reconcile)
	return p, nil
}

// serves tells whether this unit is the one that has a server. With a second one
// the databases would depend on who leads.
func (p *Postgres) serves() bool { return p.Unit() == p.App()+"/0" }

func (p *Postgres) reconcile(ctx context.Context, st *charm.Status) error {
	if !p.serves() {
		return charm.Blocked("this charm has one server, in unit 0: scale the application to 1")
	}
	o, err := p.config.Get(ctx)
	if err != nil {
		return err
	}
	version, err := p.server.run(ctx, o, st)
	if err != nil {
		return err
	}
	if err := p.SetWorkloadVersion(ctx, version); err != nil {
		return err
	}
	leader, err := p.IsLeader(ctx)
	if err != nil || !leader {
		return err
	}
	requests, err := p.database.Requests(ctx)
	problems := []error{err}
	for _, request := range requests {
		problems = append(problems, p.answer(ctx, request, version))
	}
	return errors.Join(problems...)
}

// answer makes the user and the database of a relation, and publishes them.
func (p *Postgres) answer(ctx context.Context, request postgresql.Request, version string) error {
	credentials, err := request.Credentials(ctx, func() (postgresql.Credentials, error) {
		return postgresql.Credentials{Username: username(request.Relation), Password: rand.Text()}, nil
	})
	if errors.Is(err, charm.ErrPending) {
		// This may be the relation's last event for a while; the notice makes
		// another one, which finds them stored.
		p.Log.InfoContext(ctx, "credentials made", "relation", request.Relation.ID())
		if _, notifyErr := p.server.Notify(ctx, "charmkit.example/credentials-made", nil); notifyErr != nil {
			return notifyErr
		}
		return err
	}
	if err != nil {
		return err
	}
	err = p.server.grant(ctx, request.Database, credentials)
	var refused *pebble.ExecError
	if errors.As(err, &refused) {
		// It may be this application's doing, and must not undo what the hook
		// records for the others, as an error would.
		return charm.Waiting("waiting for database %q, which PostgreSQL refuses: %s", request.Database, refused.Output())
	}
	if err != nil {
		return err
	}
	address, err := p.database.BindAddress(ctx)
	if err != nil {
		return err
	}
	return request.Publish(ctx, postgresql.Response{
		Database:  request.Database,
		Endpoints: []string{net.JoinHostPort(address.String(), strconv.Itoa(p.server.port))},
		Version:   version,
	})
}

// onBroken locks the user of the relation out. The database stays.
func (p *Postgres) onBroken(ctx context.Context, e *charm.RelationBrokenEvent) error {
	if p.serves() {
		if err := p.server.revoke(ctx, username(e.Relation)); err != nil {
			return err
		}
	}
	leader, err := p.IsLeader(ctx)
	if err != nil || !leader {
		return err
	}
	return p.database.Forget(ctx, e.Relation)
}

// username is that of a relation, such as relation_3.
func username(r *charm.Relation) string {
	_, number, _ := strings.Cut(r.ID(), ":")
	return "relation_" + number
}
