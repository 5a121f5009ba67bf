package webapp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
	"github.com/charmkit/charmkit/webapp"
)

// A pod has a network and folders of its own, and so does the operator's test: it runs itself again in new namespaces, where
// NGINX and the app can have the ports and places that they have in a pod.

// inside is set in the environment of a test that runs in namespaces of its own.
const inside = "WEBAPP_TEST_INSIDE"

// inPod runs the test again in a pod, or tells that this is it.
func inPod(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inside) != "" {
		require.NoError(t, exec.Command(testenv.Command(t, "ip"), "link", "set", "lo", "up").Run())
		require.NoError(t, syscall.Mount("tmpfs", "/var/lib", "tmpfs", 0, "mode=755"))
		return true
	}
	test, err := os.Executable()
	require.NoError(t, err)
	args := []string{"--net", "--mount"}
	if os.Getuid() != 0 {
		args = append(args, "--user", "--map-current-user", "--keep-caps")
	}
	args = append(args, test, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=2m")
	cmd := exec.CommandContext(t.Context(), testenv.Command(t, "unshare"), args...)
	cmd.Env = append(os.Environ(), inside+"=1")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.Contains(t, string(output), "--- PASS: "+t.Name())
	return false
}

// appVariable is set in the environment of the app: this program, too.
const appVariable = "WEBAPP_TEST_APP"

func TestMain(m *testing.M) {
	if mode := os.Getenv(appVariable); mode != "" {
		serveApp(mode)
	}
	os.Exit(m.Run())
}

// serveApp is the app. Its mode is part of its pages; one that is "lame" is never ready.
func serveApp(mode string) {
	misbehave(mode)
	http.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if mode == "lame" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	http.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%s, pid %d, for %s%s", mode, os.Getpid(), r.Header.Get("X-Forwarded-For"), strings.Repeat(".", 2000))
	})
	fmt.Fprintln(os.Stderr, http.ListenAndServe(fmt.Sprintf(":%d", webapp.PortApp), nil))
	os.Exit(1)
}

const (
	metadataYAML = `
name: web
summary: An app behind NGINX.
description: An app behind NGINX.
containers: {nginx: {resource: nginx}, app: {resource: app}}
resources: {nginx: {type: oci-image}, app: {type: oci-image}}
`
	configYAML = `
options:
  client-max-body-size: {type: string, default: 2m}
  proxy-read-timeout: {type: int, default: 60}
  static-max-age: {type: int, default: 60}
  gzip: {type: boolean, default: true}
  trusted-proxies: {type: string, default: ""}
`
)

// pod is a unit of a charm that is webapp and an app, with two real Pebbles.
type pod struct {
	nginx, app *pebbletest.Daemon
	charm      charmtest.Charm[*webapp.Operator]
	state      charmtest.State
	program    string // the app's

	// What the charm says in the next hook.
	mode     string // the app's
	problem  error  // instead of a workload
	diagnose error

	startTimeout time.Duration
}

// nobody is the ordinary user whom root's pods run as.
const nobody = 65534

func newPod(t *testing.T) *pod {
	t.Helper()
	p := &pod{mode: "first", startTimeout: 3 * time.Second}
	options := pebbletest.Options{}
	if os.Getuid() == 0 {
		options.User = &pebbletest.User{UID: nobody, GID: nobody}
	}
	static := "/var/lib/static"
	for _, dir := range []string{nginxDirectory, static} {
		require.NoError(t, os.Mkdir(dir, 0o755))
		if options.User != nil {
			require.NoError(t, os.Chown(dir, nobody, nobody))
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(static, "a.js"), []byte("static"), 0o644))
	p.program = "/var/lib/app"
	data, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(p.program, data, 0o755))

	p.nginx, p.app = pebbletest.Start(t, options), pebbletest.Start(t, options)
	p.state.Containers = map[string]charmtest.Container{"nginx": {Socket: p.nginx.Socket}, "app": {Socket: p.app.Socket}}
	p.state.Config = map[string]any{}
	p.charm = charmtest.New(func(b *charm.Base) (*webapp.Operator, error) {
		return webapp.New(b, webapp.Options{
			Workload:  func(context.Context) (*webapp.Workload, error) { return p.workload(), p.problem },
			Diagnose:  func(context.Context) error { return p.diagnose },
			ReadyPath: "/ready", UpPath: "/",
			Static:       []webapp.Static{{Prefix: "/static/", Dir: static}},
			Refuse:       []string{"/private"},
			Hide:         []string{"/invite/"},
			StartTimeout: p.startTimeout,
		}), nil
	}, charmFiles())
	return p
}

// nginxDirectory is the folder that the image makes.
const nginxDirectory = "/var/lib/charm-nginx"

func (p *pod) workload() *webapp.Workload {
	if p.problem != nil {
		return nil
	}
	return &webapp.Workload{Service: pebble.Service{Command: p.program, Environment: map[string]string{appVariable: p.mode}}}
}

// hook runs an event that does not fail.
func (p *pod) hook(t *testing.T, event charmtest.Event) charmtest.Result[*webapp.Operator] {
	t.Helper()
	out := charmtest.Run(t, p.charm, p.state, event)
	require.NoError(t, out.Err)
	p.state = out.State
	return out
}

func (p *pod) configure(t *testing.T, option string, value any) charmtest.Result[*webapp.Operator] {
	t.Helper()
	p.state.Config[option] = value
	return p.hook(t, charmtest.ConfigChanged())
}

func (p *pod) requireStatus(t *testing.T, status, message string) {
	t.Helper()
	require.Equal(t, charmtest.Status{Status: status, Message: message}, p.state.Status)
}

// page is an answer that was read to its end.
type page struct {
	status int
	header http.Header
	body   string
}

func get(t *testing.T, port int, path string, header ...string) page {
	t.Helper()
	return do(t, http.MethodGet, port, path, "", header...)
}

func do(t *testing.T, method string, port int, path, body string, header ...string) page {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return page{response.StatusCode, response.Header, string(content)}
}

// master is NGINX's first process.
func (p *pod) master(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(nginxDirectory + "/nginx.pid")
	require.NoError(t, err)
	return string(data)
}
