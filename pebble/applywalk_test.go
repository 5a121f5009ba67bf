package pebble_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// The files of the walks: one that web reads when it starts, and one that it loads.
const (
	walkConfig = "/etc/web.conf"
	walkPages  = "/srv/pages"
)

// walkWants are what a container is wanted to be, one after the other and in any order.
func walkWants() map[string]pebble.Want {
	web := func(startup pebble.Startup, config, pages string) pebble.Want {
		return pebble.Want{
			Layer: pebble.Layer{
				Services: map[string]*pebble.Service{"web": {Startup: startup, Command: "web"}},
				Checks:   map[string]*pebble.Check{"up": {Level: pebble.LevelReady, Exec: &pebble.ExecCheck{Command: "up"}}},
			},
			Files: []pebble.File{
				{Path: walkConfig, Content: []byte(config), Restarts: []string{"web"}},
				{Path: walkPages, Content: []byte(pages), Reloads: []string{"web"}},
			},
			Reloads: []pebble.Reload{{Service: "web", Signal: "SIGHUP"}},
		}
	}
	wants := map[string]pebble.Want{
		"nothing":        {},
		"web":            web(pebble.StartupEnabled, "1", "a"),
		"another config": web(pebble.StartupEnabled, "2", "a"),
		"other pages":    web(pebble.StartupEnabled, "1", "b"),
		"disabled":       web(pebble.StartupDisabled, "1", "a"),
		"unset":          web("", "1", "b"),
		"more":           web(pebble.StartupEnabled, "1", "a"),
		"other":          services(map[string]*pebble.Service{"db": {Startup: pebble.StartupEnabled, Command: "db"}}),
	}
	disabled, more, other := wants["disabled"].Layer, wants["more"].Layer, wants["other"].Layer
	disabled.Checks["up"].Startup = pebble.StartupDisabled
	more.Services["web"].Environment = map[string]string{"A": "b"}
	more.Services["web"].After = []string{"db"}
	more.Services["db"] = &pebble.Service{Startup: pebble.StartupEnabled, Command: "db", OnFailure: pebble.ActionIgnore}
	more.Services["once"] = &pebble.Service{Startup: pebble.StartupEnabled, Command: "once", OnSuccess: pebble.ActionIgnore}
	more.Checks["up"].Threshold = 5
	more.Checks["other"] = &pebble.Check{TCP: &pebble.TCPCheck{Port: 1}}
	other.Services["once"] = &pebble.Service{Startup: pebble.StartupEnabled, Command: "once", OnSuccess: pebble.ActionIgnore, User: "nobody"}
	wants["other"] = pebble.Want{Layer: pebble.Layer{Services: other.Services, LogTargets: map[string]*pebble.LogTarget{
		"loki": {Type: pebble.LogTargetLoki, Location: "http://loki", Services: []string{"db"}},
	}}, Files: []pebble.File{{Path: walkConfig, Content: []byte("1"), Mode: 0o600}}}
	for name, labels := range map[string]map[string]string{"logs": nil, "labelled logs": {"a": "b"}} {
		wants[name] = web(pebble.StartupEnabled, "1", "a")
		layer := wants[name].Layer
		layer.Services["web"].Environment = map[string]string{"A": "logs"}
		layer.LogTargets = map[string]*pebble.LogTarget{
			"loki": {Type: pebble.LogTargetLoki, Location: "http://loki", Services: []string{"web"}, Labels: labels},
		}
		wants[name] = pebble.Want{Layer: layer, Files: wants[name].Files, Reloads: wants[name].Reloads}
	}
	return wants
}

// walk is a container that is wanted to be one thing after another.
type walk struct {
	*memory.Pebble
	container *pebble.Container
	// loaded are the pages that web has loaded last.
	loaded string
	// answer answers a request in Pebble's place, if it is not nil; sent tells what is done when Pebble has answered.
	answer func(n int, send func()) (*http.Response, error)
	// requests are those of the Apply that runs, writes those that may change something.
	requests int
	writes   []string
}

func newWalk(state memory.State, cache *memory.Cache, loaded string) *walk {
	state.Processes = map[string]memory.Process{"once": {Exits: true, After: 2 * time.Second}}
	w := &walk{Pebble: memory.New(state, memory.Options{Cache: cache}), loaded: loaded}
	w.container = w.Container("app")
	return w
}

// apply applies; some time later, what ends has ended.
func (w *walk) apply(t *testing.T, want pebble.Want) (*pebble.Applied, error) {
	w.requests, w.writes = 0, nil
	ctx := pebble.WithMiddleware(t.Context(), func(_ string, next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) { return w.request(req, next) })
	})
	applied, err := w.container.Apply(ctx, want)
	w.Advance(time.Minute)
	return applied, err
}

func (w *walk) request(req *http.Request, next http.RoundTripper) (*http.Response, error) {
	w.requests++
	var response *http.Response
	var err error
	send := func() {
		signals, starts := len(w.State().Signals), w.State().Services["web"].Starts
		response, err = next.RoundTrip(req)
		if req.Method != http.MethodGet {
			w.writes = append(w.writes, req.Method+" "+req.URL.String())
		}
		if state := w.State(); len(state.Signals) > signals || state.Services["web"].Starts > starts {
			w.loaded = state.Files[walkPages].Content
		}
	}
	if w.answer != nil {
		answer, problem := w.answer(w.requests, send)
		if answer != nil || problem != nil {
			return answer, problem
		}
	}
	send()
	return response, err
}

// requireIs requires that the container is what is wanted, and that another Apply finds so by only reading. What is not
// wanted does not run; other says what another layer adds to the environment of web.
func (w *walk) requireIs(t *testing.T, want pebble.Want, other map[string]string) {
	t.Helper()
	plan, err := w.Plan()
	require.NoError(t, err)
	w.requireServices(t, plan, want, other)
	w.requireChecks(t, plan, want, other)
	requireLogTargets(t, plan, want)
	w.requireFiles(t, want)
	applied, err := w.apply(t, want)
	require.NoError(t, err)
	require.Equal(t, &pebble.Applied{}, applied)
	require.Empty(t, w.writes)
}

func (w *walk) requireServices(t *testing.T, plan *pebble.Plan, want pebble.Want, other map[string]string) {
	t.Helper()
	state := w.State()
	for name, planned := range plan.Services {
		service := want.Layer.Services[name]
		info := state.Services[name]
		if service == nil || service.Startup != pebble.StartupEnabled {
			require.NotContains(t, []pebble.ServiceStatus{pebble.StatusActive, pebble.StatusBackoff}, info.Status, name)
		}
		if service == nil {
			require.Equal(t, pebble.StartupDisabled, planned.Startup, name)
			require.Empty(t, planned.Environment["A"], name)
			continue
		}
		expected := *service
		expected.Override = planned.Override
		expected.Environment = maps.Clone(service.Environment)
		if expected.Environment == nil {
			expected.Environment = map[string]string{}
		}
		for _, file := range want.Files {
			if slices.Contains(file.Restarts, name) {
				digest := planned.Environment["CHARMKIT_FILES_DIGEST"]
				require.Len(t, digest, 24)
				expected.Environment["CHARMKIT_FILES_DIGEST"] = digest
			}
		}
		if name == "web" {
			maps.Copy(expected.Environment, other)
		}
		if len(expected.Environment) == 0 {
			expected.Environment = nil
		}
		require.Equal(t, &expected, planned, name)
		if service.Startup != pebble.StartupEnabled {
			continue
		}
		status := pebble.StatusActive
		if name == "once" {
			status = pebble.StatusInactive
		}
		require.Equal(t, status, info.Status, name)
		if info.Definition != nil {
			require.Equal(t, planned, info.Definition, "%s runs with it", name)
		}
	}
	for name := range want.Layer.Services {
		require.Contains(t, plan.Services, name)
	}
}

func (w *walk) requireChecks(t *testing.T, plan *pebble.Plan, want pebble.Want, other map[string]string) {
	t.Helper()
	state := w.State()
	for name, planned := range plan.Checks {
		check := want.Layer.Checks[name]
		require.Equal(t, check != nil && check.Startup != pebble.StartupDisabled, state.Checks[name].ChangeID != "", "check %s runs", name)
		if check != nil {
			threshold := check.Threshold
			if other != nil && name == "up" {
				threshold = 7
			}
			require.Equal(t, max(threshold, 3), max(planned.Threshold, 3), name)
			require.Equal(t, check.Level, planned.Level)
		} else {
			require.Empty(t, planned.Level, name)
		}
	}
	for name := range want.Layer.Checks {
		require.Contains(t, plan.Checks, name)
	}
}

func requireLogTargets(t *testing.T, plan *pebble.Plan, want pebble.Want) {
	t.Helper()
	for name, planned := range plan.LogTargets {
		if target := want.Layer.LogTargets[name]; target != nil {
			require.Equal(t, target.Services, planned.Services)
			require.Equal(t, target.Labels["a"], planned.Labels["a"])
		} else {
			require.Empty(t, planned.Services)
		}
	}
	for name := range want.Layer.LogTargets {
		require.Contains(t, plan.LogTargets, name)
	}
}

func (w *walk) requireFiles(t *testing.T, want pebble.Want) {
	t.Helper()
	state := w.State()
	for _, file := range want.Files {
		is := state.Files[file.Path]
		require.Equal(t, string(file.Content), is.Content, file.Path)
		if file.Mode != 0 {
			require.Equal(t, file.Mode, is.Mode.Perm(), file.Path)
		}
		if file.Path == walkPages && want.Layer.Services["web"].Startup == pebble.StartupEnabled {
			require.Equal(t, string(file.Content), w.loaded, "web has loaded the pages")
		}
	}
}

// expected is what an Apply does that follows another one, told from the two wants alone.
func expected(before, after pebble.Want) *pebble.Applied {
	applied := &pebble.Applied{}
	content := map[string]string{}
	mode := func(f pebble.File) string { return fmt.Sprint(max(f.Mode, 0o600), f.Mode == 0o600, string(f.Content)) }
	for _, f := range before.Files {
		content[f.Path] = mode(f)
	}
	changed := map[string]bool{}
	for _, f := range after.Files {
		if content[f.Path] != mode(f) {
			applied.Pushed = append(applied.Pushed, f.Path)
			changed[f.Path] = true
		}
	}
	definition := func(want pebble.Want, name string) string {
		s := want.Layer.Services[name]
		if s == nil {
			return "none"
		}
		text := fmt.Sprintf("%+v", *s)
		for _, f := range want.Files {
			if slices.Contains(f.Restarts, name) {
				text += string(f.Content)
			}
		}
		return text
	}
	enabled := func(want pebble.Want, name string) bool {
		return want.Layer.Services[name] != nil && want.Layer.Services[name].Startup == pebble.StartupEnabled
	}
	for _, name := range []string{"db", "once", "web"} {
		differs := definition(before, name) != definition(after, name)
		applied.LayerAdded = applied.LayerAdded || differs
		was, is := enabled(before, name), enabled(after, name)
		switch {
		case was && !is:
			if name != "once" {
				applied.Stopped = append(applied.Stopped, name)
			}
		case is && (!was || name == "once" && differs):
			applied.Started = append(applied.Started, name)
		case is && differs:
			applied.Restarted = append(applied.Restarted, name)
		case is && name == "web" && changed[walkPages]:
			applied.Reloaded = append(applied.Reloaded, name)
		}
	}
	for _, name := range []string{"other", "up"} {
		was, is := before.Layer.Checks[name], after.Layer.Checks[name]
		text := func(c *pebble.Check) string {
			if c == nil {
				return "none"
			}
			return fmt.Sprint(c.Startup, c.Level, c.Threshold)
		}
		applied.LayerAdded = applied.LayerAdded || text(was) != text(is)
		if was != nil && was.Startup != pebble.StartupDisabled && (is == nil || is.Startup == pebble.StartupDisabled) {
			applied.StoppedChecks = append(applied.StoppedChecks, name)
		}
	}
	was, is := before.Layer.LogTargets["loki"], after.Layer.LogTargets["loki"]
	applied.LayerAdded = applied.LayerAdded || !reflect.DeepEqual(was, is)
	return applied
}

// TestApplyFromAnythingToAnything requires of each Apply that follows another one that it does what it has to, and no more.
func TestApplyFromAnythingToAnything(t *testing.T) {
	t.Parallel()
	cache := &memory.Cache{}
	for from, before := range walkWants() {
		for to, after := range walkWants() {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				w := newWalk(memory.State{}, cache, "")
				applied, err := w.apply(t, before)
				require.NoError(t, err)
				require.Equal(t, expected(pebble.Want{}, before), applied)
				w.requireIs(t, before, nil)
				applied, err = w.apply(t, after)
				require.NoError(t, err)
				require.Equal(t, expected(before, after), applied)
				w.requireIs(t, after, nil)
			})
		}
	}
}

// errLost is what becomes of a request in a walk that is cut.
var errLost = errors.New("connection lost")

// walkCuts are what may happen to a request.
var walkCuts = map[string]func(send func()) (*http.Response, error){
	"before": func(func()) (*http.Response, error) { return nil, errLost },
	"after": func(send func()) (*http.Response, error) {
		send()
		return nil, errLost
	},
	"refused": func(func()) (*http.Response, error) {
		return answerJSON(nil, http.StatusInternalServerError, `{"type": "error", "status-code": 500, "result": {"message": "no room left"}}`), nil
	},
}

// TestApplyAfterOneThatWasCut cuts each request of each Apply that follows another one: an Apply of the same, of what was
// before or of something else makes all good. One in thirteen of the cuts is tried, all of them with CRASH=all.
func TestApplyAfterOneThatWasCut(t *testing.T) {
	t.Parallel()
	debug := memory.Layer{Label: "debug", YAML: `
services: {web: {override: merge, environment: {DEBUG: "1"}}}
checks: {up: {override: merge, threshold: 7}}
`}
	for from, before := range walkWants() {
		for _, above := range []bool{false, true} {
			if above && before.Layer.Services["web"] == nil {
				continue
			}
			t.Run(fmt.Sprintf("%s, another layer %v", from, above), func(t *testing.T) {
				t.Parallel()
				c := &cutWalk{cache: &memory.Cache{}, before: before}
				first := newWalk(memory.State{}, c.cache, "")
				_, err := first.apply(t, before)
				require.NoError(t, err)
				if above {
					c.other = map[string]string{"DEBUG": "1"}
					state := first.State()
					state.Layers = append(slices.Clone(state.Layers), debug)
					if before.Layer.LogTargets != nil {
						state.Layers = append(state.Layers, memory.Layer{Label: "more", YAML: "log-targets: {loki: {override: merge, labels: {more: m}}}"})
					}
					first = newWalk(state, c.cache, first.loaded)
					_, err := first.apply(t, before)
					require.NoError(t, err)
				}
				c.start, c.loaded = first.State(), first.loaded
				for _, to := range slices.Sorted(maps.Keys(walkWants())) {
					c.cutAll(t, to)
				}
			})
		}
	}
}

// cutWalk is a container from which walks begin that are cut.
type cutWalk struct {
	cache  *memory.Cache
	before pebble.Want
	start  memory.State
	loaded string
	// other is what another layer adds to the environment of web.
	other map[string]string
	// tried counts what could be tried.
	tried int
}

// cutAll cuts an Apply everywhere.
func (c *cutWalk) cutAll(t *testing.T, to string) {
	cut := walkWants()[to]
	uncut := newWalk(c.start, c.cache, c.loaded)
	_, err := uncut.apply(t, cut)
	require.NoError(t, err)
	requests := uncut.requests
	uncut.requireIs(t, cut, c.other)
	for n := 1; n <= requests; n++ {
		for _, how := range slices.Sorted(maps.Keys(walkCuts)) {
			for i, after := range []pebble.Want{cut, c.before, walkWants()["other"]} {
				if c.tried++; c.tried%13 == 0 || os.Getenv("CRASH") == "all" {
					c.cut(t, n, how, cut, after, fmt.Sprintf("to %s, request %d %s, then want %d", to, n, how, i))
				}
			}
		}
	}
}

// cut cuts an Apply at a request, and applies something after it.
func (c *cutWalk) cut(t *testing.T, n int, how string, cut, after pebble.Want, where string) {
	broken := newWalk(c.start, c.cache, c.loaded)
	broken.answer = func(i int, send func()) (*http.Response, error) {
		switch {
		case i == n:
			return walkCuts[how](send)
		case i > n && how != "refused":
			return nil, errLost
		}
		return nil, nil
	}
	_, err := broken.apply(t, cut)
	if how == "refused" {
		require.ErrorContains(t, err, "no room left", where)
		require.NotErrorIs(t, err, pebble.ErrNotReady, where)
	} else {
		require.ErrorIs(t, err, pebble.ErrNotReady, where)
	}
	next := newWalk(broken.State(), c.cache, broken.loaded)
	_, err = next.apply(t, after)
	require.NoError(t, err, where)
	next.requireIs(t, after, c.other)
}
