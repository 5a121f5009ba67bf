package pebble_test

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// overSocket is a transport that goes to a daemon after all, and counts.
type overSocket struct {
	*http.Transport
	socket   string
	requests int
	dials    int
}

func (o *overSocket) RoundTrip(r *http.Request) (*http.Response, error) {
	o.requests++
	return o.Transport.RoundTrip(r)
}

func (o *overSocket) Dial(ctx context.Context) (net.Conn, error) {
	o.dials++
	var d net.Dialer
	return d.DialContext(ctx, "unix", o.socket)
}

func TestContainerOverTransport(t *testing.T) {
	t.Parallel()
	socket := pebbletest.Start(t, pebbletest.Options{}).Socket
	o := &overSocket{socket: socket, Transport: &http.Transport{DisableKeepAlives: true}}
	o.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}
	c := pebble.NewContainerOver("app", o)
	require.Equal(t, "app", c.Name())
	require.Empty(t, c.Socket())
	_, err := c.Apply(t.Context(), pebble.Want{Layer: pebble.Layer{Services: map[string]*pebble.Service{"s": {Command: "true"}}}})
	require.NoError(t, err)
	result, err := c.Exec(t.Context(), pebble.Command{Args: []string{"echo", "x"}})
	require.NoError(t, err)
	require.Equal(t, "x\n", string(result.Stdout))
	require.Equal(t, 3, o.dials)
	require.Positive(t, o.requests)

	// Middleware goes around a transport as around a socket.
	var seen []string
	ctx := pebble.WithMiddleware(t.Context(), func(container string, next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			seen = append(seen, container+" "+r.URL.Path)
			return next.RoundTrip(r)
		})
	})
	require.NoError(t, c.Ready(ctx))
	require.Equal(t, []string{"app /v1/system-info"}, seen)

	o.DialContext = nil
	o.socket = socket + "-gone"
	_, err = c.Exec(t.Context(), pebble.Command{Args: []string{"true"}})
	require.ErrorIs(t, err, pebble.ErrNotReady)
}
