package tools_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// C-020, C-157, C-221.
func TestLeaderSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.configChanged(t)
	runChecks(t, c, []check{
		{call: call("leader-get", "--format=json"), stdout: "{}\n"},
		{call: call("leader-set", "a=1", "b= 2 ")},
		{call: call("leader-get", "--format=json"), stdout: `{"a":"1","b":"2"}` + "\n"},
		{call: call("leader-set", "a=")},
		{call: call("leader-get", "--format=json", "-"), stdout: `{"b":"2"}` + "\n"},
		{call: call("leader-get", "b"), stdout: "2\n"},
		{call: call("leader-get", "--format=json", "nosuch"), stdout: "null\n"},
		{call: call("leader-get", "K=V"), stderr: `invalid key "K=V"`, code: 2},
		{call: call("leader-set", "x"), stderr: `expected "key=value", got "x"`, code: 2},
	})
	// It is immediate: a failed hook leaves it.
	require.Error(t, c.Finish(t.Context(), hook.Outcome{Code: 1}))
	runChecks(t, w.hook(t, "myapp/1", hook.Info{Kind: hook.ConfigChanged}), []check{
		{call: call("leader-get", "b"), stdout: "2\n"},
		{call: call("leader-set", "a=1"), stderr: "cannot write leadership settings: cannot write settings: not the leader", code: 1},
	})
}

// C-330, C-331.
func TestCredentialGet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const untrusted = "cannot access cloud credentials: getting model credentials: permission denied"
	runChecks(t, w.configChanged(t), []check{{call: call("credential-get"), stderr: untrusted, code: 1}})
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error {
		s.Applications["myapp"].Trust = true
		s.Cloud = &model.Cloud{
			Type: "kubernetes", Name: "microk8s", Endpoint: "https://10.0.0.1:443", CACertificates: []string{"PEM"},
			AuthType: "oauth2", Attributes: map[string]string{"Token": "t"},
		}
		return nil
	}))
	runChecks(t, w.configChanged(t), []check{
		{call: call("credential-get", "--format=json"), stdout: `{"type":"kubernetes","name":"microk8s","endpoint":"https://10.0.0.1:443","credential":{"auth-type":"oauth2","attrs":{"Token":"t"}},"cacertificates":["PEM"]}` + "\n"},
		{call: call("credential-get"), stdout: `type: kubernetes
name: microk8s
region: ""
endpoint: https://10.0.0.1:443
identityendpoint: ""
storageendpoint: ""
credential:
  authtype: oauth2
  attributes:
    Token: t
  redacted: []
cacertificates:
- PEM
skiptlsverify: false
iscontrollercloud: false
`},
		{call: call("credential-get", "x"), stderr: `unrecognized args: ["x"]`, code: 2},
	})
}

const podSpec = "version: 3\ncontainers: [{name: c, imageDetails: {imagePath: i}}]\n"

// C-350, C-351.
func TestPodSpecs(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "more")
	require.NoError(t, os.WriteFile(file, []byte("kubernetesResources: {}\n"), 0o600))
	w := newWorld(t)
	c := w.configChanged(t)
	for tool, what := range map[string]string{"k8s-spec-get": "podspec", "pod-spec-get": "podspec", "k8s-raw-get": "raw k8s spec"} {
		runChecks(t, c, []check{{call: call(tool), stderr: what + " for application myapp not found", code: 1}})
	}
	set := func(c *hook.Context, stdin string, args ...string) string {
		r, err := tools.Run(t.Context(), c, tools.Request{Command: args[0], Args: args[1:], Dir: "/", StdinSet: true, Stdin: []byte(stdin)})
		require.NoError(t, err)
		return string(r.Stderr)
	}
	for _, bad := range []struct{ tool, stdin, want string }{
		{"k8s-spec-set", "", "no k8s spec specified: pipe k8s spec to command, or specify a file with --file"},
		{"k8s-raw-set", "", "no k8s raw spec specified: pipe k8s raw spec to command, or specify a file with --file"},
		{"k8s-spec-set", "version: 4", "latest supported version 3, but got podspec version 4"},
		{"pod-spec-set", "version: 3", "require at least one container spec"},
		{"pod-spec-set", "containers: [{}]", "spec name is missing"},
		{"pod-spec-set", "containers: [{name: c}]", "spec image details is missing"},
	} {
		require.Equal(t, "ERROR "+bad.want+"\n", set(c, bad.stdin, bad.tool))
	}
	require.Equal(t, "ERROR this unit is not the leader\n", set(w.hook(t, "myapp/1", hook.Info{Kind: hook.ConfigChanged}), podSpec, "k8s-spec-set"))

	require.Empty(t, set(c, podSpec, "k8s-spec-set", "--k8s-resources", file))
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	require.Equal(t, podSpec+"kubernetesResources: {}\n", output(t, w.configChanged(t), "pod-spec-get"))
	require.Empty(t, output(t, w.configChanged(t), "k8s-raw-get"))

	for name, test := range map[string]struct {
		prepare func(s *model.State)
		calls   []string
		want    string
	}{
		"both":    {nil, []string{"k8s-spec-set", "k8s-raw-set"}, "either k8s-spec-set or k8s-raw-set can be run for each application, but not both"},
		"feature": {nil, []string{"k8s-raw-set"}, `feature flag "raw-k8s-spec" is required for setting raw k8s spec`},
		"sidecar": {func(s *model.State) {
			s.Applications["myapp"].Charm.Meta.Containers = map[string]metadata.Container{"c": {}}
		}, []string{"k8s-spec-set"}, "cannot set k8s spec on a v2 charm"},
		"raw": {func(s *model.State) { s.Settings.RawK8sSpec = true }, []string{"k8s-raw-set"}, ""},
	} {
		w := newWorld(t)
		if test.prepare != nil {
			require.NoError(t, w.Update(t.Context(), func(s *model.State) error { test.prepare(s); return nil }))
		}
		c := w.configChanged(t)
		for _, tool := range test.calls {
			require.Empty(t, set(c, podSpec, tool))
		}
		if err := c.Finish(t.Context(), hook.Outcome{}); test.want != "" {
			require.EqualError(t, err, "cannot apply changes: "+test.want, name)
		} else {
			require.NoError(t, err)
			require.Equal(t, podSpec, output(t, w.configChanged(t), "k8s-raw-get"))
		}
	}
	// An upgrade leaves an empty one.
	w = newWorld(t)
	require.NoError(t, w.hook(t, "myapp/0", hook.Info{Kind: hook.UpgradeCharm}).Finish(t.Context(), hook.Outcome{}))
	require.Empty(t, output(t, w.configChanged(t), "k8s-spec-get"))
}

// C-020, C-352.
func TestPayloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.configChanged(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte("name: n\nsummary: s\ndescription: d\npayloads: {monitoring: {type: docker}}\n"), 0o600))
	for _, test := range []struct {
		call []string
		want string
		code int
	}{
		{call("payload-register", "docker", "monitoring"), "missing required arguments", 2},
		{call("payload-register", "docker", "nosuch", "id"), `payload "nosuch" not found in metadata.yaml`, 1},
		{call("payload-register", "kvm", "monitoring", "id"), `incorrect type "kvm" for payload "monitoring", expected "docker"`, 1},
		{call("payload-status-set", "monitoring", "id", "running"), "payload not found", 1},
		{call("payload-register", "docker", "monitoring", "id", "label"), "", 0},
		{call("payload-status-set", "monitoring", "id"), "missing required arguments", 2},
		{call("payload-status-set", "monitoring", "id", "bogus"), `status "bogus" not supported; expected one of ["running", "starting", "stopped", "stopping"]`, 1},
		{call("payload-status-set", "monitoring", "id", "stopped"), "", 0},
		{call("payload-unregister", "monitoring"), "missing required arguments", 2},
		{call("payload-unregister", "nosuch", "id"), "", 0},
	} {
		r, err := tools.Run(t.Context(), c, tools.Request{Command: test.call[0], Args: test.call[1:], Dir: dir})
		require.NoError(t, err)
		want := ""
		if test.want != "" {
			want = "ERROR " + test.want + "\n"
		}
		require.Equal(t, want, string(r.Stderr), "%q", test.call)
		require.Equal(t, test.code, r.Code, "%q", test.call)
	}
	require.Error(t, c.Finish(t.Context(), hook.Outcome{Code: 1}))
	w.View(func(s *model.State) {
		require.Equal(t, map[string]model.Payload{
			"monitoring": {Class: "monitoring", Type: "docker", ID: "id", Status: "stopped", Labels: []string{"label"}},
		}, s.Units["myapp/0"].Payloads, "immediate")
	})
	c = w.configChanged(t)
	output(t, c, "payload-unregister", "monitoring", "id")
	w.View(func(s *model.State) { require.Empty(t, s.Units["myapp/0"].Payloads) })
}

// C-340, C-341, C-343.
func TestReboot(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kind    model.Type
		args    []string
		outcome hook.Outcome
		want    string
		flushed bool
	}{
		// The request comes after the flush, and there is no machine.
		"kubernetes": {model.Kubernetes, nil, hook.Outcome{}, `unit "myapp/0" is not assigned to a machine`, true},
		"machine":    {model.Machines, nil, hook.Outcome{}, hook.ErrReboot.Error(), true},
		"failed":     {model.Machines, nil, hook.Outcome{Code: 1}, "exit status 1", false},
		"now":        {model.Machines, []string{"--now"}, hook.Outcome{Signal: 9}, hook.ErrRequeueAndReboot.Error(), false},
	} {
		w := newWorld(t)
		require.NoError(t, w.Update(t.Context(), func(s *model.State) error { s.Type = test.kind; return nil }))
		c := w.configChanged(t)
		killed := false
		c.OnKill(func() error { killed = true; return nil })
		output(t, c, "state-set", "a=b")
		output(t, c, "juju-reboot", test.args...)
		require.Equal(t, len(test.args) > 0, killed, name)
		require.EqualError(t, c.Finish(t.Context(), test.outcome), test.want, name)
		w.View(func(s *model.State) {
			u := s.Units["myapp/0"]
			require.Equal(t, test.flushed, len(u.CharmState) > 0, name)
			require.Equal(t, test.kind == model.Machines && test.outcome.Code == 0, u.Rebooting, name)
		})
	}
	w := newWorld(t)
	c := w.configChanged(t)
	c.OnKill(func() error { return errors.New("failed to kill context process 7") })
	runChecks(t, c, []check{
		{call: call("juju-reboot", "--now"), stderr: "failed to kill context process 7", code: 1},
		{call: call("juju-reboot", "x"), stderr: `unrecognized args: ["x"]`, code: 2},
	})
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error { s.AddAction("myapp/0", "backup", nil); return nil }))
	runChecks(t, w.hook(t, "myapp/0", hook.Info{Kind: hook.Action, ActionID: "1"}), []check{
		{call: call("juju-reboot"), stderr: "juju-reboot is not supported when running an action.", code: 1},
	})
}

// C-160, C-420.
func TestToolsByRelease(t *testing.T) {
	t.Parallel()
	require.Len(t, tools.Names(), 49)
	gone := []string{
		"k8s-raw-get", "k8s-raw-set", "k8s-spec-get", "k8s-spec-set", "leader-get", "leader-set",
		"payload-register", "payload-status-set", "payload-unregister", "pod-spec-get", "pod-spec-set",
	}
	kept := slices.DeleteFunc(tools.Names(), func(name string) bool { return slices.Contains(gone, name) })
	require.Equal(t, kept, tools.NamesIn("4.0.1"))
	old := slices.DeleteFunc(tools.Names(), func(name string) bool { return name == "relation-model-get" })
	require.Equal(t, old, tools.NamesIn("3.5-beta1"))
	for version, command := range map[string]string{"4.0": "leader-get", "3.5": "relation-model-get"} {
		m := model.New(model.State{
			Version: version, Applications: map[string]*model.Application{"app": {}}, Units: map[string]*model.Unit{"app/0": {}},
		}, model.Options{})
		c, err := hook.New(hook.Options{Model: m, Unit: "app/0", Info: hook.Info{Kind: hook.ConfigChanged}})
		require.NoError(t, err)
		_, err = tools.Run(t.Context(), c, tools.Request{Command: command, Dir: "/"})
		require.EqualError(t, err, "bad request: unknown command: "+command)
	}
}
