package charm

import "context"

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
	s.b.handle(trigger{kindStorageAttached, s.name}, func(ctx context.Context, e *event) error {
		return f(ctx, &StorageAttachedEvent{s, e.storageID, e.storageKind, e.storageLocation})
	})
}

// OnDetaching registers a handler of the storage's storage-detaching.
func (s *Storage) OnDetaching(f func(context.Context, *StorageDetachingEvent) error) {
	s.b.handle(trigger{kindStorageDetaching, s.name}, func(ctx context.Context, e *event) error {
		return f(ctx, &StorageDetachingEvent{s, e.storageID, e.storageKind, e.storageLocation})
	})
}
