package tools_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// The expectations of this file were printed by Juju 3.6.11's own hook tools.

// C-150, C-151, C-152, C-154, C-155, C-170, C-171.
func TestConfigGet(t *testing.T) {
	t.Parallel()
	runChecks(t, newWorld(t).configChanged(t), []check{
		{call: call("config-get", "--format=json"), stdout: `{"count":3,"cred":"secret:cq1m8t8p8nqc77k3c1ag","name":"bob","on":true,"ratio":0.5}` + "\n"},
		{call: call("config-get", "--format", "json", "-a"), stdout: `{"big":null,"count":3,"cred":"secret:cq1m8t8p8nqc77k3c1ag","name":"bob","on":true,"ratio":0.5,"token":null}` + "\n"},
		{call: call("config-get", "--format=json", "nosuch"), stdout: "null\n"},
		{call: call("config-get", "on"), stdout: "True\n"},
		{call: call("config-get", "count"), stdout: "3\n"},
		{call: call("config-get", "nosuch")},
		{call: call("config-get", "a", "b"), stderr: `unrecognized args: ["b"]`, code: 2},
		{call: call("config-get", "--all", "name"), stderr: `cannot use argument --all together with key "name"`, code: 2},
		{call: call("config-get", "--format=xml"), stderr: `invalid value "xml" for option --format: unknown format "xml"`, code: 2},
		{call: call("config-get", "-x"), stderr: "option provided but not defined: -x", code: 2},
		{call: call("config-get", "--format"), stderr: "option needs an argument: --format", code: 2},
	})
}

// C-172.
func TestConfigNumbersPassThroughAFloat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error {
		return s.SetConfig("myapp", map[string]string{"big": "9007199254740993", "ratio": "1.0", "count": "1000000"})
	}))
	runChecks(t, w.configChanged(t), []check{
		{call: call("config-get", "--format=json", "big"), stdout: "9007199254740992\n"},
		{call: call("config-get", "--format=json", "ratio"), stdout: "1\n"},
		{call: call("config-get", "count"), stdout: "1e+06\n"},
	})
}

// C-173.
func TestConfigIsReadOnceInAHook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.configChanged(t)
	require.Equal(t, "bob\n", output(t, c, "config-get", "name"))
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error {
		return s.SetConfig("myapp", map[string]string{"name": "eve"})
	}))
	require.Equal(t, "bob\n", output(t, c, "config-get", "name"))
	require.Equal(t, "eve\n", output(t, w.configChanged(t), "config-get", "name"))
}

// C-151, C-155, C-180, C-181, C-182, C-183, C-191, C-193.
func TestRelationReads(t *testing.T) {
	t.Parallel()
	runChecks(t, newWorld(t).configChanged(t), []check{
		{call: call("relation-ids", "--format=json", "db"), stdout: `["db:1"]` + "\n"},
		{call: call("relation-ids", "--format=json", "nosuch"), stdout: "[]\n"},
		{call: call("relation-ids", "--format=json"), stderr: "no endpoint name specified", code: 2},
		{call: call("relation-list", "--format=json", "-r", "db:1"), stdout: `["postgresql/0","postgresql/1"]` + "\n"},
		{call: call("relation-list", "-r", "1"), stdout: "postgresql/0\npostgresql/1\n"},
		{call: call("relation-list", "--format=json", "-r", "1", "--app"), stdout: `"postgresql"` + "\n"},
		{call: call("relation-list", "--format=json", "-r", "0", "--app"), stdout: `"myapp"` + "\n"},
		{call: call("relation-list", "--format=json"), stderr: "no relation id specified", code: 2},
		{call: call("relation-list", "--format=json", "-r", "99"), stderr: `invalid value "99" for option -r: relation not found`, code: 2},
		{call: call("relation-list", "--format=json", "-r", "xx"), stderr: `invalid value "xx" for option -r: invalid relation id`, code: 2},
		{call: call("relation-model-get", "--format=json", "-r", "1"), stdout: `{"uuid":"` + modelUUID + `"}` + "\n"},
		{call: call("relation-get", "--format=json", "-r", "1", "-", "postgresql/0"), stdout: `{"host":"10.1.0.9","port":"5432"}` + "\n"},
		{call: call("relation-get", "-r", "1", "-", "postgresql/0"), stdout: "host: 10.1.0.9\nport: \"5432\"\n"},
		{call: call("relation-get", "--format=json", "-r", "1", "host", "postgresql/0"), stdout: `"10.1.0.9"` + "\n"},
		{call: call("relation-get", "--format=json", "-r", "1", "nosuch", "postgresql/0"), stdout: "null\n"},
		{call: call("relation-get", "--format=json", "-r", "1", "-", "postgresql/1"), stdout: "{}\n"},
		{call: call("relation-get", "--format=json", "-r", "1", "--app", "-", "postgresql/1"), stdout: `{"version":"16"}` + "\n"},
		{call: call("relation-get", "--format=json", "-r", "1", "-", "postgresql/99"), code: 1,
			stderr: `cannot read settings for unit "postgresql/99" in relation "myapp:db postgresql:database": unit "postgresql/99": settings not found`},
		{call: call("relation-get", "--format=json", "-r", "1", "-", "other/0"), stderr: "permission denied", code: 1},
		{call: call("relation-get", "--format=json", "-r", "1", "-", "postgresql"), stderr: `expected unit name, got application name "postgresql"`, code: 2},
		{call: call("relation-get", "--format=json", "-r", "1", "-", "bad name"), stderr: `invalid unit name "bad name"`, code: 2},
		{call: call("relation-get", "--format=json", "-r", "1"), stderr: "no unit or application specified", code: 2},
		{call: call("relation-get", "--format=json"), stderr: "no relation id specified", code: 2},
	})
}

// C-180, C-190.
func TestRelationDefaultsOfRelationHooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unit := w.hook(t, "myapp/0", dbChanged("postgresql/0"))
	require.Equal(t, "10.1.0.9\n", output(t, unit, "relation-get", "host"))
	require.Equal(t, "db:1\n", output(t, unit, "relation-ids"))
	require.Equal(t, "postgresql/0\npostgresql/1\n", output(t, unit, "relation-list"))
	application := w.hook(t, "myapp/0", dbChanged(""))
	require.Equal(t, "version: \"16\"\n", output(t, application, "relation-get"))
}

// C-192.
func TestOwnApplicationDatabagIsTheLeadersButForPeers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error {
		s.Relations[0].AppData("myapp").Merge(map[string]string{"k": "v"})
		return nil
	}))
	info := hook.Info{Kind: hook.ConfigChanged}
	runChecks(t, w.hook(t, "myapp/1", info), []check{
		{call: call("relation-get", "--format=json", "-r", "1", "--app", "-", "myapp"), stderr: "permission denied", code: 1},
		{call: call("relation-get", "--format=json", "-r", "0", "--app", "-", "myapp"), stdout: `{"k":"v"}` + "\n"},
	})
	runChecks(t, w.hook(t, "myapp/0", info), []check{
		{call: call("relation-get", "--format=json", "-r", "1", "--app", "-", "myapp"), stdout: "{}\n"},
	})
}

// C-132, C-134, C-424.
func TestBrokenRelationIsNotListedButReadable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error {
		for _, unit := range []string{"postgresql/0", "postgresql/1"} {
			s.LeaveScope(1, unit)
		}
		return s.RemoveRelation(1)
	}))
	c := w.hook(t, "myapp/0", hook.Info{Kind: hook.RelationBroken, Endpoint: "db", RelationID: 1, RemoteApp: "postgresql"})
	runChecks(t, c, []check{
		{call: call("relation-ids", "--format=json"), stdout: "[]\n"},
		{call: call("relation-list", "--format=json"), stdout: "[]\n"},
		{call: call("relation-get", "--format=json"), stdout: `{"version":"16"}` + "\n"},
		{call: call("relation-get", "--format=json", "-", "postgresql/0"), stdout: `{"host":"10.1.0.9","port":"5432"}` + "\n"},
		{call: call("relation-set", "a=b")},
	})
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error { s.Version = "3.5.7"; return nil }))
	c = w.hook(t, "myapp/0", hook.Info{Kind: hook.RelationBroken, Endpoint: "db", RelationID: 1, RemoteApp: "postgresql"})
	require.Equal(t, "[\"db:1\"]\n", output(t, c, "relation-ids", "--format=json"))
}

// C-250, C-251, C-252, C-254, C-256.
func TestNetworkGet(t *testing.T) {
	t.Parallel()
	runChecks(t, newWorld(t).configChanged(t), []check{
		{call: call("network-get", "--format=json", "db"), stdout: `{"bind-addresses":[{"mac-address":"","interface-name":"","addresses":[{"hostname":"","value":"10.1.0.5","cidr":""}]}],"egress-subnets":["10.152.183.20/32"],"ingress-addresses":["10.152.183.20"]}` + "\n"},
		{call: call("network-get", "--format=json", "db", "--bind-address"), stdout: `"10.1.0.5"` + "\n"},
		{call: call("network-get", "--format=json", "db", "--egress-subnets"), stdout: `["10.152.183.20/32"]` + "\n"},
		{call: call("network-get", "--format=json", "db", "--bind-address", "--ingress-address", "--egress-subnets"), stdout: `{"bind-address":"10.1.0.5","egress-subnets":["10.152.183.20/32"],"ingress-address":"10.152.183.20"}` + "\n"},
		{call: call("network-get", "--format=json", "nosuch"), stderr: `no network config found for binding "nosuch"`, code: 1},
		{call: call("network-get", "--format=json"), stderr: "no arguments specified", code: 2},
		{call: call("network-get", "db", "--primary-address", "--bind-address"), stderr: "--primary-address must be the only flag specified", code: 1},
		{call: call("unit-get", "private-address"), stdout: "10.1.0.5\n"},
		{call: call("unit-get", "public-address"), stderr: "public address not found", code: 1},
		{call: call("unit-get"), stderr: "no setting specified", code: 2},
		{call: call("unit-get", "x"), stderr: `unknown setting "x"`, code: 2},
	})
}

// C-154, C-320.
func TestGoalState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error {
		require.NoError(t, s.SetUnitStatus("myapp/0", "active", ""))
		require.NoError(t, s.SetUnitStatus("postgresql/0", "active", ""))
		require.NoError(t, s.RemoveUnit("postgresql/1"))
		return s.Scale("myapp", 2)
	}))
	runChecks(t, w.configChanged(t), []check{
		{call: call("goal-state", "--format=json"), stdout: `{"units":{"myapp/0":{"status":"active","since":"2026-11-20 10:00:00Z"},"myapp/1":{"status":"waiting","since":"2026-11-20 10:00:00Z"}},"relations":{"db":{"postgresql":{"status":"joined","since":"2026-11-20 10:00:00Z"},"postgresql/0":{"status":"active","since":"2026-11-20 10:00:00Z"},"postgresql/1":{"status":"dying","since":"2026-11-20 10:00:00Z"}}}}` + "\n"},
		{call: call("goal-state", "--format=smart"), stderr: `invalid value "smart" for option --format: unknown format "smart"`, code: 2},
	})
}
