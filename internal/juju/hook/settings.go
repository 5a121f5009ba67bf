package hook

import (
	"errors"
	"maps"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// settings is a databag that the hook may write: as it was when first read,
// with the hook's writes. A deleted key stays as an empty string until the
// commit.
type settings struct {
	values map[string]string
	dirty  bool
}

// current returns what a read sees.
func (b *settings) current() map[string]string {
	values := make(map[string]string, len(b.values))
	for key, value := range b.values {
		if value != "" {
			values[key] = value
		}
	}
	return values
}

func (b *settings) set(changes map[string]string) {
	for key, value := range changes {
		if old := b.values[key]; old != value {
			b.dirty = true
		}
		b.values[key] = value
	}
}

// ErrCannotWriteSettings is Juju's answer to a unit that writes the
// application's databag and does not lead it.
var ErrCannotWriteSettings = errors.New("cannot write relation settings")

// OwnUnit reads the unit's own databag, with this hook's writes.
func (r *Relation) OwnUnit() (map[string]string, error) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	bag, err := r.ownUnit()
	if err != nil {
		return nil, err
	}
	return bag.current(), nil
}

// OwnApplication reads the application's own databag, with this hook's writes.
// Only the leader may.
func (r *Relation) OwnApplication() (map[string]string, error) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	bag, err := r.ownApplication()
	if err != nil {
		return nil, err
	}
	return bag.current(), nil
}

// WriteUnit records changes of the unit's own databag. An empty value deletes.
func (r *Relation) WriteUnit(changes map[string]string) error {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	bag, err := r.ownUnit()
	if err == nil {
		bag.set(changes)
	}
	return err
}

// WriteApplication records changes of the application's databag. An empty value
// deletes. Only the leader may ([ErrCannotWriteSettings]).
func (r *Relation) WriteApplication(changes map[string]string) error {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if !r.c.isLeader() {
		return ErrCannotWriteSettings
	}
	bag, err := r.ownApplication()
	if err == nil {
		bag.set(changes)
	}
	return err
}

func (r *Relation) ownUnit() (*settings, error) {
	if r.unit != nil {
		return r.unit, nil
	}
	data, err := r.fetchUnit(r.c.unit)
	if err != nil {
		return nil, err
	}
	r.unit = &settings{values: data}
	return r.unit, nil
}

func (r *Relation) ownApplication() (*settings, error) {
	if r.app != nil {
		return r.app, nil
	}
	if !r.c.isLeader() {
		return nil, model.ErrPermission
	}
	bag := &settings{values: map[string]string{}}
	r.c.model.View(func(s *model.State) {
		if mr, ok := s.Relations[r.ID]; ok {
			if stored, ok := mr.ApplicationData[r.c.app]; ok {
				bag.values = maps.Clone(stored.Data)
			}
		}
	})
	if bag.values == nil {
		bag.values = map[string]string{}
	}
	r.app = bag
	return bag, nil
}
