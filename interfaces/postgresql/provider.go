package postgresql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/charmkit/charmkit/charm"
)

// Provider is the side that offers databases.
type Provider struct {
	*charm.Endpoint
	b *charm.Base
}

// Request is what one relation asks for.
type Request struct {
	Relation *charm.Relation
	// Database is the name asked for.
	Database string
	// ExtraUserRoles are such as "CREATEDB".
	ExtraUserRoles []string

	secret *charm.Owned[userSecret]
}

// Credentials are those of one relation.
type Credentials struct{ Username, Password string }

// Response answers a request.
type Response struct {
	// Database is the name created.
	Database string
	// Endpoints are "host:port", the primary first.
	Endpoints []string
	// Version is the server's version.
	Version string
}

// Provides adds a provider to a charm, on an endpoint that metadata.yaml
// declares with interface postgresql_client.
func Provides(b *charm.Base, endpoint string) *Provider {
	return &Provider{b.Provides(endpoint), b}
}

// Requests returns the requests of all relations. A relation whose requirer has
// not asked yet is left out; one that asks for what cannot be given is an
// [*charm.InvalidError], joined to the others, and does not stop the rest.
func (p *Provider) Requests(ctx context.Context) ([]Request, error) {
	relations, err := p.Relations(ctx)
	if err != nil {
		return nil, err
	}
	var requests []Request
	var problems []error
	for _, relation := range relations {
		asked, err := charm.Read[request](ctx, relation.RemoteApp())
		switch {
		case errors.Is(err, charm.ErrAbsent) || err == nil && asked.Database == "":
			continue
		case err != nil:
			problems = append(problems, err)
			continue
		}
		if refused := asked.refuse(); len(refused) > 0 {
			problems = append(problems, &charm.InvalidError{Subject: "request on relation " + relation.ID(), Problems: refused})
			continue
		}
		requests = append(requests, Request{
			Relation:       relation,
			Database:       asked.Database,
			ExtraUserRoles: splitRoles(asked.ExtraUserRoles),
			secret:         p.secret(relation),
		})
	}
	return requests, errors.Join(problems...)
}

// refuse tells why a request cannot be met.
func (r request) refuse() []string {
	var problems []string
	if !validName(r.Database) {
		problems = append(problems, "database "+nameRule)
	}
	if len(r.RequestedSecrets) == 0 {
		// It would have to get its password in clear.
		problems = append(problems, "requested-secrets is missing: credentials are given only as secrets")
	}
	return problems
}

func splitRoles(list string) []string {
	var roles []string
	for _, role := range strings.Split(list, ",") {
		if role = strings.TrimSpace(role); role != "" {
			roles = append(roles, role)
		}
	}
	return roles
}

// secret is the secret with the credentials of a relation.
func (p *Provider) secret(relation *charm.Relation) *charm.Owned[userSecret] {
	return charm.OwnedSecret[userSecret](p.b, secretName(relation, "user"), charm.SecretOptions{
		Description: fmt.Sprintf("credentials for relation %s", relation.ID()),
	})
}

// Credentials returns the credentials of the relation, which are a secret that
// this charm owns and has granted to the requirer. The first call makes them
// and returns [charm.ErrPending]: no user may be created with a password that
// is not stored.
func (r Request) Credentials(ctx context.Context, generate func() (Credentials, error)) (Credentials, error) {
	content, err := r.secret.Ensure(ctx, func() (userSecret, error) {
		made, err := generate()
		return userSecret(made), err
	})
	if errors.Is(err, charm.ErrPending) {
		if grantErr := r.secret.GrantTo(ctx, r.Relation); grantErr != nil {
			return Credentials{}, grantErr
		}
	}
	return Credentials(content), err
}

// Publish answers the request. Only the leader may; the user and the database
// must exist.
func (r Request) Publish(ctx context.Context, answer Response) error {
	uri, err := r.secret.URI(ctx)
	if err != nil {
		return err
	}
	published, err := r.Relation.LocalApp().Get(ctx)
	if err != nil {
		return err
	}
	if published["secret-user"] != string(uri) {
		// A commit may have kept the secret and lost its grant.
		if err := r.secret.GrantTo(ctx, r.Relation); err != nil {
			return err
		}
	}
	return charm.Write(ctx, r.Relation.LocalApp(), response{
		Database:   answer.Database,
		Endpoints:  strings.Join(answer.Endpoints, ","),
		SecretUser: string(uri),
		Version:    answer.Version,
	})
}

// Forget removes the credentials of a relation that is being broken. Only the
// leader may.
func (p *Provider) Forget(ctx context.Context, relation *charm.Relation) error {
	return p.secret(relation).Remove(ctx)
}
