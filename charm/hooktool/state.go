package hooktool

import "context"

// StateGet returns everything that the unit has stored at the controller, with
// the changes of this hook. It survives the pod, and ends with the unit.
func (c *Client) StateGet(ctx context.Context) (map[string]string, error) {
	return get[map[string]string](ctx, c, "state-get")
}

// StateSet records values under keys. Juju 3.6.11 takes keys of 256 bytes,
// values of 64 KiB and 2 MiB in all, and looks at the last only when the hook
// has ended: too much fails the hook. The values travel on standard input.
func (c *Client) StateSet(ctx context.Context, values map[string]string) error {
	if len(values) == 0 {
		return nil
	}
	_, err := c.run(ctx, Call{Tool: "state-set", Args: []string{"--file", "-"}, Stdin: payload(values)})
	return err
}

// StateDelete records that a key be deleted; that there is none is no failure.
func (c *Client) StateDelete(ctx context.Context, key string) error {
	_, err := c.Run(ctx, "state-delete", "--", key)
	return err
}
