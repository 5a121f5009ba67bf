package tools_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/tools"
)

// C-160.
func TestCallErrors(t *testing.T) {
	t.Parallel()
	c := newWorld(t).configChanged(t)
	for _, bad := range []struct {
		request tools.Request
		want    string
	}{
		{tools.Request{Dir: "/"}, "bad request: command not specified"},
		{tools.Request{Command: "config-get", Dir: "relative"}, "bad request: Dir is not absolute"},
		{tools.Request{Command: "add-metric", Dir: "/"}, "bad request: unknown command: add-metric"},
		{tools.Request{Command: "relation-set", Args: call("-r", "1", "--file", "-"), Dir: "/"}, "hook tool requires stdin, none supplied"},
	} {
		_, err := tools.Run(t.Context(), c, bad.request)
		require.EqualError(t, err, bad.want)
	}
}

// Help must not fail, and must name every flag, for every tool.
// C-153.
func TestHelp(t *testing.T) {
	t.Parallel()
	c := newWorld(t).configChanged(t)
	require.True(t, slices.IsSorted(tools.Names()))
	for _, name := range tools.Names() {
		for _, flag := range []string{"--help", "-h"} {
			r := run(t, c, name, flag, "--no-such-flag")
			require.Zero(t, r.Code)
			require.Empty(t, string(r.Stderr))
			require.True(t, strings.HasPrefix(string(r.Stdout), "Usage: "+name), string(r.Stdout))
		}
	}
	require.Contains(t, output(t, c, "state-get", "-h"), "--strict")
}
