package nginx_test

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/webapp/nginx"
)

var update = flag.Bool("update", false, "write testdata/nginx.conf anew")

// full uses everything.
func full() nginx.Config {
	c := minimal()
	c.Listen = append(c.Listen, netip.MustParseAddrPort("[::]:8080"))
	c.Static = []nginx.Static{{Prefix: "/static/", Dir: "/srv/static", MaxAge: time.Hour}}
	c.Refuse = []string{"/internal-backstage"}
	c.Hide = []string{"/invite"}
	c.Gzip = true
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.1.2.3/16"), netip.MustParsePrefix("2001:db8::/32")}
	return c
}

// The file is one to be read, so a change to it is one to be seen.
func TestRenderedFile(t *testing.T) {
	t.Parallel()
	rendered, err := nginx.Render(full())
	require.NoError(t, err)
	require.Equal(t, "/var/lib/charm-nginx/nginx.conf", rendered.Path)
	require.Regexp(t, "^[0-9a-f]{16}$", rendered.Generation)
	got := strings.ReplaceAll(string(rendered.Content), rendered.Generation, "GENERATION")
	const golden = "testdata/nginx.conf"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "if this is meant: go test ./webapp/nginx -run TestRenderedFile -update")
}

func TestGenerationFollowsTheConfiguration(t *testing.T) {
	t.Parallel()
	generation := func(c nginx.Config) string {
		rendered, err := nginx.Render(c)
		require.NoError(t, err)
		require.Contains(t, string(rendered.Content), rendered.Generation)
		again, err := nginx.Render(c)
		require.NoError(t, err)
		require.Equal(t, rendered, again)
		return rendered.Generation
	}
	all := []string{generation(minimal())}
	for _, change := range []func(*nginx.Config){
		func(c *nginx.Config) { c.Directory = "/var/lib/other" },
		func(c *nginx.Config) { c.Listen[0] = netip.MustParseAddrPort("0.0.0.0:80") },
		func(c *nginx.Config) { c.Status = netip.MustParseAddrPort("127.0.0.1:90") },
		func(c *nginx.Config) { c.Upstream = netip.MustParseAddrPort("127.0.0.1:91") },
		func(c *nginx.Config) { c.Keepalive = 3 },
		func(c *nginx.Config) { c.KeepaliveTimeout = time.Second },
		func(c *nginx.Config) { c.Static = []nginx.Static{{Prefix: "/a/", Dir: "/a"}} },
		func(c *nginx.Config) { c.Refuse = []string{"/a"} },
		func(c *nginx.Config) { c.Hide = []string{"/a"} },
		func(c *nginx.Config) { c.ClientMaxBodySize = "1k" },
		func(c *nginx.Config) { c.ProxyReadTimeout = time.Second },
		func(c *nginx.Config) { c.ClientKeepalive = time.Second },
		func(c *nginx.Config) { c.Gzip = true },
		func(c *nginx.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} },
		func(c *nginx.Config) { c.WorkerProcesses = 3 },
		func(c *nginx.Config) { c.WorkerConnections = 16 },
		func(c *nginx.Config) { c.ShutdownTimeout = time.Second },
		func(c *nginx.Config) { c.MimeTypes = "/a" },
		func(c *nginx.Config) { c.AccessLog = "/a" },
	} {
		c := minimal()
		change(&c)
		g := generation(c)
		require.NotContains(t, all, g)
		all = append(all, g)
	}

	// What means the same is the same: a default that is given, and networks in any order, twice, with host bits.
	c := minimal()
	c.Keepalive, c.Directory = 16, "/var/lib/charm-nginx"
	require.Equal(t, generation(minimal()), generation(c))
	a, b := minimal(), minimal()
	a.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	b.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.1.2.3/8"), a.TrustedProxies[0]}
	require.Equal(t, generation(a), generation(b))
}

func TestCommands(t *testing.T) {
	t.Parallel()
	require.Equal(t, "/d/nginx.conf", nginx.ConfigPath("/d"))
	require.Equal(t, "/d/drain-ab", nginx.DrainFile("/d", "ab"))
	require.Equal(t, []string{"/usr/sbin/nginx", "-e", "stderr", "-c", "/d/x", "-t", "-q"}, nginx.TestCommand("/d/x"))
}

func TestTestCommandTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	c := minimal()
	c.Directory = ownedDir(t)
	c.MimeTypes = c.Directory + "/missing"
	rendered, err := nginx.Render(c)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(rendered.Path, rendered.Content, 0o644))
	s := &server{program: testenv.Command(t, "nginx")}
	output, err := s.command(t, nginx.TestCommand(rendered.Path)).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), c.Directory+`/missing" failed (2: No such file or directory)`)
}

// quoted is a quoted word of the file; a brace or semicolon within means nothing.
var quoted = regexp.MustCompile(`"[^"\n]*"|'[^'\n]*'`)

// structure is the file without what may differ from value to value: how each line begins and ends.
func structure(content []byte) []string {
	var lines []string
	for line := range strings.Lines(string(content)) {
		line = quoted.ReplaceAllString(strings.TrimSpace(line), "Q")
		word, _, _ := strings.Cut(line, " ")
		lines = append(lines, fmt.Sprintf("%s %s%s", word, strings.Repeat("{", strings.Count(line, "{")), line[len(line)-1:]))
	}
	return lines
}

// FuzzRender puts hostile values everywhere a text can go. Either the configuration is refused, or the file has the structure
// that it has with harmless values, and NGINX takes it.
func FuzzRender(f *testing.F) {
	for _, value := range []string{
		"a", "a.b", "~x", "a+b@c", "1k", "10m", "a/b", "a/", "", " ", ";", "{", "}", `"`, "'", "$", "$uri", `\`, `\\`, "#", "\n", "\r\n",
		"\x00", "*", "(", "[a-z]", "a|b", "^", "..", "../b", "a/../b", "%2e", "é", "\xff", "a b", "a;\nlisten 80;", `a"; return 200 "x`,
		"a {} location /x", "a } server { listen 1234; }", "${IFS}", "on", "default", "include", "=", "@x", "-x", strings.Repeat("a", 300),
		strings.Repeat("a/", 500), strings.Repeat(".", 990), strings.Repeat("+", 998),
	} {
		f.Add(value)
	}
	program := testenv.Command(f, "nginx")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, value string) {
		for name, change := range map[string]func(c *nginx.Config, value string){
			"directory":  func(c *nginx.Config, v string) { c.Directory += "/" + v },
			"mime types": func(c *nginx.Config, v string) { c.MimeTypes = "/" + v },
			"access log": func(c *nginx.Config, v string) { c.AccessLog = "/" + v },
			"size":       func(c *nginx.Config, v string) { c.ClientMaxBodySize = v },
			"prefix":     func(c *nginx.Config, v string) { c.Static[0].Prefix = "/" + v + "/" },
			"folder":     func(c *nginx.Config, v string) { c.Static[0].Dir = "/" + v },
			"refuse":     func(c *nginx.Config, v string) { c.Refuse = []string{"/" + v} },
			"hide":       func(c *nginx.Config, v string) { c.Hide = []string{"/" + v} },
		} {
			c := full()
			c.Directory, c.AccessLog = dir, dir+"/access.log"
			c.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.77.77.77:8080")}
			plain, err := nginx.Render(c)
			require.NoError(t, err)
			change(&c, value)
			rendered, err := nginx.Render(c)
			if err != nil {
				continue
			}
			require.Equal(t, structure(plain.Content), structure(rendered.Content), "%s %q", name, value)
			// Whether such a file or folder exists is another matter.
			if !slices.Contains([]string{"directory", "mime types", "access log"}, name) {
				file := dir + "/nginx.conf"
				require.NoError(t, os.WriteFile(file, rendered.Content, 0o644))
				output, err := exec.Command(program, nginx.TestCommand(file)[1:]...).CombinedOutput()
				require.NoError(t, err, "%s %q: %s", name, value, output)
			}
		}
	})
}
