package charm_test

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
)

func TestNetworksAreAskedForOnce(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		website, admin := b.Provides("website"), b.Binding("admin")
		require.Equal(t, "admin", admin.Name())
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			relation, err := website.Relation(ctx)
			require.NoError(t, err)
			for range 2 {
				for _, network := range []func(context.Context) (charm.Network, error){website.Network, relation.Network, admin.Network} {
					got, err := network(ctx)
					require.NoError(t, err)
					address, err := got.BindAddress()
					require.NoError(t, err)
					require.Equal(t, netip.MustParseAddr("10.1.0.5"), address)
					require.Equal(t, netip.MustParsePrefix("10.1.0.5/32"), got.Addresses[0].Subnet)
					_, err = got.IngressAddress()
					require.NoError(t, err)
				}
			}
			return nil
		})
	})
	out := succeed(t, c, related(charmtest.Relation{}), charmtest.Start())
	require.Equal(t, []string{"relation-ids", "network-get", "network-get", "network-get"}, out.Calls.Tools())
	require.Equal(t, []string{"--format=json", "-r", "website:7", "--", "website"}, out.Calls[2].Args)
}

// answered runs a charm's start with a stand-in for the hook tools, whose answers
// are by tool.
func answered(t *testing.T, answers func(hooktool.Call) hooktool.Result, f func(context.Context, *charm.Base)) {
	t.Helper()
	handled := false
	_, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		b.Provides("website")
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			handled = true
			f(ctx, b)
			return nil
		})
		return b, nil
	}, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_UNIT_NAME", "wiki/0"),
		Files:  fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
		Transport: hooktool.Func(func(_ context.Context, call hooktool.Call) (hooktool.Result, error) {
			return answers(call), nil
		}),
	})
	require.NoError(t, err)
	require.True(t, handled)
}

func always(stdout string) func(hooktool.Call) hooktool.Result {
	return func(hooktool.Call) hooktool.Result { return hooktool.Result{Stdout: []byte(stdout)} }
}

func TestNetworkOfAMachine(t *testing.T) {
	t.Parallel()
	answered(t, always(`{"bind-addresses": [
		{"mac-address": "00:16:3e:aa:bb:cc", "interface-name": "eth0", "addresses": [
			{"hostname": "", "value": "10.0.3.7", "cidr": "10.0.3.0/24"},
			{"hostname": "db.local", "value": "", "cidr": ""}]},
		{"mac-address": "", "interface-name": "", "addresses": [
			{"hostname": "", "value": "named.local", "cidr": ""}, {"hostname": "", "value": "", "cidr": ""},
			{"hostname": "", "value": "fd00::1", "cidr": ""}]}],
		"egress-subnets": ["10.0.3.7/32", "somewhere"], "ingress-addresses": ["10.0.3.7", "lb.example.com", ""]}`),
		func(ctx context.Context, b *charm.Base) {
			got, err := b.Provides("website").Network(ctx)
			require.NoError(t, err)
			require.Equal(t, charm.Network{
				Addresses: []charm.NetworkAddress{
					{
						Addr: netip.MustParseAddr("10.0.3.7"), Subnet: netip.MustParsePrefix("10.0.3.0/24"),
						Interface: "eth0", MAC: "00:16:3e:aa:bb:cc",
					},
					{Hostname: "db.local", Interface: "eth0", MAC: "00:16:3e:aa:bb:cc"},
					{Hostname: "named.local"},
					{Addr: netip.MustParseAddr("fd00::1"), Subnet: netip.MustParsePrefix("fd00::1/128")},
				},
				Ingress:      []netip.Addr{netip.MustParseAddr("10.0.3.7")},
				IngressNames: []string{"lb.example.com"},
				Egress:       []netip.Prefix{netip.MustParsePrefix("10.0.3.7/32")},
			}, got)
		})
}

func TestLinksOfAMachine(t *testing.T) {
	t.Parallel()
	c := handling(func(ctx context.Context, b *charm.Base) error {
		got, err := b.Provides("website").Network(ctx)
		require.Equal(t, []charm.NetworkAddress{{
			Addr: netip.MustParseAddr("203.0.113.7"), Subnet: netip.MustParsePrefix("203.0.113.0/24"), Interface: "eth1", MAC: "00:16:3e:aa:bb:cc",
		}, {
			Addr: netip.MustParseAddr("10.0.3.7"), Subnet: netip.MustParsePrefix("10.0.3.0/24"), Interface: "eth0",
		}}, got.Addresses)
		return err
	})
	succeed(t, c, charmtest.State{Machine: &charmtest.Machine{Links: []charmtest.Link{
		{Name: "eth0", Addresses: []string{"10.0.3.7/24"}}, {Name: "eth1", MAC: "00:16:3e:aa:bb:cc", Addresses: []string{"203.0.113.7/24"}},
	}}}, charmtest.ConfigChanged())
}

func TestANetworkWithoutAddresses(t *testing.T) {
	t.Parallel()
	_, err := charm.Network{}.BindAddress()
	require.ErrorIs(t, err, charm.ErrAbsent)
	_, err = charm.Network{}.IngressAddress()
	require.ErrorIs(t, err, charm.ErrAbsent)
	name, err := charm.Network{IngressNames: []string{"lb"}}.IngressAddress()
	require.NoError(t, err)
	require.Equal(t, "lb", name)
}

func TestTheNetworkOfARelationThatIsGoneIsItsEndpoints(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		b.Provides("website").OnBroken(func(ctx context.Context, e *charm.RelationBrokenEvent) error {
			_, err := e.Relation.Network(ctx)
			return err
		})
	})
	succeed(t, c, related(charmtest.Relation{}), charmtest.RelationBroken("website"))
	answered(t, func(call hooktool.Call) hooktool.Result {
		switch {
		case call.Tool == "relation-ids":
			return hooktool.Result{Stdout: []byte(`["website:7"]`)}
		case slices.Contains(call.Args, "-r"):
			return hooktool.Result{Code: 2, Stderr: []byte(`ERROR invalid value "website:7" for option -r: relation not found`)}
		}
		return hooktool.Result{Stdout: []byte(`{"ingress-addresses": ["10.0.0.1"]}`)}
	}, func(ctx context.Context, b *charm.Base) {
		relation, err := b.Provides("website").Relation(ctx)
		require.NoError(t, err)
		got, err := relation.Network(ctx)
		require.NoError(t, err)
		require.Len(t, got.Ingress, 1)
	})
}
