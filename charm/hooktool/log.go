package hooktool

import "context"

// JujuLog writes a message to the unit's log. The level is TRACE, DEBUG, INFO,
// WARNING, ERROR or CRITICAL.
func (c *Client) JujuLog(ctx context.Context, level, message string) error {
	_, err := c.Run(ctx, "juju-log", "-l", level, "--", message)
	return err
}
