package pebble_test

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestMiddlewareGoesAroundEachRequest(t *testing.T) {
	t.Parallel()
	var seen []string
	note := func(name string) pebble.Middleware {
		return func(container string, next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(req *http.Request) (*http.Response, error) {
				seen = append(seen, name+" "+container+" "+req.Method+" "+req.URL.Path)
				return next.RoundTrip(req)
			})
		}
	}
	answer := func(_ string, _ http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			const body = `{"type": "sync", "status-code": 200, "result": {"version": "v7.8.9"}}`
			return &http.Response{
				StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
				Body: io.NopCloser(strings.NewReader(body)), Request: req,
			}, nil
		})
	}
	c := pebble.NewContainer("app", filepath.Join(t.TempDir(), "there-is-none"))
	ctx := pebble.WithMiddleware(t.Context(), answer)
	ctx = pebble.WithMiddleware(pebble.WithMiddleware(ctx, note("inner")), note("outer"))
	version, err := c.Version(ctx)
	require.NoError(t, err)
	require.Equal(t, "v7.8.9", version)
	require.Equal(t, []string{"outer app GET /v1/system-info", "inner app GET /v1/system-info"}, seen)
}

func TestMiddlewareThatFailsIsAPebbleThatIsNotReady(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	ctx := pebble.WithMiddleware(t.Context(), func(string, http.RoundTripper) http.RoundTripper {
		return roundTripper(func(*http.Request) (*http.Response, error) { return nil, refused })
	})
	err := pebble.NewContainer("app", "/none").Ready(ctx)
	require.ErrorIs(t, err, pebble.ErrNotReady)
	require.ErrorIs(t, err, refused)
}
