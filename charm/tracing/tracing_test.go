package tracing_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/charmkit/charmkit/charm/tracing"
)

// clock goes on by a millisecond whenever it is read.
func clock() func() time.Time {
	now := time.Unix(1700000000, 0)
	return func() time.Time {
		now = now.Add(time.Millisecond)
		return now
	}
}

// judge decodes what we send with OpenTelemetry's own definitions, and fails on
// any name that they do not have.
func judge(t *testing.T, data []byte) *tracepb.ResourceSpans {
	t.Helper()
	// The one thing in which OTLP's JSON differs from that of protocol buffers.
	var tree any
	require.NoError(t, json.Unmarshal(data, &tree))
	recode(t, tree)
	data, err := json.Marshal(tree)
	require.NoError(t, err)
	var decoded tracepb.TracesData
	require.NoError(t, protojson.Unmarshal(data, &decoded))
	require.Len(t, decoded.ResourceSpans, 1)
	return decoded.ResourceSpans[0]
}

func recode(t *testing.T, tree any) {
	switch v := tree.(type) {
	case []any:
		for _, inner := range v {
			recode(t, inner)
		}
	case map[string]any:
		for key, inner := range v {
			if text, ok := inner.(string); ok && (key == "traceId" || key == "spanId" || key == "parentSpanId") {
				id, err := hex.DecodeString(text)
				require.NoError(t, err)
				v[key] = base64.StdEncoding.EncodeToString(id)
			}
			recode(t, inner)
		}
	}
}

func TestWhatIsSentIsOTLP(t *testing.T) {
	t.Parallel()
	trace := tracing.New(tracing.Options{
		Now:      clock(),
		Resource: []tracing.Attribute{{Key: "service.name", Value: "wiki"}},
		Redact:   func(text string) string { return strings.ReplaceAll(text, "sesame", "redacted") },
	})
	ctx, root := tracing.Start(trace.With(t.Context()), "hook", tracing.Attribute{Key: "n", Value: 7}, tracing.Attribute{Key: "b", Value: true})
	_, child := tracing.StartKind(ctx, tracing.Client, "tool", tracing.Attribute{Key: "text", Value: "open sesame"})
	child.Set(tracing.Attribute{Key: "size", Value: int64(9)})
	child.End(errors.New("no sesame"))
	child.End(nil)
	root.End(nil)
	_, open := tracing.Start(trace.With(context.Background()), "never ended")
	require.NotNil(t, open)

	data, err := trace.OTLP()
	require.NoError(t, err)
	require.NotContains(t, string(data), "sesame")
	sent := judge(t, data)
	require.Equal(t, "service.name", sent.Resource.Attributes[0].Key)
	require.Equal(t, "wiki", sent.Resource.Attributes[0].Value.GetStringValue())
	require.Len(t, sent.ScopeSpans, 1)
	spans := sent.ScopeSpans[0].Spans
	require.Len(t, spans, 3)
	require.Equal(t, []string{"hook", "tool", "never ended"}, []string{spans[0].Name, spans[1].Name, spans[2].Name})
	for _, span := range spans {
		require.Equal(t, trace.ID(), hex.EncodeToString(span.TraceId))
		require.Len(t, span.SpanId, 8)
		require.Greater(t, span.EndTimeUnixNano, span.StartTimeUnixNano)
	}
	require.Empty(t, spans[0].ParentSpanId)
	require.Equal(t, spans[0].SpanId, spans[1].ParentSpanId)
	require.Empty(t, spans[2].ParentSpanId)
	require.Equal(t, tracepb.Span_SPAN_KIND_INTERNAL, spans[0].Kind)
	require.Equal(t, tracepb.Span_SPAN_KIND_CLIENT, spans[1].Kind)
	require.Equal(t, tracepb.Status_STATUS_CODE_ERROR, spans[1].Status.Code)
	require.Equal(t, "no redacted", spans[1].Status.Message)
	require.Equal(t, int64(7), spans[0].Attributes[0].Value.GetIntValue())
	require.True(t, spans[0].Attributes[1].Value.GetBoolValue())
	require.Equal(t, int64(9), spans[1].Attributes[1].Value.GetIntValue())
}

// It counts allocations, so nothing may run beside it.
func TestWithoutATraceNothingIsMade(t *testing.T) {
	ctx, span := tracing.Start(t.Context(), "x")
	require.Equal(t, t.Context(), ctx)
	require.Nil(t, span)
	span.Set(tracing.Attribute{Key: "a", Value: "b"})
	span.End(errors.New("x"))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, span := tracing.Start(ctx, "x")
		span.End(nil)
	}))
}

func TestATraceIsBounded(t *testing.T) {
	t.Parallel()
	trace := tracing.New(tracing.Options{})
	ctx := trace.With(t.Context())
	for range 5000 {
		_, span := tracing.Start(ctx, "x")
		span.End(nil)
	}
	data, err := trace.OTLP()
	require.NoError(t, err)
	sent := judge(t, data)
	require.Len(t, sent.ScopeSpans[0].Spans, 4096)
	require.Equal(t, int64(904), sent.Resource.Attributes[0].Value.GetIntValue())
}

// backend takes traces and notes the names of their root spans.
type backend struct {
	mu    sync.Mutex
	names []string
	code  int
}

func (b *backend) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	data, _ := io.ReadAll(req.Body)
	var body struct {
		ResourceSpans []struct {
			ScopeSpans []struct {
				Spans []struct{ Name string }
			}
		}
	}
	if req.URL.Path != "/base/v1/traces" || req.Header.Get("Content-Type") != "application/json" || json.Unmarshal(data, &body) != nil {
		http.Error(w, "bad", http.StatusTeapot)
		return
	}
	if b.code != 0 {
		http.Error(w, "refused", b.code)
		return
	}
	b.names = append(b.names, body.ResourceSpans[0].ScopeSpans[0].Spans[0].Name)
}

func add(t *testing.T, b *tracing.Buffer, now func() time.Time, priority int, names ...string) {
	t.Helper()
	for _, name := range names {
		trace := tracing.New(tracing.Options{Now: now})
		_, span := tracing.Start(trace.With(t.Context()), name)
		span.End(nil)
		require.NoError(t, b.Add(priority, trace))
	}
}

func TestTracesWaitForABackend(t *testing.T) {
	t.Parallel()
	dir, now := t.TempDir(), clock()
	buffer := tracing.OpenBuffer(dir)
	add(t, buffer, now, tracing.Unhandled, "update-status")
	add(t, buffer, now, tracing.Handled, "install", "start", "2", "3", "4", "5", "6", "7", "8", "9")

	require.Error(t, buffer.Send(t.Context(), tracing.Destination{URL: "http://127.0.0.1:1/base"}))

	taker := &backend{code: http.StatusServiceUnavailable}
	server := httptest.NewServer(taker)
	defer server.Close()
	to := tracing.Destination{URL: server.URL + "/base/"}
	require.EqualError(t, buffer.Send(t.Context(), to), "cannot send the trace: the backend answered 503 Service Unavailable")
	taker.code = 0
	require.NoError(t, buffer.Send(t.Context(), to))
	require.Equal(t, []string{"install", "start", "2", "3", "4", "5", "6", "7", "8", "9"}, taker.names)
	require.NoError(t, buffer.Send(t.Context(), to))
	require.Equal(t, "update-status", taker.names[10])
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestATraceThatIsNeverTakenGoes(t *testing.T) {
	t.Parallel()
	buffer := tracing.OpenBuffer(t.TempDir())
	add(t, buffer, clock(), tracing.Handled, "bad")
	taker := &backend{code: http.StatusBadRequest}
	server := httptest.NewServer(taker)
	defer server.Close()
	var refused *tracing.RefusedError
	require.ErrorAs(t, buffer.Send(t.Context(), tracing.Destination{URL: server.URL + "/base"}), &refused)
	require.Equal(t, "400 Bad Request", refused.Status)
	require.NoError(t, buffer.Send(t.Context(), tracing.Destination{URL: server.URL + "/base"}))
}

func TestHTTPSNeedsTheRightAuthority(t *testing.T) {
	t.Parallel()
	taker := &backend{}
	server := httptest.NewUnstartedServer(taker)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	buffer := tracing.OpenBuffer(t.TempDir())
	add(t, buffer, clock(), tracing.Handled, "install")
	require.ErrorContains(t, buffer.Send(t.Context(), tracing.Destination{URL: server.URL + "/base"}), "certificate")
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	require.NoError(t, buffer.Send(t.Context(), tracing.Destination{URL: server.URL + "/base", RootCAs: pool}))
	require.Equal(t, []string{"install"}, taker.names)
}

func TestADestinationIsHTTP(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "tempo:4317", "grpc://tempo:4317", "http://", "http://[", "/x"} {
		require.ErrorContains(t, tracing.OpenBuffer(t.TempDir()).Send(t.Context(), tracing.Destination{URL: bad}), "cannot send traces", bad)
	}
}
