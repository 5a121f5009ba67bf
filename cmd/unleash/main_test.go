package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Juju starts the hook binary for every event, and every package in it is paid
// for each time. This list is what it is known to do well without.
func TestTheHookBinaryStaysLean(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	deps := strings.Fields(string(out))
	require.Contains(t, deps, "github.com/charmkit/charmkit/unleash")
	for _, heavy := range []string{
		"text/template", "html/template", "net/rpc", "testing",
		"github.com/stretchr/testify", "github.com/juju/gnuflag", "github.com/santhosh-tekuri/jsonschema",
		"github.com/charmkit/charmkit/internal",
	} {
		for _, dep := range deps {
			require.False(t, dep == heavy || strings.HasPrefix(dep, heavy+"/"), "the hook binary links %s", dep)
		}
	}
}
