package pebble_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// eachVersion runs a test against every daemon.
func eachVersion(t *testing.T, test func(t *testing.T, version string)) {
	t.Helper()
	t.Parallel()
	for _, version := range pebbletest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			test(t, version)
		})
	}
}

// start returns a daemon of a version.
func start(t *testing.T, version string) *pebbletest.Daemon {
	t.Helper()
	return pebbletest.Start(t, pebbletest.Options{Version: version})
}

// server is a service that, like NGINX, reads one file at its start and another one at its start and on SIGHUP, and can be
// asked what it has read.
type server struct {
	dir string
}

// The script writes each start to starts, and what it has read to loaded, by renaming. On SIGHUP it reads again; a shell would
// begin the second reading in the middle of the first.
const serverScript = `
cd "$1" || exit 1
echo "$CHARMKIT_FILES_DIGEST" >> starts
load() { cat reloaded restarted > .loaded 2>/dev/null; mv .loaded loaded; }
hup() {
	again=1
	[ -z "$busy" ] || return
	busy=1
	while [ -n "$again" ]; do again=; load; done
	busy=
	[ -z "$again" ] || hup
}
trap hup HUP
hup
while :; do sleep 3600 & wait $!; kill $! 2>/dev/null; done
`

func newServer(t *testing.T) *server {
	t.Helper()
	return &server{dir: t.TempDir()}
}

func (s *server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *server) command() string {
	return pebble.CommandLine("/bin/sh", "-c", serverScript, "server", s.dir)
}

// loaded is what the process has read last.
func (s *server) loaded(context.Context) (string, error) {
	data, err := os.ReadFile(s.path("loaded"))
	return string(data), err
}

// starts counts how often the process was started.
func (s *server) starts(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile(s.path("starts"))
	if os.IsNotExist(err) {
		return 0
	}
	require.NoError(t, err)
	return strings.Count(string(data), "\n")
}

// want is a service named server with both files.
func (s *server) want(reloaded, restarted string) pebble.Want {
	return pebble.Want{
		Layer: pebble.Layer{Services: map[string]*pebble.Service{
			"server": {Startup: pebble.StartupEnabled, Command: s.command(), KillDelay: pebble.NewDuration(time.Second)},
		}},
		Files: []pebble.File{
			{Path: s.path("reloaded"), Content: []byte(reloaded), Reloads: []string{"server"}},
			{Path: s.path("restarted"), Content: []byte(restarted), Restarts: []string{"server"}},
		},
		Reloads: []pebble.Reload{{
			Service:    "server",
			Generation: reloaded + restarted,
			Loaded:     s.loaded,
			Signal:     "SIGHUP",
		}},
	}
}

// status returns the status of a service.
func status(t *testing.T, c *pebble.Container, service string) pebble.ServiceStatus {
	t.Helper()
	services, err := c.Services(t.Context(), service)
	require.NoError(t, err)
	require.Contains(t, services, service)
	return services[service].Status
}

// apply applies, and requires that it works.
func apply(t *testing.T, c *pebble.Container, want pebble.Want) *pebble.Applied {
	t.Helper()
	applied, err := c.Apply(t.Context(), want)
	require.NoError(t, err)
	return applied
}

// sleeper is a service that does nothing, for as long as it may.
func sleeper() *pebble.Service {
	return &pebble.Service{Startup: pebble.StartupEnabled, Command: "sleep 3600"}
}

func services(entries map[string]*pebble.Service) pebble.Want {
	return pebble.Want{Layer: pebble.Layer{Services: entries}}
}

func ptr[T any](v T) *T { return &v }

// quiet requires that a second Apply of the same Want changes nothing and does not even try.
func quiet(t *testing.T, d *pebbletest.Daemon, want pebble.Want) {
	t.Helper()
	proxy := d.Proxy(t)
	applied, err := proxy.Container("app").Apply(t.Context(), want)
	require.NoError(t, err)
	require.False(t, applied.Changed(), "%+v", applied)
	require.NotEmpty(t, proxy.Requests())
	require.Empty(t, proxy.Writes(), fmt.Sprint(proxy.Writes()))
}

// How long a test waits for something that is bound to happen, and how often it looks.
const (
	wait = 2 * time.Minute
	poll = 10 * time.Millisecond
)

// nowhere is a container that is not there; what is asked of it is answered by a middleware.
var nowhere = pebble.NewContainer("app", "/no/such.socket")

// answering returns a context whose requests get an answer, whatever they are.
func answering(ctx context.Context, contentType, body string) context.Context {
	return pebble.WithMiddleware(ctx, func(string, http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			response := answerJSON(req, http.StatusOK, body)
			response.Header.Set("Content-Type", contentType)
			return response, nil
		})
	})
}

// answerJSON answers a request with that status and JSON.
func answerJSON(req *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: req,
	}
}

// syncAnswer is an answer of Pebble with that result, as JSON.
func syncAnswer(result string) string {
	return `{"type": "sync", "status-code": 200, "result": ` + result + `}`
}
