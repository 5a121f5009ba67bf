package hook

import "github.com/charmkit/charmkit/internal/juju/model"

// Network is what network-get tells of a binding.
type Network = model.Network

// Network returns the network of a binding: an endpoint, an extra binding or
// juju-info. A relation of the binding's endpoint may have ingress addresses of
// its own; a relation of -1 is none. ok is false if the charm has no such
// binding, or the unit of a machine no address yet.
func (c *Context) Network(binding string, relation int) (n Network, ok bool) {
	c.model.View(func(s *model.State) {
		a, err := s.Application(c.app)
		if err != nil || a.Charm != nil && !a.Charm.Meta.HasBinding(binding) {
			return
		}
		r := s.Relations[relation]
		if r != nil {
			if own, _ := r.Endpoint(c.app); own.Name != binding {
				r = nil
			}
		}
		if u := s.Units[c.unit]; u != nil {
			if own, given := u.Networks[binding]; given {
				n = own
				return
			}
		}
		n.Bind, n.Ingress = s.BindLinks(c.unit), s.IngressAddresses(c.unit, r)
		n.Egress = model.EgressSubnets(n.Ingress)
	})
	return n, len(n.Bind) > 0
}

// PrivateAddress returns the first address that the unit can listen on, or
// nothing.
func (c *Context) PrivateAddress() (address string) {
	c.model.View(func(s *model.State) {
		if links := s.BindLinks(c.unit); len(links) > 0 && len(links[0].Addresses) > 0 {
			address = links[0].Addresses[0].Address
		}
	})
	return address
}

// PublicAddress returns the address of the unit for the world, or nothing.
func (c *Context) PublicAddress() (address string) {
	c.model.View(func(s *model.State) { address = s.PublicAddress(c.unit) })
	return address
}
