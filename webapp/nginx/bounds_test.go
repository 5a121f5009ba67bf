package nginx_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/webapp/nginx"
)

// The first and the last of what is allowed are allowed.
func TestValidateAtTheBounds(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*nginx.Config){
		"least duration": func(c *nginx.Config) { c.KeepaliveTimeout = time.Millisecond },
		"longest":        func(c *nginx.Config) { c.ClientKeepalive = 24 * time.Hour },
		"least number":   func(c *nginx.Config) { c.WorkerConnections = 16 },
		"largest number": func(c *nginx.Config) { c.WorkerProcesses = 512 },
		"most digits":    func(c *nginx.Config) { c.ClientMaxBodySize = "123456789k" },
		"letters":        func(c *nginx.Config) { c.AccessLog = "/a/z/A/Z/0/9" },
		"longest path":   func(c *nginx.Config) { c.AccessLog = "/" + strings.Repeat("a", 999) },
		"oldest in cache": func(c *nginx.Config) {
			c.Static = []nginx.Static{{Prefix: "/a/", Dir: "/a", MaxAge: 10 * 365 * 24 * time.Hour}}
		},
	} {
		c := minimal()
		change(&c)
		_, err := nginx.Render(c)
		require.NoError(t, err, name)
	}
	c := minimal()
	c.AccessLog = "/" + strings.Repeat("a", 1000)
	_, err := nginx.Render(c)
	require.Error(t, err)
}

// Trusted networks stand in order, so that the same ones are the same
// configuration.
func TestTrustedNetworksAreInOrder(t *testing.T) {
	t.Parallel()
	networks := []string{"10.2.0.0/16", "10.1.0.0/24", "10.1.0.0/16", "192.0.2.1/32", "10.1.0.9/16"}
	rendered := map[string]bool{}
	for shift := range networks {
		c := minimal()
		for i := range networks {
			c.TrustedProxies = append(c.TrustedProxies, netip.MustParsePrefix(networks[(i+shift)%len(networks)]))
		}
		r, err := nginx.Render(c)
		require.NoError(t, err)
		rendered[r.Generation] = true
		content := string(r.Content)
		at := -1
		for _, want := range []string{"10.1.0.0/16", "10.1.0.0/24", "10.2.0.0/16", "192.0.2.1"} {
			next := strings.Index(content, "set_real_ip_from "+want)
			require.Greater(t, next, at, want)
			at = next
		}
		require.Equal(t, 4, strings.Count(content, "set_real_ip_from "))
	}
	require.Len(t, rendered, 1)
}
