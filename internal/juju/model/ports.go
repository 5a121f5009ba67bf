package model

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// PortRange is a range of ports of one protocol.
type PortRange struct {
	// From and To are the first and the last port; both are 0 for icmp.
	From, To int
	// Protocol is tcp, udp or icmp.
	Protocol string
}

// Port is a port range that a unit opened.
type Port struct {
	// Endpoint is the endpoint it is open for; empty means all.
	Endpoint string
	Range    PortRange
}

// String returns the range as Juju writes it: 80/tcp, 80-90/udp, icmp.
func (r PortRange) String() string {
	switch {
	case r.Protocol == "icmp":
		return "icmp"
	case r.From == r.To:
		return fmt.Sprintf("%d/%s", r.From, r.Protocol)
	default:
		return fmt.Sprintf("%d-%d/%s", r.From, r.To, r.Protocol)
	}
}

// Conflicts reports whether the two ranges share a port of one protocol.
func (r PortRange) Conflicts(o PortRange) bool {
	return r.Protocol == o.Protocol && r.From <= o.To && o.From <= r.To
}

// ParsePortRange parses PORT[/PROTOCOL], FROM-TO[/PROTOCOL] or icmp. Its errors
// are those of Juju 3.6.11.
func ParsePortRange(text string) (PortRange, error) {
	numbers, protocol, given := strings.Cut(text, "/")
	if numbers == "icmp" {
		return PortRange{Protocol: "icmp"}, nil
	}
	if !given {
		protocol = "tcp"
	}
	parts := strings.Split(numbers, "-")
	if len(parts) > 2 {
		return PortRange{}, fmt.Errorf("invalid port range %q", numbers)
	}
	r := PortRange{Protocol: protocol}
	var err error
	if r.From, err = parsePort(parts[0]); err != nil {
		return PortRange{}, err
	}
	if r.To, err = parsePort(parts[len(parts)-1]); err != nil {
		return PortRange{}, err
	}
	return r, r.validate()
}

func parsePort(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("invalid port %q: strconv.Atoi: parsing %q: %w", text, text, err.(*strconv.NumError).Err)
	}
	return n, nil
}

func (r PortRange) validate() error {
	if r.Protocol != "tcp" && r.Protocol != "udp" && r.Protocol != "icmp" {
		return fmt.Errorf(`invalid protocol %q, expected "tcp", "udp", or "icmp"`, r.Protocol)
	}
	if r.Protocol == "icmp" {
		return fmt.Errorf(`protocol "icmp" doesn't support any ports; got "%v"`, r.From)
	}
	if r.From > r.To {
		return fmt.Errorf("invalid port range %s", r)
	}
	if r.From < 0 || r.From > 65535 || r.To < 0 || r.To > 65535 {
		return fmt.Errorf("port range bounds must be between 0 and 65535, got %d-%d", r.From, r.To)
	}
	return nil
}

// ComparePortRanges orders ranges as Juju prints them: by protocol, then by
// number.
func ComparePortRanges(a, b PortRange) int {
	return cmp.Or(strings.Compare(a.Protocol, b.Protocol), a.From-b.From, a.To-b.To)
}

// OpenPort opens a range of ports for a unit; opening an open one is no error.
func (u *Unit) OpenPort(p Port) {
	if !slices.Contains(u.Ports, p) {
		u.Ports = append(u.Ports, p)
	}
}

// ClosePort closes a range of ports for an endpoint, or what was opened for all;
// closing a closed one is no error.
func (u *Unit) ClosePort(p Port) {
	u.Ports = slices.DeleteFunc(u.Ports, func(o Port) bool { return o == p })
}
