package charm_test

import (
	"encoding/json"
	"flag"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/charm/testdata/notes"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

const loginID = "9m4e2mr0ui3e8a215n4g"

// notesModel is a model with two units of the charm notes, of which the first leads,
// related to a database and a website.
func notesModel(t *testing.T) *model.Model {
	t.Helper()
	files, err := metadata.Load(os.DirFS("testdata/notes"))
	require.NoError(t, err)
	m := model.New(model.State{Name: "blog"}, model.Options{})
	require.NoError(t, m.Update(t.Context(), func(s *model.State) error {
		require.NoError(t, s.Deploy("notes", files, model.DeployOptions{Units: 2, Config: map[string]string{"title": "My \"notes\"", "limit": "3", "ratio": "2"}}))
		s.NextRelation = 7
		s.Applications["pg"], s.Applications["proxy"] = &model.Application{Name: "pg"}, &model.Application{Name: "proxy"}
		db := s.Relate(
			model.Endpoint{Application: "notes", Name: "database", Role: metadata.Requires}, model.Endpoint{Application: "pg", Name: "db", Role: metadata.Provides})
		site := s.Relate(
			model.Endpoint{Application: "proxy", Name: "site", Role: metadata.Requires}, model.Endpoint{Application: "notes", Name: "website", Role: metadata.Provides})
		for _, name := range []string{"pg/0", "proxy/0", "proxy/1"} {
			s.Units[name] = &model.Unit{Name: name, Application: model.ApplicationOf(name)}
		}
		for _, in := range []struct {
			id   int
			unit string
		}{{0, "notes/0"}, {0, "notes/1"}, {db.ID, "notes/0"}, {db.ID, "pg/0"}, {site.ID, "notes/0"}, {site.ID, "proxy/0"}, {site.ID, "proxy/1"}} {
			require.NoError(t, s.EnterScope(in.id, in.unit))
		}
		db.AppData("pg").Merge(map[string]string{"host": "10.1.0.9", "password": "open-sesame", "secret-user": "secret://" + s.UUID + "/" + loginID})
		require.NoError(t, s.CreateSecret(loginID, model.Owner{Kind: model.ApplicationOwner, Name: "pg"}, model.SecretChange{Content: map[string]string{"password": "aHVudGVyMg=="}}))
		s.Secrets[loginID].Grants = []model.Grant{{Target: "notes", Relation: db.Key()}}
		s.ClaimLeadership("notes/0")
		return nil
	}))
	return m
}

// record runs a hook of the charm notes, and returns the file of its recording.
func record(t *testing.T, m *model.Model, info hook.Info) string {
	t.Helper()
	return recordWith(t, m, info, pebbletest.Start(t, pebbletest.Options{}).Container)
}

// recordWith does it with a Pebble.
func recordWith(t *testing.T, m *model.Model, info hook.Info, app func(string) *pebble.Container) string {
	t.Helper()
	c, err := hook.New(hook.Options{Model: m, Unit: "notes/0", Info: info})
	require.NoError(t, err)
	require.NoError(t, c.Begin(t.Context()))
	dir := t.TempDir()
	_, _ = charm.Run(t.Context(), notes.New, charm.Options{
		Getenv: inprocess.Getenv(c), Transport: inprocess.Transport(c), Files: os.DirFS("testdata/notes"), Dir: dir,
		Pebble: app,
	})
	files, err := filepath.Glob(filepath.Join(dir, ".charmkit", "recordings", "*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	return files[0]
}

// The generated tests are built in the place of a file of the charm's package, which
// is not there.
func TestARecordedHookBecomesATest(t *testing.T) {
	t.Parallel()
	folder, err := filepath.Abs("testdata/notes")
	require.NoError(t, err)
	source, err := os.ReadFile(filepath.Join(folder, "notes.go"))
	require.NoError(t, err)
	environment, err := exec.Command("go", "env", "GOCACHE", "GOPATH", "GOMODCACHE").Output()
	require.NoError(t, err)
	lines := strings.Split(string(environment), "\n")

	m := notesModel(t)
	recordings := map[string]string{
		"relation": record(t, m, hook.Info{Kind: hook.RelationChanged, Endpoint: "database", RelationID: 7, RemoteApp: "pg", RemoteUnit: "pg/0"}),
		"stop":     record(t, m, hook.Info{Kind: hook.Stop}),
		"silent": recordWith(t, m, hook.Info{Kind: hook.PebbleReady, Workload: "app"}, func(name string) *pebble.Container {
			return memory.New(memory.State{Unreachable: true}, memory.Options{}).Container(name)
		}),
	}
	require.NoError(t, m.Update(t.Context(), func(s *model.State) error {
		action, err := s.EnqueueAction("notes/0", "rename", map[string]any{"title": "Poems", "times": 2})
		require.NoError(t, err)
		require.Equal(t, "1", action.ID)
		return nil
	}))
	recordings["action"] = record(t, m, hook.Info{Kind: hook.Action, ActionID: "1", ActionName: "rename"})

	testscript.Run(t, testscript.Params{Dir: "testdata/as-test", Setup: func(env *testscript.Env) error {
		env.Setenv("NOTES", folder)
		env.Setenv("GOCACHE", lines[0])
		env.Setenv("GOPATH", lines[1])
		env.Setenv("GOMODCACHE", lines[2])
		env.Setenv("GOFLAGS", "-mod=readonly")
		for name, file := range recordings {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(env.WorkDir, name+".jsonl"), data, 0o600))
		}
		changed := filepath.Join(env.WorkDir, "changed.go")
		require.NoError(t, os.WriteFile(changed, []byte(strings.Replace(string(source), `"title": o.Title`, `"title": "!" + o.Title`, 1)), 0o600))
		test := map[string]string{filepath.Join(folder, "recorded_test.go"): filepath.Join(env.WorkDir, "recorded_test.go")}
		writeOverlay(t, filepath.Join(env.WorkDir, "overlay.json"), test)
		test[filepath.Join(folder, "notes.go")] = changed
		writeOverlay(t, filepath.Join(env.WorkDir, "changed.json"), test)
		return nil
	}})
}

var update = flag.Bool("update", false, "write the tests that scripts expect to be printed")

// TestRecordingsArePrinted compares what is printed of recordings that no engine has made.
func TestRecordingsArePrinted(t *testing.T) {
	t.Parallel()
	folder, err := filepath.Abs("testdata/notes")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{Dir: "testdata/printed", UpdateScripts: *update, Setup: func(env *testscript.Env) error {
		env.Setenv("NOTES", folder)
		return nil
	}})
}

// TestWhatIsPrintedIsFormatted holds what the scripts expect to gofmt.
func TestWhatIsPrintedIsFormatted(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/printed/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	for _, script := range scripts {
		archive, err := txtar.ParseFile(script)
		require.NoError(t, err)
		for _, file := range archive.Files {
			if filepath.Ext(file.Name) != ".txt" {
				continue
			}
			formatted, err := format.Source(file.Data)
			require.NoError(t, err)
			require.Equal(t, string(formatted), string(file.Data), "%s of %s", file.Name, script)
		}
	}
}

func writeOverlay(t *testing.T, path string, replace map[string]string) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, data, 0o600))
}
