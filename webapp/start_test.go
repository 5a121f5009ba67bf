package webapp_test

import (
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/webapp"
)

// misbehave is what an app does that does not start as it should.
func misbehave(mode string) {
	switch mode {
	case "slow":
		time.Sleep(2 * time.Second)
	case "dies":
		os.Exit(1)
	case "dies later":
		time.Sleep(1500 * time.Millisecond)
		os.Exit(1)
	}
}

// start lets the charm start an app that it may wait for so long.
func start(t *testing.T, mode string, timeout time.Duration) *pod {
	t.Helper()
	p := newPod(t)
	p.mode, p.startTimeout = mode, timeout
	p.hook(t, charmtest.PebbleReady("app"))
	return p
}

// wakeUp is after how long the charm looks again; 0 is not.
func (p *pod) wakeUp(t *testing.T) time.Duration {
	t.Helper()
	checks, err := p.app.Container("app").Checks(t.Context(), charm.CheckWakeUp)
	require.NoError(t, err)
	if checks[charm.CheckWakeUp].Status != pebble.CheckUp {
		return 0
	}
	plan, err := p.app.Container("app").Plan(t.Context())
	require.NoError(t, err)
	period, _ := plan.Checks[charm.CheckWakeUp].Period.Value()
	return period
}

// An app that takes its time is waited for, by default as long as most need.
func TestAppThatIsSlowToStart(t *testing.T) {
	if os.Getenv(inside) == "" {
		t.Parallel()
	}
	if !inPod(t) {
		return
	}
	p := start(t, "slow", 0)
	p.requireStatus(t, "active", "")
	require.Zero(t, p.wakeUp(t))
	require.Equal(t, http.StatusOK, get(t, webapp.PortHTTP, "/").status)
	plan, err := p.app.Container("app").Plan(t.Context())
	require.NoError(t, err)
	service := plan.Services[webapp.ServiceApp]
	require.Equal(t, map[string]pebble.Action{webapp.CheckUp: pebble.ActionRestart}, service.OnCheckFailure)
}

// An app that ends is not waited for, however patient the charm is: it looks
// again soon.
func TestAppThatEnds(t *testing.T) {
	if os.Getenv(inside) == "" {
		t.Parallel()
	}
	if !inPod(t) {
		return
	}
	p := start(t, "dies", time.Hour)
	p.requireStatus(t, "waiting", "waiting for the app to be ready")
	require.Equal(t, 10*time.Second, p.wakeUp(t))

	p.mode = "dies later"
	p.diagnose = charm.Blocked("set a password")
	p.hook(t, charmtest.ConfigChanged())
	p.requireStatus(t, "blocked", "set a password")
	require.Equal(t, 10*time.Second, p.wakeUp(t))

	p.diagnose, p.mode = nil, "first"
	p.hook(t, charmtest.ConfigChanged())
	p.requireStatus(t, "active", "")
	require.Zero(t, p.wakeUp(t))
}

// The exporter of metrics takes nothing else down.
func TestExporterThatEnds(t *testing.T) {
	if os.Getenv(inside) == "" {
		t.Parallel()
	}
	if !inPod(t) {
		return
	}
	no, err := filepath.EvalSymlinks("/bin/false")
	require.NoError(t, err)
	require.NoError(t, syscall.Mount(no, "/usr/bin/prometheus-nginx-exporter", "", syscall.MS_BIND, ""))
	p := newPod(t)
	out := p.hook(t, charmtest.PebbleReady("nginx"))
	p.requireStatus(t, "active", "")
	require.NotEmpty(t, out.Logs)
	last := out.Logs[len(out.Logs)-1]
	require.Equal(t, "WARNING", last.Level)
	require.Contains(t, last.Message, "the exporter of NGINX's metrics does not start")
	require.Equal(t, http.StatusOK, get(t, webapp.PortHTTP, "/").status)
}

// What NGINX itself refuses is told with its own words, and what runs goes on.
func TestConfigurationThatNGINXRefuses(t *testing.T) {
	if os.Getenv(inside) == "" {
		t.Parallel()
	}
	if !inPod(t) {
		return
	}
	p := newPod(t)
	p.hook(t, charmtest.PebbleReady("nginx"))
	p.requireStatus(t, "active", "")
	running := generation(t)

	// The image's own list of MIME types is part of each configuration.
	types := "/var/lib/mime.types"
	require.NoError(t, os.WriteFile(types, []byte("nonsense;\n"), 0o644))
	require.NoError(t, syscall.Mount(types, "/etc/nginx/mime.types", "", syscall.MS_BIND, ""))
	p.state.Config = map[string]any{"static-max-age": 61}
	p.hook(t, charmtest.ConfigChanged())
	require.Equal(t, running, generation(t))
	require.Equal(t, "blocked", p.state.Status.Status)
	require.Contains(t, p.state.Status.Message, "NGINX refuses these options: ")
}
