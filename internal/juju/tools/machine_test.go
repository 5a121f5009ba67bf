package tools_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// onMachines is the usual model on machines, where myapp/0 has two links.
func onMachines(t testing.TB, change func(*model.State)) world {
	t.Helper()
	w := newWorld(t)
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error {
		s.Type = model.Machines
		for i, name := range []string{"myapp/0", "myapp/1", "postgresql/0", "postgresql/1"} {
			s.Units[name].Machine = string(rune('0' + i))
		}
		s.Units["myapp/0"].Links = []model.Link{
			{Name: "lo", Addresses: []model.LinkAddress{{Address: "127.0.0.1"}}},
			{Name: "eth0", MAC: "52:54:00:00:00:01", Addresses: []model.LinkAddress{{Address: "fd00::5", CIDR: "fd00::/64"}, {Address: "10.1.0.5", CIDR: "10.1.0.0/24"}}},
			{Name: "eth1", MAC: "52:54:00:00:00:02", Addresses: []model.LinkAddress{{Address: "203.0.113.7", CIDR: "203.0.113.0/24"}}},
		}
		if change != nil {
			change(s)
		}
		return nil
	}))
	return w
}

// C-253, C-254, C-256.
func TestNetworkOfMachines(t *testing.T) {
	t.Parallel()
	runChecks(t, onMachines(t, nil).configChanged(t), []check{
		{call: call("network-get", "--format=json", "db"), stdout: `{"bind-addresses":[` +
			`{"mac-address":"52:54:00:00:00:02","interface-name":"eth1","addresses":[{"hostname":"","value":"203.0.113.7","cidr":"203.0.113.0/24"}]},` +
			`{"mac-address":"52:54:00:00:00:01","interface-name":"eth0","addresses":[{"hostname":"","value":"10.1.0.5","cidr":"10.1.0.0/24"},{"hostname":"","value":"fd00::5","cidr":"fd00::/64"}]}],` +
			`"egress-subnets":["203.0.113.7/32"],"ingress-addresses":["203.0.113.7","10.1.0.5","fd00::5"]}` + "\n"},
		{call: call("network-get", "db", "--bind-address"), stdout: "203.0.113.7\n"},
		{call: call("unit-get", "private-address"), stdout: "203.0.113.7\n"},
		{call: call("unit-get", "public-address"), stdout: "10.1.0.5\n"},
	})
	runChecks(t, onMachines(t, func(s *model.State) { s.Units["myapp/0"].Links = nil }).configChanged(t), []check{
		{call: call("network-get", "--format=json", "db"), stdout: `{"bind-addresses":[{"mac-address":"","interface-name":"","addresses":[{"hostname":"","value":"10.1.0.5","cidr":""}]}],"egress-subnets":["10.1.0.5/32"],"ingress-addresses":["10.1.0.5"]}` + "\n"},
	})
	runChecks(t, onMachines(t, func(s *model.State) { s.Units["myapp/0"].Address = "" }).configChanged(t), []check{
		{call: call("network-get", "db"), stderr: `no network config found for binding "db"`, code: 1},
		{call: call("unit-get", "private-address"), stderr: "private address not found", code: 1},
		{call: call("unit-get", "public-address"), stderr: "public address not found", code: 1},
	})
}

// C-136, C-255.
func TestAnotherModelGetsThePublicAddress(t *testing.T) {
	t.Parallel()
	w := onMachines(t, func(s *model.State) {
		s.Relations[1].RemoteModelUUID = "00000000-1111-4222-8333-444444444444"
		s.Units["myapp/0"].PublicAddress = "198.51.100.9"
	})
	c := w.configChanged(t)
	require.Equal(t, "203.0.113.7\n", output(t, c, "network-get", "db", "--ingress-address"))
	require.Equal(t, "198.51.100.9\n", output(t, c, "network-get", "db", "--ingress-address", "-r", "1"))
	require.Equal(t, "203.0.113.7\n", output(t, c, "network-get", "website", "--ingress-address", "-r", "1"))
	require.Equal(t, "198.51.100.9\n", output(t, w.hook(t, "myapp/0", dbChanged("postgresql/0")), "network-get", "db", "--ingress-address"))
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	w.View(func(s *model.State) {
		require.Equal(t, "198.51.100.9", s.Relations[1].Units["myapp/0"].Data["ingress-address"])
		require.Equal(t, "203.0.113.7", s.Relations[0].Units["myapp/0"].Data["ingress-address"])
	})
}

// C-242.
func TestPortsThatOverlapOnAMachine(t *testing.T) {
	t.Parallel()
	w := onMachines(t, func(s *model.State) {
		s.Units["postgresql/0"].Machine = s.Units["myapp/0"].Machine
		s.Units["postgresql/0"].OpenPort(model.Port{Range: model.PortRange{From: 5432, To: 5432, Protocol: "tcp"}})
		s.Units["myapp/0"].OpenPort(model.Port{Range: model.PortRange{From: 300, To: 400, Protocol: "tcp"}})
	})
	c := w.configChanged(t)
	runChecks(t, c, []check{
		{call: call("open-port", "100-200")},
		{call: call("open-port", "150"), stderr: `cannot open 150/tcp (unit "myapp/0"): port range conflicts with 100-200/tcp (unit "myapp/0") requested earlier`, code: 1},
		{call: call("open-port", "350"), stderr: `cannot open 350/tcp (unit "myapp/0"): port range conflicts with 300-400/tcp (unit "myapp/0")`, code: 1},
		{call: call("open-port", "5432"), stderr: `cannot open 5432/tcp (unit "myapp/0"): port range conflicts with 5432/tcp (unit "postgresql/0")`, code: 1},
		{call: call("close-port", "5000-6000"), stderr: `cannot close 5000-6000/tcp (unit "myapp/0"): port range conflicts with 5432/tcp (unit "postgresql/0")`, code: 1},
		{call: call("open-port", "150/udp")},
		{call: call("close-port", "150")},
	})
	require.EqualError(t, c.Finish(t.Context(), hook.Outcome{}),
		`cannot apply changes: cannot close ports 150/tcp: port ranges 100-200/tcp ("myapp/0") and 150/tcp ("myapp/0") conflict`)
}

// C-243.
func TestPortsOfOneEndpointAndOfAll(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind  model.Type
		calls [][]string
		want  string
	}{
		{model.Machines, [][]string{call("open-port", "80"), call("close-port", "80", "--endpoints", "db")}, "peers website"},
		{model.Machines, [][]string{call("open-port", "80", "--endpoints", "db"), call("open-port", "80")}, "all"},
		{model.Kubernetes, [][]string{call("open-port", "80"), call("close-port", "80", "--endpoints", "db")}, "all"},
		{model.Kubernetes, [][]string{call("open-port", "80", "--endpoints", "db"), call("open-port", "80")}, "all db"},
	} {
		w := onMachines(t, func(s *model.State) {
			s.Type = test.kind
			s.Units["myapp/0"].OpenPort(model.Port{Range: model.PortRange{From: 22, To: 22, Protocol: "tcp"}})
		})
		c := w.configChanged(t)
		for _, args := range test.calls {
			output(t, c, args[0], args[1:]...)
		}
		output(t, c, "close-port", "22")
		require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
		var open []string
		w.View(func(s *model.State) {
			for _, p := range s.Units["myapp/0"].Ports {
				open = append(open, cmp.Or(p.Endpoint, "all"))
			}
		})
		slices.Sort(open)
		require.Equal(t, test.want, strings.Join(open, " "))
	}
}

// C-244.
func TestClosingForAnEndpointBesideAnotherApplication(t *testing.T) {
	t.Parallel()
	for _, beside := range []string{"postgresql/0", "myapp/1"} {
		c := onMachines(t, func(s *model.State) {
			s.Units[beside].Machine = s.Units["myapp/0"].Machine
			s.Units[beside].OpenPort(model.Port{Range: model.PortRange{From: 5432, To: 5432, Protocol: "tcp"}})
		}).configChanged(t)
		output(t, c, "close-port", "80", "--endpoints", "db")
		err := c.Finish(t.Context(), hook.Outcome{})
		if beside == "myapp/1" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, `cannot apply changes: cannot open/close ports: close port range: endpoint "db" for unit "myapp/0" not found`)
	}
}

// C-072.
func TestPlacesOfMachines(t *testing.T) {
	t.Parallel()
	for kind, want := range map[model.Type][]string{
		model.Machines:   {"JUJU_MACHINE_ID=0/lxd/1", "JUJU_AVAILABILITY_ZONE=zone-a", "JUJU_PRINCIPAL_UNIT=postgresql/0"},
		model.Kubernetes: {"JUJU_MACHINE_ID=", "JUJU_AVAILABILITY_ZONE=", "JUJU_PRINCIPAL_UNIT="},
	} {
		c := onMachines(t, func(s *model.State) {
			u := s.Units["myapp/0"]
			s.Type, u.Machine, u.Zone, u.Principal = kind, "0/lxd/1", "zone-a", "postgresql/0"
		}).configChanged(t)
		require.Subset(t, c.Env(hook.Paths{}), want)
	}
}

// C-265.
func TestBlockDevices(t *testing.T) {
	t.Parallel()
	for _, kind := range []model.Type{model.Machines, model.Kubernetes} {
		w := onMachines(t, func(s *model.State) {
			s.Type = kind
			s.Applications["myapp"].Charm.Meta.Storage = map[string]metadata.Storage{"disk": {Type: metadata.Block, Multiple: metadata.Multiple{Range: "0+"}}}
			require.NoError(t, s.AddStorage("myapp/0", "disk", 1))
			require.NoError(t, s.ProvisionStorage("myapp/0"))
			require.NoError(t, s.AddStorage("myapp/0", "disk", 1))
		})
		missing := func(id string) check {
			return check{call: call("storage-get", "-s", id), stderr: `invalid value "` + id + `" for option -s: storage ` + id + ` not provisioned`, code: 2}
		}
		if kind == model.Kubernetes {
			runChecks(t, w.configChanged(t), []check{missing("disk/0")})
			continue
		}
		runChecks(t, w.configChanged(t), []check{
			{call: call("storage-get", "-s", "disk/0", "--format=json"), stdout: `{"kind":"block","location":"/dev/loop0"}` + "\n"}, missing("disk/1"),
		})
	}
}
