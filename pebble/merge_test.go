package pebble_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

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

// values are two for each type of a field, of which the second goes on top.
func values(of reflect.Type) (base, top any) {
	switch reflect.New(of).Elem().Interface().(type) {
	case pebble.Startup:
		return pebble.StartupEnabled, pebble.StartupDisabled
	case pebble.Level:
		return pebble.LevelAlive, pebble.LevelReady
	case pebble.Action:
		return pebble.ActionIgnore, pebble.ActionRestart
	case pebble.LogTargetType:
		return pebble.LogTargetLoki, pebble.LogTargetType("opentelemetry")
	case pebble.Duration:
		return pebble.NewDuration(time.Second), pebble.NewDuration(time.Minute)
	case string:
		return "base", "top"
	case int:
		return 1, 2
	case float64:
		return 1.5, 2.5
	case *int:
		return ptr(1), ptr(0)
	case []string:
		return []string{"base"}, []string{"top"}
	case map[string]string:
		return map[string]string{"base": "1", "both": "1"}, map[string]string{"top": "2", "both": "2"}
	case map[string]pebble.Action:
		return map[string]pebble.Action{"base": "ignore", "both": "ignore"}, map[string]pebble.Action{"top": "restart", "both": "restart"}
	}
	return nil, nil
}

// field is a way to a value within an entry of a layer.
type field []int

// in returns the value, making structs on the way.
func (f field) in(entry reflect.Value) reflect.Value {
	v := entry.Elem()
	for i, n := range f {
		if i > 0 {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(n)
	}
	return v
}

// beside returns the user beside a field of one of these names, without whom it is invalid; a text of no matter else.
func (f field) beside(entry reflect.Value, names ...string) reflect.Value {
	f.in(entry)
	parent := entry.Elem()
	for i, n := range f[:len(f)-1] {
		if i > 0 {
			parent = parent.Elem()
		}
		parent = parent.Field(n)
	}
	if parent.Kind() == reflect.Pointer {
		parent = parent.Elem()
	}
	if !slices.Contains(names, parent.Type().Field(f[len(f)-1]).Name) {
		return reflect.New(reflect.TypeFor[string]()).Elem()
	}
	return parent.FieldByName("User")
}

// fieldsOf lists all fields that can be set, those of structs within too.
func fieldsOf(t reflect.Type) (all []field) {
	for i := range t.NumField() {
		of := t.Field(i).Type
		switch {
		case of == reflect.TypeFor[pebble.Override]():
		case of.Kind() == reflect.Pointer && of.Elem().Kind() == reflect.Struct:
			for _, inner := range fieldsOf(of.Elem()) {
				all = append(all, append(field{i}, inner...))
			}
		default:
			all = append(all, field{i})
		}
	}
	return all
}

// mergeEntries merges two entries of one kind.
func mergeEntries(t *testing.T, base, top reflect.Value) reflect.Value {
	t.Helper()
	layer := func(entry reflect.Value) *pebble.Layer {
		switch entry := entry.Interface().(type) {
		case *pebble.Service:
			return &pebble.Layer{Services: map[string]*pebble.Service{"x": entry}}
		case *pebble.Check:
			return &pebble.Layer{Checks: map[string]*pebble.Check{"x": entry}}
		case *pebble.LogTarget:
			return &pebble.Layer{LogTargets: map[string]*pebble.LogTarget{"x": entry}}
		}
		return nil
	}
	for _, entry := range []reflect.Value{base, top} {
		entry.Elem().FieldByName("Override").SetString(string(pebble.OverrideMerge))
	}
	merged, err := pebble.Merge(layer(base), layer(top))
	require.NoError(t, err)
	switch base.Interface().(type) {
	case *pebble.Service:
		return reflect.ValueOf(merged.Services["x"])
	case *pebble.Check:
		return reflect.ValueOf(merged.Checks["x"])
	}
	return reflect.ValueOf(merged.LogTargets["x"])
}

// Each field of an entry on top counts, those that it does not set stay, and what was merged shares nothing with the merged.
func TestMergeOfEachField(t *testing.T) {
	t.Parallel()
	for _, entry := range []any{pebble.Service{}, pebble.Check{}, pebble.LogTarget{}} {
		of := reflect.TypeOf(entry)
		for _, f := range fieldsOf(of) {
			name := of.Name()
			newEntry := func() reflect.Value {
				entry := reflect.New(of)
				f.beside(entry, "Group", "GroupID").Set(reflect.ValueOf("owner"))
				return entry
			}
			base, top, empty := newEntry(), newEntry(), newEntry()
			lower, upper := values(f.in(base).Type())
			require.NotNil(t, lower, "%s has a field of a new type", name)
			f.in(base).Set(reflect.ValueOf(lower))
			f.in(top).Set(reflect.ValueOf(upper))

			got := f.in(mergeEntries(t, base, top)).Interface()
			switch want := upper.(type) {
			case []string:
				require.Equal(t, []string{"base", "top"}, got, "%s %v", name, f)
			case map[string]string:
				require.Equal(t, map[string]string{"base": "1", "top": "2", "both": "2"}, got, "%s %v", name, f)
			case map[string]pebble.Action:
				require.Equal(t, map[string]pebble.Action{"base": "ignore", "top": "restart", "both": "restart"}, got, "%s %v", name, f)
			default:
				require.Equal(t, want, got, "%s %v", name, f)
			}
			require.Equal(t, lower, f.in(mergeEntries(t, base, empty)).Interface(), "%s %v", name, f)
			require.Equal(t, upper, f.in(mergeEntries(t, reflect.New(of), top)).Interface(), "%s %v", name, f)

			again, _ := values(f.in(base).Type())
			switch merged := f.in(mergeEntries(t, base, empty)).Interface().(type) {
			case []string:
				merged[0] = "changed"
			case map[string]string:
				merged["base"] = "changed"
			case map[string]pebble.Action:
				merged["base"] = "changed"
			case *int:
				*merged = 77
			}
			require.Equal(t, again, f.in(base).Interface(), "%s %v is not shared", name, f)
			switch merged := f.in(mergeEntries(t, reflect.New(of), top)).Interface().(type) {
			case *int:
				*merged = 77
			case map[string]string:
				merged["top"] = "changed"
			}
			_, again = values(f.in(base).Type())
			require.Equal(t, again, f.in(top).Interface(), "%s %v is not shared", name, f)
		}
	}
}

func TestMergeReportsWhatIsWrongInEachLayer(t *testing.T) {
	t.Parallel()
	good := &pebble.Layer{Summary: "good", Description: "a good one", Services: map[string]*pebble.Service{"web": {Override: "replace", Command: "web"}}}
	bad := func(name string) *pebble.Layer {
		return &pebble.Layer{Summary: "bad", Services: map[string]*pebble.Service{name: {Override: "replace", Startup: "never", Command: "x"}, "other": {Command: "x"}}}
	}
	_, err := pebble.Merge(bad("a"), good, bad("b"))
	var invalid *pebble.PlanError
	require.ErrorAs(t, err, &invalid)
	require.Len(t, invalid.Problems, 2, "%v", invalid.Problems)
	merged, err := pebble.Merge(&pebble.Layer{Summary: "below"}, good)
	require.NoError(t, err)
	require.Equal(t, "good", merged.Summary)
	require.Equal(t, "a good one", merged.Description)
	plan, err := pebble.ParsePlan([]byte("services: {a: null}\nchecks: {b: null}\nlog-targets: {c: null}\n"))
	require.NoError(t, err)
	require.Empty(t, len(plan.Services)+len(plan.Checks)+len(plan.LogTargets))
}
