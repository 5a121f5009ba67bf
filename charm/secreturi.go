package charm

import (
	"errors"
	"strings"
)

// SecretURI names a secret, in one of the forms that Juju uses: "secret:ID",
// "secret://MODEL/ID" or the id alone. It is the type for an option of type
// secret, and for databag values that name one. A URI is no secret itself.
type SecretURI string

// ID returns the bare id, which is what tells secrets apart: the same one has
// several URIs.
func (u SecretURI) ID() string {
	text := strings.TrimPrefix(string(u), "secret:")
	return text[strings.LastIndexByte(text, '/')+1:]
}

// Same tells whether two URIs name one secret.
func (u SecretURI) Same(other SecretURI) bool { return u.ID() == other.ID() }

// UnmarshalText takes only what can be a secret's URI.
func (u *SecretURI) UnmarshalText(text []byte) error {
	rest, _ := strings.CutPrefix(string(text), "secret:")
	rest = strings.TrimPrefix(rest, "//")
	model, id, hasModel := strings.Cut(rest, "/")
	if !hasModel {
		id = model
	}
	if len(id) != idLength || strings.Trim(id, "abcdefghijklmnopqrstuv0123456789") != "" || model == "" {
		return errors.New("it is no secret's URI, such as secret:9m4e2mr0ui3e8a215n4g")
	}
	*u = SecretURI(text)
	return nil
}

// idLength is the length of every secret's id.
const idLength = 20
