package postgresql

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/charmkit/charmkit/charm"
)

// Options say what the requirer asks for.
type Options struct {
	// Database is the name of the database.
	Database string
	// ExtraUserRoles is a comma-separated list such as "CREATEDB". It may not
	// change while a relation exists.
	ExtraUserRoles string
}

// Requirer is the side that needs a database.
type Requirer struct {
	*charm.Endpoint
	b       *charm.Base
	options Options
}

// Database is where and how to connect.
type Database struct {
	// Name is the database that was created; it may differ from the request.
	Name     string
	Username string
	Password string
	// Endpoints are "host:port", the primary first.
	Endpoints         []string
	ReadOnlyEndpoints []string
	// TLSCA is the chain of the server's certificate in PEM, if it has one.
	TLSCA   string
	TLS     bool
	Version string
}

// request is the requirer's application databag.
type request struct {
	Database         string   `charm:"database"`
	ExtraUserRoles   string   `charm:"extra-user-roles"`
	RequestedSecrets []string `charm:"requested-secrets,json"`
}

// response is the provider's application databag.
type response struct {
	Database          string `charm:"database"`
	Endpoints         string `charm:"endpoints"`
	ReadOnlyEndpoints string `charm:"read-only-endpoints"`
	SecretUser        string `charm:"secret-user"`
	SecretTLS         string `charm:"secret-tls"`
	Version           string `charm:"version"`
	// Subordinated is "true" for a provider that is not ready by itself.
	Subordinated string `charm:"subordinated"`
	// Providers without secrets publish the credentials themselves.
	Username string `charm:"username"`
	Password string `charm:"password"`
	TLS      string `charm:"tls"`
	TLSCA    string `charm:"tls-ca"`
}

// userSecret is the content of the secret with the credentials.
type userSecret struct {
	Username string `charm:"username,required"`
	Password string `charm:"password,required"`
}

// tlsSecret is the content of the secret with the server's certificate.
type tlsSecret struct {
	TLS   string `charm:"tls"`
	TLSCA string `charm:"tls-ca"`
}

// Requires adds a requirer to a charm, on an endpoint that metadata.yaml
// declares with interface postgresql_client and limit 1. The leader publishes
// the request as soon as there is a relation, and again where it may have
// changed: when leadership does, and with a new charm.
func Requires(b *charm.Base, endpoint string, options Options) *Requirer {
	r := &Requirer{Endpoint: b.Requires(endpoint), b: b, options: options}
	r.OnCreated(func(ctx context.Context, _ *charm.RelationCreatedEvent) error { return r.publish(ctx) })
	b.On.LeaderElected(func(ctx context.Context, _ *charm.LeaderElectedEvent) error { return r.publish(ctx) })
	b.On.UpgradeCharm(func(ctx context.Context, _ *charm.UpgradeCharmEvent) error { return r.publish(ctx) })
	return r
}

// publish writes the request, if there is a relation and this unit leads.
func (r *Requirer) publish(ctx context.Context) error {
	relation, err := r.Relation(ctx)
	if errors.Is(err, charm.ErrAbsent) {
		return nil
	}
	if err != nil {
		return err
	}
	err = charm.Write(ctx, relation.LocalApp(), request{
		Database:         r.options.Database,
		ExtraUserRoles:   r.options.ExtraUserRoles,
		RequestedSecrets: []string{"username", "password", "tls", "tls-ca", "uris", "read-only-uris"},
	})
	if errors.Is(err, charm.ErrNotLeader) {
		return nil
	}
	return err
}

// Get returns the database. It is [charm.ErrAbsent] while there is no relation
// or the provider has not said all; a [*charm.InvalidError] if what it said
// cannot be used.
func (r *Requirer) Get(ctx context.Context) (*Database, error) {
	relation, err := r.Relation(ctx)
	if err != nil {
		return nil, err
	}
	data, err := charm.Read[response](ctx, relation.RemoteApp())
	if err != nil {
		return nil, err
	}
	app, err := relation.App(ctx)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(data.Subordinated, "true") {
		if err := r.subordinateReady(ctx, relation, app); err != nil {
			return nil, err
		}
	}
	db := &Database{Name: data.Database, Version: data.Version, Username: data.Username, Password: data.Password}
	if db.Name == "" {
		db.Name = r.options.Database
	}
	if err := r.readSecrets(ctx, relation, db, data); err != nil {
		return nil, err
	}
	if db.Username == "" || db.Password == "" {
		return nil, &charm.WaitingError{For: "credentials from " + app}
	}
	var problems []string
	db.Endpoints, problems = endpoints(problems, "endpoints", data.Endpoints)
	db.ReadOnlyEndpoints, problems = endpoints(problems, "read-only-endpoints", data.ReadOnlyEndpoints)
	if !validName(db.Name) {
		problems = append(problems, "database "+nameRule)
	}
	if len(problems) > 0 {
		return nil, &charm.InvalidError{Subject: "data from " + app, Problems: problems}
	}
	if len(db.Endpoints) == 0 {
		return nil, &charm.WaitingError{For: "endpoints from " + app}
	}
	return db, nil
}

// readSecrets fills in what the provider keeps in secrets.
func (r *Requirer) readSecrets(ctx context.Context, relation *charm.Relation, db *Database, data response) error {
	if data.SecretUser != "" {
		user, err := charm.ReadSecret[userSecret](ctx, r.b, charm.SecretURI(data.SecretUser), secretName(relation, "user"))
		if err != nil {
			return err
		}
		db.Username, db.Password = user.Username, user.Password
	}
	tls := tlsSecret{data.TLS, data.TLSCA}
	if data.SecretTLS != "" {
		var err error
		if tls, err = charm.ReadSecret[tlsSecret](ctx, r.b, charm.SecretURI(data.SecretTLS), secretName(relation, "tls")); err != nil {
			return err
		}
	}
	db.TLS = strings.EqualFold(tls.TLS, "true")
	db.TLSCA = tls.TLSCA
	return nil
}

// subordinateReady waits for a subordinate provider, whose application databag
// counts only once one of its units says so.
func (r *Requirer) subordinateReady(ctx context.Context, relation *charm.Relation, app string) error {
	bags, err := relation.RemoteUnits(ctx)
	if err != nil {
		return err
	}
	for _, bag := range bags {
		content, err := bag.Get(ctx)
		if err != nil {
			return err
		}
		if content["state"] == "ready" {
			return nil
		}
	}
	return &charm.WaitingError{For: app + " to be ready"}
}

// URL returns the connection URL for the primary, with the credentials in it:
// not for logs.
func (d *Database) URL() string {
	u := url.URL{
		Scheme:  "postgresql",
		User:    url.UserPassword(d.Username, d.Password),
		Host:    d.Endpoints[0],
		Path:    "/" + d.Name,
		RawPath: "/" + url.PathEscape(d.Name),
	}
	return u.String()
}

// String names the database without its password.
func (d *Database) String() string { return fmt.Sprintf("%s at %s", d.Name, d.Endpoints[0]) }
