package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/bench/subject"
	"github.com/charmkit/charmkit/internal/juju/agentsocket"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// agent serves the hook tools to programs until the test ends, and returns
// their environment.
func agent(tb testing.TB, dir string, relatedUnits int) []string {
	meta, err := metadata.ParseMeta([]byte(subject.Metadata))
	require.NoError(tb, err)
	state := model.State{Name: "bench"}
	state.Applications = map[string]*model.Application{
		"bench": {Life: model.Alive, Leader: "bench/0", Charm: &metadata.Charm{
			Meta:   meta,
			Config: metadata.Config{Options: map[string]metadata.Option{"name": {Type: "string", Default: "x"}}},
		}},
		"remote": {Life: model.Alive},
	}
	unit := &model.Unit{Application: "bench", Life: model.Alive, Address: "10.1.0.5"}
	unit.Workload.Set(model.Status{Status: "active", Message: "x"})
	state.Units = map[string]*model.Unit{"bench/0": unit}
	if relatedUnits > 0 {
		relation := state.Relate(
			model.Endpoint{Application: "bench", Name: "database", Interface: "bench", Role: metadata.Requires},
			model.Endpoint{Application: "remote", Name: "bench", Interface: "bench", Role: metadata.Provides})
		relation.Units = map[string]*model.RelationUnit{"bench/0": {InScope: true}}
		for i := range relatedUnits {
			name := fmt.Sprintf("remote/%d", i)
			state.Units[name] = &model.Unit{Application: "remote", Life: model.Alive}
			relation.Units[name] = &model.RelationUnit{InScope: true, Databag: model.Databag{Data: map[string]string{"host": name, "port": "5432"}}}
		}
	}
	run, err := hook.New(hook.Options{Model: model.New(state, model.Options{}), Unit: "bench/0", Info: hook.Info{Kind: hook.UpdateStatus}})
	require.NoError(tb, err)
	socket := filepath.Join(dir, fmt.Sprintf("s%d", relatedUnits))
	server, err := agentsocket.Listen(socket, run)
	require.NoError(tb, err)
	tb.Cleanup(func() { server.Close() })
	require.NoError(tb, os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte(subject.Metadata), 0o600))
	return run.Env(hook.Paths{CharmDir: dir, ToolsDir: dir, Socket: socket, AgentPath: "/usr/bin:/bin"})
}

// BenchmarkUpdateStatus runs whole processes. Besides time it reports the
// largest resident memory of one.
func BenchmarkUpdateStatus(b *testing.B) {
	dir, err := os.MkdirTemp("", "b")
	require.NoError(b, err)
	b.Cleanup(func() { os.RemoveAll(dir) })
	for _, program := range []string{"charm", "bare", "measure"} {
		build := exec.Command("go", "build", "-trimpath", "-ldflags=-s", "-o", filepath.Join(dir, program), "./"+program)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		out, err := build.CombinedOutput()
		require.NoError(b, err, string(out))
		info, err := os.Stat(filepath.Join(dir, program))
		require.NoError(b, err)
		b.Logf("%s is %.1f MB", program, float64(info.Size())/1e6)
	}
	for _, units := range []int{0, 2, 100, 1000} {
		env := agent(b, dir, units)
		for _, program := range []string{"charm", "bare"} {
			b.Run(fmt.Sprintf("units=%d/%s", units, program), func(b *testing.B) {
				for b.Loop() {
					cmd := exec.Command(filepath.Join(dir, program))
					cmd.Env = env
					var stderr strings.Builder
					cmd.Stderr = &stderr
					require.NoError(b, cmd.Run(), stderr.String())
				}
				measure := exec.Command(filepath.Join(dir, "measure"), filepath.Join(dir, program))
				measure.Env = env
				out, err := measure.Output()
				require.NoError(b, err)
				peak, err := strconv.Atoi(strings.TrimSpace(string(out)))
				require.NoError(b, err)
				b.ReportMetric(float64(peak)/1024, "MiB-peak")
			})
		}
	}
}
