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

// TraceOptions say more of how a charm is traced. Of the two at most one is given;
// without, a backend's certificate must be of an authority that the system knows.
type TraceOptions struct {
	// Authorities is the name of an endpoint of the interface certificate_transfer,
	// which metadata.yaml must have under requires: the related applications say
	// whose certificates the backend may have. Until one has, nothing is sent over
	// HTTPS.
	Authorities string
	// RootCAs returns whose certificates the backend may have; nil are the system's.
	// An error that is a condition (see [Status.Check]) lets the traces wait.
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
	t := &tracer{endpoint: b.Requires(endpoint), rootCAs: options.RootCAs}
	if options.Authorities != "" {
		if options.RootCAs != nil {
			panic("charm: tracing has both an endpoint for authorities and a function for them")
		}
		t.authorities = b.Requires(options.Authorities)
	}
	t.destination = t.related
	b.trace(t)
}

// TraceTo is [Base.Trace] for a charm that knows by itself where its traces go, by an
// option say. The function is called at the end of each hook but stop, remove and
// actions; while it returns nil, or an error that is a condition, the traces wait.
func (b *Base) TraceTo(destination func(context.Context) (*tracing.Destination, error)) {
	b.trace(&tracer{destination: destination})
}

func (b *Base) trace(t *tracer) {
	if b.tracing != nil {
		panic("charm: tracing is declared twice")
	}
	b.tracing = t
}

// tracer is how a charm is traced.
type tracer struct {
	// destination returns where to send to, if that is known.
	destination func(context.Context) (*tracing.Destination, error)
	// charmType is the type of the charm.
	charmType string

	// endpoint is that of the backend, if there is one, and authorities that of who
	// vouches for it.
	endpoint, authorities *Endpoint
	rootCAs               func(context.Context) (*x509.CertPool, error)
}

// problems tell of endpoints that have another interface.
func (t *tracer) problems(meta *metadata.Meta) []string {
	var problems []string
	check := func(e *Endpoint, what, want string) {
		if e == nil {
			return
		}
		if relation, ok := meta.Requires[e.name]; ok && relation.Interface != want {
			problems = append(problems, fmt.Sprintf("requires %q is for %s, and metadata.yaml gives it interface %q: it must be %q",
				e.name, what, relation.Interface, want))
		}
	}
	check(t.endpoint, "traces", tracingInterface)
	check(t.authorities, "authorities", authoritiesInterface)
	return problems
}

// where is the destination of a hook's traces. That it is not known yet is no
// failure.
func (t *tracer) where(ctx context.Context) (*tracing.Destination, error) {
	to, err := t.destination(ctx)
	if err != nil {
		return nil, new(Status).Check(err)
	}
	return to, nil
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

// related asks for a receiver and returns the one that there is, if any.
func (t *tracer) related(ctx context.Context) (*tracing.Destination, error) {
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
			to.RootCAs, err = t.trusted(ctx, receiver.URL)
			return to, err
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
			{Key: "charm_type", Value: t.charmType},
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
