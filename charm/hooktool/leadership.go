package hooktool

import "context"

// IsLeader tells whether the unit leads its application, for at least the next
// 30 seconds.
func (c *Client) IsLeader(ctx context.Context) (bool, error) {
	return get[bool](ctx, c, "is-leader")
}
