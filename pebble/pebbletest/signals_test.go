package pebbletest_test

import (
	"fmt"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// What runs below a daemon ignores no signal that the test was started to ignore. It changes the whole process, so it is alone.
func TestDaemonIgnoresNoSignals(t *testing.T) {
	ignored := []syscall.Signal{syscall.SIGHUP, syscall.SIGINT}
	for _, s := range ignored {
		signal.Ignore(s)
		t.Cleanup(func() { signal.Reset(s) })
	}
	c := pebbletest.Start(t, pebbletest.Options{}).Container("app")
	out, err := c.Exec(t.Context(), pebble.Command{Args: []string{"grep", "SigIgn", "/proc/self/status"}})
	require.NoError(t, err)
	var mask uint64
	_, err = fmt.Sscanf(string(out.Stdout), "SigIgn:\t%x", &mask)
	require.NoError(t, err)
	for _, s := range ignored {
		require.Zero(t, mask&(1<<(s-1)), "%v is ignored", s)
	}
}
