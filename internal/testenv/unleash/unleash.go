package unleash

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/charmkit/charmkit/internal/testenv"
)

// What a server is started with.
const (
	Username   = "admin"
	Password   = "Correct-7-Horse-b4ttery"
	Token      = "*:*.0123456789abcdefghijklmnopqrstuvwxyz"
	SessionKey = "a-session-key-of-the-tests"
)

// patience is how long Unleash may take to start or to stop.
const patience = time.Minute

// Server is an Unleash server.
type Server struct {
	// URL is its address.
	URL string

	t     testing.TB
	log   testenv.Output
	cmd   *exec.Cmd
	ended chan struct{}
}

// Start runs Unleash on a database until the end of the test, and returns when it is ready.
func Start(t testing.TB, databaseURL string) *Server {
	t.Helper()
	address := testenv.Address(t)
	s := &Server{URL: "http://" + address.String(), t: t, ended: make(chan struct{})}
	secrets := Secrets(t, map[string]string{
		"DATABASE_URL":                   databaseURL,
		"INIT_ADMIN_API_TOKENS":          Token,
		"UNLEASH_DEFAULT_ADMIN_USERNAME": Username,
		"UNLEASH_DEFAULT_ADMIN_PASSWORD": Password,
		"UNLEASH_SECRET":                 SessionKey,
	})
	s.cmd = Command(t, "server.mjs", map[string]string{
		"UNLEASH_SECRETS_FILE": secrets,
		"HTTP_HOST":            address.Addr().String(),
		"HTTP_PORT":            strconv.Itoa(int(address.Port())),
		"LOG_LEVEL":            "debug",
	})
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatalf("cannot start Unleash: %v", err)
	}
	go func() {
		defer close(s.ended)
		_ = s.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.ended
	})
	s.Await("/ready", http.StatusOK)
	return s
}

// Command returns the command that runs a script of the app container in Node, with the environment that the charm gives it,
// changed by environment. An empty value takes a variable away.
func Command(t testing.TB, script string, environment map[string]string) *exec.Cmd {
	t.Helper()
	app := filepath.Join(testenv.Root(t), "rock", "app")
	node := filepath.Join(app, "node_modules", ".bin", "node")
	if _, err := os.Stat(node); err != nil {
		t.Fatalf("%s is missing; run 'make app'", node)
	}
	all := map[string]string{
		"DATABASE_SSL":   "false",
		"CHECK_VERSION":  "false",
		"SEND_TELEMETRY": "false",
		"NODE_ENV":       "production",
	}
	maps.Copy(all, environment)
	cmd := exec.Command(node, filepath.Join(app, script))
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range all {
		if value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	// An interrupt from the terminal is for the test, which then ends the process.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// Secrets writes a file of secrets, and returns its path.
func Secrets(t testing.TB, secrets map[string]string) string {
	t.Helper()
	content, err := json.Marshal(secrets)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "secrets.json")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Await waits until a page answers with a status.
func (s *Server) Await(path string, status int) {
	s.t.Helper()
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick, end := time.NewTicker(20*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for {
		if response, err := client.Get(s.URL + path); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == status {
				return
			}
		}
		select {
		case <-tick.C:
		case <-s.ended:
			s.t.Fatalf("Unleash has ended:\n%s", s.Log())
		case <-end:
			s.t.Fatalf("Unleash does not answer %s with %d:\n%s", path, status, s.Log())
		}
	}
}

// Stop ends the server as Pebble does, by SIGTERM, and returns its exit code.
func (s *Server) Stop() int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatalf("cannot stop Unleash: %v", err)
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatalf("Unleash does not stop:\n%s", s.Log())
	}
	return s.cmd.ProcessState.ExitCode()
}

// Log returns what the server has written so far.
func (s *Server) Log() string { return s.log.String() }
