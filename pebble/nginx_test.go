package pebble_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/pebble"
)

// nginx is a real NGINX that answers on a Unix socket with the generation of its configuration.
type nginx struct {
	dir, binary string
}

func (n *nginx) path(name string) string { return filepath.Join(n.dir, name) }

func (n *nginx) want(generation, included string) pebble.Want {
	config := fmt.Sprintf(`daemon off;
pid %s;
error_log stderr;
events {}
http {
    access_log off;
    server {
        listen unix:%s;
        location = /generation { return 200 %q; }
        include %s;
    }
}
`, n.path("pid"), n.path("nginx.socket"), generation, n.path("included.conf"))
	return pebble.Want{
		Layer: pebble.Layer{Services: map[string]*pebble.Service{"nginx": {
			Startup: pebble.StartupEnabled,
			Command: pebble.CommandLine(n.binary, "-c", n.path("nginx.conf")),
		}}},
		Files: []pebble.File{
			{Path: n.path("nginx.conf"), Content: []byte(config), Reloads: []string{"nginx"}},
			{Path: n.path("included.conf"), Content: []byte(included), Reloads: []string{"nginx"}},
		},
		Reloads: []pebble.Reload{{
			Service:    "nginx",
			Generation: generation,
			Loaded:     n.generation,
			Validate: func(staged func(string) string) pebble.Command {
				return pebble.Command{Args: []string{n.binary, "-t", "-q", "-c", staged(n.path("nginx.conf"))}}
			},
			Signal: "SIGHUP",
		}},
	}
}

func (n *nginx) generation(ctx context.Context) (string, error) {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", n.path("nginx.socket"))
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/generation", nil)
	if err != nil {
		return "", err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	return string(data), err
}

func TestApplyReloadsNGINX(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		d := start(t, version)
		c := d.Container("nginx")
		n := &nginx{dir: t.TempDir(), binary: testenv.Command(t, "nginx")}
		want := n.want("one", "location = /a { return 204; }")
		require.Equal(t, []string{"nginx"}, apply(t, c, want).Started)
		quiet(t, d, want)

		// The mistake is in the included file.
		_, err := c.Apply(t.Context(), n.want("two", "location = /a { no_such_directive; }"))
		var refused *pebble.ValidationError
		require.ErrorAs(t, err, &refused)
		require.Contains(t, refused.Output, `unknown directive "no_such_directive"`)
		got, err := n.generation(t.Context())
		require.NoError(t, err)
		require.Equal(t, "one", got)
		quiet(t, d, want)

		want = n.want("two", "location = /b { return 204; }")
		require.Equal(t, &pebble.Applied{
			Pushed:   []string{n.path("included.conf"), n.path("nginx.conf")},
			Reloaded: []string{"nginx"},
		}, apply(t, c, want))
		got, err = n.generation(t.Context())
		require.NoError(t, err)
		require.Equal(t, "two", got)
		quiet(t, d, want)
	})
}
