package webapp_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/webapp"
)

// runHook runs a hook of a pod whose containers have not started, and returns
// the hook tools as command lines.
func runHook(t *testing.T, hook string, options webapp.Options) []string {
	t.Helper()
	if options.Workload == nil {
		options.Workload = func(context.Context) (*webapp.Workload, error) { return &webapp.Workload{}, nil }
	}
	var lines []string
	var o *webapp.Operator
	_, err := charm.Run(t.Context(), func(b *charm.Base) (*webapp.Operator, error) {
		o = webapp.New(b, options)
		return o, nil
	}, charm.Options{
		Getenv: func(name string) string {
			return map[string]string{"JUJU_DISPATCH_PATH": "hooks/" + hook, "JUJU_UNIT_NAME": "web/0"}[name]
		},
		Files:  fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
		Socket: func(string) string { return "/nonexistent/pebble.socket" },
		Transport: hooktool.Func(func(_ context.Context, call hooktool.Call) (hooktool.Result, error) {
			lines = append(lines, call.Tool+" "+strings.Join(call.Args, " "))
			answer := map[string]string{
				"config-get":   `{"client-max-body-size": "2m", "proxy-read-timeout": 60, "static-max-age": 60, "gzip": true, "trusted-proxies": ""}`,
				"opened-ports": `["9/tcp"]`,
			}[call.Tool]
			if answer == "" {
				answer = "{}"
			}
			return hooktool.Result{Stdout: []byte(answer)}, nil
		}),
	})
	require.NoError(t, err)
	require.Equal(t, "app", o.App().Name())
	require.Equal(t, "nginx", o.NGINX().Name())
	return lines
}

// Charms of earlier versions may have opened others.
func TestPortsAreOpened(t *testing.T) {
	t.Parallel()
	for _, hook := range []string{"install", "upgrade-charm"} {
		lines := runHook(t, hook, webapp.Options{})
		require.Contains(t, lines, "close-port -- 9/tcp")
		require.Contains(t, lines, "open-port -- 8080/tcp")
	}
	require.False(t, slices.ContainsFunc(runHook(t, "config-changed", webapp.Options{}), func(line string) bool {
		return strings.HasPrefix(line, "open-port")
	}))
}

// A part of the charm that NGINX's configuration cannot have is told, beside
// what else is missing.
func TestOptionsThatCannotBeRendered(t *testing.T) {
	t.Parallel()
	lines := runHook(t, "config-changed", webapp.Options{
		Static:   []webapp.Static{{Prefix: "no slash", Dir: "/srv"}},
		Workload: func(context.Context) (*webapp.Workload, error) { return nil, charm.Waiting("waiting for credentials") },
	})
	last := lines[len(lines)-1]
	require.Contains(t, last, "status-set -- blocked ")
	require.Contains(t, last, "no slash")
	require.Contains(t, last, "waiting for credentials; waiting for container app")
}

// What makes the workload may fail: so does the hook.
func TestWorkloadThatCannotBeMade(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	_, err := charm.Run(t.Context(), func(b *charm.Base) (*webapp.Operator, error) {
		return webapp.New(b, webapp.Options{Workload: func(context.Context) (*webapp.Workload, error) { return nil, broken }}), nil
	}, charm.Options{
		Getenv: func(name string) string { return map[string]string{"JUJU_DISPATCH_PATH": "hooks/start"}[name] },
		Files:  fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
		Socket: func(string) string { return "/nonexistent/pebble.socket" },
		Transport: hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
			return hooktool.Result{Stdout: []byte("{}")}, nil
		}),
	})
	require.ErrorIs(t, err, broken)
}
