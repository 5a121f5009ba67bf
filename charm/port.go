package charm

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// Port is a port, or a range of them, that should be open.
type Port struct {
	// Protocol is tcp, udp or icmp. On Kubernetes there is no icmp: it fails
	// the hook.
	Protocol string
	// From and To are the first and the last; both are 0 for icmp. Kubernetes
	// takes single ports only.
	From, To int
	// Endpoint is whose relations it is for; empty means all.
	Endpoint string
}

// TCP returns a TCP port.
func TCP(port int) Port { return Port{Protocol: "tcp", From: port, To: port} }

// UDP returns a UDP port.
func UDP(port int) Port { return Port{Protocol: "udp", From: port, To: port} }

// ICMP returns the protocol that ping uses.
func ICMP() Port { return Port{Protocol: "icmp"} }

// Through returns the range from a port to another.
func (p Port) Through(last int) Port {
	p.To = last
	return p
}

// For returns the port for the relations of one endpoint only.
func (p Port) For(endpoint *Endpoint) Port {
	p.Endpoint = endpoint.name
	return p
}

// String returns the port as Juju writes it, such as "8080/tcp", with the endpoint
// behind it.
func (p Port) String() string {
	if p.Endpoint == "" {
		return p.text()
	}
	return p.text() + " (" + p.Endpoint + ")"
}

// text is the port without the endpoint.
func (p Port) text() string {
	switch {
	case p.Protocol == "icmp":
		return "icmp"
	case p.From == p.To:
		return fmt.Sprintf("%d/%s", p.From, p.Protocol)
	}
	return fmt.Sprintf("%d-%d/%s", p.From, p.To, p.Protocol)
}

// endpoints are the arguments for the hook tools.
func (p Port) endpoints() []string {
	if p.Endpoint == "" {
		return nil
	}
	return []string{p.Endpoint}
}

// parsePorts gives types to an open range, which is one port for each endpoint
// that it is open for. One that a newer Juju writes in another way is not ok.
func parsePorts(open hooktool.OpenedPort) (ports []Port, ok bool) {
	var p Port
	if p.Protocol = open.Port; open.Port != "icmp" {
		digits, protocol, found := strings.Cut(open.Port, "/")
		if p.Protocol = protocol; !found {
			p.Protocol = "tcp"
		}
		first, last, isRange := strings.Cut(digits, "-")
		var err, err2 error
		p.From, err = strconv.Atoi(first)
		p.To = p.From
		if isRange {
			p.To, err2 = strconv.Atoi(last)
		}
		if err != nil || err2 != nil {
			return nil, false
		}
	}
	if len(open.Endpoints) == 0 {
		return []Port{p}, true
	}
	for _, p.Endpoint = range open.Endpoints {
		ports = append(ports, p)
	}
	return ports, true
}

// Ports returns what is open, with the changes of this hook.
func (b *Base) Ports(ctx context.Context) ([]Port, error) {
	open, err := b.run.tools.OpenedPortsByEndpoint(ctx)
	if err != nil {
		return nil, err
	}
	var ports []Port
	for _, said := range open {
		if more, ok := parsePorts(said); ok {
			ports = append(ports, more...)
		}
	}
	return ports, nil
}

// SetPorts makes the ports that are open exactly these, and does nothing if they
// are so. On machines Juju takes no range that overlaps another which is still
// open: then it is closed, and the new one opened in a later hook, which a
// [*WaitingError] says.
func (b *Base) SetPorts(ctx context.Context, ports ...Port) error {
	open, err := b.Ports(ctx)
	if err != nil {
		return err
	}
	// One that is open for all endpoints hides those for single ones.
	ports = slices.DeleteFunc(slices.Clone(ports), func(p Port) bool {
		all := p
		all.Endpoint = ""
		return p != all && slices.Contains(ports, all)
	})
	var closed []Port
	for _, port := range open {
		if slices.Contains(ports, port) {
			continue
		}
		if err := b.run.tools.ClosePort(ctx, port.text(), port.endpoints()...); err != nil {
			return err
		}
		closed = append(closed, port)
	}
	var late error
	for i, port := range ports {
		switch {
		case slices.Contains(open, port), slices.Contains(ports[:i], port):
			continue
		case slices.ContainsFunc(closed, port.overlaps):
			late = &WaitingError{For: "ports to be closed"}
			continue
		}
		if err := b.run.tools.OpenPort(ctx, port.text(), port.endpoints()...); err != nil {
			return err
		}
	}
	return late
}

// overlaps tells whether two ranges share ports and are not the same.
func (p Port) overlaps(o Port) bool {
	return p.Protocol == o.Protocol && (p.From != o.From || p.To != o.To) && p.From <= o.To && o.From <= p.To
}
