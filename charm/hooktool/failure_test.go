package hooktool_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// allTools are all methods of the client, with the arguments that they need.
func allTools(ctx context.Context, c *hooktool.Client) map[string]func() error {
	bag := hooktool.Databag{Relation: "db:0", Owner: "wiki/0"}
	values := map[string]string{"key": "value"}
	status := hooktool.Status{Status: "active"}
	return map[string]func() error{
		"Run":                   func() error { _, err := c.Run(ctx, "config-get"); return err },
		"ActionGet":             func() error { _, err := c.ActionGet(ctx); return err },
		"ActionSet":             func() error { return c.ActionSet(ctx, values) },
		"ActionFail":            func() error { return c.ActionFail(ctx, "no") },
		"ActionLog":             func() error { return c.ActionLog(ctx, "so far") },
		"CredentialGet":         func() error { _, err := c.CredentialGet(ctx); return err },
		"Reboot":                func() error { return c.Reboot(ctx) },
		"RebootNow":             func() error { return c.RebootNow(ctx) },
		"ConfigGet":             func() error { _, err := c.ConfigGet(ctx); return err },
		"GoalState":             func() error { _, err := c.GoalState(ctx); return err },
		"IsLeader":              func() error { _, err := c.IsLeader(ctx); return err },
		"JujuLog":               func() error { return c.JujuLog(ctx, "INFO", "hello") },
		"NetworkGet":            func() error { _, err := c.NetworkGet(ctx, hooktool.NetworkGetOptions{Binding: "db"}); return err },
		"PrivateAddress":        func() error { _, err := c.PrivateAddress(ctx); return err },
		"PublicAddress":         func() error { _, err := c.PublicAddress(ctx); return err },
		"OpenedPorts":           func() error { _, err := c.OpenedPorts(ctx); return err },
		"OpenedPortsByEndpoint": func() error { _, err := c.OpenedPortsByEndpoint(ctx); return err },
		"OpenPort":              func() error { return c.OpenPort(ctx, "80/tcp") },
		"ClosePort":             func() error { return c.ClosePort(ctx, "80/tcp") },
		"RelationIDs":           func() error { _, err := c.RelationIDs(ctx, "db"); return err },
		"RelationUnits":         func() error { _, err := c.RelationUnits(ctx, "db:0"); return err },
		"RelationApp":           func() error { _, err := c.RelationApp(ctx, "db:0"); return err },
		"RelationModel":         func() error { _, err := c.RelationModel(ctx, "db:0"); return err },
		"RelationGet":           func() error { _, err := c.RelationGet(ctx, bag); return err },
		"RelationGetAll":        func() error { _, err := c.RelationGetAll(ctx, []hooktool.Databag{bag, bag}); return err },
		"RelationSet":           func() error { return c.RelationSet(ctx, bag, values) },
		"ResourceGet":           func() error { _, err := c.ResourceGet(ctx, "dump"); return err },
		"SecretAdd":             func() error { _, err := c.SecretAdd(ctx, values, hooktool.SecretAddOptions{}); return err },
		"SecretSet content":     func() error { return c.SecretSet(ctx, "secret:x", hooktool.SecretChange{Content: values}) },
		"SecretSet label": func() error {
			return c.SecretSet(ctx, "secret:x", hooktool.SecretChange{SecretMetadata: hooktool.SecretMetadata{Label: "l"}})
		},
		"SecretGet":             func() error { _, err := c.SecretGet(ctx, hooktool.SecretGetOptions{Label: "l"}); return err },
		"SecretInfoGet":         func() error { _, err := c.SecretInfoGet(ctx, hooktool.SecretInfoGetOptions{Label: "l"}); return err },
		"SecretIDs":             func() error { _, err := c.SecretIDs(ctx); return err },
		"SecretGrant":           func() error { return c.SecretGrant(ctx, "secret:x", hooktool.SecretAudience{Relation: "db:0"}) },
		"SecretRevoke":          func() error { return c.SecretRevoke(ctx, "secret:x", hooktool.SecretAudience{Relation: "db:0"}) },
		"SecretRemove":          func() error { return c.SecretRemove(ctx, "secret:x") },
		"SecretRemoveRevision":  func() error { return c.SecretRemoveRevision(ctx, "secret:x", 1) },
		"StateGet":              func() error { _, err := c.StateGet(ctx); return err },
		"StateSet":              func() error { return c.StateSet(ctx, values) },
		"StateDelete":           func() error { return c.StateDelete(ctx, "key") },
		"StatusGet":             func() error { _, err := c.StatusGet(ctx); return err },
		"StatusSet":             func() error { return c.StatusSet(ctx, status) },
		"ApplicationStatusGet":  func() error { _, err := c.ApplicationStatusGet(ctx); return err },
		"ApplicationStatusSet":  func() error { return c.ApplicationStatusSet(ctx, status) },
		"ApplicationVersionSet": func() error { return c.ApplicationVersionSet(ctx, "1") },
		"StorageList":           func() error { _, err := c.StorageList(ctx, "data"); return err },
		"StorageGet":            func() error { _, err := c.StorageGet(ctx, "data/0"); return err },
		"StorageAdd":            func() error { return c.StorageAdd(ctx, "data", 1) },
	}
}

func TestEveryToolTellsThatItCouldNotRun(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	c := hooktool.NewClient(hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
		return hooktool.Result{}, lost
	}))
	for name, run := range allTools(t.Context(), c) {
		require.ErrorIs(t, run(), lost, name)
	}
}

func TestEveryToolTellsThatItFailed(t *testing.T) {
	t.Parallel()
	c := hooktool.NewClient(hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
		return hooktool.Result{Code: 1, Stderr: []byte("ERROR permission denied\n")}, nil
	}))
	for name, run := range allTools(t.Context(), c) {
		require.ErrorIs(t, run(), hooktool.ErrPermission, name)
	}
}

// What is not JSON is no answer of a tool whose output the client reads.
func TestAnswersThatNobodyUnderstands(t *testing.T) {
	t.Parallel()
	c := hooktool.NewClient(hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
		return hooktool.Result{Stdout: []byte("nobody home")}, nil
	}))
	for _, name := range []string{
		"ActionGet", "CredentialGet", "ConfigGet", "GoalState", "IsLeader", "NetworkGet", "PrivateAddress", "PublicAddress",
		"OpenedPorts", "OpenedPortsByEndpoint", "RelationIDs", "RelationUnits", "RelationApp", "RelationModel", "RelationGet",
		"RelationGetAll", "SecretGet", "SecretInfoGet", "SecretIDs", "StateGet", "StatusGet", "ApplicationStatusGet",
		"StorageList", "StorageGet",
	} {
		require.ErrorContains(t, allTools(t.Context(), c)[name](), "cannot read the answer of ", name)
	}
}

func TestGoalStateThatNobodyUnderstands(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"units": {"wiki/0": {"status": "active", "since": "yesterday"}}}`: "cannot read the answer of goal-state: cannot read a time",
		`{"units": {"wiki/0": {"status": 5}}}`:                              "cannot read the answer of goal-state",
		`{"units": {"wiki/0": []}}`:                                         "cannot read the answer of goal-state",
	} {
		c := hooktool.NewClient(hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
			return hooktool.Result{Stdout: []byte(answer)}, nil
		}))
		_, err := c.GoalState(t.Context())
		require.ErrorContains(t, err, want)
	}
}

// The texts are those that Juju 3.6.11 prints.
func TestKindsOfFailures(t *testing.T) {
	t.Parallel()
	kinds := []error{
		hooktool.ErrNotLeader, hooktool.ErrRelationGone, hooktool.ErrNotFound, hooktool.ErrPermission, hooktool.ErrExists,
		hooktool.ErrNotValid, hooktool.ErrNotSupported, hooktool.ErrNotTrusted, hooktool.ErrNoAction, hooktool.ErrTooLarge,
		hooktool.ErrNotProvisioned,
	}
	for _, test := range []struct {
		tool, message string
		kinds         []error
	}{
		{"status-get", "this unit is not the leader", []error{hooktool.ErrNotLeader}},
		{"secret-add", `"wiki/0" is not leader of "wiki"`, []error{hooktool.ErrNotLeader}},
		{"relation-set", "cannot write relation settings", []error{hooktool.ErrNotLeader}},
		{"relation-set", "cannot write relation settings: disk full", nil},
		{"state-set", "cannot write relation settings", nil},
		{"relation-list", `invalid value "db:9" for option -r: relation not found`, []error{hooktool.ErrRelationGone}},
		{"secret-get", `secret "x" not found`, []error{hooktool.ErrNotFound}},
		{"secret-get", "permission denied", []error{hooktool.ErrPermission}},
		{"credential-get", "permission denied", []error{hooktool.ErrPermission, hooktool.ErrNotTrusted}},
		{"credential-get", "no such cloud", nil},
		{"secret-add", `secret with label "l" already exists`, []error{hooktool.ErrExists}},
		{"secret-get", `secret URI "x" not valid`, []error{hooktool.ErrNotValid}},
		{"open-port", "port ranges are not supported", []error{hooktool.ErrNotSupported}},
		{"action-get", "not running an action", []error{hooktool.ErrNoAction}},
		{"secret-add", "secret content too large: 1000001 bytes", []error{hooktool.ErrTooLarge}},
		{"state-set", "max allowed size 65536", []error{hooktool.ErrTooLarge}},
		{"storage-get", `storage "data/1" not provisioned`, []error{hooktool.ErrNotProvisioned}},
		{"config-get", "out of luck", nil},
	} {
		var matched []error
		err := &hooktool.Error{Tool: test.tool, Code: 1, Message: test.message}
		for _, kind := range kinds {
			if errors.Is(err, kind) {
				matched = append(matched, kind)
			}
		}
		require.Equal(t, test.kinds, matched, "%s: %s", test.tool, test.message)
		require.NotErrorIs(t, err, errors.New("another"))
		require.EqualError(t, err, "cannot run "+test.tool+": "+test.message)
	}
	require.EqualError(t, &hooktool.Error{Tool: "config-get", Code: 3}, "cannot run config-get: exit code 3")
	refused := &hooktool.RPCError{Message: "bad request: unknown command: secret-ids"}
	require.ErrorIs(t, refused, hooktool.ErrNotSupported)
	require.NotErrorIs(t, refused, hooktool.ErrNotFound)
	require.EqualError(t, refused, "bad request: unknown command: secret-ids")
	require.NotErrorIs(t, &hooktool.RPCError{Message: "bad request: wrong context ID"}, hooktool.ErrNotSupported)
}
