package charm_test

import (
	"context"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

func TestEnvironment(t *testing.T) {
	t.Parallel()
	var got charm.Environment
	var version charm.Version
	underJuju(t, func(b *charm.Base) {
		b.On.Start(func(context.Context, *charm.StartEvent) error {
			got, version = b.Environment(), b.Version()
			return nil
		})
	}, "JUJU_DISPATCH_PATH", "hooks/start", "JUJU_MODEL_NAME", "prod", "JUJU_MODEL_UUID", "b6ad6b7c", "JUJU_VERSION", "3.6.11",
		"JUJU_CHARM_DIR", "/charm", "CLOUD_API_VERSION", "1.32.0", "JUJU_MACHINE_ID", "0/lxd/1", "JUJU_AVAILABILITY_ZONE", "us-east-1a",
		"JUJU_PRINCIPAL_UNIT", "parent/2", "JUJU_API_ADDRESSES", "10.0.0.1:17070 controller:17070",
		"JUJU_CHARM_HTTP_PROXY", "http://h", "JUJU_CHARM_HTTPS_PROXY", "http://s", "JUJU_CHARM_FTP_PROXY", "http://f",
		"JUJU_CHARM_NO_PROXY", "localhost")
	want := charm.Version{Major: 3, Minor: 6, Patch: 11}
	require.Equal(t, want, version)
	require.Equal(t, charm.Environment{
		Model: "prod", ModelUUID: "b6ad6b7c", Version: want, CharmDir: "/charm", CloudAPIVersion: "1.32.0",
		MachineID: "0/lxd/1", AvailabilityZone: "us-east-1a", PrincipalUnit: "parent/2",
		APIAddresses: []string{"10.0.0.1:17070", "controller:17070"},
		Proxies:      charm.Proxies{HTTP: "http://h", HTTPS: "http://s", FTP: "http://f", None: "localhost"},
	}, got)
}

func TestEnvironmentOfTheEngine(t *testing.T) {
	t.Parallel()
	out := succeed(t, wiki(func(*charm.Base) {}), charmtest.State{}, charmtest.Start())
	require.True(t, out.Charm.Version().Has(charm.FeatureCheckEvents))
	require.NotEmpty(t, out.Charm.Environment().ModelUUID)
	require.Equal(t, "/charm", out.Charm.Environment().CharmDir)
}

func TestEnvironmentOfAMachine(t *testing.T) {
	t.Parallel()
	machine := &charmtest.Machine{ID: "3", Zone: "zone-a", Principal: "wiki-host/1"}
	got := succeed(t, wiki(func(*charm.Base) {}), charmtest.State{Machine: machine}, charmtest.Start()).Charm.Environment()
	require.Equal(t, []string{"3", "zone-a", "wiki-host/1"}, []string{got.MachineID, got.AvailabilityZone, got.PrincipalUnit})
}

func TestTheCharmsOwnFiles(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		b.On.Start(func(context.Context, *charm.StartEvent) error {
			require.Equal(t, "wiki", b.Metadata().Name)
			require.Contains(t, b.Metadata().Containers, "proxy")
			data, err := fs.ReadFile(b.Files(), "templates/index.html")
			require.Equal(t, "<h1>", string(data))
			return err
		})
	}, "templates/index.html", "<h1>")
	succeed(t, c, charmtest.State{}, charmtest.Start())
}
