package pebble

import (
	"context"
	"net/http"
)

// Middleware goes around what sends the requests to the Pebble of a container. A round tripper that it returns answers an
// error as if Pebble could not be reached.
type Middleware func(container string, next http.RoundTripper) http.RoundTripper

type middlewareKey struct{}

// WithMiddleware returns a context whose requests go through a middleware: to trace them, to record them, to answer from a
// recording. Of several the one added last is the outermost. The connections of a running command do not go through it; the
// request that starts it does.
func WithMiddleware(ctx context.Context, m Middleware) context.Context {
	if inner, ok := ctx.Value(middlewareKey{}).(Middleware); ok {
		outer := m
		m = func(container string, next http.RoundTripper) http.RoundTripper {
			return outer(container, inner(container, next))
		}
	}
	return context.WithValue(ctx, middlewareKey{}, m)
}

// withMiddleware returns what the session sends its requests with.
func (s *session) withMiddleware(next http.RoundTripper) http.RoundTripper {
	if m, ok := s.ctx.Value(middlewareKey{}).(Middleware); ok {
		return m(s.container, next)
	}
	return next
}
