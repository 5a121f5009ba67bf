package hooktool

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
)

// ActionGet returns the parameters of the running action, defaults filled in.
func (c *Client) ActionGet(ctx context.Context) (map[string]json.RawMessage, error) {
	return get[map[string]json.RawMessage](ctx, c, "action-get")
}

// ActionSet adds results; keys are lower-case words, with dots between levels.
// Juju has no other way than the tool's arguments, so a secret value is better
// returned as a secret's URI.
func (c *Client) ActionSet(ctx context.Context, results map[string]string) error {
	if len(results) == 0 {
		return nil
	}
	args := []string{"--"}
	for _, key := range slices.Sorted(maps.Keys(results)) {
		args = append(args, key+"="+results[key])
	}
	_, err := c.Run(ctx, "action-set", args...)
	return err
}

// ActionFail marks the action failed. Results that were set are still given.
func (c *Client) ActionFail(ctx context.Context, message string) error {
	_, err := c.Run(ctx, "action-fail", "--", message)
	return err
}

// ActionLog shows a message while the action runs.
func (c *Client) ActionLog(ctx context.Context, message string) error {
	_, err := c.Run(ctx, "action-log", "--", message)
	return err
}
