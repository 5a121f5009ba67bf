package tools

import (
	"errors"
	"fmt"
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
	n, ok := t.hook.Network(t.binding)
	if !ok {
		return fmt.Errorf("no network config found for binding %q", t.binding)
	}
	chosen := map[string]any{}
	if t.bind {
		chosen["bind-address"] = n.Bind
	}
	if t.ingress {
		chosen["ingress-address"] = n.Ingress[0]
	}
	if t.egress {
		chosen["egress-subnets"] = n.Egress
	}
	switch {
	case t.primary && len(chosen) > 0:
		return errors.New("--primary-address must be the only flag specified")
	case t.primary:
		return t.print(n.Bind)
	case len(chosen) == 0:
		return t.print(network{
			Bind:    []networkInterface{{Addresses: []networkAddress{{Value: n.Bind, Old: n.Bind}}}},
			Egress:  n.Egress,
			Ingress: n.Ingress,
		})
	case len(chosen) > 1:
		return t.print(chosen)
	}
	for _, value := range chosen {
		return t.print(value)
	}
	return nil
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
