package hook_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

const secretID = "cq1m8t8p8nqc77k3c1ag"

// newModel is app, which leads itself, related to db.
func newModel() *model.Model {
	return model.New(model.State{
		Name: "testmodel", UUID: "b6ad6b7c-3d3c-4b9e-8a57-6d5c7f4f0a11", CloudAPIVersion: "1.32.0",
		APIAddresses: []string{"10.0.0.1:17070", "controller:17070"},
		Applications: map[string]*model.Application{
			"app": {Leader: "app/0", Charm: &metadata.Charm{Meta: metadata.Meta{Requires: map[string]metadata.Relation{"db": {Interface: "i"}}}}},
			"db":  {},
		},
		Units: map[string]*model.Unit{"app/0": {}, "app/1": {}, "db/0": {}},
		Relations: map[int]*model.Relation{1: {
			Endpoints: []model.Endpoint{{Application: "app", Name: "db"}, {Application: "db", Name: "database"}},
			Units: map[string]*model.RelationUnit{
				"app/0": {InScope: true},
				"app/1": {InScope: true},
				"db/0":  {InScope: true, Databag: model.Databag{Data: map[string]string{"host": "h"}}},
			},
		}},
	}, model.Options{})
}

func start(t *testing.T, m *model.Model, unit string, i hook.Info) *hook.Context {
	t.Helper()
	c, err := hook.New(hook.Options{Model: m, Unit: unit, Info: i})
	require.NoError(t, err)
	return c
}

var configChanged = hook.Info{Kind: hook.ConfigChanged}

// writeEverything uses each kind of recorded and immediate write.
func writeEverything(t *testing.T, c *hook.Context) {
	t.Helper()
	r, err := c.Relation(1)
	require.NoError(t, err)
	require.NoError(t, r.WriteUnit(map[string]string{"k": "v"}))
	require.NoError(t, r.WriteApplication(map[string]string{"k": "v"}))
	require.NoError(t, c.SetState("k", "v"))
	require.NoError(t, c.OpenPort(model.Port{Range: model.PortRange{From: 80, To: 80, Protocol: "tcp"}}))
	_, err = c.AddSecret(model.Owner{Kind: model.UnitOwner, Name: "app/0"}, model.SecretChange{Content: map[string]string{"key": "YQ=="}})
	require.NoError(t, err)
	require.NoError(t, c.SetStatus(t.Context(), "active", "m"))
	require.NoError(t, c.SetWorkloadVersion(t.Context(), "1"))
}

// recorded lists which of the recorded writes the model has.
func recorded(m *model.Model) (kinds []string) {
	m.View(func(s *model.State) {
		u := s.Units["app/0"]
		for kind, has := range map[string]bool{
			"unit": len(s.Relations[1].Units["app/0"].Data) > 0, "app": len(s.Relations[1].AppData("app").Data) > 0,
			"state": len(u.CharmState) > 0, "ports": len(u.Ports) > 0, "secrets": len(s.Secrets) > 0,
		} {
			if has {
				kinds = append(kinds, kind)
			}
		}
	})
	slices.Sort(kinds)
	return kinds
}

// A script that used all of these and exited 3 left Juju with the new status and
// version, and nothing else.
// C-007, C-008, C-020, C-024.
func TestWhatAFailedHookLeaves(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]hook.Outcome{
		"exit status 3":              {Code: 3},
		"hook execution terminated":  {Signal: syscall.SIGTERM},
		"signal: segmentation fault": {Signal: syscall.SIGSEGV},
		"cannot start":               {Err: errors.New("cannot start")},
	} {
		m := newModel()
		c := start(t, m, "app/0", configChanged)
		writeEverything(t, c)
		require.EqualError(t, c.Finish(t.Context(), o), name)
		require.Empty(t, recorded(m))
		m.View(func(s *model.State) {
			require.Equal(t, "active", s.Units["app/0"].Workload.Current().Status)
			require.Equal(t, "1", s.Units["app/0"].WorkloadVersion)
		})
	}
}

// C-021.
func TestWhatASuccessfulHookLeaves(t *testing.T) {
	t.Parallel()
	m := newModel()
	c := start(t, m, "app/0", configChanged)
	writeEverything(t, c)
	require.Empty(t, recorded(m), "nothing before the commit")
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	require.Equal(t, []string{"app", "ports", "secrets", "state", "unit"}, recorded(m))
	require.Error(t, c.Commit(t.Context()), "a hook ends once")
}

// C-003.
func TestMissingHookSucceedsWithoutACommit(t *testing.T) {
	t.Parallel()
	m := newModel()
	c := start(t, m, "app/0", configChanged)
	writeEverything(t, c)
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{Missing: true}))
	require.Empty(t, recorded(m))
}

// C-025, C-026, C-027, C-240, C-284, C-301.
func TestRefusedCommits(t *testing.T) {
	t.Parallel()
	label := "taken"
	owner := model.Owner{Kind: model.ApplicationOwner, Name: "app"}
	content := map[string]string{"key": "YQ=="}
	// Secrets are created one by one, before the transaction, and not undone.
	for name, test := range map[string]struct {
		write func(t *testing.T, c *hook.Context, m *model.Model)
		want  string
		// left is what is saved all the same.
		left []string
	}{
		"icmp": {func(t *testing.T, c *hook.Context, _ *model.Model) {
			require.NoError(t, c.OpenPort(model.Port{Range: model.PortRange{Protocol: "icmp"}}))
		}, "protocol icmp on caas models not supported", nil},
		"endpoint": {func(t *testing.T, c *hook.Context, _ *model.Model) {
			require.NoError(t, c.OpenPort(model.Port{Endpoint: "nosuch", Range: model.PortRange{From: 1, To: 1, Protocol: "tcp"}}))
		}, `open port range: endpoint "nosuch" for application "app" not found`, []string{"secrets"}},
		"state size": {func(t *testing.T, c *hook.Context, _ *model.Model) {
			for i := range 40 {
				require.NoError(t, c.SetState(fmt.Sprint(i), strings.Repeat("x", 60000)))
			}
		}, "max allowed size (2097152) exceeded", []string{"secrets"}},
		"leadership": {func(t *testing.T, c *hook.Context, m *model.Model) {
			require.NoError(t, m.Update(t.Context(), func(s *model.State) error { s.Applications["app"].Leader = "app/1"; return nil }))
		}, `checking leadership continuity: "app/0" is not leader of "app"`, []string{"secrets"}},
		"label": {func(t *testing.T, c *hook.Context, m *model.Model) {
			require.NoError(t, m.Update(t.Context(), func(s *model.State) error {
				return s.CreateSecret(secretID, owner, model.SecretChange{Label: &label, Content: content})
			}))
			_, err := c.AddSecret(owner, model.SecretChange{Label: &label, Content: content})
			require.NoError(t, err)
		}, `creating secrets: secret with label "taken" already exists`, []string{"secrets"}},
	} {
		m := newModel()
		c := start(t, m, "app/0", configChanged)
		writeEverything(t, c)
		test.write(t, c, m)
		err := c.Finish(t.Context(), hook.Outcome{})
		var refused *hook.CommitError
		require.ErrorAs(t, err, &refused, name)
		require.ErrorContains(t, err, test.want, name)
		require.Equal(t, test.left, recorded(m), name)
	}
}

// C-025.
func TestTestsCanRefuseACommit(t *testing.T) {
	t.Parallel()
	m := newModel()
	c, err := hook.New(hook.Options{Model: m, Unit: "app/0", Info: configChanged, BeforeCommit: func() error { return errors.New("no") }})
	require.NoError(t, err)
	writeEverything(t, c)
	require.EqualError(t, c.Finish(t.Context(), hook.Outcome{}), "cannot apply changes: no")
	require.Empty(t, recorded(m))
}

// All creates are attempted and their errors are joined.
// C-028.
func TestAllSecretsAreAttempted(t *testing.T) {
	t.Parallel()
	m := newModel()
	owner := model.Owner{Kind: model.UnitOwner, Name: "app/0"}
	content := map[string]string{"key": "YQ=="}
	a, b, fresh := "a", "b", "fresh"
	require.NoError(t, m.Update(t.Context(), func(s *model.State) error {
		require.NoError(t, s.CreateSecret(secretID, owner, model.SecretChange{Label: &a, Content: content}))
		return s.CreateSecret("cq1m8t8p8nqc77k3c1b0", owner, model.SecretChange{Label: &b, Content: content})
	}))
	c := start(t, m, "app/0", configChanged)
	for _, label := range []*string{&a, &fresh, &b} {
		_, err := c.AddSecret(owner, model.SecretChange{Label: label, Content: content})
		require.NoError(t, err)
	}
	require.EqualError(t, c.Finish(t.Context(), hook.Outcome{}),
		"cannot apply changes: creating secrets: secret with label \"a\" already exists\nsecret with label \"b\" already exists")
	m.View(func(s *model.State) { require.Len(t, s.Secrets, 3) })
}

// An action's changes are committed when its process exits 0, also after it said
// that it failed.
// C-042, C-044, C-311.
func TestActionThatSaysItFailedIsCommitted(t *testing.T) {
	t.Parallel()
	m := newModel()
	require.NoError(t, m.Update(t.Context(), func(s *model.State) error { s.AddAction("app/0", "a", nil); return nil }))
	c := start(t, m, "app/0", hook.Info{Kind: hook.Action, ActionID: "1"})
	writeEverything(t, c)
	require.NoError(t, c.FailAction("why"))
	require.NoError(t, c.SetActionResult([]string{"a"}, "1"))
	require.NoError(t, c.SetActionResult([]string{"a", "b"}, "2"))
	require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
	require.Equal(t, []string{"app", "ports", "secrets", "state", "unit"}, recorded(m))
	m.View(func(s *model.State) {
		require.Equal(t, "failed why", s.Actions["1"].Status+" "+s.Actions["1"].Message)
		require.Equal(t, map[string]any{"a": map[string]any{"b": "2"}, "return-code": 0}, s.Actions["1"].Results)
	})
}

// C-043, C-044.
func TestActionWhoseCommitIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fail   string
		stderr []byte
		want   map[string]any
		why    string
	}{
		"silent": {"", nil, map[string]any{"stderr": "protocol icmp on caas models not supported"}, "committing requested changes failed"},
		"noisy":  {"why", []byte("noise"), map[string]any{"stderr": "noise\nprotocol icmp on caas models not supported"}, "why"},
		"binary": {"", []byte{0xff}, map[string]any{"stderr": "/w==\nprotocol icmp on caas models not supported", "stderr-encoding": "base64"}, "committing requested changes failed"},
	} {
		m := newModel()
		require.NoError(t, m.Update(t.Context(), func(s *model.State) error { s.AddAction("app/0", "a", nil); return nil }))
		c := start(t, m, "app/0", hook.Info{Kind: hook.Action, ActionID: "1"})
		writeEverything(t, c)
		require.NoError(t, c.OpenPort(model.Port{Range: model.PortRange{Protocol: "icmp"}}))
		if test.fail != "" {
			require.NoError(t, c.FailAction(test.fail))
		}
		require.NoError(t, c.Finish(t.Context(), hook.Outcome{Stdout: []byte("out"), Stderr: test.stderr}))
		test.want["return-code"], test.want["stdout"] = 0, "out"
		require.Empty(t, recorded(m), name)
		m.View(func(s *model.State) {
			require.Equal(t, "failed", s.Actions["1"].Status, name)
			require.Equal(t, test.why, s.Actions["1"].Message, name)
			require.Equal(t, test.want, s.Actions["1"].Results, name)
		})
	}
}

// All of a databag that was read is sent: what changed of it meanwhile is lost.
// C-029.
func TestDatabagThatWasReadIsSent(t *testing.T) {
	t.Parallel()
	for _, read := range []bool{false, true} {
		m := newModel()
		bag := func(data map[string]string) {
			require.NoError(t, m.Update(t.Context(), func(s *model.State) error {
				s.Relations[1].Units["app/0"].Merge(data)
				return nil
			}))
		}
		bag(map[string]string{"k": "old"})
		c := start(t, m, "app/0", configChanged)
		if read {
			r, err := c.Relation(1)
			require.NoError(t, err)
			_, err = r.OwnUnit()
			require.NoError(t, err)
		}
		bag(map[string]string{"k": "new"})
		require.NoError(t, c.Finish(t.Context(), hook.Outcome{}))
		m.View(func(s *model.State) {
			require.Equal(t, read, s.Relations[1].Units["app/0"].Data["k"] == "old")
		})
	}
}

// C-220.
func TestLeadershipOnceLostStaysLost(t *testing.T) {
	t.Parallel()
	m := newModel()
	c := start(t, m, "app/0", configChanged)
	lead := func(unit string) {
		require.NoError(t, m.Update(t.Context(), func(s *model.State) error { s.Applications["app"].Leader = unit; return nil }))
	}
	require.True(t, c.IsLeader())
	lead("app/1")
	require.False(t, c.IsLeader())
	lead("app/0")
	require.False(t, c.IsLeader())
}

// A member's databag is read once and kept until a hook for that unit; one that
// is no member is read again in each hook.
// C-131.
func TestMemory(t *testing.T) {
	t.Parallel()
	m := newModel()
	memory := hook.NewMemory(map[int][]string{1: {"db/0"}})
	host := func(i hook.Info) string {
		c, err := hook.New(hook.Options{Model: m, Unit: "app/0", Info: i, Memory: memory})
		require.NoError(t, err)
		r, err := c.Relation(1)
		require.NoError(t, err)
		data, err := r.RemoteUnit("db/0")
		require.NoError(t, err)
		return data["host"]
	}
	write := func(value string) {
		require.NoError(t, m.Update(t.Context(), func(s *model.State) error {
			s.Relations[1].Units["db/0"].Merge(map[string]string{"host": value})
			return nil
		}))
	}
	changed := hook.Info{Kind: hook.RelationChanged, Endpoint: "db", RelationID: 1, RemoteApp: "db", RemoteUnit: "db/0"}
	departed := changed
	departed.Kind = hook.RelationDeparted

	require.Equal(t, "h", host(configChanged))
	write("new")
	require.Equal(t, "h", host(configChanged))
	require.Equal(t, "new", host(changed))
	write("newer")
	require.Equal(t, "newer", host(departed))
	write("newest")
	require.Equal(t, "newest", host(configChanged))
	require.Empty(t, memory.Members(1))
}
