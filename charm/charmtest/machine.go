package charmtest

import (
	"cmp"
	"fmt"
	"net/netip"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// Machine is where a unit of a model of machines runs. The zero value is a
// machine with one private address.
type Machine struct {
	// ID is the machine's; default "0".
	ID string
	// Zone is its availability zone, if it has one.
	Zone string
	// Principal is the unit that this one is a subordinate of.
	Principal string
	// PublicAddress is the machine's address for the world, if that is not the
	// first of its links.
	PublicAddress string
	// Links are its network interfaces.
	Links []Link
}

// Link is a network interface of a machine.
type Link struct {
	// Name is such as eth0, MAC the hardware address.
	Name, MAC string
	// Addresses are its addresses and their subnets, such as "10.0.3.7/24".
	Addresses []string
}

// setMachine makes the model one of machines and the unit one of the machine.
func setMachine(s *model.State, unit *model.Unit, m *Machine) error {
	if m == nil {
		return nil
	}
	s.Type = model.Machines
	unit.Machine, unit.Zone, unit.Principal, unit.PublicAddress = cmp.Or(m.ID, "0"), m.Zone, m.Principal, m.PublicAddress
	for i, l := range m.Links {
		link := model.Link{Name: l.Name, MAC: l.MAC}
		for j, text := range l.Addresses {
			prefix, err := netip.ParsePrefix(text)
			if err != nil {
				return fmt.Errorf("cannot read an address of link %q: %w", l.Name, err)
			}
			address := prefix.Addr().String()
			if i == 0 && j == 0 {
				unit.Address = address
			}
			link.Addresses = append(link.Addresses, model.LinkAddress{Address: address, CIDR: prefix.Masked().String()})
		}
		unit.Links = append(unit.Links, link)
	}
	return nil
}
