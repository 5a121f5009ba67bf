package charm

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// Relation is one relation. It has four kinds of databag, each read and
// written by itself: the remote application's, each remote unit's, this
// application's and this unit's.
type Relation struct {
	b        *Base
	endpoint string
	id       string
	// app is the remote application, once it is known.
	app string
	// units are the remote units, once they are known.
	units     []string
	unitsRead bool
	// databags holds what was read, by owner.
	databags map[string]map[string]string
}

// relation returns the one object for a relation in this hook.
func (b *Base) relation(endpoint, id string) *Relation {
	if r, ok := b.run.relations[id]; ok {
		return r
	}
	r := &Relation{b: b, endpoint: endpoint, id: id, databags: map[string]map[string]string{}}
	if b.run.event.relationID == id {
		r.app = b.run.event.remoteApp
	}
	b.run.relations[id] = r
	return r
}

// ID returns the relation's id, such as "database:7".
func (r *Relation) ID() string { return r.id }

// Endpoint returns the name of this side's endpoint.
func (r *Relation) Endpoint() string { return r.endpoint }

// App returns the name of the application at the other side; of a peer
// relation, the own one.
func (r *Relation) App(ctx context.Context) (string, error) {
	if r.app == "" {
		app, err := r.b.run.tools.RelationApp(ctx, r.id)
		if err != nil {
			return "", err
		}
		r.app = app
	}
	return r.app, nil
}

// Units returns the remote units that the charm has been told of, by name.
func (r *Relation) Units(ctx context.Context) ([]string, error) {
	if !r.unitsRead {
		units, err := r.b.run.tools.RelationUnits(ctx, r.id)
		if err != nil {
			return nil, err
		}
		r.units, r.unitsRead = units, true
	}
	return slices.Clone(r.units), nil
}

// RemoteApp returns the databag that the remote application's leader writes.
func (r *Relation) RemoteApp() *Databag {
	return &Databag{r, r.App}
}

// RemoteUnit returns the databag of a remote unit.
func (r *Relation) RemoteUnit(unit string) *Databag { return r.databag(unit) }

// LocalApp returns the databag of this unit's own application. Only the leader
// may write it, and only in a peer relation may others read it.
func (r *Relation) LocalApp() *Databag { return r.databag(r.b.App()) }

// LocalUnit returns this unit's own databag.
func (r *Relation) LocalUnit() *Databag { return r.databag(r.b.Unit()) }

// RemoteUnits returns the databags of all remote units, by name of the unit.
// They are read together, which for many units is far faster than one by one.
func (r *Relation) RemoteUnits(ctx context.Context) ([]*Databag, error) {
	units, err := r.Units(ctx)
	if err != nil {
		return nil, err
	}
	bags := make([]*Databag, len(units))
	var unread []hooktool.Databag
	for i, unit := range units {
		bags[i] = r.RemoteUnit(unit)
		if r.databags[unit] == nil {
			unread = append(unread, hooktool.Databag{Relation: r.id, Owner: unit})
		}
	}
	contents, err := r.b.run.tools.RelationGetAll(ctx, unread)
	if err != nil {
		return nil, err
	}
	for i, bag := range unread {
		r.databags[bag.Owner] = nonNil(contents[i])
	}
	return bags, nil
}

func (r *Relation) databag(owner string) *Databag {
	return &Databag{r, func(context.Context) (string, error) { return owner, nil }}
}

// read returns the content of a databag, read once per hook; it is not to be
// changed but by [Databag.Set].
func (r *Relation) read(ctx context.Context, owner string) (map[string]string, error) {
	if content := r.databags[owner]; content != nil {
		return content, nil
	}
	content, err := r.b.run.tools.RelationGet(ctx, hooktool.Databag{Relation: r.id, Owner: owner})
	if err != nil {
		return nil, err
	}
	r.databags[owner] = nonNil(content)
	return r.databags[owner], nil
}

// subject names the relation in messages.
func (r *Relation) subject() string { return fmt.Sprintf("data on relation %s", r.id) }

// nonNil makes "read, and empty" differ from "not read".
func nonNil(content map[string]string) map[string]string {
	if content == nil {
		return map[string]string{}
	}
	return content
}

// isUnit tells a unit's name from an application's.
func isUnit(name string) bool { return strings.Contains(name, "/") }
