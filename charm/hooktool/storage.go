package hooktool

import (
	"context"
	"fmt"
)

// Storage is one storage of the unit.
type Storage struct {
	// Kind is filesystem or block.
	Kind string `json:"kind"`
	// Location is where it is mounted in the charm's container, or its device.
	Location string `json:"location"`
}

// StorageList returns the ids, such as "data/0", of the unit's storage of a
// name, or of all storage if the name is empty. Some may not be usable yet.
func (c *Client) StorageList(ctx context.Context, name string) ([]string, error) {
	if name == "" {
		return get[[]string](ctx, c, "storage-list")
	}
	return get[[]string](ctx, c, "storage-list", name)
}

// StorageGet returns one storage. Of one that is not attached, or not usable
// yet, it fails.
func (c *Client) StorageGet(ctx context.Context, id string) (Storage, error) {
	return get[Storage](ctx, c, "storage-get", "-s", id)
}

// StorageAdd records a wish for more storage of a name, which comes in later
// storage-attached events. A name that the charm does not declare fails the
// hook when it has ended.
func (c *Client) StorageAdd(ctx context.Context, name string, count int) error {
	_, err := c.Run(ctx, "storage-add", fmt.Sprintf("%s=%d", name, count))
	return err
}
