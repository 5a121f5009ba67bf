package charm

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/charm/tracing"
)

// TraceOptions say more of how a charm is traced.
type TraceOptions struct {
	// RootCAs returns whose certificates the backend may have; nil, or what it
	// returns as nil, are the system's.
	RootCAs func(context.Context) (*x509.CertPool, error)
}

const (
	// traces is where those are that wait, in the charm's directory.
	traces = ".charmkit/traces"
	// tracingInterface is the interface of an endpoint for traces, and
	// tracingProtocol what we speak of it.
	tracingInterface = "tracing"
	tracingProtocol  = "otlp_http"
)

// Trace makes each hook a trace, with spans for handlers, reconcilers, hook
// tools and requests to Pebble, and sends it to the backend that is related on
// an endpoint of the interface "tracing", which metadata.yaml must have under
// requires. Until there is one the traces wait in the charm's directory. See the
// package tracing.
func (b *Base) Trace(endpoint string, options TraceOptions) {
	if b.tracing != nil {
		panic("charm: tracing is declared twice")
	}
	b.tracing = &tracer{endpoint: b.Requires(endpoint), options: options}
}

// tracer is how a charm is traced.
type tracer struct {
	endpoint *Endpoint
	options  TraceOptions
}

// problem tells that the endpoint has another interface.
func (t *tracer) problem(meta *metadata.Meta) string {
	relation, ok := meta.Requires[t.endpoint.name]
	if !ok || relation.Interface == tracingInterface {
		return ""
	}
	return fmt.Sprintf("requires %q is for traces, and metadata.yaml gives it interface %q: it must be %q",
		t.endpoint.name, relation.Interface, tracingInterface)
}

type (
	tracingRequest struct {
		Receivers []string `charm:"receivers,json"`
	}
	tracingReply struct {
		Receivers []tracingReceiver `charm:"receivers,json"`
	}
	tracingReceiver struct {
		Protocol struct {
			Name string `json:"name"`
		} `json:"protocol"`
		URL string `json:"url"`
	}
)

// destination asks for a receiver and returns the one that there is, if any.
func (t *tracer) destination(ctx context.Context) (*tracing.Destination, error) {
	relations, err := t.endpoint.Relations(ctx)
	if err != nil {
		return nil, err
	}
	for _, relation := range relations {
		leader, err := t.endpoint.b.IsLeader(ctx)
		if err != nil {
			return nil, err
		}
		if leader {
			if err := Write(ctx, relation.LocalApp(), tracingRequest{[]string{tracingProtocol}}); err != nil {
				return nil, err
			}
		}
		reply, err := Read[tracingReply](ctx, relation.RemoteApp())
		if errors.Is(err, ErrAbsent) {
			continue
		}
		if invalid := new(InvalidError); errors.As(err, &invalid) {
			// The backend's mistake is not to stop the charm.
			t.endpoint.b.Log.WarnContext(ctx, "cannot trace", "error", invalid.Error())
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, receiver := range reply.Receivers {
			if receiver.Protocol.Name != tracingProtocol {
				continue
			}
			to := &tracing.Destination{URL: receiver.URL}
			if t.options.RootCAs != nil {
				if to.RootCAs, err = t.options.RootCAs(ctx); err != nil {
					return nil, err
				}
			}
			return to, nil
		}
	}
	return nil, nil
}

// start begins the trace of a hook.
func (t *tracer) start(getenv func(string) string, files *metadata.Meta, redact func(string) string) *tracing.Trace {
	unit := getenv("JUJU_UNIT_NAME")
	app, number, _ := strings.Cut(unit, "/")
	return tracing.New(tracing.Options{
		Redact: redact,
		Resource: []tracing.Attribute{
			{Key: "service.namespace", Value: getenv("JUJU_MODEL_UUID")},
			{Key: "service.namespace.name", Value: getenv("JUJU_MODEL_NAME")},
			{Key: "service.name", Value: app},
			{Key: "service.instance.id", Value: number},
			{Key: "charm", Value: files.Name},
			{Key: "juju_model", Value: getenv("JUJU_MODEL_NAME")},
			{Key: "juju_model_uuid", Value: getenv("JUJU_MODEL_UUID")},
			{Key: "juju_application", Value: app},
			{Key: "juju_unit", Value: unit},
		},
	})
}

// finish keeps the trace of a hook, and sends what waits if there is somewhere to
// send it to.
func (t *tracer) finish(ctx context.Context, b *Base, trace *tracing.Trace, dir string, to *tracing.Destination, failed bool) {
	priority := tracing.Unhandled
	if failed || b.run.event.kind == kindAction || len(b.handlers[b.run.event.trigger]) > 0 {
		priority = tracing.Handled
	}
	buffer := tracing.OpenBuffer(filepath.Join(dir, traces))
	err := buffer.Add(priority, trace)
	if err == nil && to != nil {
		err = buffer.Send(ctx, *to)
	}
	// A backend that does not answer is ordinary: the traces wait.
	if err != nil && (errors.As(err, new(*tracing.RefusedError)) || !isNetwork(err)) {
		b.Log.WarnContext(ctx, "cannot keep up tracing", "error", err.Error())
	}
}

// asks tells whether this hook speaks to the endpoint for traces at all.
func (t *tracer) asks(e *event) bool {
	return !slices.Contains([]string{kindStop, kindRemove, kindAction}, e.kind)
}
