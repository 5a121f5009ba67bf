package hooktool

import (
	"context"
	"fmt"
)

// StorageList returns the instances of a storage that the unit has, such as
// "data/0", or of all with an empty name; also those that are not there yet.
func (c *Client) StorageList(ctx context.Context, name string) ([]string, error) {
	var args []string
	if name != "" {
		args = append(args, name)
	}
	return get[[]string](ctx, c, "storage-list", args...)
}

// StorageInfo is what storage-get says of an instance.
type StorageInfo struct {
	// Kind is filesystem or block.
	Kind string `json:"kind"`
	// Location is the mount point of a filesystem, the path of a block device.
	Location string `json:"location"`
}

// StorageGet returns what is known of an instance; [ErrNotProvisioned] if it is
// not there yet.
func (c *Client) StorageGet(ctx context.Context, id string) (StorageInfo, error) {
	return get[StorageInfo](ctx, c, "storage-get", "-s", id)
}

// StorageAdd records that the unit wants more instances of a storage. They come
// with events of their own.
func (c *Client) StorageAdd(ctx context.Context, name string, count int) error {
	_, err := c.Run(ctx, "storage-add", fmt.Sprintf("%s=%d", name, count))
	return err
}
