package tracing

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

// maxSpans bounds a trace: a hook that makes a million calls is not to fill the
// memory with them.
const maxSpans = 4096

// Attribute is a name and its value: a string, a bool, an int or an int64.
type Attribute struct {
	Key   string
	Value any
}

// Kind tells what is at the other end of a span.
type Kind int

// The kinds, with the numbers that OTLP has for them.
const (
	Internal Kind = 1
	Client   Kind = 3
)

// Options are what a trace takes from outside.
type Options struct {
	// Resource describes who makes the spans.
	Resource []Attribute
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Redact is what texts of errors and attributes go through; default none.
	Redact func(string) string
}

// Trace collects the spans of one hook. It is safe for concurrent use.
type Trace struct {
	id      string
	options Options

	mu      sync.Mutex
	spans   []*Span
	dropped int
}

// Span is a piece of work. The methods of a nil span do nothing.
type Span struct {
	trace      *Trace
	id, parent string
	name       string
	kind       Kind
	start, end time.Time
	attributes []Attribute
	failed     bool
	message    string
}

// New returns an empty trace.
func New(options Options) *Trace {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Redact == nil {
		options.Redact = func(text string) string { return text }
	}
	return &Trace{id: newID(16), options: options}
}

type (
	traceKey struct{}
	spanKey  struct{}
)

// With returns a context whose spans belong to the trace.
func (t *Trace) With(ctx context.Context) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// ID returns the identity of the trace, in hexadecimal digits.
func (t *Trace) ID() string { return t.id }

// Start begins a span below the one that the context has.
func Start(ctx context.Context, name string, attributes ...Attribute) (context.Context, *Span) {
	return StartKind(ctx, Internal, name, attributes...)
}

// StartKind is Start for a span of a kind.
func StartKind(ctx context.Context, kind Kind, name string, attributes ...Attribute) (context.Context, *Span) {
	t, ok := ctx.Value(traceKey{}).(*Trace)
	if !ok {
		return ctx, nil
	}
	span := &Span{trace: t, id: newID(8), name: name, kind: kind, start: t.options.Now(), attributes: slices.Clone(attributes)}
	if parent, ok := ctx.Value(spanKey{}).(*Span); ok && parent.trace == t {
		span.parent = parent.id
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.spans) >= maxSpans {
		t.dropped++
	} else {
		t.spans = append(t.spans, span)
	}
	return context.WithValue(ctx, spanKey{}, span), span
}

// Set adds attributes.
func (s *Span) Set(attributes ...Attribute) {
	if s == nil {
		return
	}
	s.trace.mu.Lock()
	defer s.trace.mu.Unlock()
	s.attributes = append(s.attributes, attributes...)
}

// End ends the span; with an error it has failed. Only the first call counts.
func (s *Span) End(err error) {
	if s == nil {
		return
	}
	now := s.trace.options.Now()
	s.trace.mu.Lock()
	defer s.trace.mu.Unlock()
	if !s.end.IsZero() {
		return
	}
	s.end = now
	if err != nil {
		s.failed, s.message = true, err.Error()
	}
}

// SpanData is what a span says.
type SpanData struct {
	Name string
	Kind Kind
	// Parent is the place of the span above it in [Trace.Spans]; -1 if there is
	// none.
	Parent     int
	Start, End time.Time
	Attributes []Attribute
	// Error is why it has failed, without secrets; empty if it has not.
	Error string
}

// Spans returns the spans in the order in which they began. One that has not
// ended ends now.
func (t *Trace) Spans() []SpanData {
	now := t.options.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	places := make(map[string]int, len(t.spans))
	spans := make([]SpanData, len(t.spans))
	for i, s := range t.spans {
		places[s.id] = i
		data := SpanData{Name: s.name, Kind: s.kind, Parent: -1, Start: s.start, End: s.end}
		if parent, ok := places[s.parent]; ok {
			data.Parent = parent
		}
		if s.end.IsZero() {
			data.End = now
		}
		for _, a := range s.attributes {
			if text, ok := a.Value.(string); ok {
				a.Value = t.options.Redact(text)
			}
			data.Attributes = append(data.Attributes, a)
		}
		if s.failed {
			data.Error = t.options.Redact(s.message)
		}
		spans[i] = data
	}
	return spans
}

// newID returns random bytes in hexadecimal digits.
func newID(size int) string {
	id := make([]byte, size)
	// It never fails: the program would end.
	_, _ = rand.Read(id)
	return hex.EncodeToString(id)
}
