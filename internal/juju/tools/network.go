package tools

import (
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/internal/juju/model"
)

type networkGet struct {
	output
	id                             relationFlag
	bind, ingress, egress, primary bool
	binding                        string
}

func newNetworkGet(c *call) command {
	return &networkGet{output: newOutput(c), id: newRelationFlag(c)}
}

func (t *networkGet) flags(f flagSet) {
	t.output.flags(f)
	t.id.flags(f, "specify a relation by id")
	f.BoolVar(&t.primary, "primary-address", false, "(deprecated) get the primary address for the binding")
	f.BoolVar(&t.bind, "bind-address", false, "get the address that the unit should listen on")
	f.BoolVar(&t.ingress, "ingress-address", false, "get the address that others should use")
	f.BoolVar(&t.egress, "egress-subnets", false, "get the subnets that the unit's own connections come from")
}

func (t *networkGet) init(args []string) error {
	if len(args) < 1 {
		return errors.New("no arguments specified")
	}
	if t.binding = args[0]; t.binding == "" {
		return errors.New("no binding name specified")
	}
	return noMore(args[1:])
}

// network is what network-get prints. The fields that JSON leaves out are the
// old names that YAML still has beside the new ones.
type network struct {
	Bind    []networkInterface `json:"bind-addresses,omitempty" yaml:"bind-addresses,omitempty"`
	Egress  []string           `json:"egress-subnets,omitempty" yaml:"egress-subnets,omitempty"`
	Ingress []string           `json:"ingress-addresses,omitempty" yaml:"ingress-addresses,omitempty"`
}

type networkInterface struct {
	MAC       string           `json:"mac-address" yaml:"mac-address"`
	Name      string           `json:"interface-name" yaml:"interface-name"`
	Addresses []networkAddress `json:"addresses" yaml:"addresses"`
	OldMAC    string           `json:"-" yaml:"macaddress"`
	OldName   string           `json:"-" yaml:"interfacename"`
}

type networkAddress struct {
	Hostname string `json:"hostname" yaml:"hostname"`
	Value    string `json:"value" yaml:"value"`
	CIDR     string `json:"cidr" yaml:"cidr"`
	Old      string `json:"-" yaml:"address"`
}

func (t *networkGet) run() error {
	n, ok := t.hook.Network(t.binding, t.id.id)
	if !ok {
		return fmt.Errorf("no network config found for binding %q", t.binding)
	}
	if t.primary && (t.bind || t.ingress || t.egress) {
		return errors.New("--primary-address must be the only flag specified")
	}
	if !t.primary && !t.bind && !t.ingress && !t.egress {
		return t.print(network{Bind: interfaces(n.Bind), Egress: n.Egress, Ingress: n.Ingress})
	}
	var bind, ingress string
	if addresses := n.Bind[0].Addresses; len(addresses) > 0 {
		bind, ingress = addresses[0].Address, addresses[0].Address
	}
	if len(n.Ingress) > 0 {
		ingress = n.Ingress[0]
	}
	if bind == "" && (t.primary || t.bind) || ingress == "" && t.ingress {
		return fmt.Errorf("no addresses attached to space for binding %q", t.binding)
	}
	if t.primary {
		return t.print(bind)
	}
	chosen := map[string]any{}
	if t.bind {
		chosen["bind-address"] = bind
	}
	if t.ingress {
		chosen["ingress-address"] = ingress
	}
	if t.egress {
		chosen["egress-subnets"] = n.Egress
	}
	if len(chosen) > 1 {
		return t.print(chosen)
	}
	for _, value := range chosen {
		return t.print(value)
	}
	return nil
}

func interfaces(links []model.Link) []networkInterface {
	all := make([]networkInterface, len(links))
	for i, l := range links {
		all[i] = networkInterface{MAC: l.MAC, Name: l.Name, OldMAC: l.MAC, OldName: l.Name, Addresses: []networkAddress{}}
		for _, a := range l.Addresses {
			all[i].Addresses = append(all[i].Addresses, networkAddress{Value: a.Address, CIDR: a.CIDR, Old: a.Address})
		}
	}
	return all
}

type unitGet struct {
	output
	key string
}

func newUnitGet(c *call) command { return &unitGet{output: newOutput(c)} }

func (t *unitGet) init(args []string) error {
	if len(args) == 0 {
		return errors.New("no setting specified")
	}
	if args[0] != "private-address" && args[0] != "public-address" {
		return fmt.Errorf("unknown setting %q", args[0])
	}
	t.key = args[0]
	return noMore(args[1:])
}

func (t *unitGet) run() error {
	what, address := "private address", t.hook.PrivateAddress
	if t.key == "public-address" {
		what, address = "public address", t.hook.PublicAddress
	}
	if value := address(); value != "" {
		return t.print(value)
	}
	return fmt.Errorf("%s not found", what)
}
