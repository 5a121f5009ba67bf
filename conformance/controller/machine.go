package controller

import (
	"slices"
	"strings"

	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/core/network"
	"github.com/juju/juju/rpc/params"
)

// deviceAddress is an address of the machine and the device it is on.
type deviceAddress struct {
	network.SpaceAddress
	device script.Link
}

// machineAddresses follows populateMachineAddresses: the addresses of the space
// alpha, the most public first. Without any there is the preferred private
// address, with what its device tells if one has it.
func (u *uniter) machineAddresses() []deviceAddress {
	private := u.own().Address
	if private == "" {
		return nil // polled for in vain
	}
	var all []deviceAddress
	for _, link := range u.own().Links {
		for _, a := range link.Addresses {
			d := deviceAddress{SpaceAddress: network.NewSpaceAddress(a.Address, network.WithCIDR(a.CIDR)), device: link}
			if a.CIDR != "" {
				d.SpaceID = network.AlphaSpaceId
			}
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b deviceAddress) int {
		if d := network.SortOrderMostPublic(a) - network.SortOrderMostPublic(b); d != 0 {
			return d
		}
		return strings.Compare(a.Host(), b.Host())
	})
	fallback := deviceAddress{SpaceAddress: network.NewSpaceAddress(private)}
	var alpha []deviceAddress
	for _, d := range all {
		switch {
		case d.SpaceID != "":
			alpha = append(alpha, d)
		case d.Host() == private:
			fallback = d
		}
	}
	if len(alpha) == 0 {
		return []deviceAddress{fallback}
	}
	return alpha
}

// machineInterfaces follows networkInfoForSpace.
func (u *uniter) machineInterfaces() (infos []params.NetworkInfo) {
	known := map[string]bool{}
	for _, d := range u.machineAddresses() {
		if known[d.Host()] {
			continue
		}
		known[d.Host()] = true
		address := params.InterfaceAddress{Address: d.Host(), CIDR: d.AddressCIDR()}
		i := slices.IndexFunc(infos, func(n params.NetworkInfo) bool { return n.InterfaceName == d.device.Name })
		if i < 0 {
			infos = append(infos, params.NetworkInfo{InterfaceName: d.device.Name, MACAddress: d.device.MAC})
			i = len(infos) - 1
		}
		infos[i].Addresses = append(infos[i].Addresses, address)
	}
	return infos
}

// machineIngress follows NetworksForRelation: in a relation with another model
// the public address, or the private one without it.
func (u *uniter) machineIngress(r *script.Relation) []string {
	if r != nil && r.ModelUUID != "" {
		for _, a := range []string{u.machinePublicAddress(), u.own().Address} {
			if a != "" {
				return []string{a}
			}
		}
	}
	var ingress []string
	for _, d := range u.machineAddresses() {
		if !slices.Contains(ingress, d.Host()) {
			ingress = append(ingress, d.Host())
		}
	}
	return ingress
}

// machinePublicAddress is the preferred public address of the machine: of what
// the provider tells, the one that matches best.
func (u *uniter) machinePublicAddress() string {
	if a := u.own().PublicAddress; a != "" {
		return a
	}
	addresses := network.SpaceAddresses{network.NewSpaceAddress(u.own().Address)}
	best, ok := addresses.OneMatchingScope(network.ScopeMatchPublic)
	if !ok {
		return ""
	}
	return best.Value
}
