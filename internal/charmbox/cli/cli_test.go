package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/charmbox/cli"
	"github.com/charmkit/charmkit/internal/juju/tools"
	"github.com/charmkit/charmkit/internal/sandbox"
	"github.com/charmkit/charmkit/internal/testenv"
)

// TestMain makes the test binary what charmbox is: the verbs, the daemon, the
// first process of containers, and the hook tools.
func TestMain(m *testing.M) {
	sandbox.Init()
	main := func() {
		os.Exit(cli.Main(context.Background(), &cli.Program{
			Args: os.Args, Getenv: os.Getenv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		}))
	}
	if slices.Contains(tools.Names(), filepath.Base(os.Args[0])) {
		main()
	}
	testscript.Main(m, map[string]func(){"charmbox": main})
}

// TestScripts are sessions at a terminal, each with a model of its own in
// $CHARMBOX_DIR. $HELLO is the charm of examples/hello.
func TestScripts(t *testing.T) {
	t.Parallel()
	hello := packHello(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			model, err := newModelDir(t)
			if err != nil {
				return err
			}
			env.Defer(model.destroy)
			env.Setenv("CHARMBOX_DIR", model.dir)
			env.Setenv("CHARMBOX_PEBBLE", testenv.Pebble(t, "1.19.2"))
			env.Setenv("HELLO", hello)
			// The race detector would keep each verb from ending for a second.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
	})
}

// modelDir is the folder of a script's model.
type modelDir struct {
	t      *testing.T
	parent string
	dir    string
}

// newModelDir makes a short name: the paths of sockets are limited.
func newModelDir(t *testing.T) (*modelDir, error) {
	parent, err := os.MkdirTemp("", "cb")
	return &modelDir{t, parent, filepath.Join(parent, "model")}, err
}

// destroy ends the model that a script has left.
func (m *modelDir) destroy() {
	if charmbox.Stored(m.dir) {
		assert.NoError(m.t, charmbox.Destroy(context.Background(), m.dir))
	}
	assert.NoError(m.t, os.RemoveAll(m.parent))
}

// packHello packs the charm of examples/hello with charmbox itself.
func packHello(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hello_"+runtime.GOARCH+".charm")
	code := cli.Main(t.Context(), &cli.Program{
		Args:   []string{"charmbox", "pack", "--dispatch", testenv.Built(t, "bin/hello"), "-o", file, filepath.Join(testenv.Root(t), "examples", "hello")},
		Getenv: os.Getenv, Stdout: t.Output(), Stderr: t.Output(),
	})
	require.Zero(t, code)
	return file
}
