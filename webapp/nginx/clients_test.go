package nginx_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/webapp/nginx"
)

// seen is what the app is told of a client.
type seen struct {
	address, realIP, scheme, host string
}

// whoAmI is an app that tells it back.
func whoAmI(w http.ResponseWriter, r *http.Request) {
	for name, values := range r.Header {
		w.Header()["App-Saw-"+name] = values
	}
	w.Header().Set("App-Saw-Host", r.Host)
}

// from sends a request from a local address.
func (s *server) from(t *testing.T, address string, lines ...string) seen {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	conn, err := dialer.DialContext(context.Background(), "tcp", s.web)
	require.NoError(t, err)
	defer conn.Close()
	answer, err := exchange(conn, bufio.NewReader(conn), "GET", "/", "", lines...)
	require.NoError(t, err)
	require.Empty(t, answer.header.Values("App-Saw-Forwarded"))
	one := func(name string) string {
		require.Len(t, answer.header.Values("App-Saw-"+name), 1, name)
		return answer.header.Get("App-Saw-" + name)
	}
	return seen{one("X-Forwarded-For"), one("X-Real-Ip"), one("X-Forwarded-Proto"), one("X-Forwarded-Host")}
}

func TestClientsAddress(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(whoAmI), func(c *nginx.Config) {
		c.TrustedProxies = []netip.Prefix{
			netip.MustParsePrefix("127.0.0.8/30"), // 8 to 11
			netip.MustParsePrefix("127.0.0.9/32"), // once more
			netip.MustParsePrefix("2001:db8::/32"),
		}
	})
	const proxy, other, client = "127.0.0.9", "127.0.0.7", "203.0.113.7"
	for _, test := range []struct {
		name, from string
		lines      []string
		address    string
		scheme     string
	}{
		{"nothing said", other, nil, other, "http"},
		{"nothing said by a proxy", proxy, nil, proxy, "http"},
		{"spoofed", other, []string{"X-Forwarded-For: " + client, "X-Forwarded-Proto: https", "X-Real-IP: " + client,
			"Forwarded: for=" + client}, other, "http"},
		{"by a proxy", proxy, []string{"X-Forwarded-For: " + client, "X-Forwarded-Proto: https"}, client, "https"},
		{"by a proxy, in plain HTTP", proxy, []string{"X-Forwarded-For: " + client, "X-Forwarded-Proto: http"}, client, "http"},
		{"by two proxies", proxy, []string{"X-Forwarded-For: " + client + ", 127.0.0.10"}, client, "http"},
		{"spoofed before a proxy", proxy, []string{"X-Forwarded-For: 198.51.100.1, " + client}, client, "http"},
		{"spoofed as a proxy", proxy, []string{"X-Forwarded-For: 198.51.100.1, 127.0.0.10, " + client}, client, "http"},
		{"in two headers", proxy, []string{"X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: " + client}, client, "http"},
		{"IPv6", proxy, []string{"X-Forwarded-For: 2001:db9::1, 2001:db8::5"}, "2001:db9::1", "http"},
		{"no address", proxy, []string{"X-Forwarded-For: unknown"}, proxy, "http"},
		{"no scheme", proxy, []string{"X-Forwarded-Proto: javascript"}, proxy, "http"},
		{"underscores", proxy, []string{"X_Forwarded_For: " + client, "X_Forwarded_Proto: https"}, proxy, "http"},
	} {
		require.Equal(t, seen{test.address, test.address, test.scheme, "example.com"}, s.from(t, test.from, test.lines...), test.name)
	}

	// Without trusted proxies nobody is believed.
	s = start(t, http.HandlerFunc(whoAmI), nil)
	require.Equal(t, seen{proxy, proxy, "http", "example.com"},
		s.from(t, proxy, "X-Forwarded-For: "+client, "X-Forwarded-Proto: https", "X-Forwarded-Host: evil.example"))
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "the app's own")
		w.Header().Set("App-Saw", r.Header.Get("X-Request-Id"))
	}), nil)
	id := func(lines ...string) string {
		answer := s.get(t, "/", lines...)
		require.Len(t, answer.header.Values("X-Request-Id"), 1)
		require.Equal(t, answer.header.Get("App-Saw"), answer.header.Get("X-Request-Id"))
		return answer.header.Get("X-Request-Id")
	}
	made := regexp.MustCompile("^[0-9a-f]{32}$")
	require.Regexp(t, made, id())
	require.NotEqual(t, id(), id())
	require.Equal(t, "Client.7_a-B", id("X-Request-Id: Client.7_a-B"))
	require.Regexp(t, made, id(`X-Request-Id: a b`))
	require.Regexp(t, made, id(`X-Request-Id: ","x":"`))
}

func TestHeadersOfAnswers(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/own" {
			w.Header().Set("X-Frame-Options", "DENY")
			w.Header().Set("Referrer-Policy", "no-referrer")
		}
	}), nil)
	security := func(answer *answer) []string {
		var all []string
		for _, name := range []string{"X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"} {
			all = append(all, answer.header.Values(name)...)
		}
		return all
	}
	require.Equal(t, []string{"nosniff", "SAMEORIGIN", "strict-origin-when-cross-origin"}, security(s.get(t, "/")))
	require.Equal(t, []string{"nosniff", "DENY", "no-referrer"}, security(s.get(t, "/own")))

	require.Equal(t, "nginx", s.get(t, "/").header.Get("Server"), "the version is nobody's business")
	s.app.Close()
	gone := s.get(t, "/")
	require.Equal(t, http.StatusBadGateway, gone.status)
	require.NotContains(t, gone.body, "nginx/")
	require.NotEmpty(t, gone.header.Get("X-Request-Id"))
}
