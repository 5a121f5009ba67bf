package charm_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/tracing"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// otlpSpan is a span as a backend gets it.
type otlpSpan struct {
	ID     string `json:"spanId"`
	Parent string `json:"parentSpanId"`
	Name   string
	Attrs  []struct {
		Key   string
		Value struct{ StringValue, IntValue string }
	} `json:"attributes"`
	Status *struct{ Message string }
}

func (s otlpSpan) attribute(key string) string {
	for _, a := range s.Attrs {
		if a.Key == key {
			return a.Value.StringValue + a.Value.IntValue
		}
	}
	return ""
}

// failure is what a span says went wrong.
func (s otlpSpan) failure() string {
	if s.Status == nil {
		return ""
	}
	return s.Status.Message
}

func spansOf(t *testing.T, data []byte) []otlpSpan {
	t.Helper()
	var request struct {
		ResourceSpans []struct {
			ScopeSpans []struct{ Spans []otlpSpan }
		}
	}
	require.NoError(t, json.Unmarshal(data, &request))
	return request.ResourceSpans[0].ScopeSpans[0].Spans
}

// kept returns the spans of the one trace that waits in a charm's directory, by
// name, the first of each.
func kept(t *testing.T, dir string) map[string]otlpSpan {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, ".charmkit", "traces", "*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	data, err := os.ReadFile(files[0])
	require.NoError(t, err)
	spans := map[string]otlpSpan{}
	for _, span := range spansOf(t, data) {
		if _, known := spans[span.Name]; !known {
			spans[span.Name] = span
		}
	}
	return spans
}

// pipelining is a transport that can have several calls under way.
type pipelining struct{ hooktool.Func }

func (p pipelining) RunAll(ctx context.Context, calls []hooktool.Call) ([]hooktool.Result, error) {
	results := make([]hooktool.Result, len(calls))
	for i, call := range calls {
		result, err := p.Run(ctx, call)
		if err != nil {
			return nil, err
		}
		results[i] = result
	}
	return results, nil
}

// answering is a transport whose tools give these answers, by their names, alone
// or with the last argument, and {} otherwise. An answer that begins with ERROR is
// a failure, one that begins with LOST does not come.
func answering(answers map[string]string) hooktool.Func {
	return func(ctx context.Context, call hooktool.Call) (hooktool.Result, error) {
		answer, ok := answers[strings.Join(append([]string{call.Tool}, call.Args[max(0, len(call.Args)-1):]...), " ")]
		if !ok {
			answer, ok = answers[call.Tool]
		}
		switch {
		case ctx.Err() != nil:
			return hooktool.Result{}, ctx.Err()
		case !ok:
			answer = "{}"
		case strings.HasPrefix(answer, "LOST"):
			return hooktool.Result{}, errors.New(answer)
		case strings.HasPrefix(answer, "ERROR"):
			return hooktool.Result{Code: 1, Stderr: []byte(answer + "\n")}, nil
		}
		return hooktool.Result{Stdout: []byte(answer)}, nil
	}
}

// runSpanned runs a hook of a charm that is traced.
func runSpanned(t *testing.T, dir, path string, transport hooktool.Transport, declare func(*charm.Base)) error {
	t.Helper()
	_, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		b.Trace("charm-tracing", charm.TraceOptions{})
		declare(b)
		return b, nil
	}, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", path, "JUJU_UNIT_NAME", "wiki/0", "JUJU_MODEL_UUID", "u-u-i-d"),
		Dir:    dir, Transport: transport,
		Files: fstest.MapFS{"metadata.yaml": {Data: []byte(tracedYAML)}},
	})
	return err
}

func TestSpansOfTools(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]func(hooktool.Func) hooktool.Transport{
		"one at a time": func(f hooktool.Func) hooktool.Transport { return f },
		"together":      func(f hooktool.Func) hooktool.Transport { return pipelining{f} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			answers := map[string]string{
				"relation-ids": `["database:1"]`, "relation-list": `["pg/0", "pg/1"]`, "status-get": `{"status": "unknown"}`,
				"state-get": "ERROR no state today", "relation-ids charm-tracing": "[]",
			}
			err := runSpanned(t, dir, "hooks/start", transport(answering(answers)), func(b *charm.Base) {
				database := b.Requires("database")
				b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
					r, err := database.Relation(ctx)
					require.NoError(t, err)
					_, err = r.RemoteUnits(ctx)
					require.NoError(t, err)
					_, err = b.Tools().Run(ctx, "action-set", "--", "size=5", "-x=y", "plain")
					require.NoError(t, err)
					_, err = b.Tools().StateGet(ctx)
					require.Error(t, err)
					return nil
				})
			})
			require.NoError(t, err)
			spans := kept(t, dir)
			root, reconcile := spans["start"], spans["reconcile"]
			require.Empty(t, root.Parent)
			require.Equal(t, root.ID, reconcile.Parent)
			for _, tool := range []string{"relation-ids", "relation-get", "action-set", "state-get"} {
				require.Equal(t, reconcile.ID, spans[tool].Parent, tool)
			}
			require.Equal(t, root.ID, spans["status-get"].Parent)
			require.Equal(t, "-- size=... -x=y plain", spans["action-set"].attribute("args"))
			require.Equal(t, "ERROR no state today", spans["state-get"].failure())
			require.Nil(t, spans["action-set"].Status)
			require.Empty(t, spans["relation-ids"].attribute("calls"))
			want := ""
			if name == "together" {
				want = "2"
			}
			require.Equal(t, want, spans["relation-get"].attribute("calls"))
			require.NotContains(t, spans, "juju-log")
		})
	}
}

func TestSpansSayWhatHasFailed(t *testing.T) {
	t.Parallel()
	lost := answering(map[string]string{"relation-ids": `["database:1"]`, "relation-list": `["pg/0"]`, "relation-get": "LOST: the agent has gone"})
	for name, transport := range map[string]hooktool.Transport{"one at a time": lost, "together": pipelining{lost}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			use := func(ctx context.Context, database *charm.Endpoint) error {
				r, err := database.Relation(ctx)
				require.NoError(t, err)
				_, err = r.RemoteUnits(ctx)
				return err
			}
			err := runSpanned(t, dir, "hooks/start", transport, func(b *charm.Base) {
				database := b.Requires("database")
				b.Reconcile(func(ctx context.Context, _ *charm.Status) error { return use(ctx, database) })
			})
			require.ErrorContains(t, err, "the agent has gone")
			spans := kept(t, dir)
			for _, span := range []string{"start", "reconcile", "relation-get"} {
				require.Contains(t, spans[span].failure(), "the agent has gone", span)
			}

			dir = t.TempDir()
			err = runSpanned(t, dir, "hooks/start", transport, func(b *charm.Base) {
				database := b.Requires("database")
				b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error { return use(ctx, database) })
			})
			require.ErrorContains(t, err, "the agent has gone")
			require.Contains(t, kept(t, dir)["handle start"].failure(), "the agent has gone")

			dir = t.TempDir()
			deferred := answering(map[string]string{"state-get": `{"charmkit-deferred": "[{\"handler\": \"later\", \"event\": \"start\"}]"}`})
			err = runSpanned(t, dir, "hooks/config-changed", deferred, func(b *charm.Base) {
				b.On.Deferrable("later").Start(func(context.Context, *charm.StartEvent) (charm.Outcome, error) {
					return charm.Done, errors.New("not today either")
				})
			})
			require.ErrorContains(t, err, "cannot handle the deferred start: not today either")
			require.Contains(t, kept(t, dir)["handle deferred start"].failure(), "not today either")
		})
	}
}

// Whoever runs a hook may have its trace: it is not sent or kept then.
func TestATraceForWhoeverRunsTheHook(t *testing.T) {
	t.Parallel()
	kept := t.TempDir()
	for _, dir := range []string{kept, ""} {
		var names []string
		_, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
			b.Trace("charm-tracing", charm.TraceOptions{})
			return b, nil
		}, charm.Options{
			Getenv: environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_UNIT_NAME", "wiki/0"), Dir: dir,
			Transport: answering(map[string]string{"relation-ids": "[]"}), Files: fstest.MapFS{"metadata.yaml": {Data: []byte(tracedYAML)}},
			Traced: func(trace *tracing.Trace) {
				for _, span := range trace.Spans() {
					names = append(names, span.Name)
				}
			},
		})
		require.NoError(t, err)
		require.Equal(t, []string{"start"}, names[:1])
	}
	require.NoDirExists(t, filepath.Join(kept, ".charmkit", "traces"))
}

// Answers of Pebble arrive as they are, also where they are refusals.
func TestSpansOfPebble(t *testing.T) {
	t.Parallel()
	daemon := pebbletest.Start(t, pebbletest.Options{})
	dir := t.TempDir()
	_, err := charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		b.Trace("charm-tracing", charm.TraceOptions{})
		app := b.Container("app")
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			_, err := app.Plan(ctx)
			require.NoError(t, err)
			require.ErrorContains(t, app.Start(ctx, "nosuch"), "nosuch")
			return nil
		})
		return b, nil
	}, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_UNIT_NAME", "wiki/0"), Dir: dir,
		Transport: answering(map[string]string{"relation-ids": "[]"}),
		Files:     fstest.MapFS{"metadata.yaml": {Data: []byte(tracedYAML)}},
		Pebble:    daemon.Container,
	})
	require.NoError(t, err)
	spans := kept(t, dir)
	require.Empty(t, spans["pebble GET /v1/plan"].failure())
	require.Equal(t, "app", spans["pebble GET /v1/plan"].attribute("container"))
	require.Contains(t, spans["pebble POST /v1/services"].failure(), "400")
}

// Of what waits, the hooks that somebody asks about are sent first.
func TestTracesOfHandledHooksAreSentFirst(t *testing.T) {
	t.Parallel()
	var first []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		var data json.RawMessage
		_ = json.NewDecoder(req.Body).Decode(&data)
		first = append(first, spansOf(t, data)[0].Name)
	}))
	defer server.Close()
	dir := t.TempDir()
	declare := func(b *charm.Base) {
		b.On.Start(func(context.Context, *charm.StartEvent) error { return nil })
		charm.OnAction(b, "tidy", func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error { return second(b.Tools().StateGet(ctx)) })
	}
	none := answering(map[string]string{"relation-ids": "[]"})
	failing := answering(map[string]string{"relation-ids": "[]", "state-get": "ERROR no"})
	require.NoError(t, runSpanned(t, dir, "hooks/update-status", none, declare))
	require.NoError(t, runSpanned(t, dir, "hooks/start", none, declare))
	require.NoError(t, runSpanned(t, dir, "actions/tidy", none, declare))
	require.Error(t, runSpanned(t, dir, "hooks/config-changed", failing, declare))
	receivers, err := json.Marshal(`[{"protocol": {"name": "otlp_http"}, "url": "` + server.URL + `"}]`)
	require.NoError(t, err)
	sending := answering(map[string]string{
		"relation-ids": `["charm-tracing:3"]`, "relation-list": `"tempo"`, "is-leader": "false", "relation-get": `{"receivers": ` + string(receivers) + `}`,
	})
	require.NoError(t, runSpanned(t, dir, "hooks/leader-elected", sending, declare))
	require.Equal(t, []string{"start", "tidy", "config-changed", "update-status", "leader-elected"}, first)
}

// A charm does not fail for a backend of traces; what is wrong with it is logged.
func TestBackendsThatTakeNoTraces(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(refusing.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, test := range map[string]struct {
		reply string
		want  string
	}{
		"refuses":       {`[{"protocol": {"name": "otlp_http"}, "url": "` + refusing.URL + `"}]`, "403"},
		"does not run":  {`[{"protocol": {"name": "otlp_http"}, "url": "` + gone.URL + `"}]`, ""},
		"is no URL":     {`[{"protocol": {"name": "otlp_http"}, "url": "nonsense"}]`, "it is no URL of HTTP or HTTPS"},
		"says nonsense": {`nonsense`, "cannot trace"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receivers, err := json.Marshal(test.reply)
			require.NoError(t, err)
			tools := answering(map[string]string{
				"relation-ids": `["charm-tracing:3", "charm-tracing:4"]`, "relation-list": `"tempo"`, "is-leader": "false",
				"relation-get": `{"receivers": ` + string(receivers) + `}`,
			})
			var logged []string
			transport := hooktool.Record(tools, func(r hooktool.Recorded) {
				if r.Call.Tool == "juju-log" {
					logged = append(logged, r.Call.Args[len(r.Call.Args)-1])
				}
			})
			require.NoError(t, runSpanned(t, t.TempDir(), "hooks/start", transport, func(*charm.Base) {}))
			if test.want == "" {
				require.Empty(t, logged)
				return
			}
			require.Contains(t, strings.Join(logged, "\n"), test.want)
		})
	}
}

// A trace that cannot be arranged for for want of the agent fails the hook, as
// anything else does.
func TestAskingForAReceiverMayFail(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"relation-ids", "is-leader", "relation-set", "relation-list"} {
		answers := map[string]string{"relation-ids": `["charm-tracing:3"]`, "relation-list": `"tempo"`, "is-leader": "true"}
		answers[tool] = "ERROR out of luck"
		err := runSpanned(t, t.TempDir(), "hooks/start", answering(answers), func(*charm.Base) {})
		require.ErrorContains(t, err, "out of luck", tool)
	}
}
