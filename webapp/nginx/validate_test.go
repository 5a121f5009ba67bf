package nginx_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/webapp/nginx"
)

// minimal is the least that is a configuration.
func minimal() nginx.Config {
	return nginx.Config{
		Listen:   []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:8080")},
		Upstream: netip.MustParseAddrPort("127.0.0.1:8081"),
	}
}

func TestValidateTellsEachProblem(t *testing.T) {
	t.Parallel()
	address := netip.MustParseAddrPort
	for _, test := range []struct {
		problem string
		change  func(*nginx.Config)
	}{
		{"no address to listen on", func(c *nginx.Config) { c.Listen = nil }},
		{`listen address "invalid AddrPort" is not an address and port`, func(c *nginx.Config) { c.Listen = make([]netip.AddrPort, 1) }},
		{`listen address "0.0.0.0:0" is not an address and port`, func(c *nginx.Config) { c.Listen[0] = address("0.0.0.0:0") }},
		{`listen address "[fe80::1%eth0]:80" is not`, func(c *nginx.Config) { c.Listen[0] = address("[fe80::1%eth0]:80") }},
		{`listen address "[::ffff:10.0.0.1]:80" is not`, func(c *nginx.Config) { c.Listen[0] = address("[::ffff:10.0.0.1]:80") }},
		{"listen address 0.0.0.0:8080 is given twice", func(c *nginx.Config) { c.Listen = append(c.Listen, c.Listen[0]) }},
		{"listen address 127.0.0.1:9080 is given twice", func(c *nginx.Config) { c.Listen[0] = address("127.0.0.1:9080") }},
		{"status address 10.0.0.1:9080 is not on the loopback", func(c *nginx.Config) { c.Status = address("10.0.0.1:9080") }},
		{"status address 0.0.0.0:9080 is not on the loopback", func(c *nginx.Config) { c.Status = address("0.0.0.0:9080") }},
		{`upstream "invalid AddrPort" is not`, func(c *nginx.Config) { c.Upstream = netip.AddrPort{} }},
		{`upstream "[fe80::1%; x]:80" is not`, func(c *nginx.Config) { c.Upstream = address("[fe80::1%; x]:80") }},
		{"keepalive -1 is not between 1 and 10000", func(c *nginx.Config) { c.Keepalive = -1 }},
		{"worker processes 513 is not between 1 and 512", func(c *nginx.Config) { c.WorkerProcesses = 513 }},
		{"worker connections 15 is not between 16 and 1048576", func(c *nginx.Config) { c.WorkerConnections = 15 }},
		{"keepalive timeout 1µs is not between 1ms and 24h", func(c *nginx.Config) { c.KeepaliveTimeout = time.Microsecond }},
		{"proxy read timeout -1s is not between", func(c *nginx.Config) { c.ProxyReadTimeout = -time.Second }},
		{"client keepalive 25h0m0s is not between", func(c *nginx.Config) { c.ClientKeepalive = 25 * time.Hour }},
		{"shutdown timeout -1ns is not between", func(c *nginx.Config) { c.ShutdownTimeout = -1 }},
		{`client max body size "10 m" is not a size such as`, func(c *nginx.Config) { c.ClientMaxBodySize = "10 m" }},
		{`client max body size "m" is not`, func(c *nginx.Config) { c.ClientMaxBodySize = "m" }},
		{`client max body size "1m;" is not`, func(c *nginx.Config) { c.ClientMaxBodySize = "1m;" }},
		{`client max body size "1234567890" is not`, func(c *nginx.Config) { c.ClientMaxBodySize = "1234567890" }},
		{`client max body size "1\n" is not`, func(c *nginx.Config) { c.ClientMaxBodySize = "1\n" }},
		{`directory "relative" is not an absolute path`, func(c *nginx.Config) { c.Directory = "relative" }},
		{`directory "/a/../b" is not`, func(c *nginx.Config) { c.Directory = "/a/../b" }},
		{`mime types file "/a b" is not`, func(c *nginx.Config) { c.MimeTypes = "/a b" }},
		{`access log "/a;b" is not`, func(c *nginx.Config) { c.AccessLog = "/a;b" }},
		{`access log "syslog:server=x" is not`, func(c *nginx.Config) { c.AccessLog = "syslog:server=x" }},
		{`static prefix "/a" does not end with a slash`, func(c *nginx.Config) { c.Static = []nginx.Static{{Prefix: "/a", Dir: "/a"}} }},
		{`static prefix "/" is not a path`, func(c *nginx.Config) { c.Static = []nginx.Static{{Prefix: "/", Dir: "/a"}} }},
		{`static prefix "/a/" is given twice`, func(c *nginx.Config) {
			c.Static = []nginx.Static{{Prefix: "/a/", Dir: "/a"}, {Prefix: "/a/", Dir: "/b"}}
		}},
		{`static folder "" is not an absolute path`, func(c *nginx.Config) { c.Static = []nginx.Static{{Prefix: "/a/"}} }},
		{`static prefix "/a/": max age 1.5s is not a number of seconds`, func(c *nginx.Config) {
			c.Static = []nginx.Static{{Prefix: "/a/", Dir: "/a", MaxAge: 1500 * time.Millisecond}}
		}},
		{`max age -1s is not`, func(c *nginx.Config) { c.Static = []nginx.Static{{Prefix: "/a/", Dir: "/a", MaxAge: -time.Second}} }},
		{`refused path "" is not a path`, func(c *nginx.Config) { c.Refuse = []string{""} }},
		{`refused path "/a$b" is not`, func(c *nginx.Config) { c.Refuse = []string{"/a$b"} }},
		{`refused path "/a//b" is not`, func(c *nginx.Config) { c.Refuse = []string{"/a//b"} }},
		{`refused path "/./a" is not`, func(c *nginx.Config) { c.Refuse = []string{"/./a"} }},
		{`refused path "/aaaa`, func(c *nginx.Config) { c.Refuse = []string{"/" + strings.Repeat("a", 1000)} }},
		{`hidden path "/a\"" is not`, func(c *nginx.Config) { c.Hide = []string{`/a"`} }},
		{`hidden path "/a\n" is not`, func(c *nginx.Config) { c.Hide = []string{"/a\n"} }},
		{`trusted proxies "invalid Prefix" is not a network`, func(c *nginx.Config) { c.TrustedProxies = make([]netip.Prefix, 1) }},
		{`trusted proxies "::ffff:10.0.0.0/104" is not`, func(c *nginx.Config) {
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")}
		}},
	} {
		c := minimal()
		test.change(&c)
		err := c.Validate()
		require.ErrorContains(t, err, "cannot configure NGINX: ")
		require.ErrorContains(t, err, test.problem)
		rendered, renderErr := nginx.Render(c)
		require.Nil(t, rendered)
		require.Equal(t, err, renderErr)
	}
}

func TestValidateTellsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	err := nginx.Config{ClientMaxBodySize: "much", Refuse: []string{"x", "y"}}.Validate()
	for _, problem := range []string{"no address", "upstream", `"much"`, `"x"`, `"y"`} {
		require.ErrorContains(t, err, problem)
	}
	require.NoError(t, minimal().Validate())
}
