package hooktool

import (
	"context"
	"strings"
)

// ResourceGet returns the path of a resource's file, downloading it if the
// local one is old. In Juju 3.6.11 each image's file is the same, content.yaml:
// read it before asking for the next.
func (c *Client) ResourceGet(ctx context.Context, name string) (string, error) {
	out, err := c.Run(ctx, "resource-get", "--", name)
	return strings.TrimSpace(string(out)), err
}
