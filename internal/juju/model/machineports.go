package model

import (
	"fmt"
	"slices"
)

// PortBeside returns a range of ports that another unit of the same machine has
// opened and that r overlaps. ok is false if there is none.
func (s *State) PortBeside(unit string, r PortRange) (other string, taken PortRange, ok bool) {
	for _, u := range s.unitsBeside(unit) {
		for _, p := range u.Ports {
			if p.Range.Conflicts(r) {
				return u.Name, p.Range, true
			}
		}
	}
	return "", PortRange{}, false
}

// OpenBeside reports whether another unit of the same machine has an open port,
// and whether one of the same application has.
func (s *State) OpenBeside(unit string) (any, own bool) {
	for _, u := range s.unitsBeside(unit) {
		if len(u.Ports) > 0 {
			any, own = true, own || u.Application == ApplicationOf(unit)
		}
	}
	return any, own
}

// unitsBeside are the other units of a unit's machine, by name.
func (s *State) unitsBeside(unit string) (units []*Unit) {
	u, ok := s.Units[unit]
	if !ok || s.Type != Machines {
		return nil
	}
	for _, name := range sortedKeys(s.Units) {
		if other := s.Units[name]; other != u && other.Machine == u.Machine {
			units = append(units, other)
		}
	}
	return units
}

// MachinePorts are the ports that a unit of a machine has after it opened some
// and closed others. What is open for all endpoints is not also open for one;
// closing that for one leaves it open for each other endpoint and extra binding.
// Ranges that overlap on the machine are refused.
func (s *State) MachinePorts(unit string, opened, closed []Port) ([]Port, error) {
	u, err := s.Unit(unit)
	if err != nil {
		return nil, err
	}
	ports := slices.Clone(u.Ports)
	for _, p := range opened {
		if err := s.checkOverlap("open", u, ports, p.Range); err != nil {
			return nil, err
		}
		if !slices.Contains(ports, p) && !slices.Contains(ports, Port{Range: p.Range}) {
			ports = append(ports, p)
		}
	}
	ports = dropShadowed(ports)
	for _, p := range closed {
		if err := s.checkOverlap("close", u, ports, p.Range); err != nil {
			return nil, err
		}
		everywhere := slices.Contains(ports, Port{Range: p.Range})
		ports = slices.DeleteFunc(ports, func(o Port) bool {
			return o.Range == p.Range && (p.Endpoint == "" || o.Endpoint == "" || o.Endpoint == p.Endpoint)
		})
		if p.Endpoint != "" && everywhere {
			ports = append(ports, s.elsewhere(u, p)...)
		}
	}
	return ports, nil
}

// checkOverlap refuses a range that overlaps another one of the machine. One
// that is in ports is no news.
func (s *State) checkOverlap(act string, u *Unit, ports []Port, r PortRange) error {
	if slices.ContainsFunc(ports, func(p Port) bool { return p.Range == r }) {
		return nil
	}
	other, taken, found := s.PortBeside(u.Name, r)
	if i := slices.IndexFunc(ports, func(p Port) bool { return p.Range.Conflicts(r) }); i >= 0 {
		other, taken, found = u.Name, ports[i].Range, true
	}
	if !found {
		return nil
	}
	return fmt.Errorf("cannot %s ports %s: port ranges %s (%q) and %s (%q) conflict", act, r, taken, other, r, u.Name)
}

// dropShadowed drops what is open for one endpoint and for all.
func dropShadowed(ports []Port) []Port {
	var kept []Port
	for _, p := range ports {
		if p.Endpoint == "" || !slices.Contains(ports, Port{Range: p.Range}) {
			kept = append(kept, p)
		}
	}
	return kept
}

// elsewhere is a port for all that the charm can bind but the port's endpoint.
func (s *State) elsewhere(u *Unit, p Port) (ports []Port) {
	a := s.Applications[u.Application]
	if a == nil || a.Charm == nil {
		return nil
	}
	for _, name := range slices.Concat(a.Charm.Meta.Endpoints(), a.Charm.Meta.ExtraBindings) {
		if name != p.Endpoint {
			ports = append(ports, Port{Endpoint: name, Range: p.Range})
		}
	}
	return ports
}
