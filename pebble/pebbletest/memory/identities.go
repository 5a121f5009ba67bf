package memory

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

var identityName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_\-]*$`)

// identityJSON is an identity as it comes and goes.
type identityJSON struct {
	Access string `json:"access"`
	Local  *struct {
		UserID *uint32 `json:"user-id"`
	} `json:"local,omitempty"`
	Basic *struct {
		Password string `json:"password"`
	} `json:"basic,omitempty"`
	Cert *struct {
		PEM string `json:"pem"`
	} `json:"cert,omitempty"`
}

// hidden is what is shown of a secret.
const hidden = "*****"

func (i Identity) json() identityJSON {
	out := identityJSON{Access: i.Access}
	if i.UserID != nil {
		out.Local = &struct {
			UserID *uint32 `json:"user-id"`
		}{i.UserID}
	}
	if i.Password != "" {
		out.Basic = &struct {
			Password string `json:"password"`
		}{hidden}
	}
	if i.PEM != "" {
		out.Cert = &struct {
			PEM string `json:"pem"`
		}{hidden}
	}
	return out
}

func (p *Pebble) getIdentities() answer {
	all := map[string]identityJSON{}
	for name, identity := range p.state.Identities {
		all[name] = identity.json()
	}
	return result(all)
}

// identity reads an identity, or says what is wrong with it apart from its name.
func (p *Pebble) identity(j *identityJSON) (i Identity, problem string) {
	i.Access = j.Access
	if j.Local != nil {
		if j.Local.UserID == nil {
			return i, "local identity must specify user-id"
		}
		i.UserID = j.Local.UserID
	}
	certificate := j.Cert != nil && p.atLeast(20)
	if certificate {
		if !strings.Contains(j.Cert.PEM, "-----BEGIN ") {
			return i, "cert identity must include a PEM-encoded certificate"
		}
		i.PEM = j.Cert.PEM
	}
	switch j.Access {
	case "admin", "read", "metrics", "untrusted":
		if j.Basic != nil && j.Access != "metrics" && !p.atLeast(20) {
			return i, fmt.Sprintf(`basic identity can only have "metrics" access, got %q`, j.Access)
		}
	case "":
		return i, `access value must be specified ("admin", "read", "metrics", or "untrusted")`
	default:
		return i, fmt.Sprintf(`invalid access value %q, must be "admin", "read", "metrics", or "untrusted"`, j.Access)
	}
	if j.Basic != nil {
		if j.Basic.Password == "" {
			return i, "basic identity must specify password (hashed)"
		}
		i.Password = j.Basic.Password
	}
	if j.Local == nil && j.Basic == nil && !certificate {
		if p.atLeast(20) {
			return i, `identity must have at least one type ("local", "basic", or "cert")`
		}
		return i, `identity must have at least one type ("local" or "basic")`
	}
	return i, ""
}

// wrongName is Pebble's text about a name. It has not given the identity its name yet.
const wrongName = `identity name "" invalid: must start with an alphabetic character and only contain alphanumeric characters, ` +
	"underscore, and hyphen"

func (p *Pebble) postIdentities(r *request) answer {
	var payload struct {
		Action     string                   `json:"action"`
		Identities map[string]*identityJSON `json:"identities"`
	}
	if err := decode(r, &payload); err != nil {
		return badRequest("cannot decode request body: %v", err)
	}
	given := map[string]Identity{}
	var removed []string
	for _, name := range sorted(payload.Identities) {
		j := payload.Identities[name]
		if j == nil {
			removed = append(removed, name)
			continue
		}
		identity, problem := p.identity(j)
		wrong := !identityName.MatchString(name)
		switch {
		case p.atLeast(20) && wrong:
			return badRequest("invalid identity for %q: %s", name, wrongName)
		case p.atLeast(20) && problem != "":
			return badRequest("invalid identity for %q: %s", name, problem)
		case problem != "":
			return badRequest("cannot decode request body: %s", problem)
		case wrong:
			return badRequest("identity %q invalid: %s", name, wrongName)
		}
		given[name] = identity
	}
	var existing, missing []string
	for _, name := range sorted(payload.Identities) {
		if _, ok := p.state.Identities[name]; ok {
			existing = append(existing, name)
		} else {
			missing = append(missing, name)
		}
	}
	switch payload.Action {
	case "add", "update":
		if len(removed) > 0 {
			return badRequest("identity value for %q must not be null for %s operation", removed[0], payload.Action)
		}
		if payload.Action == "add" && len(existing) > 0 {
			return badRequest("identities already exist: %s", strings.Join(existing, ", "))
		}
		if payload.Action == "update" && len(missing) > 0 {
			return badRequest("identities do not exist: %s", strings.Join(missing, ", "))
		}
	case "replace":
	case "remove":
		for _, name := range sorted(given) {
			return badRequest("identity value for %q must be null for remove operation", name)
		}
		if len(missing) > 0 {
			return badRequest("identities do not exist: %s", strings.Join(missing, ", "))
		}
	default:
		return badRequest(`invalid action %q, must be "add", "update", "replace", or "remove"`, payload.Action)
	}
	all := maps.Clone(p.state.Identities)
	if all == nil {
		all = map[string]Identity{}
	}
	maps.Copy(all, given)
	for _, name := range removed {
		delete(all, name)
	}
	if problem := sharedUserID(all); problem != "" {
		return badRequest("%s", problem)
	}
	p.state.Identities = all
	p.tick()
	return success(http.StatusOK, []byte("null"))
}

// sharedUserID says which identities have the same user id.
func sharedUserID(all map[string]Identity) string {
	names := map[uint32][]string{}
	for _, name := range sorted(all) {
		if id := all[name].UserID; id != nil {
			names[*id] = append(names[*id], name)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(names)) {
		if len(names[id]) > 1 {
			return fmt.Sprintf("cannot have multiple identities with user ID %d (%s)", id, strings.Join(names[id], ", "))
		}
	}
	return ""
}
