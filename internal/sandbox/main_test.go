package sandbox_test

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
	"github.com/charmkit/charmkit/internal/sandbox/sandboxtest"
	"github.com/charmkit/charmkit/internal/testenv"
)

const (
	roleVariable   = "SANDBOX_TEST_ROLE"   // "owner": be the program that TestOwnerKilled kills
	pebbleVariable = "SANDBOX_TEST_PEBBLE" // where the daemon is, for a user who cannot read the source
)

func TestMain(m *testing.M) {
	sandbox.Init()
	if os.Geteuid() == 0 && os.Getenv(roleVariable) == "owner" {
		ownForever()
		return
	}
	os.Exit(sandboxtest.Main(m))
}

func TestAsOrdinaryUser(t *testing.T) {
	if sandboxtest.Ordinary(t) {
		return // this is that run
	}
	directory, err := os.MkdirTemp("", "sandbox")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(directory)) })
	require.NoError(t, os.Chmod(directory, 0o755))
	daemon, err := os.ReadFile(testenv.Pebble(t, "1.19.2"))
	require.NoError(t, err)
	path := filepath.Join(directory, "pebble")
	require.NoError(t, os.WriteFile(path, daemon, 0o755))

	cmd := exec.Command("/proc/self/exe", "-test.skip=^TestAsOrdinaryUser$", "-test.v")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), pebbleVariable+"="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	require.NoError(t, cmd.Run(), "%s", &output)
	require.Contains(t, output.String(), "--- PASS: TestPebble")
}

func pebble(t *testing.T) string {
	t.Helper()
	if path := os.Getenv(pebbleVariable); path != "" {
		return path
	}
	return testenv.Pebble(t, "1.19.2")
}

// testContext ends with the test, and early enough to say where it hung.
func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func newNetwork(t *testing.T) *sandbox.Network {
	t.Helper()
	network, err := sandbox.NewNetwork(t.Context(), netip.MustParsePrefix("10.88.7.0/24"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, network.Close()) })
	return network
}

func newPod(t *testing.T, network *sandbox.Network, name string) *sandbox.Pod {
	t.Helper()
	pod, err := network.AddPod(t.Context(), sandbox.PodSpec{Name: name})
	require.NoError(t, err)
	return pod
}

func start(t *testing.T, pod *sandbox.Pod, spec sandbox.ContainerSpec) *sandbox.Container {
	t.Helper()
	if spec.Root == "" {
		spec.Root = filepath.Join(t.TempDir(), "root")
	}
	container, err := pod.Start(testContext(t), spec)
	require.NoError(t, err)
	return container
}

// newContainer starts a container that runs programs on request, in a pod of its own.
func newContainer(t *testing.T) *sandbox.Container {
	t.Helper()
	return start(t, newPod(t, newNetwork(t), "hello-0"), sandbox.ContainerSpec{Name: "charm"})
}

const (
	path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
	// processes is a script that prints the command lines of a container; some processes end meanwhile.
	processes = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' '`
)

// shell runs a script and returns what it printed.
func shell(t *testing.T, c *sandbox.Container, as sandbox.Credentials, script string) string {
	t.Helper()
	var out, problem bytes.Buffer
	exit, err := c.Exec(testContext(t), sandbox.ExecSpec{
		Argv: []string{"/bin/sh", "-c", script}, Env: []string{path}, RunAs: as, Stdout: &out, Stderr: &problem,
	})
	require.NoError(t, err)
	require.Equal(t, sandbox.Exit{}, exit, "%s\n%s", script, &problem)
	return out.String()
}

func eventually(t *testing.T, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, 10*time.Millisecond, what)
}
