package hook

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// RelationNotFoundError says that the unit is not in such a relation.
type RelationNotFoundError struct{ ID int }

func (e *RelationNotFoundError) Error() string { return "relation not found" }

// Relation is one relation as the hook sees it.
type Relation struct {
	c *Context
	// ID is the number of the relation, Endpoint the unit's own endpoint.
	ID       int
	Endpoint string
	// RemoteApp is the other application, the own one in a peer relation.
	RemoteApp string
	// Key names the relation in Juju's texts and secret grants.
	Key  string
	Peer bool
	// ModelUUID is the model of the other side.
	ModelUUID string
	// Ending says that the relation is dying or suspended.
	Ending bool

	unit, app *settings
	// read holds the remote databags of an agent without memory, and those of
	// units that are no members: read once in a hook.
	read    map[string]map[string]string
	readApp map[string]map[string]string
}

// Name returns ENDPOINT:ID.
func (r *Relation) Name() string { return r.Endpoint + ":" + strconv.Itoa(r.ID) }

// Relations returns the relations that the unit is in, by id. They are looked
// up once in a hook.
func (c *Context) Relations() map[int]*Relation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lookupRelations()
}

func (c *Context) lookupRelations() map[int]*Relation {
	if c.relations != nil {
		return c.relations
	}
	c.relations = map[int]*Relation{}
	c.model.View(func(s *model.State) {
		for id, mr := range s.Relations {
			own, ok := mr.Endpoint(c.app)
			if !ok || !mr.InScope(c.unit) {
				continue
			}
			uuid := mr.RemoteModelUUID
			if uuid == "" {
				uuid = c.uuid
			}
			c.relations[id] = &Relation{
				c: c, ID: id, Endpoint: own.Name, RemoteApp: mr.Remote(c.app).Application, Key: mr.Key(),
				Peer: mr.IsPeer(), ModelUUID: uuid, Ending: mr.Life.Gone() || mr.Suspended,
			}
		}
	})
	return c.relations
}

// Relation returns one relation, or a [RelationNotFoundError].
func (c *Context) Relation(id int) (*Relation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.relation(id)
}

func (c *Context) relation(id int) (*Relation, error) {
	if r, ok := c.lookupRelations()[id]; ok {
		return r, nil
	}
	return nil, &RelationNotFoundError{ID: id}
}

// HookRelation returns the relation that the hook belongs to.
func (c *Context) HookRelation() (*Relation, bool) {
	if !c.info.Kind.IsRelation() {
		return nil, false
	}
	r, err := c.Relation(c.info.RelationID)
	return r, err == nil
}

// Members returns the remote units that the charm was told of, sorted.
func (r *Relation) Members() []string {
	c := r.c
	hooks := c.info.Kind.IsRelation() && c.info.RelationID == r.ID
	if hooks && c.info.Kind == RelationBroken {
		return nil
	}
	if c.memory != nil {
		return c.memory.Members(r.ID)
	}
	var units []string
	c.model.View(func(s *model.State) {
		if mr, ok := s.Relations[r.ID]; ok {
			units = mr.RemoteUnits(c.unit)
		}
	})
	if hooks && c.info.RemoteUnit != "" {
		i, found := slices.BinarySearch(units, c.info.RemoteUnit)
		switch departed := c.info.Kind == RelationDeparted; {
		case found && departed:
			units = slices.Delete(units, i, i+1)
		case !found && !departed:
			units = slices.Insert(units, i, c.info.RemoteUnit)
		}
	}
	return units
}

// Broken reports whether relation-ids leaves the relation out: it is not a peer
// relation, has no members and is ending. The unit that is just departing still
// counts as one.
func (r *Relation) Broken() bool {
	info := r.c.info
	if r.Peer || info.Kind == RelationDeparted && info.RelationID == r.ID {
		return false
	}
	inBroken := info.Kind == RelationBroken && info.RelationID == r.ID
	return inBroken || r.Ending && len(r.Members()) == 0
}

// RemoteUnit reads the databag of a unit other than the own. [model.ErrPermission]
// says that the unit's application is not in the relation.
func (r *Relation) RemoteUnit(unit string) (map[string]string, error) {
	c := r.c
	c.mu.Lock()
	defer c.mu.Unlock()
	cache, member := r.read, false
	if c.memory != nil {
		members := c.memory.of(r.ID).members
		if known, ok := members[unit]; ok {
			if known != nil {
				return known, nil
			}
			cache, member = members, true
		}
	}
	if known, ok := cache[unit]; ok && !member {
		return known, nil
	}
	data, err := r.fetchUnit(unit)
	if err != nil {
		return nil, err
	}
	if cache == nil {
		r.read = map[string]map[string]string{}
		cache = r.read
	}
	cache[unit] = data
	return data, nil
}

func (r *Relation) fetchUnit(unit string) (data map[string]string, err error) {
	r.c.model.View(func(s *model.State) {
		mr, ok := s.Relations[r.ID]
		if !ok {
			err = &RelationNotFoundError{ID: r.ID}
			return
		}
		if _, ok := mr.Endpoint(model.ApplicationOf(unit)); !ok {
			err = model.ErrPermission
			return
		}
		ru, ok := mr.Units[unit]
		if !ok {
			err = fmt.Errorf("cannot read settings for unit %q in relation %q: unit %q: settings not found", unit, mr.Key(), unit)
			return
		}
		data = clone(ru.Data)
	})
	return data, err
}

// RemoteApplication reads an application's databag from the model, without this
// hook's writes. Its own the unit may read so only in a peer relation, and any
// other only if that application is in the relation ([model.ErrPermission]).
func (r *Relation) RemoteApplication(application string) (map[string]string, error) {
	c := r.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := r.readApp[application]; ok {
		return known, nil
	}
	var data map[string]string
	var err error
	c.model.View(func(s *model.State) {
		mr, ok := s.Relations[r.ID]
		if !ok {
			err = &RelationNotFoundError{ID: r.ID}
			return
		}
		if _, ok := mr.Endpoint(application); !ok || (application == c.app && !r.Peer) {
			err = model.ErrPermission
			return
		}
		data = map[string]string{}
		if bag, ok := mr.ApplicationData[application]; ok {
			data = clone(bag.Data)
		}
	})
	if err != nil {
		return nil, err
	}
	if r.readApp == nil {
		r.readApp = map[string]map[string]string{}
	}
	r.readApp[application] = data
	return data, nil
}

// clone never returns nil: an empty databag is a map without keys.
func clone(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(m)
}
