package nginx_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/webapp/nginx"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// server is a real NGINX in front of a small app, run by an ordinary user.
type server struct {
	config  nginx.Config
	program string
	web     string // where clients connect
	status  string
	app     *httptest.Server
	cmd     *exec.Cmd
	log     testenv.Output
}

// start runs NGINX until the end of the test. change, if any, completes the configuration.
func start(t *testing.T, app http.Handler, change func(*nginx.Config)) *server {
	t.Helper()
	s := &server{program: testenv.Command(t, "nginx"), app: httptest.NewServer(app)}
	t.Cleanup(s.app.Close)
	s.config = nginx.Config{
		Directory: ownedDir(t),
		Listen:    []netip.AddrPort{testenv.Address(t)},
		Status:    testenv.Address(t),
		Upstream:  netip.MustParseAddrPort(s.app.Listener.Addr().String()),
	}
	s.config.AccessLog = s.config.Directory + "/access.log"
	if change != nil {
		change(&s.config)
	}
	s.web, s.status = s.config.Listen[0].String(), s.config.Status.String()

	rendered := s.write(t)
	s.cmd = s.command(t, nginx.StartCommand(s.config.Directory))
	s.cmd.Stderr = &s.log
	require.NoError(t, s.cmd.Start())
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		_ = s.cmd.Wait()
		if t.Failed() {
			t.Log(s.log.String())
		}
	})
	s.awaitGeneration(t, rendered.Generation, 0)
	return s
}

// write puts a new configuration in its place, after NGINX has tried it.
func (s *server) write(t *testing.T) *nginx.Rendered {
	t.Helper()
	rendered, err := nginx.Render(s.config)
	require.NoError(t, err)
	staged := rendered.Path + ".staged"
	require.NoError(t, os.WriteFile(staged, rendered.Content, 0o644))
	s.run(t, nginx.TestCommand(staged))
	require.NoError(t, os.Rename(staged, rendered.Path))
	return rendered
}

// reload changes the configuration in the way that the package's documentation teaches.
func (s *server) reload(t *testing.T, change func(*nginx.Config)) {
	t.Helper()
	change(&s.config)
	rendered := s.write(t)
	s.run(t, nginx.ReloadCommand(s.config.Directory, s.generation(t).Name))
	s.awaitGeneration(t, rendered.Generation, 250*time.Millisecond)
}

func (s *server) run(t *testing.T, args []string) {
	t.Helper()
	output, err := s.command(t, args).CombinedOutput()
	require.NoError(t, err, "%s", output)
}

// command is one of the package's commands, run by an ordinary user, with the machine's own NGINX.
func (s *server) command(t *testing.T, args []string) *exec.Cmd {
	t.Helper()
	args = slices.Clone(args)
	if i := slices.Index(args, nginx.Program); i >= 0 {
		args[i] = s.program
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: ordinary()}
	return cmd
}

func (s *server) generation(t *testing.T) nginx.Generation {
	t.Helper()
	answer := s.ask(t, s.status, "GET", nginx.PathGeneration, "")
	require.Equal(t, http.StatusOK, answer.status)
	return nginx.ParseGeneration(answer.body)
}

// awaitGeneration waits until NGINX has answered with a generation, and no other, for some time.
func (s *server) awaitGeneration(t *testing.T, want string, hold time.Duration) {
	t.Helper()
	var since time.Time
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		answer, err := s.try(t.Context(), s.status, "GET", nginx.PathGeneration, "")
		if err != nil || nginx.ParseGeneration(answer.body).Name != want {
			since = time.Time{}
			continue
		}
		if since.IsZero() {
			since = time.Now()
		}
		if time.Since(since) >= hold {
			return
		}
	}
	require.Fail(t, "NGINX does not run the configuration", s.log.String())
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
	close  bool // whether it is the connection's last
}

// get sends a request as it stands, on a connection of its own; lines are its headers, each with \r\n.
func (s *server) get(t *testing.T, target string, lines ...string) *answer {
	t.Helper()
	return s.ask(t, s.web, "GET", target, "", lines...)
}

func (s *server) ask(t *testing.T, address, method, target, body string, lines ...string) *answer {
	t.Helper()
	a, err := s.try(t.Context(), address, method, target, body, lines...)
	require.NoError(t, err, target)
	return a
}

func (s *server) try(ctx context.Context, address, method, target, body string, lines ...string) (*answer, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return exchange(conn, bufio.NewReader(conn), method, target, body, lines...)
}

// exchange sends one request and reads its response.
func exchange(conn net.Conn, reader *bufio.Reader, method, target, body string, lines ...string) (*answer, error) {
	if body != "" {
		lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	head := method + " " + target + " HTTP/1.1\r\nHost: example.com\r\n"
	for _, line := range lines {
		head += line + "\r\n"
	}
	return send(conn, reader, method, head+"\r\n"+body)
}

// send sends a request that is complete.
func send(conn net.Conn, reader *bufio.Reader, method, request string) (*answer, error) {
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, request); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err == nil && response.StatusCode == http.StatusContinue {
		response, err = http.ReadResponse(reader, &http.Request{Method: method})
	}
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return &answer{response.StatusCode, response.Header, string(content), response.Close}, err
}

// raw sends a request that is complete, on a connection of its own.
func (s *server) raw(t *testing.T, request string) *answer {
	t.Helper()
	conn := s.dial(t)
	method, _, _ := strings.Cut(request, " ")
	a, err := send(conn, bufio.NewReader(conn), method, request)
	require.NoError(t, err)
	return a
}

func (s *server) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.web)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// drain begins to drain the generation that runs.
func (s *server) drain(t *testing.T) {
	t.Helper()
	file := nginx.DrainFile(s.config.Directory, s.generation(t).Name)
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	if ordinary() != nil {
		require.NoError(t, os.Chown(file, nobody, nobody))
	}
}

// nobody is an ordinary user, whom the tests run as when they are root's.
const nobody = 65534

func ordinary() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	return &syscall.Credential{Uid: nobody, Gid: nobody}
}

// ownedDir returns a folder that belongs to the ordinary user.
func ownedDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "nginx")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	if ordinary() != nil {
		require.NoError(t, os.Chown(dir, nobody, nobody))
	}
	return dir
}

// folder makes a folder with files, which NGINX can read.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := ownedDir(t)
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	return dir
}

// echo is an app that answers with the request as it came.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s\nHost: %s\n", r.Method, r.RequestURI, r.Host)
	_ = r.Header.Write(w)
	fmt.Fprintf(w, "\n%s", body)
}
