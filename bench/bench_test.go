package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/agentsocket"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// The budgets that do not depend on the machine hold in every test run. Bare is
// a measure only if it makes the same calls.
func TestCallsAndSize(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"charmkit", "bare", "starter"} {
		size, err := build(t.Context(), folders[name], ".", filepath.Join(dir, name))
		require.NoError(t, err)
		require.LessOrEqual(t, size, int64(12e6), name)
	}
	for units, want := range map[int]int64{0: 3, 2: 6} {
		for _, name := range []string{"charmkit", "bare"} {
			relay, env := agent(t, scenario{hook: "update-status", relatedUnits: units})
			var stderr bytes.Buffer
			cmd := exec.Command(filepath.Join(dir, "starter"), filepath.Join(dir, name))
			cmd.Env, cmd.Stderr = env, &stderr
			out, err := cmd.Output()
			require.NoError(t, err, "%s: %s", name, &stderr)
			var s sample
			require.NoError(t, json.Unmarshal(out, &s))
			require.Positive(t, s.Wall)
			require.Positive(t, s.CPU)
			require.Positive(t, s.Peak)
			require.Equal(t, want, relay.calls.Load(), "%s with %d units", name, units)
		}
	}
}

// agent serves hook tools from the engine until the test ends, and counts the
// calls of programs in the environment that it returns.
func agent(t *testing.T, s scenario) (*relay, []string) {
	t.Helper()
	charm, err := metadata.Load(os.DirFS("charm"))
	require.NoError(t, err)
	state := model.State{
		Name:         "bench",
		Applications: map[string]*model.Application{"bench": {Life: model.Alive, Leader: "bench/0", Charm: charm}, "postgres": {Life: model.Alive}},
	}
	bench := &model.Unit{Application: "bench", Life: model.Alive, Address: "10.1.0.5"}
	bench.Workload.Set(model.Status{Status: s.status().Status, Message: s.status().Message})
	state.Units = map[string]*model.Unit{"bench/0": bench}
	if s.relatedUnits > 0 {
		relation := state.Relate(
			model.Endpoint{Application: "bench", Name: "database", Interface: "bench_database", Role: metadata.Requires},
			model.Endpoint{Application: "postgres", Name: "database", Interface: "bench_database", Role: metadata.Provides})
		relation.Units = map[string]*model.RelationUnit{"bench/0": {InScope: true}}
		for i := range s.relatedUnits {
			name := fmt.Sprintf("postgres/%d", i)
			state.Units[name] = &model.Unit{Application: "postgres", Life: model.Alive}
			relation.Units[name] = &model.RelationUnit{InScope: true, Databag: model.Databag{Data: map[string]string{"host": name}}}
		}
	}
	run, err := hook.New(hook.Options{Model: model.New(state, model.Options{}), Unit: "bench/0", Info: hook.Info{Kind: hook.Kind(s.hook)}})
	require.NoError(t, err)
	// A socket's path has at most 107 bytes.
	dir, err := os.MkdirTemp("", "b")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	socket := filepath.Join(dir, "agent.socket")
	server, err := agentsocket.Listen(socket, run)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	counted := filepath.Join(dir, "relay.socket")
	relay, err := newRelay(counted, socket)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, relay.close()) })
	charmDir, err := filepath.Abs("charm")
	require.NoError(t, err)
	return relay, run.Env(hook.Paths{CharmDir: charmDir, ToolsDir: dir, Socket: counted, AgentPath: "/usr/bin:/bin"})
}

// measured is a report in which charmkit takes the given part of bare's time.
func measured(part float64) *report {
	r := &report{sizes: map[string]int64{"charmkit": 8e6, "unleash": 9e6}}
	for _, s := range scenarios() {
		for _, name := range names {
			wall := 10 * time.Millisecond
			if name == "charmkit" {
				wall = time.Duration(part * float64(wall))
			}
			samples := []sample{{wall * 5, 3 * time.Millisecond, 7e6}, {wall, time.Millisecond, 8e6}, {wall / 2, 2 * time.Millisecond, 6e6}}
			r.rows = append(r.rows, row{s.name, name, 3, samples})
		}
	}
	return r
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := measured(0.5)
	require.NoError(t, r.check())
	text := r.markdown()
	require.Contains(t, text, "| update-status, 100 related units | 3 | charmkit | 5.00 (2.50–25.0) | 0.50 | 2.00 (1.00–3.00) | 8.0 | 3 |\n")
	require.Contains(t, text, "| its wall time, to that of bare | 1.25 | 0.5 | holds |\n")

	slow := measured(2)
	require.Contains(t, slow.markdown(), "| its wall time, to that of bare | 1.25 | 2 | exceeded |\n")
	require.EqualError(t, slow.check(), "budget exceeded: its wall time, to that of bare is 2, not at most 1.25\n"+
		"budget exceeded: wall time with 1,000 related units, to that of bare is 2, not at most 1")
}

func TestReportIsWrittenIntoThePage(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "page.md")
	r := measured(0.5)
	require.NoError(t, os.WriteFile(page, []byte("no place\n"), 0o644))
	require.ErrorContains(t, r.write(page), "has no place for them")

	require.NoError(t, os.WriteFile(page, []byte("before\n"+beginMark+"old\n"+endMark+"after\n"), 0o644))
	for range 2 {
		require.NoError(t, r.write(page))
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		require.Equal(t, "before\n"+beginMark+r.markdown()+endMark+"after\n", string(text))
	}
	picture, err := os.ReadFile(strings.TrimSuffix(page, ".md") + ".svg")
	require.NoError(t, err)
	var svg struct {
		Rects []struct {
			Class string `xml:"class,attr"`
			Width string `xml:"width,attr"`
		} `xml:"rect"`
	}
	require.NoError(t, xml.Unmarshal(picture, &svg))
	// The page, and two bars for each row.
	require.Len(t, svg.Rects, 1+2*len(r.rows))
	require.Equal(t, "charmkit", svg.Rects[1].Class)
	require.Equal(t, "160.0", svg.Rects[1].Width)
}
