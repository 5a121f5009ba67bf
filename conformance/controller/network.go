package controller

import (
	"strings"

	"github.com/juju/collections/transform"
	"github.com/juju/errors"
	"github.com/juju/names/v5"

	apiservererrors "github.com/juju/juju/apiserver/errors"
	"github.com/juju/juju/core/network"
	"github.com/juju/juju/rpc/params"
)

// bindings are the names that network-get knows: all endpoints and extra
// bindings of the charm, and juju-info.
func (u *uniter) bindings() map[string]bool {
	known := map[string]bool{"juju-info": true}
	if meta := u.Meta(applicationOf(u.name)); meta != nil {
		for name := range meta.CombinedRelations() {
			known[name] = true
		}
		for name := range meta.ExtraBindings {
			known[name] = true
		}
	}
	return known
}

// NetworkInfo follows networkinfocaas.go of the facade: the pod's address is
// local to the machine, the service's is not.
func (u *uniter) NetworkInfo(args params.NetworkInfoParams) (params.NetworkInfoResults, error) {
	results := params.NetworkInfoResults{Results: map[string]params.NetworkInfoResult{}}
	known := u.bindings()
	info, ingress, egress := u.networks()
	result := params.NetworkInfoResult{Info: info, IngressAddresses: ingress, EgressSubnets: egress}
	for _, name := range args.Endpoints {
		if !known[name] {
			results.Results[name] = params.NetworkInfoResult{
				Error: apiservererrors.ServerError(errors.NotValidf("undefined for unit charm: endpoint %q", name)),
			}
		}
	}
	if args.RelationId != nil {
		r := u.World.Relations[*args.RelationId]
		if r == nil {
			return params.NetworkInfoResults{}, errors.NotFoundf("relation %d", *args.RelationId)
		}
		results.Results[endpoint(r, applicationOf(u.name)).Name] = result
	}
	for _, name := range args.Endpoints {
		if known[name] {
			results.Results[name] = result
		}
	}
	return results, nil
}

func (u *uniter) networks() (info []params.NetworkInfo, ingress, egress []string) {
	var bind []params.InterfaceAddress
	if a := u.own().Address; a != "" {
		bind = append(bind, params.InterfaceAddress{Address: a})
	}
	if a := u.app().ServiceAddress; a != "" {
		ingress = append(ingress, a)
	}
	if subnets := network.SubnetsForAddresses(ingress); len(subnets) > 0 {
		egress = subnets[:1]
	}
	return []params.NetworkInfo{{Addresses: bind}}, ingress, egress
}

func (u *uniter) refreshNetwork() {
	_, ingress, egress := u.networks()
	address := strings.Join(ingress, "")
	for _, r := range u.World.Relations {
		if ru := r.Units[u.name]; ru != nil && ru.InScope {
			merge(&ru.Data, map[string]string{
				"private-address": address, "ingress-address": address,
				"egress-subnets": strings.Join(egress, ","),
			})
		}
	}
}

// PublicAddress of a unit on Kubernetes is the service's address if that has
// public scope.
func (u *uniter) PublicAddress(params.Entities) params.StringResults {
	tag := names.NewUnitTag(u.name)
	address := network.NewMachineAddress(u.app().ServiceAddress)
	if address.Scope != network.ScopePublic {
		return address1("", apiservererrors.NewNoAddressSetError(tag, "public"))
	}
	return address1(address.Value, nil)
}

func (u *uniter) PrivateAddress(params.Entities) params.StringResults {
	if u.own().Address == "" {
		return address1("", apiservererrors.NewNoAddressSetError(names.NewUnitTag(u.name), "private"))
	}
	return address1(u.own().Address, nil)
}

func address1(value string, err error) params.StringResults {
	return params.StringResults{Results: []params.StringResult{{Result: value, Error: apiservererrors.ServerError(err)}}}
}

func (u *uniter) OpenedPortRangesByEndpoint() params.OpenPortRangesByEndpointResults {
	return u.openedPorts(u.name)
}

// OpenedMachinePortRangesByEndpoint supposes that each unit has its machine.
func (u *uniter) OpenedMachinePortRangesByEndpoint(params.Entities) params.OpenPortRangesByEndpointResults {
	return u.openedPorts(u.name)
}

func (u *uniter) openedPorts(name string) params.OpenPortRangesByEndpointResults {
	result := params.OpenPortRangesByEndpointResult{UnitPortRanges: map[string][]params.OpenUnitPortRangesByEndpoint{}}
	groups, order := groupPorts(u.World.Units[name].Ports)
	tag := names.NewUnitTag(name).String()
	for _, ep := range order {
		result.UnitPortRanges[tag] = append(result.UnitPortRanges[tag], params.OpenUnitPortRangesByEndpoint{
			Endpoint: ep, PortRanges: transform.Slice(groups[ep], params.FromNetworkPortRange),
		})
	}
	return params.OpenPortRangesByEndpointResults{Results: []params.OpenPortRangesByEndpointResult{result}}
}
