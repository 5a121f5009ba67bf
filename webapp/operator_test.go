package webapp_test

import (
	"errors"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/webapp"
	"github.com/charmkit/charmkit/webapp/nginx"
)

// portStatus is that of NGINX's status.
const portStatus = 9080

// TestOperator is the life of one unit, with real Pebbles and NGINX: each part leaves it settled.
func TestOperator(t *testing.T) {
	if os.Getenv(inside) == "" {
		t.Parallel()
	}
	if !inPod(t) {
		return
	}
	p := newPod(t)
	for _, part := range []struct {
		name string
		test func(*pod, *testing.T)
	}{
		{"waits for containers", (*pod).testContainers},
		{"starts", (*pod).testStarts},
		{"does nothing", (*pod).testDoesNothing},
		{"options", (*pod).testOptions},
		{"invalid options", (*pod).testInvalidOptions},
		{"drain that was cut off", (*pod).testCutOffDrain},
		{"new definition", (*pod).testNewDefinition},
		{"app that is not ready", (*pod).testNotReady},
		{"condition", (*pod).testCondition},
		{"missing integration", (*pod).testMissingIntegration},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.test(p, t) }) {
			return
		}
	}
}

func (p *pod) testContainers(t *testing.T) {
	containers := p.state.Containers
	p.state.Containers = nil
	p.hook(t, charmtest.Install())
	p.requireStatus(t, "waiting", "waiting for container nginx; waiting for container app")
	require.Equal(t, []string{"8080/tcp"}, p.state.Ports)

	// What is missing elsewhere is told as well.
	p.problem = &charm.AbsentError{Endpoint: "database"}
	p.configure(t, "proxy-read-timeout", 0)
	p.requireStatus(t, "blocked", "invalid configuration: proxy-read-timeout is not between 1 and 3600; integrate database; "+
		"waiting for container nginx; waiting for container app")
	p.problem = nil
	delete(p.state.Config, "proxy-read-timeout")
	p.state.Containers = containers
}

func (p *pod) testStarts(t *testing.T) {
	out := p.hook(t, charmtest.PebbleReady("nginx"))
	require.Equal(t, []charmtest.Status{
		{Status: "maintenance", Message: "starting the app"}, {Status: "active"},
	}, out.Statuses[len(out.Statuses)-2:])
	answer := get(t, webapp.PortHTTP, "/")
	require.Equal(t, http.StatusOK, answer.status)
	require.Contains(t, answer.body, "first, pid ")
	require.Equal(t, "static", get(t, webapp.PortHTTP, "/static/a.js").body)
	require.Equal(t, http.StatusNotFound, get(t, webapp.PortHTTP, "/private/x").status)
	require.Regexp(t, `(?m)^nginx_up 1$`, get(t, webapp.PortExporter, "/metrics").body)

	levels := map[string]pebble.Level{}
	for _, daemon := range []*pebble.Container{p.nginx.Container("nginx"), p.app.Container("app")} {
		checks, err := daemon.Checks(t.Context())
		require.NoError(t, err)
		for name, check := range checks {
			levels[name] = check.Level
		}
	}
	require.Equal(t, map[string]pebble.Level{
		webapp.CheckNGINX: pebble.LevelAlive, webapp.CheckReady: pebble.LevelReady,
		webapp.CheckUp: "", webapp.CheckExporter: "",
	}, levels)
}

// requests is how many NGINX has answered.
func requests(t *testing.T) int {
	t.Helper()
	found := regexp.MustCompile(`requests\n \d+ \d+ (\d+)`).FindStringSubmatch(get(t, portStatus, nginx.PathStubStatus).body)
	require.Len(t, found, 2)
	n, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return n
}

func (p *pod) testDoesNothing(t *testing.T) {
	before, pid := p.master(t), get(t, webapp.PortHTTP, "/").body
	var asked []int
	for range 4 {
		first := requests(t)
		out := p.hook(t, charmtest.UpdateStatus())
		require.Equal(t, []charmtest.Status{{Status: "active"}}, out.Statuses)
		require.Empty(t, out.Logs)
		asked = append(asked, requests(t)-first-1)
	}
	require.Equal(t, 1, slices.Min(asked), "NGINX is asked once for what it runs; more are checks and metrics: %v", asked)
	require.Equal(t, before, p.master(t))
	require.Equal(t, pid, get(t, webapp.PortHTTP, "/").body)
}

// requireReloaded checks that NGINX was reloaded, and nothing restarted.
func (p *pod) requireReloaded(t *testing.T, change func()) {
	t.Helper()
	master, app := p.master(t), appPID(t)
	change()
	p.requireStatus(t, "active", "")
	require.Equal(t, master, p.master(t))
	require.Equal(t, app, appPID(t))
}

func appPID(t *testing.T) string {
	t.Helper()
	return regexp.MustCompile(`pid \d+`).FindString(get(t, webapp.PortApp, "/").body)
}

func (p *pod) testOptions(t *testing.T) {
	cacheControl := func() string { return get(t, webapp.PortHTTP, "/static/a.js").header.Get("Cache-Control") }
	encoding := func() string {
		return get(t, webapp.PortHTTP, "/", "Accept-Encoding", "gzip").header.Get("Content-Encoding")
	}
	client := func() string {
		return regexp.MustCompile(`for [0-9.]+\d`).FindString(get(t, webapp.PortHTTP, "/", "X-Forwarded-For", "192.0.2.7").body)
	}
	upload := func() int { return do(t, http.MethodPost, webapp.PortHTTP, "/", strings.Repeat("x", 2000)).status }

	require.Equal(t, "public, max-age=60, immutable", cacheControl())
	require.Equal(t, "gzip", encoding())
	require.Equal(t, "for 127.0.0.1", client())
	require.Equal(t, http.StatusOK, upload())
	p.requireReloaded(t, func() {
		p.state.Config = map[string]any{
			"static-max-age": 61, "gzip": false, "trusted-proxies": "127.0.0.0/8", "client-max-body-size": "1k",
		}
		out := p.configure(t, "proxy-read-timeout", 1)
		require.Contains(t, out.Logs, charmtest.Log{Level: "INFO", Message: "NGINX reloaded generation=" + generation(t).Name})
	})
	require.Equal(t, "public, max-age=61, immutable", cacheControl())
	require.Empty(t, encoding())
	require.Equal(t, "for 192.0.2.7", client())
	require.Equal(t, http.StatusRequestEntityTooLarge, upload())
	require.Equal(t, http.StatusGatewayTimeout, get(t, webapp.PortHTTP, "/slow").status)

	p.state.Config = map[string]any{}
	p.requireReloaded(t, func() { p.hook(t, charmtest.ConfigChanged()) })
	require.Equal(t, "gzip", encoding())
}

func (p *pod) testInvalidOptions(t *testing.T) {
	running := generation(t)
	p.state.Config = map[string]any{"client-max-body-size": "1;", "proxy-read-timeout": 3601}
	p.configure(t, "static-max-age", -1)
	p.requireStatus(t, "blocked", "invalid configuration: proxy-read-timeout is not between 1 and 3600; "+
		"static-max-age is not between 0 and 315360000; client-max-body-size is not a number with k or m")
	p.configure(t, "trusted-proxies", "everybody")
	p.requireStatus(t, "blocked", `invalid configuration: trusted-proxies is not valid: `+
		`"everybody" is neither an address nor a network such as 10.1.0.0/16; `+
		"proxy-read-timeout is not between 1 and 3600; static-max-age is not between 0 and 315360000; "+
		"client-max-body-size is not a number with k or m")
	require.Equal(t, running, generation(t))
	require.Equal(t, http.StatusOK, get(t, webapp.PortHTTP, "/").status)

	p.state.Config = map[string]any{}
	p.hook(t, charmtest.ConfigChanged())
	p.requireStatus(t, "active", "")
}

func generation(t *testing.T) nginx.Generation {
	t.Helper()
	return nginx.ParseGeneration(get(t, portStatus, nginx.PathGeneration).body)
}

// The charm was killed after it had begun to drain, and the option was set back.
func (p *pod) testCutOffDrain(t *testing.T) {
	running, master := generation(t), p.master(t)
	require.False(t, running.Draining)
	file := nginx.DrainFile(nginxDirectory, running.Name)
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	require.True(t, generation(t).Draining)

	out := p.hook(t, charmtest.UpdateStatus())
	require.NoFileExists(t, file)
	require.Equal(t, running, generation(t))
	require.Equal(t, master, p.master(t))
	require.Empty(t, out.Logs, "no reload")

	// While another one is wanted, it is what that reload does.
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	p.requireReloaded(t, func() { p.configure(t, "static-max-age", 62) })
	require.NotEqual(t, running.Name, generation(t).Name)
	require.FileExists(t, file, "the old workers go on draining")
	p.requireReloaded(t, func() { p.configure(t, "static-max-age", 60) })
	require.Equal(t, running, generation(t))
}

func (p *pod) testNewDefinition(t *testing.T) {
	before, master := appPID(t), p.master(t)
	p.mode = "second"
	p.hook(t, charmtest.ConfigChanged())
	p.requireStatus(t, "active", "")
	require.Contains(t, get(t, webapp.PortHTTP, "/").body, "second, ")
	require.NotEqual(t, before, appPID(t))
	require.Equal(t, master, p.master(t))
}

func (p *pod) testNotReady(t *testing.T) {
	p.mode = "lame"
	p.hook(t, charmtest.ConfigChanged())
	p.requireStatus(t, "waiting", "waiting for the app to be ready")
	p.diagnose = charm.Waiting("the database is away")
	start := time.Now()
	p.hook(t, charmtest.UpdateStatus())
	require.Less(t, time.Since(start), 4*time.Second, "only a hook that has started the app waits for it")
	p.requireStatus(t, "waiting", "the database is away")
	p.diagnose = nil
	p.mode = "third"
	p.hook(t, charmtest.ConfigChanged())
	p.requireStatus(t, "active", "")
}

// What is not ready, but not gone, is no reason to stop.
func (p *pod) testCondition(t *testing.T) {
	before := appPID(t)
	p.problem = errors.Join(charm.Waiting("waiting for credentials"), charm.Blocked("set external-url"))
	p.hook(t, charmtest.UpdateStatus())
	p.requireStatus(t, "blocked", "set external-url; waiting for credentials")
	require.Equal(t, before, appPID(t))
	p.problem = nil
	p.hook(t, charmtest.UpdateStatus())
	p.requireStatus(t, "active", "")
}

func (p *pod) testMissingIntegration(t *testing.T) {
	p.problem = &charm.AbsentError{Endpoint: "database"}
	p.hook(t, charmtest.UpdateStatus())
	p.requireStatus(t, "blocked", "integrate database")
	require.Equal(t, http.StatusBadGateway, get(t, webapp.PortHTTP, "/").status)
	require.Equal(t, "static", get(t, webapp.PortHTTP, "/static/a.js").body)
	p.problem = nil
	p.hook(t, charmtest.UpdateStatus())
	p.requireStatus(t, "active", "")
	require.Contains(t, get(t, webapp.PortHTTP, "/").body, "third, ")
}
