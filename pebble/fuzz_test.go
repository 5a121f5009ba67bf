package pebble_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

// reads are the calls that read an answer of JSON.
var reads = map[string]func(context.Context) error{
	"system info": func(ctx context.Context) error { return pebble.NewContainer("app", "/none").Ready(ctx) },
	"plan":        func(ctx context.Context) error { _, err := nowhere.Plan(ctx); return err },
	"services":    func(ctx context.Context) error { _, err := nowhere.Services(ctx); return err },
	"checks":      func(ctx context.Context) error { _, err := nowhere.Checks(ctx); return err },
	"health":      func(ctx context.Context) error { _, err := nowhere.Health(ctx, ""); return err },
	"changes":     func(ctx context.Context) error { _, err := nowhere.Changes(ctx, nil); return err },
	"change": func(ctx context.Context) error {
		change, err := nowhere.WaitChange(ctx, "1")
		if err == nil && change.Failure() != nil {
			_ = change.Failure().Error()
		}
		return err
	},
	"notices":    func(ctx context.Context) error { _, err := nowhere.Notices(ctx, nil); return err },
	"identities": func(ctx context.Context) error { _, err := nowhere.Identities(ctx); return err },
	"files":      func(ctx context.Context) error { _, err := nowhere.List(ctx, "/", ""); return err },
	"remove":     func(ctx context.Context) error { return nowhere.Remove(ctx, "/a", nil) },
	"stop":       func(ctx context.Context) error { return nowhere.Stop(ctx, "a") },
	"checks action": func(ctx context.Context) error {
		_, err := nowhere.StopChecks(ctx, "a")
		return err
	},
}

// FuzzAnswers gives the same answer to every call: none may panic or hang.
func FuzzAnswers(f *testing.F) {
	for _, result := range []string{
		`null`, `[null]`, `{"a": null}`, `"services: {a: null}"`, `[{"name": "a", "current": "active", "current-since": "x"}]`,
		`{"id": "1", "err": "x", "ready": true, "tasks": [{"kind": "start", "summary": "Start service \"a", "status": "Error", "log": null}]}`,
		`[{"id": "1", "type": "custom", "key": "a.b/c", "last-data": {"k": null}, "repeat-after": "1x"}]`,
		`{"a": {"access": 1, "local": {}, "basic": {}, "cert": null}}`,
		`[{"path": "/a", "type": "file", "permissions": "9", "last-modified": ""}]`,
		`[{"path": "/a", "error": {"kind": "not-found", "message": "x"}}]`,
	} {
		f.Add([]byte(syncAnswer(result)))
	}
	f.Add([]byte(`{"type": "error", "status-code": 404, "result": {"message": "x", "value": {}}}`))
	f.Add([]byte(`{"type": "async", "status-code": 202, "change": "1", "result": null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		ctx, cancel := context.WithTimeout(answering(t.Context(), "application/json", string(body)), 10*time.Second)
		defer cancel()
		for name, read := range reads {
			_ = read(ctx)
			require.NoError(t, ctx.Err(), name)
		}
	})
}

func FuzzLogs(f *testing.F) {
	f.Add([]byte(`{"time": "2030-01-02T03:04:05.678Z", "service": "a", "message": "x"}` + "\n{}\n"))
	f.Add([]byte("{\"message\": \"\\u0000\\ud800\"}\r\n\nnull"))
	f.Fuzz(func(t *testing.T, body []byte) {
		ctx := answering(t.Context(), "application/x-ndjson", string(body))
		entries, err := nowhere.Logs(ctx, nil)
		if err == nil {
			require.LessOrEqual(t, len(entries), bytes.Count(body, []byte("\n"))+1)
		}
		followed := 0
		for _, end := range nowhere.FollowLogs(ctx, nil) {
			if end != nil {
				break
			}
			followed++
		}
		require.Equal(t, len(entries), followed)
	})
}

func FuzzParseMetrics(f *testing.F) {
	f.Add([]byte("# HELP a How many.\n# TYPE a counter\na{x=\"say \\\"hi\\\"\",y=\"\"} 12 1700000000000\n"))
	f.Add([]byte("a{,} NaN\n#\n# TYPE\nb{=\"\"}-1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		metrics, err := pebble.ParseMetrics(bytes.NewReader(data))
		if err != nil {
			require.Nil(t, metrics)
			return
		}
		for _, m := range metrics {
			require.NotEmpty(t, m.Name)
		}
	})
}

func FuzzParsePlan(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte("services: {a: null}\nchecks: {b: {period: 1y}}\nlog-targets: []"))
	f.Fuzz(func(t *testing.T, data []byte) {
		plan, err := pebble.ParsePlan(data)
		if err != nil {
			return
		}
		again, err := pebble.ParsePlan([]byte(asYAML(t, plan)))
		require.NoError(t, err)
		require.Equal(t, asYAML(t, plan), asYAML(t, again))
	})
}

// FuzzPullDir lets a container name its files: nothing is written beside the folder.
func FuzzPullDir(f *testing.F) {
	for _, name := range []string{"a", "..", "../a", "/", "", ".", "a/../../b", "\x00"} {
		f.Add(name, "file")
		f.Add(name, "symlink")
	}
	f.Fuzz(func(t *testing.T, name, kind string) {
		if kind == "directory" {
			return
		}
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(dir+"/in", 0o700))
		root, err := os.OpenRoot(dir + "/in")
		require.NoError(t, err)
		defer func() { _ = root.Close() }()
		_, _ = nowhere.PullDir(hostile(t.Context(), [][2]string{{name, kind}}), "/data", root)
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 1)
	})
}
