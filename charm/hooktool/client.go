package hooktool

import (
	"context"
	"encoding/json"
	"fmt"
)

// Client runs hook tools. It is not safe for concurrent use: Juju wants one
// command at a time.
type Client struct{ transport Transport }

// NewClient returns a client on a transport, which the caller closes.
func NewClient(transport Transport) *Client { return &Client{transport} }

// Run runs any tool and returns its standard output. A tool that fails is an
// [*Error].
func (c *Client) Run(ctx context.Context, tool string, args ...string) ([]byte, error) {
	return c.run(ctx, Call{Tool: tool, Args: args})
}

func (c *Client) run(ctx context.Context, call Call) ([]byte, error) {
	result, err := c.transport.Run(ctx, call)
	if err != nil {
		return nil, err
	}
	return result.Stdout, check(call.Tool, result)
}

// get runs a tool and decodes its JSON output.
func get[T any](ctx context.Context, c *Client, tool string, args ...string) (T, error) {
	var value T
	out, err := c.Run(ctx, tool, append([]string{"--format=json"}, args...)...)
	if err != nil {
		return value, err
	}
	err = decode(tool, out, &value)
	return value, err
}

func decode(tool string, out []byte, into any) error {
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("cannot read the answer of %s: %w", tool, err)
	}
	return nil
}
