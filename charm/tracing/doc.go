// Package tracing makes the spans of a hook and sends them to an OpenTelemetry
// backend, as OTLP/HTTP in its JSON form, with the standard library alone.
//
// A charm asks for it with charm.Trace. Then a hook is one trace: a root span,
// and below it one for each handler, each reconciler, each run of a hook tool
// and each request to a Pebble. A charm adds its own where it has a context:
//
//	ctx, span := tracing.Start(ctx, "migrate the database")
//	err := c.migrate(ctx)
//	span.End(err)
//
// Without a [Trace] in the context this does nothing, and costs a look at the
// context.
//
// [Trace.OTLP] encodes a trace, a [Buffer] keeps it until there is somewhere to
// send it to, and [Buffer.Send] sends what it has.
package tracing
