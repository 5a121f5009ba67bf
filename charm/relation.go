package charm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// Relation is one relation. It has four kinds of databag, each read and
// written by itself: the remote application's, each remote unit's, this
// application's and this unit's. The databags of a relation that Juju does not
// know any more are empty.
type Relation struct {
	b        *Base
	endpoint string
	id       string
	// app is the remote application, once it is known.
	app string
	// units are the remote units, once they are known.
	remoteModel string
	units       []string
	unitsRead   bool
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

// Number returns the number in the relation's id, such as 7: it is unique in the
// model, and fits into names in which a colon does not.
func (r *Relation) Number() int {
	_, digits, _ := strings.Cut(r.id, ":")
	n, _ := strconv.Atoi(digits)
	return n
}

// IsPeer tells whether the relation is among the units of this application.
func (r *Relation) IsPeer() bool { return r.b.names.has(namePeers, r.endpoint) }

// Active tells whether the relation is there to stay: one that is being broken,
// or that Juju does not know any more, is not.
func (r *Relation) Active(ctx context.Context) (bool, error) {
	ids, err := r.b.run.relationIDs(ctx, r.endpoint)
	return slices.Contains(ids, r.id), err
}

// RemoteModel returns the UUID of the model that the other side is in. Juju has
// it since 3.6.2 ([FeatureRemoteModel]).
func (r *Relation) RemoteModel(ctx context.Context) (string, error) {
	if r.remoteModel == "" {
		uuid, err := r.b.run.tools.RelationModel(ctx, r.id)
		if err != nil {
			return "", err
		}
		r.remoteModel = uuid
	}
	return r.remoteModel, nil
}

// App returns the name of the application at the other side; of a peer
// relation, the own one. Of a relation that Juju does not know any more it is
// an [*AbsentError].
func (r *Relation) App(ctx context.Context) (string, error) {
	if r.app == "" && r.IsPeer() {
		r.app = r.b.App()
	}
	if r.app == "" {
		app, err := r.b.run.tools.RelationApp(ctx, r.id)
		if errors.Is(err, ErrRelationGone) {
			return "", &AbsentError{r.endpoint}
		}
		if err != nil {
			return "", err
		}
		r.app = app
	}
	return r.app, nil
}

// Units returns the remote units that the charm has been told of, by name. A
// relation that Juju does not know any more has none.
func (r *Relation) Units(ctx context.Context) ([]string, error) {
	if !r.unitsRead {
		units, err := r.b.run.tools.RelationUnits(ctx, r.id)
		if err != nil && !errors.Is(err, ErrRelationGone) {
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

// RemoteUnit returns the databag of a remote unit, also of one that departs.
func (r *Relation) RemoteUnit(unit string) *Databag { return r.databag(unit) }

// LocalApp returns the databag of this unit's own application. Only the leader
// may write it, and only in a peer relation may others read it: elsewhere they
// get [ErrNotLeader].
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
		gone, err := r.gone(ctx, err)
		if !gone {
			return nil, err
		}
		contents = make([]map[string]string, len(unread))
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
	switch {
	case err == nil:
	case errors.Is(err, ErrPermission) && owner == r.b.App() && !r.IsPeer():
		return nil, fmt.Errorf("cannot read the databag of application %s: %w", owner, ErrNotLeader)
	default:
		gone, err := r.gone(ctx, err)
		if !gone {
			return nil, err
		}
	}
	r.databags[owner] = nonNil(content)
	return r.databags[owner], nil
}

// gone tells whether a refusal to read means that there is no such relation any
// more. Of one that was removed by force, or by the other model, Juju 3.6 says
// only that permission is denied.
func (r *Relation) gone(ctx context.Context, refusal error) (bool, error) {
	if errors.Is(refusal, ErrRelationGone) {
		return true, nil
	}
	if errors.Is(refusal, ErrPermission) {
		active, err := r.Active(ctx)
		return err == nil && !active, errors.Join(refusal, err)
	}
	return false, refusal
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
