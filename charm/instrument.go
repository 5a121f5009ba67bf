package charm

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/charm/recording"
	"github.com/charmkit/charmkit/charm/tracing"
	"github.com/charmkit/charmkit/pebble"
)

// instruments see what a hook does. They are the transport of its hook tools;
// whatever else they do is asked for by the charm.
type instruments struct {
	hooktool.Transport

	redactor recording.Redactor
	// secrets are contents of secrets that passed and that the redactor has not
	// learned: most hooks never say anything in which one could stand.
	secrets [][]byte

	writer *recording.Writer
	file   *os.File
	tracer *tracer
	trace  *tracing.Trace
	// traced gets the trace, if somebody has asked for it.
	traced func(*tracing.Trace)
	dir    string
	// refused is told how each call of a tool has ended.
	refused func(context.Context, hooktool.Call, hooktool.Result)
}

// instrument prepares what the charm has asked for. It returns the context of
// the hook.
func (b *Base) instrument(ctx context.Context, e *event, meta *metadata.Meta, options Options) (context.Context, *instruments) {
	i := &instruments{Transport: options.Transport, dir: options.Dir}
	if options.Dir != "" && b.record != nil {
		i.writer, i.file = startRecording(options.Dir, *b.record, options.Getenv, e.name, &i.redactor)
	}
	if b.tracing != nil && (options.Dir != "" || options.Traced != nil) {
		i.traced = options.Traced
		i.tracer = b.tracing
		i.trace = b.tracing.start(options.Getenv, meta, i.redact)
		ctx = i.trace.With(ctx)
	}
	if i.writer != nil || i.trace != nil {
		ctx = pebble.WithMiddleware(ctx, i.pebble)
	}
	return ctx, i
}

// finish ends the recording and the trace of a hook.
func (i *instruments) finish(ctx context.Context, b *Base, to *tracing.Destination, err error) {
	if i.traced != nil {
		i.traced(i.trace)
	} else if i.trace != nil {
		i.tracer.finish(ctx, b, i.trace, i.dir, to, err != nil)
	}
	if i.writer != nil {
		i.writer.End(time.Now(), err)
		_ = i.file.Close()
	}
}

// redact removes the secrets that the hook has seen from a text.
func (i *instruments) redact(text string) string {
	for _, content := range i.secrets {
		i.redactor.Learn(content)
	}
	i.secrets = nil
	return i.redactor.Text(text)
}

// Run implements hooktool.Transport.
func (i *instruments) Run(ctx context.Context, call hooktool.Call) (hooktool.Result, error) {
	ctx, span := i.span(ctx, call, 1)
	result, err := i.Transport.Run(ctx, call)
	i.saw(hooktool.Recorded{Call: call, Result: result, Err: err})
	endTool(span, result, err)
	i.refused(ctx, call, result)
	return result, err
}

// RunAll implements hooktool.Pipeliner.
func (i *instruments) RunAll(ctx context.Context, calls []hooktool.Call) ([]hooktool.Result, error) {
	p, ok := i.Transport.(hooktool.Pipeliner)
	if !ok || len(calls) == 0 {
		results := make([]hooktool.Result, len(calls))
		for n, call := range calls {
			result, err := i.Run(ctx, call)
			if err != nil {
				return nil, err
			}
			results[n] = result
		}
		return results, nil
	}
	ctx, span := i.span(ctx, calls[0], len(calls))
	results, err := p.RunAll(ctx, calls)
	span.End(err)
	for n, call := range calls {
		recorded := hooktool.Recorded{Call: call, Err: err}
		if err == nil {
			recorded.Result = results[n]
		}
		i.saw(recorded)
		i.refused(ctx, call, recorded.Result)
	}
	return results, err
}

// saw remembers secrets and records the call.
func (i *instruments) saw(recorded hooktool.Recorded) {
	if i.writer != nil {
		i.writer.Tool(recorded)
	}
	switch call := recorded.Call; call.Tool {
	case "secret-get", "credential-get":
		if recorded.Result.Code == 0 {
			i.secrets = append(i.secrets, recorded.Result.Stdout)
		}
	case "secret-add", "secret-set":
		at := slices.Index(call.Args, "--file")
		if at >= 0 && at+1 < len(call.Args) {
			if content, err := os.ReadFile(call.Args[at+1]); err == nil {
				i.secrets = append(i.secrets, content)
			}
		}
	}
}

// span begins the span of a tool. Logging is not traced.
func (i *instruments) span(ctx context.Context, call hooktool.Call, count int) (context.Context, *tracing.Span) {
	if i.trace == nil || call.Tool == "juju-log" {
		return ctx, nil
	}
	args := make([]string, len(call.Args))
	for n, arg := range call.Args {
		// The values of pairs are results of actions, or worse.
		key, _, pair := strings.Cut(arg, "=")
		if pair && !strings.HasPrefix(arg, "-") {
			arg = key + "=..."
		}
		args[n] = arg
	}
	ctx, span := tracing.StartKind(ctx, tracing.Client, call.Tool, tracing.Attribute{Key: "args", Value: strings.Join(args, " ")})
	if count > 1 {
		span.Set(tracing.Attribute{Key: "calls", Value: count})
	}
	return ctx, span
}

func endTool(span *tracing.Span, result hooktool.Result, err error) {
	if err == nil && result.Code != 0 {
		err = errors.New(strings.TrimSpace(string(result.Stderr)))
	}
	span.End(err)
}

// maxPebbleAnswer is how much of an answer of Pebble is recorded.
const maxPebbleAnswer = 256 << 10

// pebble is the middleware of the requests to Pebble.
func (i *instruments) pebble(container string, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		_, span := tracing.StartKind(req.Context(), tracing.Client, "pebble "+req.Method+" "+req.URL.Path,
			tracing.Attribute{Key: "container", Value: container})
		response, err := next.RoundTrip(req)
		if err == nil && response.StatusCode/100 >= 4 {
			span.End(errors.New(response.Status))
		}
		span.End(err)
		if i.writer == nil {
			return response, err
		}
		entry := recording.PebbleEntry{Container: container, Method: req.Method, URL: req.URL.RequestURI()}
		if err != nil {
			entry.Error = err.Error()
			i.writer.Pebble(entry)
			return response, err
		}
		entry.Code, entry.Type = response.StatusCode, response.Header.Get("Content-Type")
		response.Body = &recordedBody{ReadCloser: response.Body, entry: entry, writer: i.writer}
		return response, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// recordedBody records what was read of an answer, once it is closed.
type recordedBody struct {
	io.ReadCloser
	entry  recording.PebbleEntry
	body   []byte
	writer *recording.Writer
	closed bool
}

func (b *recordedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if len(b.body)+n > maxPebbleAnswer {
		b.entry.Cut = true
	}
	if !b.entry.Cut {
		b.body = append(b.body, p[:n]...)
	}
	return n, err
}

func (b *recordedBody) Close() error {
	if !b.closed {
		b.closed = true
		if !b.entry.Cut {
			b.entry.Body = string(b.body)
		}
		b.writer.Pebble(b.entry)
	}
	return b.ReadCloser.Close()
}

// isNetwork tells whether an error is that nobody has answered.
func isNetwork(err error) bool {
	var netError net.Error
	return errors.As(err, &netError) || errors.As(err, new(*url.Error))
}

// redactedError is an error that is told without the secrets in it.
type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }

func (e *redactedError) Unwrap() error { return e.err }

// withoutSecrets returns an error whose text has none of the secrets seen.
func (i *instruments) withoutSecrets(err error) error {
	if err == nil {
		return nil
	}
	if text := i.redact(err.Error()); text != err.Error() {
		return &redactedError{text, err}
	}
	return err
}
