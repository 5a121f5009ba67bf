package hooktool

import (
	"context"
	"strings"
)

// ResourceGet returns the path of a resource's file, which the agent downloads
// if it is not there as it should be. Of an oci-image it is always the same path,
// whichever image: read it before asking for the next.
func (c *Client) ResourceGet(ctx context.Context, name string) (string, error) {
	out, err := c.Run(ctx, "resource-get", "--", name)
	return strings.TrimSpace(string(out)), err
}
