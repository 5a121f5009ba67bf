package hook_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

var paths = hook.Paths{
	CharmDir:   "/var/lib/juju/agents/unit-app-0/charm",
	ToolsDir:   "/var/lib/juju/tools/unit-app-0",
	Socket:     "/var/lib/juju/agents/unit-app-0/agent.socket",
	AgentPath:  "/usr/bin:/charm/bin",
	Kubernetes: []string{"KUBERNETES_PORT=tcp://10.0.0.1:443"},
}

// environment returns a run's variables; none may be there twice.
func environment(t *testing.T, c *hook.Context) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, variable := range c.Env(paths) {
		name, value, ok := strings.Cut(variable, "=")
		require.True(t, ok)
		require.NotContains(t, env, name)
		env[name] = value
	}
	return env
}

// C-060, C-061, C-063, C-064.
func TestEnvironmentOfEveryHook(t *testing.T) {
	t.Parallel()
	c := start(t, newModel(), "app/0", configChanged)
	require.Regexp(t, `^app/0-config-changed-[0-9a-f]{32}$`, c.ID())
	require.Equal(t, map[string]string{
		"JUJU_UNIT_NAME": "app/0", "JUJU_MODEL_NAME": "testmodel", "JUJU_MODEL_UUID": "b6ad6b7c-3d3c-4b9e-8a57-6d5c7f4f0a11",
		"JUJU_DISPATCH_PATH": "hooks/config-changed", "JUJU_HOOK_NAME": "config-changed", "JUJU_CONTEXT_ID": c.ID(),
		"JUJU_AGENT_SOCKET_ADDRESS": paths.Socket, "JUJU_AGENT_SOCKET_NETWORK": "unix",
		"JUJU_CHARM_DIR": paths.CharmDir, "CHARM_DIR": paths.CharmDir,
		"JUJU_VERSION": "3.6.11", "JUJU_API_ADDRESSES": "10.0.0.1:17070 controller:17070",
		"JUJU_MACHINE_ID": "", "JUJU_AVAILABILITY_ZONE": "", "JUJU_PRINCIPAL_UNIT": "", "JUJU_SLA": "", "CLOUD_API_VERSION": "1.32.0",
		"JUJU_CHARM_HTTP_PROXY": "", "JUJU_CHARM_HTTPS_PROXY": "", "JUJU_CHARM_FTP_PROXY": "", "JUJU_CHARM_NO_PROXY": "127.0.0.1,localhost,::1",
		"PATH": "/var/lib/juju/tools/unit-app-0:/usr/bin:/charm/bin", "LANG": "C.UTF-8", "TERM": "tmux-256color",
		"DEBIAN_FRONTEND": "noninteractive", "APT_LISTCHANGES_FRONTEND": "none", "KUBERNETES_PORT": "tcp://10.0.0.1:443",
	}, environment(t, c))
}

// C-062, C-066, C-067, C-068, C-069, C-070, C-071.
func TestEnvironmentByKind(t *testing.T) {
	t.Parallel()
	relation := func(kind hook.Kind, unit string) hook.Info {
		return hook.Info{Kind: kind, Endpoint: "db", RelationID: 1, RemoteApp: "db", RemoteUnit: unit}
	}
	departed := relation(hook.RelationDeparted, "db/0")
	departed.DepartingUnit = "db/0"
	m := newModel()
	require.NoError(t, m.Update(t.Context(), func(s *model.State) error { s.AddAction("app/0", "backup", nil); return nil }))
	common := environment(t, start(t, m, "app/0", configChanged))
	for name, test := range map[string]struct {
		info hook.Info
		more map[string]string
	}{
		"hooks/db-relation-created":  {relation(hook.RelationCreated, ""), map[string]string{"JUJU_RELATION": "db", "JUJU_RELATION_ID": "db:1", "JUJU_REMOTE_APP": "db", "JUJU_REMOTE_UNIT": ""}},
		"hooks/db-relation-joined":   {relation(hook.RelationJoined, "db/0"), map[string]string{"JUJU_RELATION": "db", "JUJU_RELATION_ID": "db:1", "JUJU_REMOTE_APP": "db", "JUJU_REMOTE_UNIT": "db/0"}},
		"hooks/db-relation-departed": {departed, map[string]string{"JUJU_RELATION": "db", "JUJU_RELATION_ID": "db:1", "JUJU_REMOTE_APP": "db", "JUJU_REMOTE_UNIT": "db/0", "JUJU_DEPARTING_UNIT": "db/0"}},
		"hooks/data-storage-attached": {hook.Info{Kind: hook.StorageAttached, StorageName: "data", StorageID: "data/0", StorageKind: "filesystem", StorageLocation: "/d"},
			map[string]string{"JUJU_STORAGE_ID": "data/0", "JUJU_STORAGE_KIND": "filesystem", "JUJU_STORAGE_LOCATION": "/d"}},
		"hooks/data-storage-detaching": {hook.Info{Kind: hook.StorageDetaching, StorageName: "data", StorageID: "data/0"}, nil},
		"hooks/web-pebble-ready":       {hook.Info{Kind: hook.PebbleReady, Workload: "web"}, map[string]string{"JUJU_WORKLOAD_NAME": "web"}},
		"hooks/web-pebble-custom-notice": {hook.Info{Kind: hook.PebbleCustomNotice, Workload: "web", NoticeID: "1", NoticeType: "custom", NoticeKey: "e.com/k"},
			map[string]string{"JUJU_WORKLOAD_NAME": "web", "JUJU_NOTICE_ID": "1", "JUJU_NOTICE_TYPE": "custom", "JUJU_NOTICE_KEY": "e.com/k"}},
		"hooks/web-pebble-check-failed": {hook.Info{Kind: hook.PebbleCheckFailed, Workload: "web", CheckName: "up"}, map[string]string{"JUJU_WORKLOAD_NAME": "web", "JUJU_PEBBLE_CHECK_NAME": "up"}},
		"hooks/secret-changed":          {hook.Info{Kind: hook.SecretChanged, SecretURI: "secret:x"}, map[string]string{"JUJU_SECRET_ID": "secret:x", "JUJU_SECRET_LABEL": ""}},
		"hooks/secret-remove": {hook.Info{Kind: hook.SecretRemove, SecretURI: "secret:x", SecretLabel: "l", SecretRevision: 1},
			map[string]string{"JUJU_SECRET_ID": "secret:x", "JUJU_SECRET_LABEL": "l", "JUJU_SECRET_REVISION": "1"}},
		"actions/backup": {hook.Info{Kind: hook.Action, ActionID: "1"}, map[string]string{"JUJU_ACTION_NAME": "backup", "JUJU_ACTION_UUID": "1", "JUJU_ACTION_TAG": "action-1"}},
	} {
		c := start(t, m, "app/0", test.info)
		env := environment(t, c)
		require.Equal(t, name, env["JUJU_DISPATCH_PATH"])
		hookName, isHook := strings.CutPrefix(name, "hooks/")
		if !isHook {
			hookName = ""
		}
		require.Equal(t, hookName, env["JUJU_HOOK_NAME"])
		for variable, value := range test.more {
			require.Contains(t, env, variable, name)
			require.Equal(t, value, env[variable], name)
		}
		require.Len(t, env, len(common)+len(test.more), name)
	}
}

// C-065.
func TestLegacyProxyIsSetInBothCases(t *testing.T) {
	t.Parallel()
	m := newModel()
	require.NoError(t, m.Update(t.Context(), func(s *model.State) error {
		s.Settings.LegacyProxy = model.Proxy{HTTP: "http://p:1"}
		s.Settings.Proxy = model.Proxy{HTTPS: "http://p:2", No: "x"}
		return nil
	}))
	env := environment(t, start(t, m, "app/0", configChanged))
	require.Equal(t, "http://p:1", env["http_proxy"])
	require.Equal(t, "http://p:1", env["HTTP_PROXY"])
	require.NotContains(t, env, "https_proxy")
	require.Equal(t, "http://p:2", env["JUJU_CHARM_HTTPS_PROXY"])
	require.Equal(t, "x", env["JUJU_CHARM_NO_PROXY"])
}
