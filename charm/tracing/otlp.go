package tracing

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// The JSON form of OTLP 1.x: names in lower camel case, identities in
// hexadecimal digits, 64-bit numbers as strings, enumerations as numbers.
type (
	otlpRequest struct {
		ResourceSpans []otlpResourceSpans `json:"resourceSpans"`
	}
	otlpResourceSpans struct {
		Resource   otlpResource     `json:"resource"`
		ScopeSpans []otlpScopeSpans `json:"scopeSpans"`
	}
	otlpResource struct {
		Attributes []otlpAttribute `json:"attributes"`
	}
	otlpScopeSpans struct {
		Scope otlpScope  `json:"scope"`
		Spans []otlpSpan `json:"spans"`
	}
	otlpScope struct {
		Name string `json:"name"`
	}
	otlpSpan struct {
		TraceID      string          `json:"traceId"`
		SpanID       string          `json:"spanId"`
		ParentSpanID string          `json:"parentSpanId,omitempty"`
		Name         string          `json:"name"`
		Kind         Kind            `json:"kind"`
		Start        string          `json:"startTimeUnixNano"`
		End          string          `json:"endTimeUnixNano"`
		Attributes   []otlpAttribute `json:"attributes,omitempty"`
		Status       *otlpStatus     `json:"status,omitempty"`
	}
	otlpStatus struct {
		Code    int    `json:"code"`
		Message string `json:"message,omitempty"`
	}
	otlpAttribute struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpValue struct {
		String *string `json:"stringValue,omitempty"`
		Bool   *bool   `json:"boolValue,omitempty"`
		Int    *string `json:"intValue,omitempty"`
	}
)

// statusError is OTLP's number for a span that has failed.
const statusError = 2

// OTLP encodes the trace as the body of a request to an OTLP/HTTP backend. A
// span that has not ended ends now.
func (t *Trace) OTLP() ([]byte, error) {
	now := t.options.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	spans := make([]otlpSpan, len(t.spans))
	for i, s := range t.spans {
		end := s.end
		if end.IsZero() {
			end = now
		}
		spans[i] = otlpSpan{
			TraceID: t.id, SpanID: s.id, ParentSpanID: s.parent,
			Name: s.name, Kind: s.kind,
			Start: strconv.FormatInt(s.start.UnixNano(), 10), End: strconv.FormatInt(end.UnixNano(), 10),
			Attributes: t.attributes(s.attributes),
		}
		if s.failed {
			spans[i].Status = &otlpStatus{Code: statusError, Message: t.options.Redact(s.message)}
		}
	}
	resource := t.options.Resource
	if t.dropped > 0 {
		resource = append(resource[:len(resource):len(resource)], Attribute{"charmkit.dropped_spans", t.dropped})
	}
	data, err := json.Marshal(otlpRequest{[]otlpResourceSpans{{
		Resource:   otlpResource{t.attributes(resource)},
		ScopeSpans: []otlpScopeSpans{{Scope: otlpScope{"github.com/charmkit/charmkit"}, Spans: spans}},
	}}})
	if err != nil {
		return nil, fmt.Errorf("cannot encode the spans: %w", err)
	}
	return data, nil
}

func (t *Trace) attributes(attributes []Attribute) []otlpAttribute {
	encoded := make([]otlpAttribute, len(attributes))
	for i, a := range attributes {
		encoded[i].Key = a.Key
		switch v := a.Value.(type) {
		case bool:
			encoded[i].Value.Bool = &v
		case int:
			n := strconv.Itoa(v)
			encoded[i].Value.Int = &n
		case int64:
			n := strconv.FormatInt(v, 10)
			encoded[i].Value.Int = &n
		default:
			text := t.options.Redact(fmt.Sprint(v))
			encoded[i].Value.String = &text
		}
	}
	return encoded
}
