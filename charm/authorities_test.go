package charm_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/tracing"
)

const authoritiesYAML = `
name: wiki
summary: A wiki.
description: For tests.
requires:
  charm-tracing: {interface: tracing}
  authorities: {interface: certificate_transfer}
  database: postgresql_client
`

// secureBackend takes traces over HTTPS. It returns its URL, its certificate and how
// many traces it has taken.
func secureBackend(t *testing.T) (url, certificate string, taken *atomic.Int32) {
	taken = &atomic.Int32{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken.Add(1) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return server.URL, string(data), taken
}

// runTraced runs config-changed of a charm that is traced. The answers of
// relation-get are by the owner of the databag.
func runTraced(t *testing.T, dir string, declare func(*charm.Base), bags map[string]map[string]string) (calls []string, err error) {
	t.Helper()
	return runTracedFailing(t, dir, declare, bags, 0)
}

// runTracedFailing does it, and one of the calls fails.
func runTracedFailing(t *testing.T, dir string, declare func(*charm.Base), bags map[string]map[string]string, fail int) (calls []string, err error) {
	t.Helper()
	_, err = charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		declare(b)
		return b, nil
	}, charm.Options{
		Getenv: environment("JUJU_DISPATCH_PATH", "hooks/config-changed", "JUJU_UNIT_NAME", "wiki/0"), Dir: dir,
		Files: fstest.MapFS{"metadata.yaml": {Data: []byte(authoritiesYAML)}},
		Transport: hooktool.Func(func(_ context.Context, call hooktool.Call) (hooktool.Result, error) {
			line := call.Tool + " " + strings.Join(call.Args, " ") + string(call.Stdin)
			calls = append(calls, line)
			if len(calls) == fail {
				return hooktool.Result{Code: 1, Stderr: []byte("ERROR broken")}, nil
			}
			answer := "{}"
			switch last := call.Args[len(call.Args)-1]; {
			case call.Tool == "is-leader":
				answer = "true"
			case call.Tool == "relation-ids":
				answer = `["` + last + `:1"]`
				if last == "authorities" {
					answer = `["authorities:2"]`
				}
			case call.Tool == "relation-list" && last == "--app":
				answer = map[bool]string{true: `"ca"`, false: `"tempo"`}[strings.Contains(line, "authorities:2")]
			case call.Tool == "relation-list":
				answer = `["ca/0"]`
			case call.Tool == "relation-get":
				data, err := json.Marshal(bags[last])
				require.NoError(t, err)
				answer = string(data)
			}
			return hooktool.Result{Stdout: []byte(answer)}, nil
		}),
	})
	return calls, err
}

func receiver(t *testing.T, url string) map[string]string {
	t.Helper()
	data, err := json.Marshal([]map[string]any{{"protocol": map[string]string{"name": "otlp_http"}, "url": url}})
	require.NoError(t, err)
	return map[string]string{"receivers": string(data)}
}

func TestABackendIsTrustedByWhatIsRelated(t *testing.T) {
	t.Parallel()
	url, certificate, taken := secureBackend(t)
	list, err := json.Marshal([]string{certificate})
	require.NoError(t, err)
	dir := t.TempDir()
	declare := func(b *charm.Base) { b.Trace("charm-tracing", charm.TraceOptions{Authorities: "authorities"}) }
	sent := int32(0)
	for _, test := range []struct {
		name string
		bags map[string]map[string]string
		sent int32
	}{
		{"nothing yet", nil, 0},
		{"no certificate in it", map[string]map[string]string{"ca": {"certificates": `["x"]`}}, 0},
		{"what is no list", map[string]map[string]string{"ca": {"certificates": "x"}}, 0},
		{"version 1", map[string]map[string]string{"ca": {"certificates": string(list)}}, 4},
		{"version 0", map[string]map[string]string{"ca/0": {"ca": certificate}}, 1},
		{"version 0, in a chain", map[string]map[string]string{"ca/0": {"chain": string(list)}}, 1},
	} {
		if test.bags == nil {
			test.bags = map[string]map[string]string{}
		}
		test.bags["tempo"] = receiver(t, url)
		calls, err := runTraced(t, dir, declare, test.bags)
		require.NoError(t, err, test.name)
		require.Contains(t, calls, `relation-set -r authorities:2 --file - --app{"version":"1"}`)
		sent += test.sent
		require.Equal(t, sent, taken.Load(), test.name)
	}

	// Without HTTPS nobody is asked.
	calls, err := runTraced(t, dir, declare, map[string]map[string]string{"tempo": receiver(t, "http://127.0.0.1:1")})
	require.NoError(t, err)
	require.NotContains(t, strings.Join(calls, "\n"), "authorities")
}

// Juju's errors are no lack of certificates: they fail the hook, whichever call it is.
func TestNoFailureAboutAuthoritiesGoesUnnoticed(t *testing.T) {
	t.Parallel()
	url, certificate, _ := secureBackend(t)
	declare := func(b *charm.Base) { b.Trace("charm-tracing", charm.TraceOptions{Authorities: "authorities"}) }
	bags := map[string]map[string]string{"tempo": receiver(t, url), "ca/0": {"ca": certificate}}
	calls, err := runTracedFailing(t, t.TempDir(), declare, bags, 0)
	require.NoError(t, err)
	asked := 0
	for i, call := range calls {
		if strings.HasPrefix(call, "juju-log") {
			continue
		}
		if strings.Contains(call, "authorities") {
			asked++
		}
		_, err := runTracedFailing(t, t.TempDir(), declare, bags, i+1)
		require.ErrorContains(t, err, "broken", call)
	}
	require.Greater(t, asked, 5)
}

// A charm that has the certificates from elsewhere asks nobody.
func TestACharmKnowsWhomToTrust(t *testing.T) {
	t.Parallel()
	url, certificate, taken := secureBackend(t)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM([]byte(certificate)))
	broken := errors.New("broken")
	for _, test := range []struct {
		err  error
		sent int32
	}{{broken, 0}, {nil, 1}} {
		calls, err := runTraced(t, t.TempDir(), func(b *charm.Base) {
			b.Trace("charm-tracing", charm.TraceOptions{RootCAs: func(context.Context) (*x509.CertPool, error) { return pool, test.err }})
		}, map[string]map[string]string{"tempo": receiver(t, url)})
		require.ErrorIs(t, err, test.err)
		require.Equal(t, test.sent, taken.Load())
		require.NotContains(t, strings.Join(calls, "\n"), "authorities")
	}
}

func TestACharmKnowsWhereItsTracesGo(t *testing.T) {
	t.Parallel()
	url, certificate, taken := secureBackend(t)
	dir := t.TempDir()
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM([]byte(certificate)))
	broken := errors.New("broken")
	for _, test := range []struct {
		to   *tracing.Destination
		err  error
		sent int32
	}{
		{nil, nil, 0},
		{nil, charm.Waiting("waiting for an address"), 0},
		{nil, broken, 0},
		{&tracing.Destination{URL: url, RootCAs: pool}, nil, 4},
	} {
		_, err := runTraced(t, dir, func(b *charm.Base) {
			b.TraceTo(func(context.Context) (*tracing.Destination, error) { return test.to, test.err })
		}, nil)
		if errors.Is(test.err, broken) {
			require.ErrorIs(t, err, broken)
		} else {
			require.NoError(t, err)
		}
		require.Equal(t, test.sent, taken.Load())
	}
}

func TestEndpointsForTracesHaveTheirInterfaces(t *testing.T) {
	t.Parallel()
	_, err := runTraced(t, t.TempDir(), func(b *charm.Base) { b.Trace("database", charm.TraceOptions{Authorities: "charm-tracing"}) }, nil)
	require.ErrorContains(t, err, `requires "database" is for traces, and metadata.yaml gives it interface "postgresql_client"`)
	require.ErrorContains(t, err, `requires "charm-tracing" is for authorities, and metadata.yaml gives it interface "tracing"`)
	require.Panics(t, func() {
		_, _ = charm.Events(func(b *charm.Base) (*charm.Base, error) {
			b.Trace("charm-tracing", charm.TraceOptions{
				Authorities: "authorities", RootCAs: func(context.Context) (*x509.CertPool, error) { return nil, nil },
			})
			return b, nil
		})
	})
}

func TestTheTraceOfAHookIsInTheLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	calls, err := runTraced(t, dir, func(b *charm.Base) {
		b.LogFrom(charm.LogTrace)
		b.TraceTo(func(context.Context) (*tracing.Destination, error) { return nil, nil })
	}, nil)
	require.NoError(t, err)
	require.Len(t, calls, 1)
	require.Regexp(t, `^juju-log -l DEBUG -- Starting root trace with id='[0-9a-f]{32}'\.$`, calls[0])
	kept, err := filepath.Glob(filepath.Join(dir, ".charmkit", "traces", "*"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	data, err := os.ReadFile(kept[0])
	require.NoError(t, err)
	id := strings.TrimSuffix(strings.SplitN(calls[0], "='", 2)[1], "'.")
	require.Contains(t, string(data), `"traceId":"`+id+`"`)
	require.Contains(t, string(data), `{"key":"charm_type","value":{"stringValue":"*charm.Base"}}`)
}
