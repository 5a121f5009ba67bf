package controller

import (
	"strings"

	"github.com/juju/errors"
	"github.com/juju/names/v5"

	apiservererrors "github.com/juju/juju/apiserver/errors"
	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/core/network"
	"github.com/juju/juju/rpc/params"
)

// bindings are the names that the facade knows: all endpoints and extra bindings
// of the charm, juju-info, and the empty name, which is the application's default
// and what unit-get asks for.
func (u *uniter) bindings() map[string]bool {
	known := map[string]bool{"": true, "juju-info": true}
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

// NetworkInfo follows ProcessAPIRequest of networkinfocaas.go and
// networkinfoiaas.go, with everything bound to the space alpha.
func (u *uniter) NetworkInfo(args params.NetworkInfoParams) (params.NetworkInfoResults, error) {
	results := params.NetworkInfoResults{Results: map[string]params.NetworkInfoResult{}}
	ingressOf := map[string][]string{}
	if args.RelationId != nil {
		r := u.World.Relations[*args.RelationId]
		if r == nil {
			return params.NetworkInfoResults{}, errors.NotFoundf("relation %d", *args.RelationId)
		}
		ingressOf[endpoint(r, applicationOf(u.name)).Name] = u.ingress(r)
	}
	known := u.bindings()
	for _, name := range args.Endpoints {
		if !known[name] {
			results.Results[name] = params.NetworkInfoResult{
				Error: apiservererrors.ServerError(errors.NotValidf("undefined for unit charm: endpoint %q", name)),
			}
			continue
		}
		ingress := ingressOf[name]
		if len(ingress) == 0 {
			ingress = u.ingress(nil)
		}
		results.Results[name] = params.NetworkInfoResult{
			Info: u.interfaces(), IngressAddresses: ingress, EgressSubnets: egress(ingress),
		}
	}
	return results, nil
}

// interfaces are what the unit can bind to: on Kubernetes the pod's address,
// which is local to the machine, without a device.
func (u *uniter) interfaces() []params.NetworkInfo {
	if u.World.Type != "caas" {
		return u.machineInterfaces()
	}
	var bind []params.InterfaceAddress
	if a := u.own().Address; a != "" {
		bind = append(bind, params.InterfaceAddress{Address: a})
	}
	return []params.NetworkInfo{{Addresses: bind}}
}

// ingress follows NetworksForRelation, or what an endpoint has without one.
func (u *uniter) ingress(r *script.Relation) []string {
	if u.World.Type != "caas" {
		return u.machineIngress(r)
	}
	if a := u.app().ServiceAddress; a != "" {
		return []string{a}
	}
	return nil
}

// egress is what getEgressForRelation falls back to.
func egress(ingress []string) []string {
	if subnets := network.SubnetsForAddresses(ingress); len(subnets) > 0 {
		return subnets[:1]
	}
	return nil
}

// refreshNetwork follows updateUnitNetworkInfoOperation.
func (u *uniter) refreshNetwork() {
	for _, r := range u.World.Relations {
		ru := r.Units[u.name]
		if ru == nil || !ru.InScope {
			continue
		}
		ingress := u.ingress(r)
		address := ""
		if len(ingress) > 0 {
			address = ingress[0]
		}
		merge(&ru.Data, map[string]string{
			"private-address": address, "ingress-address": address,
			"egress-subnets": strings.Join(egress(ingress), ","),
		})
	}
}

// PublicAddress of a unit on Kubernetes is the service's address if that has
// public scope.
func (u *uniter) PublicAddress(params.Entities) params.StringResults {
	value := u.machinePublicAddress()
	if u.World.Type == "caas" {
		value = ""
		if address := network.NewMachineAddress(u.app().ServiceAddress); address.Scope == network.ScopePublic {
			value = address.Value
		}
	}
	return u.addressResult(value, "public")
}

// PrivateAddress is what the agent of a machine asks for.
func (u *uniter) PrivateAddress(params.Entities) params.StringResults {
	return u.addressResult(u.own().Address, "private")
}

func (u *uniter) addressResult(value, kind string) params.StringResults {
	result := params.StringResult{Result: value}
	if value == "" {
		err := apiservererrors.NewNoAddressSetError(names.NewUnitTag(u.name), kind)
		result.Error = apiservererrors.ServerError(err)
	}
	return params.StringResults{Results: []params.StringResult{result}}
}
