package pebble_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

func TestPlanClone(t *testing.T) {
	t.Parallel()
	require.Equal(t, &pebble.Plan{}, (&pebble.Plan{}).Clone())
	read := func() *pebble.Plan {
		plan, err := pebble.ParsePlan([]byte(`
services: {web: {override: replace, command: web, requires: [db], environment: {A: '1'}, user-id: 1}}
checks: {up: {override: replace, exec: {command: up, environment: {A: '1'}}}}
log-targets: {t: {override: replace, type: loki, services: [all], labels: {a: b}}}
`))
		require.NoError(t, err)
		return plan
	}
	plan := read()
	clone := plan.Clone()
	require.Equal(t, plan, clone)
	clone.Services["web"].Environment["A"] = "2"
	clone.Services["web"].Requires[0] = "x"
	*clone.Services["web"].UserID = 2
	clone.Checks["up"].Exec.Environment["A"] = "2"
	clone.LogTargets["t"].Labels["a"] = "c"
	delete(clone.Services, "web")
	require.Equal(t, read(), plan)
}

func TestMergeLeavesThePlanOpen(t *testing.T) {
	t.Parallel()
	base := &pebble.Layer{Services: map[string]*pebble.Service{"web": {Override: "merge", Summary: "one", Requires: []string{"db"}}}}
	top := &pebble.Layer{Services: map[string]*pebble.Service{"web": {Override: "merge", Description: "two"}}}
	merged, err := pebble.Merge(base, top)
	require.NoError(t, err)
	require.Equal(t, &pebble.Service{Override: "merge", Summary: "one", Description: "two", Requires: []string{"db"}}, merged.Services["web"])
	_, err = pebble.Combine(base, top)
	require.ErrorContains(t, err, `service "web" has no command`)
	_, err = pebble.Merge(&pebble.Layer{Services: map[string]*pebble.Service{"web": {}}})
	require.ErrorContains(t, err, "override")
}
