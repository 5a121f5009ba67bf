package agentsocket

import "net/rpc"

// Client calls the hook tools of a running hook.
type Client struct{ rpc *rpc.Client }

// Dial connects to an agent's socket. The network is unix; an address that
// begins with @ is an abstract socket, as Juju 3.5 and earlier use.
func Dial(network, address string) (*Client, error) {
	c, err := rpc.Dial(network, address)
	if err != nil {
		return nil, err
	}
	return &Client{rpc: c}, nil
}

// Call runs one hook tool. An error is the call's, not the tool's; those of the
// server are [rpc.ServerError].
func (c *Client) Call(req Request) (Response, error) {
	var resp Response
	err := c.rpc.Call(method, req, &resp)
	return resp, err
}

// Close closes the connection.
func (c *Client) Close() error { return c.rpc.Close() }
