package hooktool

import "context"

// Network is what network-get says of a binding.
type Network struct {
	BindAddresses    []BindAddress `json:"bind-addresses"`
	IngressAddresses []string      `json:"ingress-addresses"`
	EgressSubnets    []string      `json:"egress-subnets"`
}

// BindAddress is an interface that the workload can listen on; on Kubernetes it
// has addresses only.
type BindAddress struct {
	MACAddress    string    `json:"mac-address"`
	InterfaceName string    `json:"interface-name"`
	Addresses     []Address `json:"addresses"`
}

// Address is one address of an interface.
type Address struct {
	// Hostname is set if the address was a name; Value is then its look-up,
	// perhaps empty.
	Hostname string `json:"hostname"`
	Value    string `json:"value"`
	CIDR     string `json:"cidr"`
}

// NetworkGetOptions says what to ask for.
type NetworkGetOptions struct {
	// Binding is an endpoint, an extra binding or juju-info.
	Binding string
	// Relation, "endpoint:number", asks for the addresses that its other side
	// sees. In a relation's hook that relation is the default.
	Relation string
}

// NetworkGet returns the addresses of a binding.
func (c *Client) NetworkGet(ctx context.Context, options NetworkGetOptions) (Network, error) {
	var args []string
	if options.Relation != "" {
		args = append(args, "-r", options.Relation)
	}
	return get[Network](ctx, c, "network-get", append(args, "--", options.Binding)...)
}

// PrivateAddress returns the unit's own address.
func (c *Client) PrivateAddress(ctx context.Context) (string, error) {
	return get[string](ctx, c, "unit-get", "private-address")
}

// PublicAddress returns the address at which the unit is reached from outside.
func (c *Client) PublicAddress(ctx context.Context) (string, error) {
	return get[string](ctx, c, "unit-get", "public-address")
}
