package model

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// SecretURI names a secret.
type SecretURI struct {
	// ID is the 20-character id.
	ID string
	// ModelUUID is the model it is in; empty means this one.
	ModelUUID string
}

const (
	uuidPattern     = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`
	secretIDPattern = `^(?:(` + uuidPattern + `)/)?([0-9a-z]{20})$`
)

var (
	secretHost = regexp.MustCompile(uuidPattern)
	secretPath = regexp.MustCompile(secretIDPattern)
)

// ParseSecretURI parses secret:ID, secret://MODELUUID/ID, ID and what else Juju
// takes for the same. The errors' texts are Juju's.
func ParseSecretURI(text string) (SecretURI, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return SecretURI{}, err
	case u.Scheme != "" && u.Scheme != "secret":
		return SecretURI{}, fmt.Errorf("secret URI scheme %q not valid", u.Scheme)
	case u.Host != "" && !secretHost.MatchString(u.Host):
		return SecretURI{}, fmt.Errorf("host controller UUID %q not valid", u.Host)
	}
	m := secretPath.FindStringSubmatch(cmp.Or(strings.TrimLeft(u.Path, "/"), u.Opaque))
	if m == nil || !validXID(m[2]) {
		return SecretURI{}, fmt.Errorf("secret URI %q not valid", text)
	}
	return SecretURI{ModelUUID: cmp.Or(m[1], u.Host), ID: m[2]}, nil
}

// validXID checks what the encoding of 12 bytes in 20 characters leaves to
// check: the alphabet, and the last four bits.
func validXID(id string) bool {
	last := id[len(id)-1]
	return strings.Trim(id, "0123456789abcdefghijklmnopqrstuv") == "" && (last == '0' || last == 'g')
}

// String returns the long form if the model is known, else the short one.
func (u SecretURI) String() string {
	if u.ModelUUID == "" {
		return "secret:" + u.ID
	}
	return "secret://" + u.ModelUUID + "/" + u.ID
}
