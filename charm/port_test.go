package charm_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

func TestPortsAreASet(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		website := b.Provides("website")
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			return b.SetPorts(ctx, charm.TCP(80), charm.TCP(80).For(website), charm.TCP(443).For(website), charm.TCP(80), charm.UDP(8000).Through(8010), charm.ICMP())
		})
	})
	state := charmtest.State{Machine: &charmtest.Machine{}, Ports: []string{"443/tcp (website)", "22/tcp (website)", "9000-9020/udp"}}
	out := succeed(t, c, state, charmtest.Start())
	want := []string{"443/tcp (website)", "80/tcp", "8000-8010/udp", "icmp"}
	require.ElementsMatch(t, want, out.State.Ports)
	require.Equal(t, []string{
		"opened-ports", "close-port", "close-port", "open-port", "open-port", "open-port",
	}, out.Calls.Tools())
	require.Equal(t, []string{"opened-ports"}, succeed(t, c, out.State, charmtest.Start()).Calls.Tools())
}

func TestARangeThatOverlapsAnOldOneIsOpenedLater(t *testing.T) {
	t.Parallel()
	c := reconciling(func(ctx context.Context, b *charm.Base, _ *charm.Status) error {
		return b.SetPorts(ctx, charm.TCP(8000).Through(8010), charm.UDP(8005))
	})
	state := charmtest.State{Machine: &charmtest.Machine{}, Ports: []string{"8005-8020/tcp"}}
	out := succeed(t, c, state, charmtest.UpdateStatus())
	require.Equal(t, charmtest.Waiting("waiting for ports to be closed"), out.State.Status)
	require.Equal(t, []string{"8005/udp"}, out.State.Ports)
	out = succeed(t, c, out.State, charmtest.UpdateStatus())
	require.Equal(t, charmtest.Active(""), out.State.Status)
	require.ElementsMatch(t, []string{"8005/udp", "8000-8010/tcp"}, out.State.Ports)
}

func TestAPortOfOneEndpoint(t *testing.T) {
	t.Parallel()
	c := func(ports func(website *charm.Endpoint) []charm.Port) charmtest.Charm[*charm.Base] {
		return wiki(func(b *charm.Base) {
			website := b.Provides("website")
			b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error { return b.SetPorts(ctx, ports(website)...) })
		})
	}
	only := func(website *charm.Endpoint) []charm.Port { return []charm.Port{charm.TCP(443).For(website)} }
	out := succeed(t, c(only), charmtest.State{Machine: &charmtest.Machine{}}, charmtest.Start())
	require.Equal(t, []string{"443/tcp (website)"}, out.State.Ports)
	none := func(*charm.Endpoint) []charm.Port { return nil }
	require.Empty(t, succeed(t, c(none), out.State, charmtest.Start()).State.Ports)
}

func TestNoPorts(t *testing.T) {
	t.Parallel()
	c := handling(func(ctx context.Context, b *charm.Base) error {
		ports, err := b.Ports(ctx)
		require.NoError(t, err)
		require.Equal(t, []charm.Port{charm.TCP(80)}, ports)
		return b.SetPorts(ctx)
	})
	require.Empty(t, succeed(t, c, charmtest.State{Ports: []string{"80/tcp"}}, charmtest.ConfigChanged()).State.Ports)
}

func TestPortsAsJujuPrintsThem(t *testing.T) {
	t.Parallel()
	answered(t, always(`["icmp (*)", "80 (db)", "80-90/udp (db, web)", "443/tcp", "443/sctp (*)", "new/thing (*)", "1-x/tcp"]`),
		func(ctx context.Context, b *charm.Base) {
			ports, err := b.Ports(ctx)
			require.NoError(t, err)
			var texts []string
			for _, port := range ports {
				texts = append(texts, port.String())
			}
			require.Equal(t, []string{"icmp", "80/tcp (db)", "80-90/udp (db)", "80-90/udp (web)", "443/tcp", "443/sctp"}, texts)
		})
}

// FuzzPorts holds the ports that Juju prints to ports or nothing.
func FuzzPorts(f *testing.F) {
	for _, seed := range []string{"icmp (*)", "80-90/udp (db, web)", "443/tcp", "80", "-/()", "1-/tcp (", "99999999999999999999/tcp"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		answer, err := json.Marshal([]string{text})
		require.NoError(t, err)
		answered(t, always(string(answer)), func(ctx context.Context, b *charm.Base) {
			ports, err := b.Ports(ctx)
			require.NoError(t, err)
			for _, port := range ports {
				require.NotEqual(t, "*", port.Endpoint)
			}
		})
	})
}
