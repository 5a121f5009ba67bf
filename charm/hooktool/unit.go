package hooktool

import (
	"context"
	"strings"
)

// IsLeader tells whether the unit leads its application, for at least the next
// 30 seconds.
func (c *Client) IsLeader(ctx context.Context) (bool, error) {
	return get[bool](ctx, c, "is-leader")
}

// Network is what network-get says of a binding.
type Network struct {
	BindAddresses []struct {
		MACAddress    string `json:"mac-address"`
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

// NetworkGetRelation returns the addresses of a binding for one relation of it,
// which may be to another model.
func (c *Client) NetworkGetRelation(ctx context.Context, binding, relation string) (Network, error) {
	return get[Network](ctx, c, "network-get", "-r", relation, binding)
}

// OpenedPortsByEndpoint returns what is open, each as "8080/tcp (ENDPOINT, ...)",
// with an asterisk for all endpoints.
func (c *Client) OpenedPortsByEndpoint(ctx context.Context) ([]string, error) {
	return get[[]string](ctx, c, "opened-ports", "--endpoints")
}

// OpenedPorts returns what is open, each as "8080/tcp", with the changes of
// this hook.
func (c *Client) OpenedPorts(ctx context.Context) ([]string, error) {
	return get[[]string](ctx, c, "opened-ports")
}

// OpenPort records that a port, written "8080/tcp", "8000-8010/udp" or "icmp", be
// opened: for all endpoints, or for those that are named.
func (c *Client) OpenPort(ctx context.Context, port string, endpoints ...string) error {
	_, err := c.Run(ctx, "open-port", portArgs(port, endpoints)...)
	return err
}

// ClosePort records that a port be closed, for all endpoints or for those that
// are named.
func (c *Client) ClosePort(ctx context.Context, port string, endpoints ...string) error {
	_, err := c.Run(ctx, "close-port", portArgs(port, endpoints)...)
	return err
}

func portArgs(port string, endpoints []string) []string {
	if len(endpoints) == 0 {
		return []string{port}
	}
	return []string{"--endpoints", strings.Join(endpoints, ","), port}
}
