package hook

import (
	"fmt"
	"maps"
	"slices"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// StorageIDs returns the unit's attached storage instances, also those that are
// not provisioned yet. They are read once in a hook.
func (c *Context) StorageIDs() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.storageIDs == nil {
		c.storageIDs = []string{}
		c.model.View(func(s *model.State) {
			for _, instance := range s.StorageOf(c.unit) {
				c.storageIDs = append(c.storageIDs, instance.ID)
			}
		})
	}
	return c.storageIDs
}

// HookStorage returns the instance that the hook is about, or nothing if it is
// about none or that is not provisioned.
func (c *Context) HookStorage() string {
	if !c.info.Kind.IsStorage() {
		return ""
	}
	if _, err := c.Storage(c.info.StorageID); err != nil {
		return ""
	}
	return c.info.StorageID
}

// Storage returns one of the unit's attached instances. There must be one
// ([model.NotFoundError]) and it must be provisioned
// ([model.NotProvisionedError]). It is read once in a hook.
func (c *Context) Storage(id string) (instance model.Storage, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.storage[id]; ok {
		return known, nil
	}
	c.model.View(func(s *model.State) {
		stored, missing := s.ProvisionedStorage(id, c.unit)
		if err = missing; err == nil {
			instance = *stored
		}
	})
	if err == nil {
		if c.storage == nil {
			c.storage = map[string]model.Storage{}
		}
		c.storage[id] = instance
	}
	return instance, err
}

// AddStorage records that the unit is to get more instances, by storage. What
// the charm does not declare is refused by the commit.
func (c *Context) AddStorage(counts map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moreStorage == nil {
		c.moreStorage = map[string][]int{}
	}
	for name, count := range counts {
		c.moreStorage[name] = append(c.moreStorage[name], count)
	}
}

// checkStorage refuses storage that the charm does not declare.
func (c *Context) checkStorage(s *model.State) error {
	a, err := s.Application(c.app)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.moreStorage)) {
		declared := false
		if a.Charm != nil {
			_, declared = a.Charm.Meta.Storage[name]
		}
		if !declared {
			return fmt.Errorf("adding storage %s for %s: storage %q not found", name, unitTag(c.unit), name)
		}
	}
	return nil
}

// checkCounts refuses more storage than the charm may have.
func (c *Context) checkCounts(s *model.State) error {
	for _, name := range slices.Sorted(maps.Keys(c.moreStorage)) {
		if err := s.CheckAddStorage(c.unit, name, sum(c.moreStorage[name])); err != nil {
			return err
		}
	}
	return nil
}

// applyStorage makes what checkCounts let pass.
func (c *Context) applyStorage(s *model.State) error {
	for _, name := range slices.Sorted(maps.Keys(c.moreStorage)) {
		if err := s.AddStorage(c.unit, name, sum(c.moreStorage[name])); err != nil {
			return err
		}
	}
	return nil
}

func sum(counts []int) (total int) {
	for _, count := range counts {
		total += count
	}
	return total
}
