package controller

import (
	"maps"
	"slices"

	"github.com/juju/errors"

	"github.com/juju/juju/core/network"
	"github.com/juju/juju/rpc/params"
)

// machineUnits are the units of the unit's machine, itself among them.
func (u *uniter) machineUnits() []string {
	var units []string
	for _, name := range slices.Sorted(maps.Keys(u.World.Units)) {
		if u.World.Units[name].Machine == u.own().Machine {
			units = append(units, name)
		}
	}
	return units
}

// machinePorts follows openClosePortRangesOperation: the unit's open ports after
// a commit's changes, or what that is refused with.
func (u *uniter) machinePorts(changes params.CommitHookChangesArg) (network.GroupedPortRanges, error) {
	owner := map[network.PortRange]string{}
	hasEndpoints := len(changes.OpenPorts) > 0
	for _, name := range u.machineUnits() {
		groups, _ := groupPorts(u.World.Units[name].Ports)
		for _, ranges := range groups {
			for _, r := range ranges {
				owner[r] = name
			}
		}
		// Bindings are looked up of applications with open ports only.
		hasEndpoints = hasEndpoints || len(groups) > 0 && applicationOf(name) == applicationOf(u.name)
	}
	known := map[string]bool{}
	if hasEndpoints {
		known = u.endpoints()
	}
	for i, r := range slices.Concat(byEndpoint(changes.OpenPorts), byEndpoint(changes.ClosePorts)) {
		what := "open"
		if i >= len(changes.OpenPorts) {
			what = "close"
		}
		if r.Endpoint != "" && !known[r.Endpoint] {
			err := errors.NotFoundf("%s port range: endpoint %q for unit %q", what, r.Endpoint, u.name)
			return nil, errors.Annotate(err, "cannot open/close ports")
		}
	}
	conflict := func(r network.PortRange) error {
		for existing, name := range owner {
			if r.ConflictsWith(existing) {
				return errors.Errorf("port ranges %v (%q) and %v (%q) conflict", existing, name, r, u.name)
			}
		}
		return nil
	}
	groups, _ := groupPorts(u.own().Ports)
	for _, change := range changes.OpenPorts {
		r := portRange(change)
		if owner[r] == u.name {
			if slices.Contains(groups[""], r) || slices.Contains(groups[change.Endpoint], r) {
				continue
			}
		} else if err := conflict(r); err != nil {
			return nil, errors.Annotatef(err, "cannot open ports %v", r)
		}
		groups[change.Endpoint] = append(groups[change.Endpoint], r)
		owner[r] = u.name
	}
	for ep := range groups {
		if ep != "" {
			for _, r := range groups[""] {
				groups[ep] = without(groups[ep], r)
			}
		}
	}
	for _, change := range changes.ClosePorts {
		r := portRange(change)
		if owner[r] != u.name {
			if err := conflict(r); err != nil {
				return nil, errors.Annotatef(err, "cannot close ports %v", r)
			}
			continue
		}
		u.closeRange(groups, change.Endpoint, r)
		if !slices.ContainsFunc(slices.Collect(maps.Values(groups)), func(all []network.PortRange) bool { return slices.Contains(all, r) }) {
			delete(owner, r)
		}
	}
	return groups, nil
}

// closeRange follows removePortRange: what is open for all endpoints stays open
// for the others when it is closed for one.
func (u *uniter) closeRange(groups network.GroupedPortRanges, ep string, r network.PortRange) {
	if ep == "" {
		for name := range groups {
			groups[name] = without(groups[name], r)
		}
		return
	}
	groups[ep] = without(groups[ep], r)
	if !slices.Contains(groups[""], r) {
		return
	}
	groups[""] = without(groups[""], r)
	for name := range u.endpoints() {
		if name != ep {
			groups[name] = append(groups[name], r)
		}
	}
}
