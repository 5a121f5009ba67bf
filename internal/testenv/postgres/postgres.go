package postgres

import (
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmkit/charmkit/internal/testenv"
)

// Server is a PostgreSQL server.
type Server struct {
	// URL is the address of the database postgres, with the superuser's name and password.
	URL      string
	Host     string
	Port     int
	User     string
	Password string

	t      testing.TB
	binary string
	dir    string // the socket's, with the data below it
	log    testenv.Output
	cmd    *exec.Cmd
	ended  chan struct{}
}

// nobody is the ordinary user of root's tests; PostgreSQL does not run as root.
const nobody = 65534

// patience is how long PostgreSQL may take to start or to stop.
const patience = 30 * time.Second

// Start runs a server until the end of the test, and returns when it answers.
func Start(t testing.TB) *Server {
	t.Helper()
	// A socket's path has at most 107 bytes, and t.TempDir() contains the name of the test.
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		t.Fatalf("cannot start PostgreSQL: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	address := testenv.Address(t)
	s := &Server{
		Host: address.Addr().String(), Port: int(address.Port()), User: "postgres", Password: "a-password",
		t: t, binary: testenv.Command(t, "postgres"), dir: dir,
	}
	s.URL = (&url.URL{
		Scheme: "postgres", User: url.UserPassword(s.User, s.Password), Host: address.String(), Path: "/postgres",
	}).String()
	s.initialize()
	t.Cleanup(func() { s.stop(syscall.SIGQUIT) })
	s.Start()
	return s
}

func (s *Server) initialize() {
	s.t.Helper()
	password := filepath.Join(s.dir, "password")
	err := os.WriteFile(password, []byte(s.Password), 0o600)
	if os.Getuid() == 0 && err == nil {
		err = os.Chown(s.dir, nobody, nobody)
	}
	if os.Getuid() == 0 && err == nil {
		err = os.Chown(password, nobody, nobody)
	}
	if err != nil {
		s.t.Fatalf("cannot start PostgreSQL: %v", err)
	}
	initdb := s.command(filepath.Join(filepath.Dir(s.binary), "initdb"), "--pgdata="+s.data(), "--no-sync", "--no-instructions",
		"--username="+s.User, "--pwfile="+password, "--encoding=UTF8", "--locale=C.UTF-8",
		"--auth-local=trust", "--auth-host=scram-sha-256")
	if output, err := initdb.CombinedOutput(); err != nil {
		s.t.Fatalf("cannot make a PostgreSQL cluster: %v\n%s", err, output)
	}
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// command is one that the ordinary user runs.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.dir
	// An interrupt from the terminal is for the test, which then ends the server.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return cmd
}

// Start starts the server again after [Server.Stop].
func (s *Server) Start() {
	s.t.Helper()
	s.cmd = s.command(s.binary, "-D", s.data(), "-h", s.Host, "-p", strconv.Itoa(s.Port), "-k", s.dir, "-F",
		"-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "shared_buffers=16MB")
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("cannot start PostgreSQL: %v", err)
	}
	cmd, ended := s.cmd, make(chan struct{})
	s.ended = ended
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	tick, end := time.NewTicker(5*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for !s.ready() {
		select {
		case <-tick.C:
		case <-ended:
			s.t.Fatalf("PostgreSQL has ended:\n%s", s.Log())
		case <-end:
			s.t.Fatalf("PostgreSQL is not ready:\n%s", s.Log())
		}
	}
}

// ready reads what the server says of itself in its pid file: the eighth line is its state.
func (s *Server) ready() bool {
	content, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	lines := strings.Split(string(content), "\n")
	return err == nil && len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready" &&
		lines[0] == strconv.Itoa(s.cmd.Process.Pid)
}

// Stop stops the server; its data stay.
func (s *Server) Stop() {
	s.t.Helper()
	s.stop(syscall.SIGINT)
}

func (s *Server) stop(signal os.Signal) {
	s.t.Helper()
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Signal(signal)
	select {
	case <-s.ended:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		<-s.ended
		s.t.Errorf("PostgreSQL did not stop:\n%s", s.Log())
	}
	s.cmd = nil
}

// Query runs SQL as the superuser and returns the rows, one a line, columns separated by |.
func (s *Server) Query(sql string) string {
	s.t.Helper()
	cmd := exec.Command(testenv.Command(s.t, "psql"), "--no-psqlrc", "--quiet", "--no-align", "--tuples-only",
		"--set=ON_ERROR_STOP=1", "--command="+sql, s.URL)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	output, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("cannot run %q: %v\n%s", sql, err, problems.Bytes())
	}
	return strings.TrimSpace(string(output))
}

// Log returns what the server has written so far.
func (s *Server) Log() string { return s.log.String() }
