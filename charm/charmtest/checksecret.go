package charmtest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// rotations are the policies that Juju knows; the empty one is never.
var rotations = [...]string{"never", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly"}

func (c *checker) checkSecrets() {
	for i := range c.state.Secrets {
		s := &c.state.Secrets[i]
		where := c.at("State.Secrets", i)
		if !validURI("secret:" + s.ID) {
			c.problem(where+".ID", "%q is no secret's id: write 20 of 0-9 and a-v, the last 0 or g, such as %q", s.ID, "9m4e2mr0ui3e8a215n4g")
		}
		owner := cmp.Or(s.Owner, c.app)
		for j := range c.state.Secrets[:i] {
			other := &c.state.Secrets[j]
			if other.ID == s.ID {
				c.problem(where+".ID", "State.Secrets[%d] has the same: write another one", j)
			}
			if s.Label != "" && other.Label == s.Label && near(owner, cmp.Or(other.Owner, c.app)) {
				c.problem(where+".Label", "State.Secrets[%d] of the same owner, or of its application or unit, has %q too: write another one", j, s.Label)
			}
		}
		c.checkOwner(where, owner)
		c.checkContent(where+".Content", s.Content)
		c.checkRevisions(where, s)
		if s.Rotate != "" && !slices.Contains(rotations[:], s.Rotate) {
			c.problem(where+".Rotate", "Juju has no policy %q%s", s.Rotate, instead(s.Rotate, rotations[:]))
		}
		c.checkGrants(where, s, owner)
	}
}

// near tells whether two owners are the same, or a unit and its application: Juju
// lets them have no two secrets of one label.
func near(a, b string) bool {
	return a == b || model.ApplicationOf(a) == b || model.ApplicationOf(b) == a
}

func (c *checker) checkOwner(where, owner string) {
	if owner == OwnerModel {
		return
	}
	app := model.ApplicationOf(owner)
	valid := model.ValidApplicationName(owner) || model.ValidUnitName(owner)
	if !valid || app != c.app && !slices.Contains(c.others(), app) {
		c.problem(where+".Owner", "%q is neither of this application nor of one that State.Relations have%s; the operator is charmtest.OwnerModel", owner, instead(owner, append(c.others(), c.app)))
	}
}

// others are the applications that the state's relations are with.
func (c *checker) others() []string {
	var apps []string
	for i := range c.state.Relations {
		if app := c.state.Relations[i].remoteApp(); app != c.app {
			apps = append(apps, app)
		}
	}
	return apps
}

func (c *checker) checkContent(where string, content map[string]string) {
	if len(content) == 0 {
		c.problem(where, "a secret has content: write a key and its value")
	}
	for _, key := range sortedKeys(content) {
		if !validSecretKey(key) {
			c.problem(where, "%q is no key of a secret: write three or more of a-z, 0-9 and inner hyphens, a letter first", key)
		}
		if content[key] == "" {
			c.problem(c.under(where, key), "Juju has no empty values in secrets: leave the key out")
		}
	}
}

func validSecretKey(key string) bool {
	return len(key) >= 3 && key[0] >= 'a' && key[0] <= 'z' && !strings.HasSuffix(key, "-") && !strings.Contains(key, "--") &&
		strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (c *checker) checkRevisions(where string, s *Secret) {
	latest := max(s.Revision, 1)
	if s.Revision < 0 {
		c.problem(where+".Revision", "%d is no revision: they count from 1", s.Revision)
	}
	for number, content := range s.Old {
		if number < 1 || number >= latest {
			c.problem(where+".Old", "revision %d is not older than the latest, %d: write a larger Revision", number, latest)
		}
		c.checkContent(where+".Old", content)
	}
	if _, old := s.Old[s.Tracked]; s.Tracked != 0 && s.Tracked != latest && !old {
		c.problem(where+".Tracked", "there is no revision %d: write %d, or give its content in Old", s.Tracked, latest)
	}
}

// checkGrants looks at who may read a secret: grants live with a relation.
func (c *checker) checkGrants(where string, s *Secret, owner string) {
	ours := model.ApplicationOf(owner) == c.app
	if s.Denied && ours && owner != OwnerModel {
		c.problem(where+".Denied", "the secret is this application's own: leave it out")
	}
	if s.Denied && slices.Contains(s.GrantedTo, c.app) {
		c.problem(where+".Denied", "GrantedTo says that %s may read it: leave one out", c.app)
	}
	if owner == OwnerModel {
		return
	}
	for i, target := range s.GrantedTo {
		app := model.ApplicationOf(target)
		if ours && !slices.Contains(c.others(), app) {
			c.problem(c.at(where+".GrantedTo", i), "a grant needs a relation, and there is none with %s%s", app, instead(app, c.others()))
		}
	}
}

// ownsSecret tells whether this unit manages a secret.
func (c *checker) ownsSecret(s *Secret) bool {
	owner := cmp.Or(s.Owner, c.app)
	return owner == c.unit || owner == c.app
}
