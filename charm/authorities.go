package charm

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"strings"
)

// authoritiesInterface is the interface of an endpoint for certificates of
// authorities. Of its versions, 1 puts them into the application's databag, and 0
// into those of the units.
const authoritiesInterface = "certificate_transfer"

type (
	authoritiesRequest struct {
		Version int `charm:"version"`
	}
	authoritiesReply struct {
		Certificates []string `charm:"certificates,json"`
	}
)

// trusted returns whose certificates the backend at a URL may have.
func (t *tracer) trusted(ctx context.Context, url string) (*x509.CertPool, error) {
	switch {
	case t.rootCAs != nil:
		return t.rootCAs(ctx)
	case t.authorities == nil || !strings.HasPrefix(url, "https:"):
		return nil, nil
	}
	return authorities(ctx, t.authorities)
}

// authorities returns the certificates that the applications related on an endpoint
// vouch for; without any it is a [*WaitingError].
func authorities(ctx context.Context, e *Endpoint) (*x509.CertPool, error) {
	relations, err := e.Relations(ctx)
	if err != nil {
		return nil, err
	}
	pool, found := x509.NewCertPool(), false
	for _, relation := range relations {
		texts, err := relation.certificates(ctx)
		if err != nil {
			return nil, err
		}
		for _, text := range texts {
			found = pool.AppendCertsFromPEM([]byte(text)) || found
		}
	}
	if !found {
		return nil, &WaitingError{For: "certificates on " + e.name}
	}
	return pool, nil
}

// certificates returns what the other side has published, by whichever version.
func (r *Relation) certificates(ctx context.Context) ([]string, error) {
	leader, err := r.b.IsLeader(ctx)
	if err != nil {
		return nil, err
	}
	if leader {
		if err := Write(ctx, r.LocalApp(), authoritiesRequest{1}); err != nil {
			return nil, err
		}
	}
	reply, err := Read[authoritiesReply](ctx, r.RemoteApp())
	if err == nil && len(reply.Certificates) > 0 {
		return reply.Certificates, nil
	}
	if err != nil && !errors.Is(err, ErrAbsent) {
		return nil, err
	}
	bags, err := r.RemoteUnits(ctx)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, bag := range bags {
		content, err := bag.Get(ctx)
		if err != nil {
			return nil, err
		}
		texts = append(texts, content["ca"], content["certificate"])
		var chain []string
		if json.Unmarshal([]byte(content["chain"]), &chain) == nil {
			texts = append(texts, chain...)
		}
	}
	return texts, nil
}
