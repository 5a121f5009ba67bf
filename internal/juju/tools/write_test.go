package tools_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
)

// C-022, C-023, C-200.
func TestRelationSetIsSeenInTheHookAndElsewhereAfterIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.configChanged(t)
	require.Empty(t, output(t, c, "relation-set", "-r", "1", "a= b ", "c=d", "", "egress-subnets="))
	require.Empty(t, output(t, c, "relation-set", "-r", "1", "--app", "x=1"))
	const own = `{"a":"b","c":"d","ingress-address":"10.152.183.20","private-address":"10.152.183.20"}` + "\n"
	require.Equal(t, own, output(t, c, "relation-get", "--format=json", "-r", "1", "-", "myapp/0"))
	require.Equal(t, "1\n", output(t, c, "relation-get", "-r", "1", "--app", "x", "myapp"))

	remote := hook.Info{Kind: hook.ConfigChanged}
	before := w.hook(t, "postgresql/0", remote)
	require.Empty(t, output(t, before, "relation-get", "-r", "1", "a", "myapp/0"))
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	after := w.hook(t, "postgresql/0", remote)
	require.Equal(t, "b\n", output(t, after, "relation-get", "-r", "1", "a", "myapp/0"))
	require.Equal(t, "1\n", output(t, after, "relation-get", "-r", "1", "--app", "x", "myapp"))
}

// C-157, C-159, C-201.
func TestRelationSetRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	runChecks(t, w.hook(t, "myapp/1", hook.Info{Kind: hook.ConfigChanged}), []check{
		{call: call("relation-set", "-r", "1", "--app", "a=b"), stderr: "cannot write relation settings", code: 1},
		{call: call("relation-set", "a=b"), stderr: "no relation id specified", code: 2},
		{call: call("relation-set", "-r", "1", "ab"), stderr: `expected "key=value", got "ab"`, code: 2},
		{call: call("relation-set", "-r", "1", "=b"), stderr: `expected "key=value", got "=b"`, code: 2},
		{call: call("relation-set", "-r", "1", "a=b", "a=c"), stderr: `key "a" specified more than once`, code: 2},
	})
	r := run(t, w.configChanged(t), "relation-set", "-r", "1", "--format", "json", "a=b")
	require.Equal(t, `--format flag deprecated for command "relation-set"`, string(r.Stderr))
	require.Zero(t, r.Code)
}

// Juju reads --file as YAML 1.1 with every scalar as it is written.
// C-158.
func TestRelationSetFile(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`k: yes`:                                `{"k":"yes"}`,
		`k: 010`:                                `{"k":"010"}`,
		`k: 1.50`:                               `{"k":"1.50"}`,
		`{"k": true}`:                           `{"k":"true"}`,
		`{"k": 12345678901234567890}`:           `{"k":"12345678901234567890"}`,
		`k: null`:                               `{}`,
		`k: ~`:                                  `{}`,
		`k:`:                                    `{}`,
		``:                                      `{}`,
		`{"k": "a", "k": "b"}`:                  `{"k":"b"}`,
		"{\"k\": \"\\u003ctag\\u003e\\u2028\"}": `{"k":"\u003ctag\u003e\u2028"}`,
		`{"k": "\ud83d\ude00"}`:                 "yaml: found invalid Unicode character escape code",
		`{"k": "a\/b"}`:                         "yaml: found unknown escape character",
		"k: \xff":                               "yaml: invalid leading UTF-8 octet",
		`k: [a]`:                                "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string",
	} {
		c := newWorld(t).hook(t, "postgresql/0", hook.Info{Kind: hook.ConfigChanged})
		r, err := tools.Run(t.Context(), c, tools.Request{
			Command: "relation-set", Args: call("-r", "1", "--file", "-"), Dir: "/", Stdin: []byte(content), StdinSet: true,
		})
		require.NoError(t, err)
		require.Empty(t, string(r.Stdout))
		if strings.HasPrefix(want, "yaml") {
			require.Equal(t, "ERROR "+want+"\n", string(r.Stderr), content)
			require.Equal(t, 1, r.Code)
			continue
		}
		require.Empty(t, string(r.Stderr), content)
		output(t, c, "relation-set", "-r", "1", "host=", "port=")
		require.Equal(t, want+"\n", output(t, c, "relation-get", "--format=json", "-r", "1", "-", "postgresql/0"), content)
	}
}

// C-156.
func TestFilesAreRelativeToTheCaller(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "values.yaml"), []byte("a: file\nb: file\n"), 0o600))
	c := newWorld(t).configChanged(t)
	for _, args := range [][]string{{"state-set", "--file", "values.yaml", "b=argument"}, {"state-get", "--format=json", "-o", "out.json"}} {
		r, err := tools.Run(t.Context(), c, tools.Request{Command: args[0], Args: args[1:], Dir: dir})
		require.NoError(t, err)
		require.Equal(t, tools.Response{}, tools.Response{Code: r.Code, Stdout: r.Stdout, Stderr: r.Stderr}, "%s", r.Stderr)
	}
	data, err := os.ReadFile(filepath.Join(dir, "out.json"))
	require.NoError(t, err)
	require.Equal(t, `{"a":"file","b":"argument"}`+"\n", string(data))
}

// C-022, C-300, C-301.
func TestState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.configChanged(t)
	runChecks(t, c, []check{
		{call: call("state-get", "--format=json"), stdout: "null\n"},
		{call: call("state-get", "--format=json", "nosuch"), stdout: `""` + "\n"},
		{call: call("state-get", "--strict", "nosuch"), stderr: `"nosuch" not found`, code: 1},
		{call: call("state-set", "k1=v1", "empty=")},
		{call: call("state-get", "--format=json"), stdout: `{"empty":"","k1":"v1"}` + "\n"},
		{call: call("state-delete", "empty")},
		{call: call("state-delete", "nosuch")},
		{call: call("state-delete")},
		{call: call("state-get", "k1"), stdout: "v1\n"},
		{call: call("state-set", strings.Repeat("K", 300)+"=v"), stderr: "max allowed key length (256) exceeded", code: 1},
		{call: call("state-set", "k="+strings.Repeat("v", 65537)), stderr: "max allowed value length (65536) exceeded", code: 1},
	})
	w.View(func(s *model.State) { require.Nil(t, s.Units["myapp/0"].CharmState) })
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	w.View(func(s *model.State) {
		require.Equal(t, map[string]string{"k1": "v1"}, s.Units["myapp/0"].CharmState)
	})
}

// C-210, C-211, C-212.
func TestStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	runChecks(t, w.configChanged(t), []check{
		{call: call("status-set", "error", "x"), stderr: `invalid status "error", expected one of [maintenance blocked waiting active]`, code: 2},
		{call: call("status-set"), stderr: "invalid args, require <status> [message]", code: 2},
		{call: call("status-set", "active", "a", "b"), stderr: `unrecognized args: ["b"]`, code: 2},
		{call: call("status-set", "active", "-x"), stderr: "option provided but not defined: -x", code: 2},
		{call: call("status-set", "active", "--", "all good")},
		{call: call("status-set", "--application", "active", "app good")},
		{call: call("status-get"), stdout: "active\n"},
		{call: call("status-get", "--format=json"), stdout: `{"status":"active"}` + "\n"},
		{call: call("status-get", "--format=json", "--include-data"), stdout: `{"message":"all good","status":"active","status-data":{}}` + "\n"},
		{call: call("status-get", "--format=json", "--include-data", "--application"), stdout: `{"application-status":{"message":"app good","status":"active","status-data":{},"units":{"myapp/0":{"message":"all good","status":"active","status-data":{}},"myapp/1":{"message":"installing agent","status":"waiting","status-data":{}}}}}` + "\n"},
		{call: call("status-set", "blocked", "later")},
		{call: call("status-get"), stdout: "active\n"}, // read once in a hook
	})
	runChecks(t, w.hook(t, "myapp/1", hook.Info{Kind: hook.ConfigChanged}), []check{
		{call: call("status-set", "--application", "active", "x"), stderr: "this unit is not the leader", code: 1},
		{call: call("status-get", "--application", "--format=json"), stderr: "finding application status: this unit is not the leader", code: 1},
		{call: call("is-leader"), stdout: "False\n"},
		{call: call("is-leader", "--format=json"), stdout: "false\n"},
	})
	w.View(func(s *model.State) { require.Equal(t, "later", s.Units["myapp/0"].Workload.Current().Message) })
}

// C-022, C-240, C-241.
func TestPorts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.configChanged(t)
	runChecks(t, c, []check{
		{call: call("open-port", "80")},
		{call: call("open-port", "80/tcp")},
		{call: call("open-port", "9000/UDP", "--endpoints", "db")},
		{call: call("opened-ports", "--format=json"), stdout: `["80/tcp","9000/udp"]` + "\n"},
		{call: call("opened-ports", "--format=json", "--endpoints"), stdout: `["80/tcp (*)","9000/udp (db)"]` + "\n"},
		{call: call("open-port", "99999/tcp"), stderr: "port range bounds must be between 0 and 65535, got 99999-99999", code: 2},
		{call: call("open-port", "80/sctp"), stderr: `invalid protocol "sctp", expected "tcp", "udp", or "icmp"`, code: 2},
		{call: call("open-port", "abc"), stderr: `invalid port "abc": strconv.Atoi: parsing "abc": invalid syntax`, code: 2},
		{call: call("open-port", "300-200/tcp"), stderr: "invalid port range 300-200/tcp", code: 2},
		{call: call("open-port"), stderr: "no port or range specified", code: 2},
		{call: call("open-port", "100-200/tcp"), stderr: "port ranges are not supported for k8s applications, please specify a single port", code: 1},
		{call: call("close-port", "1234")},
		{call: call("close-port", "80")},
		{call: call("opened-ports"), stdout: "9000/udp\n"},
	})
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	w.View(func(s *model.State) {
		require.Equal(t, []model.Port{{Endpoint: "db", Range: model.PortRange{From: 9000, To: 9000, Protocol: "udp"}}}, s.Units["myapp/0"].Ports)
	})
}

// C-150, C-230, C-231.
func TestLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.configChanged(t)
	runChecks(t, c, []check{
		{call: call("juju-log", "two", "words")},
		{call: call("juju-log", "-l", "warn", "line\nbreak")},
		{call: call("juju-log", "--debug", "--", "-dash")},
		{call: call("juju-log", "--log-level=loud", "x")},
		{call: call("juju-log", "")},
		{call: call("juju-log"), stderr: "no message specified", code: 2},
	})
	output(t, w.hook(t, "myapp/0", dbChanged("postgresql/0")), "juju-log", "hello")
	var lines []string
	for _, r := range w.Logs() {
		require.Equal(t, "unit.myapp/0.juju-log", r.Module)
		lines = append(lines, r.Level+" "+r.Message)
	}
	require.Equal(t, []string{
		"INFO two words", "WARNING line\nbreak", "DEBUG -dash",
		`WARNING Specified log level of "loud" is not valid`, "INFO x", "INFO ", "INFO db:1: hello",
	}, lines)
}

// C-213.
func TestWorkloadVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	runChecks(t, w.configChanged(t), []check{
		{call: call("application-version-set"), stderr: "no version specified", code: 2},
		{call: call("application-version-set", "7.6.5")},
	})
	w.View(func(s *model.State) { require.Equal(t, "7.6.5", s.Units["myapp/0"].WorkloadVersion) })
}

// C-310, C-311.
func TestActionTools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var id string
	require.NoError(t, w.Update(t.Context(), func(s *model.State) error {
		a, err := s.EnqueueAction("myapp/0", "backup", map[string]any{"path": "/tmp/x", "deep": map[string]any{"a": map[string]any{"b": "c"}}})
		if err == nil {
			id = a.ID
		}
		return err
	}))
	c := w.hook(t, "myapp/0", hook.Info{Kind: hook.Action, ActionID: id})
	runChecks(t, c, []check{
		{call: call("action-get", "--format=json"), stdout: `{"deep":{"a":{"b":"c"}},"level":3,"path":"/tmp/x"}` + "\n"},
		{call: call("action-get", "--format=json", "deep.a.b"), stdout: `"c"` + "\n"},
		{call: call("action-get", "--format=json", "nosuch"), stdout: "null\n"},
		{call: call("action-set", "outcome=ok", "size.total= 10", "size.unit=MB")},
		{call: call("action-set", "Bad=1"), stderr: `key "Bad" must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens`, code: 2},
		{call: call("action-set", "a.stdout=x"), stderr: `cannot set reserved action key "stdout"`, code: 2},
		{call: call("action-set", "noequals"), stderr: `argument "noequals" must be of the form key...=value`, code: 2},
		{call: call("action-log"), stderr: "no message specified", code: 2},
		{call: call("action-log", "half", "way")},
	})
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{Stdout: []byte("out"), Stderr: []byte{0xff}}))
	w.View(func(s *model.State) {
		a := s.Actions[id]
		require.Equal(t, "completed", a.Status)
		require.Equal(t, "half way", a.Log[0].Message)
		require.Equal(t, map[string]any{
			"outcome": "ok", "size": map[string]any{"total": " 10", "unit": "MB"}, "return-code": 0,
			"stdout": "out", "stderr": "/w==", "stderr-encoding": "base64",
		}, a.Results)
	})
	outside := w.configChanged(t)
	for _, args := range [][]string{{"action-get"}, {"action-set", "a=b"}, {"action-fail"}, {"action-log", "x"}} {
		runChecks(t, outside, []check{{call: args, stderr: "not running an action", code: 1}})
	}
}

// Juju's YAML quotes fewer texts that look like numbers than yaml.v2 does.
func TestNumbersInYAML(t *testing.T) {
	t.Parallel()
	c := newWorld(t).configChanged(t)
	output(t, c, "state-set", "exponent=1e3", "point=1.", "zeros=007.5", "float=1.5", "int=12", "hex=0x1f", "text=x: \"1e3\"")
	require.Equal(t, `exponent: 1e3
float: "1.5"
hex: "0x1f"
int: "12"
point: 1.
text: 'x: "1e3"'
zeros: 007.5
`, output(t, c, "state-get"))
	output(t, c, "secret-add", "token=abc", "--label", "1.", "--description", "2035-01-02T03:04:05Z", "--expire", "2035-01-02T03:04:05Z")
	require.Contains(t, output(t, c, "secret-info-get", "--label", "1."), `
  label: 1.
  owner: application
  description: "2035-01-02T03:04:05Z"
  expiry: 2035-01-02T03:04:05Z
`)
}
