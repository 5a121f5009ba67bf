package charm_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/tracing"
	"github.com/charmkit/charmkit/pebble"
)

const tracedYAML = `
name: wiki
summary: A wiki.
description: For tests.
containers: {app: {}}
requires:
  charm-tracing: {interface: tracing}
  database: postgresql_client
`

// traced runs one hook of a charm that is traced, with these answers of the hook
// tools, and returns the calls.
func traced(t *testing.T, dir, event string, answers map[string]string) []string {
	t.Helper()
	var calls []string
	_, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		b.Trace("charm-tracing", charm.TraceOptions{})
		app := b.Container("app")
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			_, span := tracing.Start(ctx, "own span")
			defer span.End(nil)
			_ = app.Ready(ctx)
			_, err := b.Tools().Run(ctx, "secret-get", "secret:abc")
			return err
		})
		b.On.Stop(func(context.Context, *charm.StopEvent) error { return errors.New("cannot stop: password=sesame1") })
		b.Reconcile(func(context.Context, *charm.Status) error { return nil })
		return b, nil
	}, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/"+event, "JUJU_UNIT_NAME", "wiki/0", "JUJU_MODEL_NAME", "prod", "JUJU_MODEL_UUID", "u-u-i-d"),
		Dir:    dir,
		Files:  fstest.MapFS{"metadata.yaml": {Data: []byte(tracedYAML)}},
		Pebble: func(name string) *pebble.Container { return pebble.NewContainer(name, filepath.Join(dir, "none")) },
		Transport: hooktool.Func(func(_ context.Context, call hooktool.Call) (hooktool.Result, error) {
			line := call.Tool + " " + strings.Join(call.Args, " ") + string(call.Stdin)
			calls = append(calls, line)
			for prefix, answer := range answers {
				if strings.HasPrefix(call.Tool, prefix) {
					return hooktool.Result{Stdout: []byte(answer)}, nil
				}
			}
			return hooktool.Result{Stdout: []byte("{}")}, nil
		}),
	})
	require.Equal(t, event == "stop", err != nil)
	return calls
}

func TestAHookIsATrace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	none := map[string]string{"relation-ids": "[]", "secret-get": `{"x":"hunter22"}`}
	calls := traced(t, dir, "start", none)
	require.Equal(t, 1, count(tool(calls), "relation-ids"))
	traced(t, dir, "stop", none)

	var mu sync.Mutex
	var bodies []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		data, _ := io.ReadAll(req.Body)
		bodies = append(bodies, req.URL.Path+string(data))
	}))
	defer server.Close()
	receivers, err := json.Marshal([]map[string]any{
		{"protocol": map[string]string{"name": "zipkin", "type": "http"}, "url": "http://nowhere"},
		{"protocol": map[string]string{"name": "otlp_http", "type": "http"}, "url": server.URL},
	})
	require.NoError(t, err)
	reply, err := json.Marshal(map[string]string{"receivers": string(receivers)})
	require.NoError(t, err)
	traced(t, dir, "config-changed", map[string]string{
		"relation-ids": `["charm-tracing:3"]`, "relation-list": `"tempo"`, "is-leader": "true", "relation-get": string(reply),
	})

	// The traces of both hooks before were kept, and are sent in their order.
	require.Len(t, bodies, 3)
	require.Contains(t, bodies[0], `/v1/traces{"resourceSpans"`)
	for _, name := range []string{`"start"`, `"handle start"`, `"own span"`, `"pebble GET /v1/system-info"`, `"secret-get"`, `"reconcile"`, `"status-get"`} {
		require.Contains(t, bodies[0], `"name":`+name)
	}
	for _, attribute := range []string{`"service.name","value":{"stringValue":"wiki"`, `"juju_unit","value":{"stringValue":"wiki/0"`, `"service.namespace","value":{"stringValue":"u-u-i-d"`} {
		require.Contains(t, bodies[0], attribute)
	}
	require.Contains(t, bodies[1], `cannot stop: password=redacted-`)
	require.NotContains(t, strings.Join(bodies, ""), "sesame1")
	require.NotContains(t, strings.Join(bodies, ""), "hunter22")
	require.NotContains(t, strings.Join(bodies, ""), "juju-log")
	left, err := os.ReadDir(filepath.Join(dir, ".charmkit", "traces"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestTheLeaderAsksForAReceiver(t *testing.T) {
	t.Parallel()
	calls := traced(t, t.TempDir(), "config-changed", map[string]string{
		"relation-ids": `["charm-tracing:3"]`, "relation-list": `"tempo"`, "is-leader": "true",
	})
	at := slices.Index(tool(calls), "relation-set")
	require.GreaterOrEqual(t, at, 0, "%v", calls)
	require.Contains(t, calls[at], "charm-tracing:3")
	require.Contains(t, calls[at], "otlp_http")
	calls = traced(t, t.TempDir(), "config-changed", map[string]string{
		"relation-ids": `["charm-tracing:3"]`, "relation-list": `"tempo"`, "is-leader": "false",
	})
	require.Zero(t, count(tool(calls), "relation-set"))
}

func TestTheEndpointForTracesHasItsInterface(t *testing.T) {
	t.Parallel()
	_, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		b.Trace("database", charm.TraceOptions{})
		return b, nil
	}, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/start"), Transport: silent,
		Files: fstest.MapFS{"metadata.yaml": {Data: []byte(tracedYAML)}},
	})
	require.ErrorContains(t, err, `requires "database" is for traces, and metadata.yaml gives it interface "postgresql_client"`)
	require.Panics(t, func() {
		_, _ = charm.Events(func(b *charm.Base) (*charm.Base, error) {
			b.Trace("charm-tracing", charm.TraceOptions{})
			b.Trace("charm-tracing", charm.TraceOptions{})
			return b, nil
		})
	})
}

// tool returns the names of the tools in command lines.
func tool(lines []string) []string {
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i], _, _ = strings.Cut(line, " ")
	}
	return names
}

func TestSecretsThatAHookHasReadAreNotTold(t *testing.T) {
	t.Parallel()
	var logged []string
	broken := errors.New("broken")
	_, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			out, err := b.Tools().Run(ctx, "secret-get", "secret:abc")
			require.NoError(t, err)
			b.Log.InfoContext(ctx, "it is hunter22")
			panic(errors.Join(broken, errors.New(string(out))))
		})
		return b, nil
	}, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/start"),
		Files:  fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
		Transport: hooktool.Func(func(_ context.Context, call hooktool.Call) (hooktool.Result, error) {
			if call.Tool == "juju-log" {
				logged = append(logged, call.Args[len(call.Args)-1])
			}
			return hooktool.Result{Stdout: []byte(`{"x":"hunter22"}`)}, nil
		}),
	})
	require.ErrorContains(t, err, "cannot handle start: panic: broken")
	require.NotContains(t, err.Error(), "hunter22")
	require.Len(t, logged, 3)
	require.Equal(t, "it is redacted-1", logged[0])
	require.Contains(t, logged[1], `cannot handle start: panic: broken`)
	require.Contains(t, logged[2], `"event":"sys_crash:`)
	require.NotContains(t, logged[1]+logged[2], "hunter22")
}
