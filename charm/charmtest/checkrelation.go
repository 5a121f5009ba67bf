package charmtest

import (
	"fmt"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// checkRelations looks at the relations and their databags.
func (c *checker) checkRelations() {
	relations := c.state.Relations
	for i := range relations {
		r := &relations[i]
		where := c.at("State.Relations", i)
		declared, ok := c.files.Meta.Endpoint(r.Endpoint)
		if !ok {
			c.undeclared(where+".Endpoint", "endpoint", r.Endpoint, "metadata.yaml", c.files.Meta.Endpoints())
			continue
		}
		if r.ID < 0 {
			c.problem(where+".ID", "%d is no relation's number: write one from 0 on", r.ID)
		}
		others := 0
		for j := range relations[:i] {
			if relations[j].id(j) == r.id(i) {
				c.problem(where+".ID", "%d is that of State.Relations[%d] too: write another one", r.id(i), j)
			}
			if relations[j].Endpoint == r.Endpoint {
				others++
			}
		}
		switch {
		case declared.Role == metadata.Peer && others == 1:
			c.problem(where, "a unit has one peer relation on %s: leave the other out", r.Endpoint)
		case declared.Limit > 0 && others == declared.Limit:
			c.problem(where, "metadata.yaml gives the endpoint %s \"limit: %d\", and here is one more: leave it out, or raise the limit", r.Endpoint, declared.Limit)
		}
		if declared.Role == metadata.Peer {
			c.checkPeers(where, r)
		} else {
			c.checkRemote(where, r, declared)
		}
		c.checkBag(where+".LocalAppData", r.LocalAppData)
		c.checkBag(where+".LocalUnitData", r.LocalUnitData)
		c.checkBag(where+".RemoteAppData", r.RemoteAppData)
	}
}

func (c *checker) checkPeers(where string, r *Relation) {
	if r.RemoteApp != "" && r.RemoteApp != c.app {
		c.problem(where+".RemoteApp", "%s is a peer relation, whose units are all of %s: leave it out", r.Endpoint, c.app)
	}
	if r.RemoteAppData != nil {
		c.problem(where+".RemoteAppData", "the application of a peer relation is the own one: write LocalAppData")
	}
	if r.RemoteModel != "" {
		c.problem(where+".RemoteModel", "peers are in one model: leave it out")
	}
	for _, unit := range sortedKeys(r.RemoteUnits) {
		of := c.under(where+".RemoteUnits", unit)
		switch {
		case unit == c.unit:
			c.problem(of, "it is the unit under test itself: write LocalUnitData")
		case !model.ValidUnitName(unit) || model.ApplicationOf(unit) != c.app:
			c.problem(of, "the units of a peer relation are the application's own: write %q", c.app+"/1")
		}
		c.checkBag(of, r.RemoteUnits[unit])
	}
}

func (c *checker) checkRemote(where string, r *Relation, declared metadata.Relation) {
	app := r.remoteApp()
	switch {
	case !model.ValidApplicationName(app):
		c.problem(where+".RemoteApp", "%q is no application's name: write lower-case letters, digits and inner hyphens, such as \"remote\"", app)
	case app == c.app:
		c.problem(where+".RemoteApp", "%s is the application under test, and %s is no peer relation: write another application", app, r.Endpoint)
	}
	if r.RemoteModel != "" && !validUUID(r.RemoteModel) {
		c.problem(where+".RemoteModel", "%q is no model's UUID: write one such as %q", r.RemoteModel, ModelUUID)
	}
	if declared.Scope == "container" && len(r.RemoteUnits) > 1 {
		c.problem(where+".RemoteUnits", "the scope of %s is container: the one remote unit is that on the same machine: leave the others out", r.Endpoint)
	}
	for unit, data := range r.RemoteUnits {
		of := c.under(where+".RemoteUnits", unit)
		if !model.ValidUnitName(unit) || model.ApplicationOf(unit) != app {
			c.problem(of, "it is no unit of the application %s: write %q", app, app+"/0")
		}
		c.checkBag(of, data)
	}
}

// checkBag looks at the content of a databag: Juju has no empty keys, and takes an
// empty value for a deletion.
func (c *checker) checkBag(where string, data map[string]string) {
	for key, value := range data {
		switch {
		case key == "":
			c.problem(where, "a key is empty: give it a name")
		case value == "":
			c.problem(c.under(where, key), "an empty value is none for Juju: leave the key out")
		}
	}
}

func validUUID(text string) bool {
	u, err := model.ParseSecretURI(fmt.Sprintf("secret://%s/9m4e2mr0ui3e8a215n4g", text))
	return err == nil && u.ModelUUID == text
}
