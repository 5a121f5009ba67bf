package uniter_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/uniter"
)

// With everything to do at once, each answer hides those after it.
// C-094, C-101.
func TestPriorities(t *testing.T) {
	t.Parallel()
	local := uniter.Local{
		Installed: true, Started: true,
		Relations: map[int]*uniter.LocalRelation{1: {Members: map[string]int{"db/0": 1}}},
	}
	remote := uniter.Snapshot{
		Unit: "web/0", Leader: true, CharmRevision: 1, ConfigHash: "new", UpdateStatusDue: true,
		Relations: map[int]uniter.RelationSnapshot{
			1: {Endpoint: "db", RemoteApp: "db", InScope: true, Members: map[string]int{"db/0": 2}},
			2: {Endpoint: "db", RemoteApp: "other", InScope: true},
		},
		Secrets: uniter.SecretsSnapshot{
			Expired: []uniter.SecretDue{{ID: "e", Revision: 1}}, Rotate: []uniter.SecretDue{{ID: "r", Revision: 1}},
			Changed: []uniter.SecretDue{{ID: "c", Revision: 2}}, Obsolete: []uniter.SecretDue{{ID: "o", Revision: 1}},
		},
		Actions:  []string{"7"},
		Workload: &hook.Info{Kind: hook.PebbleReady, Workload: "nginx"},
	}
	for _, step := range []struct {
		want hook.Kind
		done func()
	}{
		{hook.Start, func() { remote.AgentStarted = true }},
		{hook.RelationCreated, func() { local.Relations[2] = &uniter.LocalRelation{} }},
		{hook.LeaderElected, func() { local.Leader = true }},
		{hook.PebbleReady, func() { remote.Workload = nil }},
		{hook.SecretExpired, func() { remote.Secrets.Expired = nil }},
		{hook.SecretRotate, func() { remote.Secrets.Rotate = nil }},
		{hook.SecretChanged, func() { remote.Secrets.Changed = nil }},
		{hook.SecretRemove, func() { remote.Secrets.Obsolete = nil }},
		{hook.Action, func() { remote.Actions = nil }},
		{hook.UpgradeCharm, func() { local.CharmRevision = 1 }},
		{hook.ConfigChanged, func() { local.ConfigHash = "new" }},
		{hook.RelationChanged, func() { local.Relations[1].Members["db/0"] = 2 }},
		{hook.UpdateStatus, func() { remote.UpdateStatusDue = false }},
	} {
		op := uniter.Next(local, remote)
		require.Equal(t, uniter.RunHook, op.Kind)
		require.Equal(t, step.want, op.Info.Kind)
		step.done()
	}
	require.Equal(t, uniter.Nothing, uniter.Next(local, remote).Kind)
}

// A failed hook blocks all others, but not actions.
// C-013, C-386.
func TestFailedHookBlocks(t *testing.T) {
	t.Parallel()
	failed := hook.Info{Kind: hook.ConfigChanged}
	local := uniter.Local{Installed: true, Failed: &failed}
	remote := uniter.Snapshot{
		Unit: "web/0", Leader: true, ConfigHash: "new", Workload: &hook.Info{Kind: hook.PebbleReady, Workload: "nginx"}, Dying: true,
	}
	require.Equal(t, uniter.Nothing, uniter.Next(local, remote).Kind)
	remote.Actions = []string{"7"}
	require.Equal(t, hook.Action, uniter.Next(local, remote).Info.Kind)
	remote.Actions = nil
	remote.RetryDue = true
	require.Equal(t, uniter.Operation{Kind: uniter.RunHook, Info: failed}, uniter.Next(local, remote))
	remote.Resolve = model.ResolveNoRetry
	require.Equal(t, uniter.Operation{Kind: uniter.SkipHook, Info: failed}, uniter.Next(local, remote))
}
