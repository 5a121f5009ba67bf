package pebble

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
)

// Access is what a user of Pebble may do. A newer Pebble may know others.
type Access string

// The values of Access.
const (
	AccessAdmin     Access = "admin"     // everything
	AccessRead      Access = "read"      // look at services, checks, changes, notices, logs and metrics
	AccessMetrics   Access = "metrics"   // read the metrics
	AccessUntrusted Access = "untrusted" // ask for the version and for health
)

// Identity is a user of Pebble's API besides root and Pebble's own user, who are administrators. At least one of UserID,
// Password and Certificate says how the user is known.
type Identity struct {
	Access Access

	// UserID is the user of a process that connects to the socket. Root and Pebble's own user lose what such an identity does
	// not give them, the charm's own access among it.
	UserID *uint32

	// Password is for HTTP's basic authentication. One that Pebble lists is "*****".
	Password PasswordHash

	// Certificate is a client's certificate for TLS, as PEM, for Pebbles newer than 1.22.2. One that Pebble lists is "*****".
	Certificate string
}

// PasswordHash is the sha512-crypt hash of a password, such as "openssl passwd -6" makes. It is never printed, logged or
// encoded as text: only string(hash) tells it.
type PasswordHash string

const hidden = "*****"

// Format implements fmt.Formatter.
func (h PasswordHash) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(h.String())) }

// String returns "*****", and "" if there is no hash.
func (h PasswordHash) String() string {
	if h == "" {
		return ""
	}
	return hidden
}

// LogValue implements slog.LogValuer.
func (h PasswordHash) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText implements encoding.TextMarshaler.
func (h PasswordHash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// wireIdentity is an Identity as Pebble's API has it.
type wireIdentity struct {
	Access Access     `json:"access"`
	Local  *wireLocal `json:"local,omitempty"`
	Basic  *wireBasic `json:"basic,omitempty"`
	Cert   *wireCert  `json:"cert,omitempty"`
}

type wireLocal struct {
	UserID *uint32 `json:"user-id"`
}

type wireBasic struct {
	Password string `json:"password"`
}

type wireCert struct {
	PEM string `json:"pem"`
}

func (i *Identity) wire() *wireIdentity {
	if i == nil {
		return nil
	}
	w := &wireIdentity{Access: i.Access}
	if i.UserID != nil {
		w.Local = &wireLocal{i.UserID}
	}
	if i.Password != "" {
		w.Basic = &wireBasic{string(i.Password)}
	}
	if i.Certificate != "" {
		w.Cert = &wireCert{i.Certificate}
	}
	return w
}

func (w *wireIdentity) identity() *Identity {
	i := &Identity{Access: w.Access}
	if w.Local != nil {
		i.UserID = w.Local.UserID
	}
	if w.Basic != nil {
		i.Password = PasswordHash(w.Basic.Password)
	}
	if w.Cert != nil {
		i.Certificate = w.Cert.PEM
	}
	return i
}

// Identities returns all identities by name, without their secrets.
func (c *Container) Identities(ctx context.Context) (map[string]*Identity, error) {
	identities := map[string]*Identity{}
	err := c.call(ctx, "read identities", func(s *session) error {
		var answer map[string]*wireIdentity
		if err := s.ask(request{path: "/v1/identities"}, &answer); err != nil {
			return err
		}
		for name, w := range answer {
			if w != nil {
				identities[name] = w.identity()
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return identities, nil
}

// AddIdentities adds identities. Pebble refuses all of them if it has one of those names, or one of those user ids.
func (c *Container) AddIdentities(ctx context.Context, identities map[string]*Identity) error {
	return c.postIdentities(ctx, "add", identities)
}

// UpdateIdentities replaces identities. Pebble refuses all of them if it does not have one of those names.
func (c *Container) UpdateIdentities(ctx context.Context, identities map[string]*Identity) error {
	return c.postIdentities(ctx, "update", identities)
}

// ReplaceIdentities adds or replaces identities, and removes those that are nil.
func (c *Container) ReplaceIdentities(ctx context.Context, identities map[string]*Identity) error {
	return c.postIdentities(ctx, "replace", identities)
}

// RemoveIdentities removes identities. Pebble refuses to if it does not have one of those names.
func (c *Container) RemoveIdentities(ctx context.Context, names ...string) error {
	identities := map[string]*Identity{}
	for _, name := range names {
		identities[name] = nil
	}
	return c.postIdentities(ctx, "remove", identities)
}

func (c *Container) postIdentities(ctx context.Context, action string, identities map[string]*Identity) error {
	what := action + " identities"
	var features []newFeature
	wire := map[string]*wireIdentity{}
	for _, name := range sorted(identities) {
		wire[name] = identities[name].wire()
		if i := identities[name]; i != nil && i.Certificate != "" {
			features = append(features, newFeature{fmt.Sprintf("the certificate of identity %q", name), needsCertificate})
		}
	}
	if err := c.supports(ctx, features); err != nil {
		return fmt.Errorf("cannot %s in container %q: %w", what, c.name, err)
	}
	return c.call(ctx, what, func(s *session) error {
		body := map[string]any{"action": action, "identities": wire}
		return s.ask(request{method: http.MethodPost, path: "/v1/identities", body: body}, nil)
	})
}
