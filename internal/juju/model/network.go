package model

import "strings"

// BindLinks are the links whose addresses a unit can listen on. On Kubernetes
// there is one, without a name, which has the pod's address once that is known.
// On machines there is none as long as the unit has no address.
func (s *State) BindLinks(unit string) []Link {
	u, ok := s.Units[unit]
	switch {
	case !ok:
		return nil
	case s.Type == Machines:
		return u.machineLinks()
	case u.Address == "":
		return []Link{{}}
	}
	return []Link{{Addresses: []LinkAddress{{Address: u.Address}}}}
}

// IngressAddresses are where others reach a unit, the best first. On Kubernetes
// that is its application's service; for one that the model leaves out the pod's
// address stands. On machines these are all of its addresses, the most public
// first; r may be a relation, and if that is with another model, it is the public
// address alone.
func (s *State) IngressAddresses(unit string, r *Relation) []string {
	u, ok := s.Units[unit]
	if !ok {
		return nil
	}
	if s.Type == Machines {
		return u.machineIngress(r)
	}
	if a, ok := s.Applications[u.Application]; ok && a.ServiceAddress != "" {
		return []string{a.ServiceAddress}
	}
	if u.Address == "" {
		return nil
	}
	return []string{u.Address}
}

// EgressSubnets are the subnets that a unit's own connections come from, if
// nobody has set them: the first of its ingress addresses.
func EgressSubnets(ingress []string) []string {
	switch {
	case len(ingress) == 0:
		return nil
	case strings.Contains(ingress[0], ":"):
		return []string{ingress[0] + "/128"}
	}
	return []string{ingress[0] + "/32"}
}

// PublicAddress is a unit's address for the world, or empty. On Kubernetes it is
// the application's service, if that can be reached from outside: the usual one
// inside the cluster cannot.
func (s *State) PublicAddress(unit string) string {
	u, ok := s.Units[unit]
	if !ok {
		return ""
	}
	if s.Type == Machines {
		return u.publicAddress()
	}
	if a, ok := s.Applications[u.Application]; ok && scopeOf(a.ServiceAddress) == scopePublic {
		return a.ServiceAddress
	}
	return ""
}
