package controller

import (
	"slices"
	"sort"
	"strings"

	"github.com/juju/collections/transform"
	"github.com/juju/errors"
	"github.com/juju/names/v5"

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

func (u *uniter) OpenedPortRangesByEndpoint() params.OpenPortRangesByEndpointResults {
	return u.openedPorts(u.name)
}

// OpenedMachinePortRangesByEndpoint has all units of the machine.
func (u *uniter) OpenedMachinePortRangesByEndpoint(params.Entities) params.OpenPortRangesByEndpointResults {
	return u.openedPorts(u.machineUnits()...)
}

func (u *uniter) openedPorts(units ...string) params.OpenPortRangesByEndpointResults {
	result := params.OpenPortRangesByEndpointResult{UnitPortRanges: map[string][]params.OpenUnitPortRangesByEndpoint{}}
	for _, name := range units {
		groups, order := groupPorts(u.World.Units[name].Ports)
		tag := names.NewUnitTag(name).String()
		for _, ep := range order {
			result.UnitPortRanges[tag] = append(result.UnitPortRanges[tag], params.OpenUnitPortRangesByEndpoint{
				Endpoint: ep, PortRanges: transform.Slice(groups[ep], params.FromNetworkPortRange),
			})
		}
	}
	return params.OpenPortRangesByEndpointResults{Results: []params.OpenPortRangesByEndpointResult{result}}
}

// checkPorts is what the transaction refuses of ports: endpoints that the
// application has no bindings of and, on machines, conflicts.
func (u *uniter) checkPorts(changes params.CommitHookChangesArg) error {
	if u.World.Type != "caas" {
		_, err := u.machinePorts(changes)
		return err
	}
	known := u.endpoints()
	check := func(what string, ranges []params.EntityPortRange) error {
		for _, r := range byEndpoint(ranges) {
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

// byEndpoint orders ranges where Juju, which names one of several in a refusal,
// has them in the random order of a map.
func byEndpoint(ranges []params.EntityPortRange) []params.EntityPortRange {
	return slices.SortedStableFunc(slices.Values(ranges), func(a, b params.EntityPortRange) int {
		return strings.Compare(a.Endpoint, b.Endpoint)
	})
}

// endpoints are the names in the application's document of bindings.
func (u *uniter) endpoints() map[string]bool {
	known := u.bindings()
	delete(known, "juju-info")
	delete(known, "")
	return known
}

func (u *uniter) changePorts(changes params.CommitHookChangesArg) {
	if len(changes.OpenPorts)+len(changes.ClosePorts) == 0 {
		return
	}
	if u.World.Type != "caas" {
		if groups, err := u.machinePorts(changes); err == nil {
			u.own().Ports = formatPorts(groups)
		}
		return
	}
	groups, _ := groupPorts(u.own().Ports)
	for _, r := range changes.OpenPorts {
		if pr := portRange(r); !slices.Contains(groups[r.Endpoint], pr) {
			groups[r.Endpoint] = append(groups[r.Endpoint], pr)
		}
	}
	for _, r := range changes.ClosePorts {
		groups[r.Endpoint] = without(groups[r.Endpoint], portRange(r))
	}
	u.own().Ports = formatPorts(groups)
}

func portRange(r params.EntityPortRange) network.PortRange {
	return network.PortRange{FromPort: r.FromPort, ToPort: r.ToPort, Protocol: r.Protocol}
}

func without(ranges []network.PortRange, r network.PortRange) []network.PortRange {
	return slices.DeleteFunc(ranges, func(o network.PortRange) bool { return o == r })
}
