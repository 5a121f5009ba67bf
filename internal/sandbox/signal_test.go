package sandbox_test

import (
	"bytes"
	"fmt"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
)

// A container ignores no signal that was ignored where the sandbox was started: SIGHUP under nohup, SIGINT and SIGQUIT in the
// background of a shell script.
//
// It changes the whole process, so it is alone.
func TestContainerIgnoresNoSignals(t *testing.T) {
	ignored := []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGUSR1}
	for _, s := range ignored {
		signal.Ignore(s)
		t.Cleanup(func() { signal.Reset(s) })
	}
	for name, run := range map[string]func(*testing.T, *sandbox.Pod) string{
		"command": func(t *testing.T, pod *sandbox.Pod) string {
			var out bytes.Buffer
			c := start(t, pod, sandbox.ContainerSpec{
				Name: "app", Output: &out, Env: []string{path}, Command: []string{"grep", "SigIgn", "/proc/self/status"},
			})
			exit, err := c.Wait(testContext(t))
			require.NoError(t, err)
			require.Equal(t, sandbox.Exit{}, exit)
			return out.String()
		},
		"program on request": func(t *testing.T, pod *sandbox.Pod) string {
			c := start(t, pod, sandbox.ContainerSpec{Name: "charm"})
			return shell(t, c, sandbox.Credentials{}, "exec grep SigIgn /proc/self/status")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var mask uint64
			_, err := fmt.Sscanf(run(t, newPod(t, newNetwork(t), "hello-0")), "SigIgn:\t%x", &mask)
			require.NoError(t, err)
			for _, s := range ignored {
				require.Zero(t, mask&(1<<(s-1)), "%v is ignored", s)
			}
		})
	}
}
