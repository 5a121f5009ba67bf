package charm

import (
	"context"
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// Storage is a storage that metadata.yaml declares.
type Storage struct {
	b    *Base
	name string
}

// StorageAttachedEvent tells that an instance of the storage is there.
type StorageAttachedEvent struct {
	Storage *Storage
	// ID is the instance's, such as "data/0".
	ID string
	// Kind is filesystem or block.
	Kind string
	// Location is where it is mounted in the charm's container; of a block
	// device, its path.
	Location string
}

// StorageDetachingEvent tells that an instance of the storage goes away.
type StorageDetachingEvent struct {
	Storage *Storage
	// ID, Kind and Location are empty for an instance that never was
	// provisioned.
	ID, Kind, Location string
}

// Storage returns the handle of a storage that metadata.yaml declares.
func (b *Base) Storage(name string) *Storage {
	b.names.use(nameStorage, name)
	return &Storage{b, name}
}

// Name returns the storage's name.
func (s *Storage) Name() string { return s.name }

// OnAttached registers a handler of the storage's storage-attached.
func (s *Storage) OnAttached(f func(context.Context, *StorageAttachedEvent) error) {
	observe(s.b, trigger{kindStorageAttached, s.name}, s.attached, f)
}

// OnDetaching registers a handler of the storage's storage-detaching.
func (s *Storage) OnDetaching(f func(context.Context, *StorageDetachingEvent) error) {
	observe(s.b, trigger{kindStorageDetaching, s.name}, s.detaching, f)
}

func (s *Storage) attached(e *event) *StorageAttachedEvent {
	return &StorageAttachedEvent{s, e.storageID, e.storageKind, e.storageLocation}
}

func (s *Storage) detaching(e *event) *StorageDetachingEvent {
	return &StorageDetachingEvent{s, e.storageID, e.storageKind, e.storageLocation}
}

// StorageInstance is one instance of a storage that the unit can use.
type StorageInstance struct {
	// ID is such as "data/0".
	ID string
	// Kind is filesystem or block.
	Kind string
	// Location is where it is mounted in the charm's container, and Juju mounts
	// it in workload containers where metadata.yaml says; of a block device, its
	// path.
	Location string
}

// Instances returns the storage's instances that are there. Others come later,
// each with its storage-attached.
func (s *Storage) Instances(ctx context.Context) ([]StorageInstance, error) {
	ids, err := s.b.run.tools.StorageList(ctx, s.name)
	if err != nil {
		return nil, err
	}
	var instances []StorageInstance
	for _, id := range ids {
		info, err := s.b.run.tools.StorageGet(ctx, id)
		if errors.Is(err, hooktool.ErrNotProvisioned) {
			continue
		}
		if err != nil {
			return nil, err
		}
		instances = append(instances, StorageInstance{ID: id, Kind: info.Kind, Location: info.Location})
	}
	return instances, nil
}

// Instance returns the one instance of a storage that is not multiple; a
// [*WaitingError] while it is not there.
func (s *Storage) Instance(ctx context.Context) (StorageInstance, error) {
	instances, err := s.Instances(ctx)
	if err != nil {
		return StorageInstance{}, err
	}
	switch len(instances) {
	case 0:
		return StorageInstance{}, &WaitingError{For: "storage " + s.name}
	case 1:
		return instances[0], nil
	}
	return StorageInstance{}, fmt.Errorf("cannot choose among %d instances of storage %q", len(instances), s.name)
}

// Request asks for more instances of the storage; they come with events of their
// own. It is recorded, so a hook that fails has asked for nothing.
func (s *Storage) Request(ctx context.Context, count int) error {
	return s.b.run.tools.StorageAdd(ctx, s.name, count)
}

// storageIDs are the ids of all instances of the unit, usable yet or not.
func (r *run) storageIDs(ctx context.Context) ([]string, error) {
	if r.storage == nil {
		ids, err := r.tools.StorageList(ctx, "")
		if err != nil {
			return nil, err
		}
		r.storage = append([]string{}, ids...)
	}
	return r.storage, nil
}
