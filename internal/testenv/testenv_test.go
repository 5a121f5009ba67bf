package testenv_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/testenv"
)

// failing is a test that remembers how it failed.
type failing struct {
	testing.TB
	message string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failure runs do in a goroutine of its own, since Fatalf ends it.
func failure(t *testing.T, do func(testing.TB)) string {
	f := &failing{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		do(f)
	}()
	<-done
	return f.message
}

func TestRootIsTheModule(t *testing.T) {
	t.Parallel()
	root := testenv.Root(t)
	require.FileExists(t, filepath.Join(root, "internal", "testenv", "testenv_test.go"))
}

func TestPebble(t *testing.T) {
	t.Parallel()
	path := testenv.Pebble(t, "1.19.2")
	require.True(t, filepath.IsAbs(path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&0o111)

	message := failure(t, func(tb testing.TB) { testenv.Pebble(tb, "0.0.1") })
	require.Regexp(t, `build/bin/pebble-0\.0\.1 is missing; run 'make tools'$`, message)
}

func TestBuilt(t *testing.T) {
	t.Parallel()
	require.FileExists(t, testenv.Built(t, "bin/charmbox"))

	message := failure(t, func(tb testing.TB) { testenv.Built(tb, "bin/no-such-program") })
	require.Regexp(t, `build/bin/no-such-program is missing; run 'make binaries charm'$`, message)
}

func TestCommand(t *testing.T) {
	t.Parallel()
	require.True(t, filepath.IsAbs(testenv.Command(t, "sh")))

	message := failure(t, func(tb testing.TB) { testenv.Command(tb, "no-such-command") })
	require.Equal(t, `command "no-such-command" is missing; run 'apt-get install no-such-command'`, message)
}
