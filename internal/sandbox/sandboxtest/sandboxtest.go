// Package sandboxtest runs tests that make pods.
package sandboxtest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/charmkit/charmkit/internal/sandbox"
)

// Main runs a package's tests and returns the exit code. An ordinary user's run
// in the user namespace that his pods need. TestMain has called [sandbox.Init].
func Main(m *testing.M) int {
	if os.Geteuid() == 0 {
		return m.Run()
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	sandbox.AsOwner(cmd)
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// Ordinary tells whether the tests run in the user namespace of an ordinary user.
func Ordinary(t testing.TB) bool {
	t.Helper()
	data, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		t.Fatalf("cannot tell who runs the tests: %v", err)
	}
	return strings.Fields(string(data))[2] == "1"
}
