package hooktool

import "context"

// IsLeader tells whether the unit leads its application, for at least the next
// 30 seconds.
func (c *Client) IsLeader(ctx context.Context) (bool, error) {
	return get[bool](ctx, c, "is-leader")
}

// Network is what network-get says of a binding.
type Network struct {
	BindAddresses []struct {
		InterfaceName string `json:"interface-name"`
		Addresses     []struct {
			Hostname string `json:"hostname"`
			Value    string `json:"value"`
			CIDR     string `json:"cidr"`
		} `json:"addresses"`
	} `json:"bind-addresses"`
	IngressAddresses []string `json:"ingress-addresses"`
	EgressSubnets    []string `json:"egress-subnets"`
}

// NetworkGet returns the addresses of an endpoint or extra binding.
func (c *Client) NetworkGet(ctx context.Context, binding string) (Network, error) {
	return get[Network](ctx, c, "network-get", binding)
}

// OpenedPorts returns what is open, each as "8080/tcp", with the changes of
// this hook.
func (c *Client) OpenedPorts(ctx context.Context) ([]string, error) {
	return get[[]string](ctx, c, "opened-ports")
}

// OpenPort records that a port, written "8080/tcp", be opened.
func (c *Client) OpenPort(ctx context.Context, port string) error {
	_, err := c.Run(ctx, "open-port", port)
	return err
}

// ClosePort records that a port be closed.
func (c *Client) ClosePort(ctx context.Context, port string) error {
	_, err := c.Run(ctx, "close-port", port)
	return err
}
