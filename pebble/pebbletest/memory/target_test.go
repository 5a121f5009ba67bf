package memory_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// realTarget is a daemon with stub executables on its path.
type realTarget struct {
	t      *testing.T
	daemon *pebbletest.Daemon
	stubs  string
	home   string
	client *http.Client
	checks *httptest.Server
}

// serviceStub notes each start with its environment, and each signal.
const serviceStub = `#!/bin/sh
name=$1
trap 'echo SIGHUP >> "$STUBS/$name.signals"' HUP
trap 'echo SIGUSR1 >> "$STUBS/$name.signals"' USR1
{ env -0 | base64 -w0; echo; } >> "$STUBS/$name.starts"
[ ! -e "$STUBS/$name.sh" ] || . "$STUBS/$name.sh"
while :; do sleep 3600 & wait $!; done
`

const checkStub = `#!/bin/sh
[ ! -e "$STUBS/$1.fails" ] || { cat "$STUBS/$1.fails"; exit 1; }
`

func startReal(t *testing.T, version string, s setup) target {
	stubs := t.TempDir()
	// Services may run as another user.
	for dir := stubs; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o777))
	}
	r := &realTarget{t: t, stubs: stubs, home: filepath.Join(stubs, "dir")}
	require.NoError(t, os.Mkdir(r.home, 0o755))
	require.NoError(t, os.Chmod(r.home, 0o755))
	require.NoError(t, os.Chown(r.home, s.uid, s.uid))
	r.write("service", serviceStub, 0o755)
	r.write("check", checkStub, 0o755)
	options := pebbletest.Options{
		Version: version, Layers: map[string]string{},
		Env: []string{"STUBS=" + stubs, "PATH=" + stubs + ":/usr/bin:/bin"},
	}
	for name, value := range s.env {
		options.Env = append(options.Env, name+"="+value)
	}
	for i, layer := range s.layers {
		options.Layers[fmt.Sprintf("%03d-%s.yaml", i+1, layer.Label)] = layer.YAML
	}
	if s.uid != 0 {
		options.User = &pebbletest.User{UID: s.uid, GID: s.uid}
	}
	r.daemon = pebbletest.Start(t, options)
	r.client = &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", r.daemon.Socket)
		},
	}}
	return r
}

func (r *realTarget) write(name, content string, mode os.FileMode) {
	r.t.Helper()
	path := filepath.Join(r.stubs, name)
	// A file that is being run cannot be written to.
	require.NoError(r.t, os.WriteFile(path+".new", []byte(content), mode))
	require.NoError(r.t, os.Rename(path+".new", path))
}

func (r *realTarget) container() *pebble.Container { return r.daemon.Container("app") }
func (r *realTarget) dir() string                  { return r.home }

func (r *realTarget) process(service string, p memory.Process) {
	var script strings.Builder
	for _, line := range p.Output {
		fmt.Fprintf(&script, "echo '%s'\n", line)
	}
	if p.Exits {
		fmt.Fprintf(&script, "sleep %g\nexit %d\n", p.After.Seconds(), p.Code)
	}
	r.write(service+".sh", script.String(), 0o644)
}

func (r *realTarget) lines(name string) []string {
	data, err := os.ReadFile(filepath.Join(r.stubs, name))
	if !os.IsNotExist(err) {
		require.NoError(r.t, err)
	}
	return strings.Fields(string(data))
}

func (r *realTarget) starts(service string) []map[string]string {
	var all []map[string]string
	for _, line := range r.lines(service + ".starts") {
		data, err := base64.StdEncoding.DecodeString(line)
		require.NoError(r.t, err)
		env := map[string]string{}
		for _, pair := range strings.Split(string(data), "\x00") {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		all = append(all, env)
	}
	return all
}

func (r *realTarget) signals(service string) []string { return r.lines(service + ".signals") }

func (r *realTarget) executable(name, script string, _ func(*memory.Running) int) {
	r.write(name, "#!/bin/sh\n"+script+"\n", 0o755)
}

func (r *realTarget) checkURL(name string) string {
	if r.checks == nil {
		r.checks = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			failure, err := os.ReadFile(filepath.Join(r.stubs, filepath.Base(request.URL.Path)+".fails"))
			if err == nil {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			_, _ = w.Write(failure)
		}))
		r.t.Cleanup(r.checks.Close)
	}
	return r.checks.URL + "/" + name
}

func (r *realTarget) setCheck(name, failure string) {
	if failure != "" {
		r.write(name+".fails", failure, 0o644)
		return
	}
	require.NoError(r.t, os.RemoveAll(filepath.Join(r.stubs, name+".fails")))
}

func (r *realTarget) until(what string, holds func() bool) {
	r.t.Helper()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			require.FailNow(r.t, "it never happens: "+what, r.daemon.Log())
		}
	}
}

func (r *realTarget) restart()  { r.daemon.Restart() }
func (r *realTarget) recreate() { r.daemon.Recreate() }

func (r *realTarget) mount(path string) {
	r.t.Helper()
	source := filepath.Join(r.stubs, "mounted")
	info, err := os.Stat(path)
	require.NoError(r.t, err)
	if info.IsDir() {
		require.NoError(r.t, os.Mkdir(source, 0o755))
	} else {
		require.NoError(r.t, os.WriteFile(source, []byte("mounted"), 0o644))
	}
	require.NoError(r.t, syscall.Mount(source, path, "", syscall.MS_BIND, ""))
	r.t.Cleanup(func() { require.NoError(r.t, syscall.Unmount(path, syscall.MNT_DETACH)) })
}

func (r *realTarget) do(method, path, body string) (int, json.RawMessage) {
	r.t.Helper()
	return do(r.t, r.client.Transport, method, path, body)
}

func do(t *testing.T, over http.RoundTripper, method, path, body string) (int, json.RawMessage) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := over.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	if response.Header.Get("Content-Type") != "application/json" {
		return response.StatusCode, data
	}
	var answer struct {
		Result json.RawMessage `json:"result"`
	}
	require.NoError(t, json.Unmarshal(data, &answer), "%s", data)
	return response.StatusCode, answer.Result
}

// memoryTarget is the one in memory, in a folder that is called /case.
type memoryTarget struct {
	t       *testing.T
	pebble  *memory.Pebble
	image   []memory.Layer
	options memory.Options
	stubs   map[string]func(*memory.Running) int
}

const caseDir = "/case"

func startMemory(t *testing.T, version string, s setup) target {
	m := &memoryTarget{t: t, image: s.layers, stubs: map[string]func(*memory.Running) int{}}
	command := memory.Command{Run: func(ctx context.Context, process *memory.Running) int {
		run := m.stubs[process.Args[0]]
		ended := make(chan int, 1)
		go func() { ended <- run(process) }()
		select {
		case code := <-ended:
			return code
		case <-ctx.Done():
			return -1
		}
	}}
	// What there is to be run is known only later, but before it is run.
	for _, name := range stubNames {
		m.options.Commands = append(m.options.Commands, memory.Command{Args: []string{name}, Run: command.Run})
	}
	m.pebble = memory.New(memory.State{
		Version: version, Layers: s.layers, UserID: s.uid, GroupID: s.uid, Environment: s.env,
		Files: map[string]memory.File{caseDir: {Mode: os.ModeDir | 0o755, UID: s.uid, GID: s.uid}},
	}, m.options)
	return m
}

// stubNames are the executables of the clauses.
var stubNames = []string{"stub"}

func (m *memoryTarget) container() *pebble.Container { return m.pebble.Container("app") }
func (m *memoryTarget) dir() string                  { return caseDir }

func (m *memoryTarget) process(service string, p memory.Process) { m.pebble.SetProcess(service, p) }

func (m *memoryTarget) starts(service string) []map[string]string {
	all := make([]map[string]string, m.pebble.State().Services[service].Starts)
	for i := range all {
		all[i] = m.pebble.StartedWith(service)
	}
	return all
}

func (m *memoryTarget) signals(service string) []string {
	var out []string
	for _, s := range m.pebble.State().Signals {
		if s.Service == service {
			out = append(out, s.Signal)
		}
	}
	return out
}

func (m *memoryTarget) executable(name, _ string, run func(*memory.Running) int) {
	require.Contains(m.t, stubNames, name)
	m.stubs[name] = run
}

func (m *memoryTarget) checkURL(name string) string { return "http://localhost/" + name }

func (m *memoryTarget) setCheck(name, failure string) {
	if failure == "" {
		m.pebble.PassCheck(name)
		return
	}
	how := memory.Failure{Error: "non-2xx status code 503", Output: failure}
	if plan, err := m.pebble.Plan(); err == nil && plan.Checks[name] != nil && plan.Checks[name].Exec != nil {
		how.Error = "exit status 1"
	}
	m.pebble.FailCheck(name, how)
}

func (m *memoryTarget) until(what string, holds func() bool) {
	m.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !holds(); {
		require.False(m.t, time.Now().After(deadline), "it never happens: "+what)
		m.pebble.PerformChecks()
		m.pebble.Advance(50 * time.Millisecond)
		// Commands that run take their own time.
		<-tick.C
	}
}

func (m *memoryTarget) restart() { m.pebble.Restart(m.image...) }

func (m *memoryTarget) recreate() {
	m.pebble.Recreate(map[string]memory.File{caseDir: {Mode: os.ModeDir}}, m.image...)
}

func (m *memoryTarget) mount(path string) {
	state := m.pebble.State()
	file := state.Files[path]
	file.Mount = true
	if !file.Mode.IsDir() {
		file.Content = "mounted"
	}
	changed := map[string]memory.File{path: file}
	for name, other := range state.Files {
		if name != path {
			changed[name] = other
		}
	}
	state.Files = changed
	m.pebble = memory.New(state, m.options)
}

func (m *memoryTarget) do(method, path, body string) (int, json.RawMessage) {
	m.t.Helper()
	return do(m.t, m.pebble, method, path, body)
}

// readAll reads all of a command's input.
func readAll(r io.Reader) []byte {
	var all bytes.Buffer
	_, _ = all.ReadFrom(r)
	return all.Bytes()
}
