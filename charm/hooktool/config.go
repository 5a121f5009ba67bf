package hooktool

import (
	"context"
	"encoding/json"
)

// ConfigGet returns the options that have a value or a default. Numbers are
// left as JSON: they pass through a float in the agent, so the caller's type
// decides what they are.
func (c *Client) ConfigGet(ctx context.Context) (map[string]json.RawMessage, error) {
	return get[map[string]json.RawMessage](ctx, c, "config-get")
}
