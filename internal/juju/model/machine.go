package model

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// Link is a network interface of a machine.
type Link struct {
	// Name is such as eth0, MAC the hardware address.
	Name, MAC string
	Addresses []LinkAddress
}

// LinkAddress is an IP address of a link.
type LinkAddress struct {
	Address string
	// CIDR is the subnet, such as 10.0.0.0/24. An address without one is in no
	// subnet that Juju knows, like that of the loopback: it does not count,
	// unless it is the unit's [Unit.Address] and no other does.
	CIDR string
}

// place is an address and the link that it is on.
type place struct {
	link Link
	LinkAddress
}

// places are the addresses of the unit's machine, the most public first. All
// subnets are in one space, to which everything is bound.
func (u *Unit) places() []place {
	if u.Address == "" {
		return nil
	}
	var known []place
	own := place{LinkAddress: LinkAddress{Address: u.Address}}
	for _, link := range u.Links {
		for _, a := range link.Addresses {
			if a.CIDR != "" {
				known = append(known, place{link, a})
			} else if a.Address == u.Address {
				own = place{link, a}
			}
		}
	}
	if len(known) == 0 {
		return []place{own}
	}
	slices.SortStableFunc(known, func(a, b place) int {
		return comparePublic(a.Address, b.Address)
	})
	return slices.CompactFunc(known, func(a, b place) bool { return a.Address == b.Address })
}

func (u *Unit) machineLinks() []Link {
	var links []Link
	for _, p := range u.places() {
		i := slices.IndexFunc(links, func(l Link) bool { return l.Name == p.link.Name })
		if i < 0 {
			i = len(links)
			links = append(links, Link{Name: p.link.Name, MAC: p.link.MAC})
		}
		links[i].Addresses = append(links[i].Addresses, p.LinkAddress)
	}
	return links
}

func (u *Unit) machineIngress(r *Relation) []string {
	if r != nil && r.RemoteModelUUID != "" {
		if address := cmp.Or(u.publicAddress(), u.Address); address != "" {
			return []string{address}
		}
	}
	var addresses []string
	for _, p := range u.places() {
		addresses = append(addresses, p.Address)
	}
	return addresses
}

// publicAddress is the machine's, or the unit's own if others can reach it.
func (u *Unit) publicAddress() string {
	switch scopeOf(u.Address) {
	case scopeMachine, scopeLink:
		return u.PublicAddress
	}
	return cmp.Or(u.PublicAddress, u.Address)
}

// scope is how far an IP address reaches. Lower is further, as Juju orders them.
type scope int

const (
	scopePublic scope = iota
	scopeCloud
	scopeFan
	scopeMachine
	scopeLink
	scopeUnknown
)

func scopeOf(address string) scope {
	a, err := netip.ParseAddr(address)
	switch {
	case err != nil:
		return scopeUnknown
	case a.IsLoopback():
		return scopeMachine
	case a.IsPrivate():
		return scopeCloud
	case a.Is4() && a.As4()[0] >= 240:
		return scopeFan
	case a.IsLinkLocalUnicast(), a.IsLinkLocalMulticast(), a.IsInterfaceLocalMulticast():
		return scopeLink
	case a.IsGlobalUnicast():
		return scopePublic
	}
	return scopeUnknown
}

// comparePublic orders addresses by how far they reach; of the same scope IPv4
// comes first, then what is less as a text.
func comparePublic(a, b string) int {
	six := func(address string) int { return strings.Count(address, ":") }
	return cmp.Or(cmp.Compare(scopeOf(a), scopeOf(b)), cmp.Compare(min(six(a), 1), min(six(b), 1)), cmp.Compare(a, b))
}
