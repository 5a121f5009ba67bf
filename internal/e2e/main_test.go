package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/charmkit/charmkit/internal/charmbox/cli"
	"github.com/charmkit/charmkit/internal/juju/tools"
	"github.com/charmkit/charmkit/internal/sandbox"
	"github.com/charmkit/charmkit/internal/sandbox/sandboxtest"
)

// TestMain makes the test binary what charmbox is as well: the first process of
// containers and, under their names, the hook tools.
func TestMain(m *testing.M) {
	sandbox.Init()
	if slices.Contains(tools.Names(), filepath.Base(os.Args[0])) {
		os.Exit(cli.Main(context.Background(), &cli.Program{
			Args: os.Args, Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		}))
	}
	os.Exit(sandboxtest.Main(m))
}
