package pebbletest_test

import (
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// What runs below a daemon ignores no signal that the test was started to ignore. It changes the whole process, so it is alone.
func TestDaemonIgnoresNoSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT} {
		signal.Ignore(s)
		t.Cleanup(func() { signal.Reset(s) })
	}
	c := pebbletest.Start(t, pebbletest.Options{}).Container("app")
	out, err := c.Exec(t.Context(), pebble.Command{Args: []string{"grep", "SigIgn", "/proc/self/status"}})
	require.NoError(t, err)
	require.Equal(t, "SigIgn:\t0000000000000000\n", string(out.Stdout))
}
