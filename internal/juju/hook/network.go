package hook

import (
	"net/netip"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// Network is what network-get tells of a binding. Interfaces have names and
// addresses of the link only on machines.
type Network = model.Network

// Network returns the network of a binding: an endpoint, an extra binding or juju-info. ok is
// false if the charm has no such binding, or the unit no address yet.
func (c *Context) Network(binding string) (n Network, ok bool) {
	c.model.View(func(s *model.State) {
		a, err := s.Application(c.app)
		if err != nil {
			return
		}
		if a.Charm != nil && !a.Charm.Meta.HasBinding(binding) {
			return
		}
		u, err := s.Unit(c.unit)
		if err != nil || u.Address == "" {
			return
		}
		if own, given := u.Networks[binding]; given {
			n, ok = own, true
			return
		}
		n.Bind, ok = u.Address, true
		ingress := s.IngressAddress(c.unit)
		n.Ingress, n.Egress = []string{ingress}, []string{model.Subnet(ingress)}
	})
	return n, ok
}

// PrivateAddress returns the address of the unit for others in the model, or
// nothing. On Kubernetes Juju's agent never asks for it.
func (c *Context) PrivateAddress() (address string) {
	c.model.View(func(s *model.State) {
		if s.Type != model.Kubernetes {
			address = s.IngressAddress(c.unit)
		}
	})
	return address
}

// PublicAddress returns the address of the unit for the world, or nothing. On
// Kubernetes it is the application's service, if that is reachable from outside:
// the usual one inside the cluster is not.
func (c *Context) PublicAddress() (address string) {
	c.model.View(func(s *model.State) {
		if a, err := s.Application(c.app); err == nil && isPublic(a.ServiceAddress) {
			address = a.ServiceAddress
		}
	})
	return address
}

// isPublic reports whether Juju takes an address for one of the internet.
func isPublic(address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && a.IsGlobalUnicast() && !a.IsPrivate() && !(a.Is4() && a.As4()[0] >= 240)
}
