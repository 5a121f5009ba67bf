package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
)

const rootVariable = "SANDBOX_TEST_ROOT" // the directory that the role "owner" works in

// ownForever is a program with a pod, of two containers in which programs run. It has no end of its own.
func ownForever() {
	if err := own(context.Background(), os.Getenv(rootVariable)); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	select {}
}

func own(ctx context.Context, directory string) error {
	network, err := sandbox.NewNetwork(ctx, netip.MustParsePrefix("10.88.9.0/24"))
	if err != nil {
		return err
	}
	pod, err := network.AddPod(ctx, sandbox.PodSpec{Name: "hello-0"})
	if err != nil {
		return err
	}
	_, err = pod.Start(ctx, sandbox.ContainerSpec{
		Name: "app", Root: filepath.Join(directory, "app"), RunAs: sandbox.Credentials{UID: 584792, GID: 584792},
		Command: []string{"/bin/sh", "-c", "sleep 1000 & sleep 1000; true"}, Env: []string{path},
	})
	if err != nil {
		return err
	}
	charm, err := pod.Start(ctx, sandbox.ContainerSpec{Name: "charm", Root: filepath.Join(directory, "charm")})
	if err != nil {
		return err
	}
	_, err = charm.Exec(ctx, sandbox.ExecSpec{
		Argv: []string{"/bin/sh", "-c", "sleep 1000 & setsid sleep 1000 &"}, Env: []string{path},
	})
	return err
}

func TestOwnerKilled(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"=owner", rootVariable+"="+directory)
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	require.NotEmpty(t, processesIn(t, directory))

	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	eventually(t, func() bool { return len(processesIn(t, directory)) == 0 }, "all processes are to end")
}

// processesIn returns the processes that have a mount of something below the directory: those in containers with such a
// root. The kernel gives a mount's source from the root of its own file system, which may be that of /tmp.
func processesIn(t *testing.T, directory string) []string {
	t.Helper()
	source := strings.TrimPrefix(directory, os.TempDir()) + "/"
	files, err := filepath.Glob("/proc/[0-9]*/mountinfo")
	require.NoError(t, err)
	var found []string
	for _, file := range files {
		mounts, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(mounts), source) {
			found = append(found, file)
		}
	}
	return found
}
