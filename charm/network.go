package charm

import (
	"context"
	"errors"
	"net/netip"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// Network says where a unit listens and how others reach it, for one of its
// endpoints or bindings.
type Network struct {
	// Addresses are those that the unit can listen on; on Kubernetes, the
	// pod's.
	Addresses []NetworkAddress
	// Ingress are those that others should use; on Kubernetes, normally the
	// service's. IngressNames are those that are names.
	Ingress      []netip.Addr
	IngressNames []string
	// Egress is where the unit's connections come from.
	Egress []netip.Prefix
}

// NetworkAddress is an address of the unit.
type NetworkAddress struct {
	// Addr is invalid if a name is all that is known.
	Addr netip.Addr
	// Hostname is set if the address was given as a name.
	Hostname string
	// Subnet is the address alone where Juju does not know of one.
	Subnet netip.Prefix
	// Interface and MAC are empty on Kubernetes.
	Interface, MAC string
}

// BindAddress returns the first address to listen on; a [*WaitingError] if there
// is none yet.
func (n Network) BindAddress() (netip.Addr, error) {
	for _, address := range n.Addresses {
		if address.Addr.IsValid() {
			return address.Addr, nil
		}
	}
	return netip.Addr{}, &WaitingError{For: "an address of this unit"}
}

// IngressAddress returns the first address or name for others to use; a
// [*WaitingError] if there is none yet.
func (n Network) IngressAddress() (string, error) {
	if len(n.Ingress) > 0 {
		return n.Ingress[0].String(), nil
	}
	if len(n.IngressNames) > 0 {
		return n.IngressNames[0], nil
	}
	return "", &WaitingError{For: "an ingress address of this unit"}
}

// Network returns the addresses for the endpoint. In the event of one of its
// relations Juju answers for that relation.
func (e *Endpoint) Network(ctx context.Context) (Network, error) {
	return e.b.run.network(ctx, e.name, "")
}

// BindAddress returns the address on which this unit should listen for the
// endpoint; on Kubernetes, the pod's.
func (e *Endpoint) BindAddress(ctx context.Context) (netip.Addr, error) {
	network, err := e.Network(ctx)
	if err != nil {
		return netip.Addr{}, err
	}
	return network.BindAddress()
}

// Network returns the addresses for the relation: one to another model may have
// other ingress and egress than its endpoint. Of a relation that is gone it
// returns the endpoint's.
func (r *Relation) Network(ctx context.Context) (Network, error) {
	network, err := r.b.run.network(ctx, r.endpoint, r.id)
	if errors.Is(err, ErrRelationGone) {
		return r.b.run.network(ctx, r.endpoint, "")
	}
	return network, err
}

// Binding is a name under extra-bindings in metadata.yaml: a network that the
// operator chooses, without a relation.
type Binding struct {
	b    *Base
	name string
}

// Binding returns the handle of a binding that metadata.yaml has under
// extra-bindings.
func (b *Base) Binding(name string) *Binding {
	b.names.use(nameBinding, name)
	return &Binding{b, name}
}

// Name returns the binding's name.
func (b *Binding) Name() string { return b.name }

// Network returns the addresses for the binding.
func (b *Binding) Network(ctx context.Context) (Network, error) {
	return b.b.run.network(ctx, b.name, "")
}

// networkKey is what a network was asked for by; the relation may be empty.
type networkKey struct{ binding, relation string }

func (r *run) network(ctx context.Context, binding, relation string) (Network, error) {
	key := networkKey{binding, relation}
	if network, ok := r.networks[key]; ok {
		return network, nil
	}
	answer, err := r.tools.NetworkGet(ctx, hooktool.NetworkGetOptions{Binding: binding, Relation: relation})
	if err != nil {
		return Network{}, err
	}
	r.networks[key] = networkOf(answer)
	return r.networks[key], nil
}

// networkOf gives types to what Juju says. What is no address stays a name.
func networkOf(answer hooktool.Network) Network {
	var n Network
	for _, bind := range answer.BindAddresses {
		for _, said := range bind.Addresses {
			address := NetworkAddress{Hostname: said.Hostname, Interface: bind.InterfaceName, MAC: bind.MACAddress}
			address.Addr, _ = netip.ParseAddr(said.Value)
			if !address.Addr.IsValid() && address.Hostname == "" {
				address.Hostname = said.Value
			}
			subnet, err := netip.ParsePrefix(said.CIDR)
			if err != nil && address.Addr.IsValid() {
				subnet = netip.PrefixFrom(address.Addr.WithZone(""), address.Addr.BitLen())
			}
			address.Subnet = subnet
			if address.Addr.IsValid() || address.Hostname != "" {
				n.Addresses = append(n.Addresses, address)
			}
		}
	}
	for _, said := range answer.IngressAddresses {
		if addr, err := netip.ParseAddr(said); err == nil {
			n.Ingress = append(n.Ingress, addr)
		} else if said != "" {
			n.IngressNames = append(n.IngressNames, said)
		}
	}
	for _, said := range answer.EgressSubnets {
		if subnet, err := netip.ParsePrefix(said); err == nil {
			n.Egress = append(n.Egress, subnet)
		}
	}
	return n
}
