package controller

import (
	"slices"
	"sort"
	"strings"

	"github.com/juju/errors"

	"github.com/juju/juju/core/network"
	"github.com/juju/juju/rpc/params"
)

// groupPorts parses the world's form of open ports: ENDPOINT RANGE.
func groupPorts(ports []string) (network.GroupedPortRanges, []string) {
	groups := network.GroupedPortRanges{}
	var order []string
	for _, text := range ports {
		ep, numbers, _ := strings.Cut(text, " ")
		if ep == "*" {
			ep = ""
		}
		if _, ok := groups[ep]; !ok {
			order = append(order, ep)
		}
		groups[ep] = append(groups[ep], network.MustParsePortRange(numbers))
	}
	sort.Strings(order)
	return groups, order
}

func formatPorts(groups network.GroupedPortRanges) []string {
	var ports []string
	for ep, ranges := range groups {
		if ep == "" {
			ep = "*"
		}
		for _, r := range ranges {
			ports = append(ports, ep+" "+r.String())
		}
	}
	sort.Strings(ports)
	return ports
}

// checkPorts is what the transaction checks of the endpoints that ports were
// opened and closed for.
func (u *uniter) checkPorts(changes params.CommitHookChangesArg) error {
	known := u.bindings()
	delete(known, "juju-info")
	check := func(what string, ranges []params.EntityPortRange) error {
		for _, r := range ranges {
			if r.Endpoint != "" && !known[r.Endpoint] {
				err := errors.NotFoundf("%s port range: endpoint %q for application %q", what, r.Endpoint, applicationOf(u.name))
				return errors.Annotate(err, "cannot open/close ports")
			}
		}
		return nil
	}
	if err := check("open", changes.OpenPorts); err != nil {
		return err
	}
	return check("close", changes.ClosePorts)
}

func (u *uniter) changePorts(changes params.CommitHookChangesArg) {
	groups, _ := groupPorts(u.own().Ports)
	for _, r := range changes.OpenPorts {
		pr := network.PortRange{FromPort: r.FromPort, ToPort: r.ToPort, Protocol: r.Protocol}
		if !slices.Contains(groups[r.Endpoint], pr) {
			groups[r.Endpoint] = append(groups[r.Endpoint], pr)
		}
	}
	for _, r := range changes.ClosePorts {
		pr := network.PortRange{FromPort: r.FromPort, ToPort: r.ToPort, Protocol: r.Protocol}
		groups[r.Endpoint] = slices.DeleteFunc(groups[r.Endpoint], func(o network.PortRange) bool { return o == pr })
	}
	u.own().Ports = formatPorts(groups)
}
