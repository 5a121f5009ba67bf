package nginx

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Validate returns all that is wrong with the configuration, joined, or nil. It does no I/O: whether files exist and ports
// are free is for [TestCommand] to say.
func (c Config) Validate() error {
	c = c.withDefaults()
	var v problems

	v.file("directory", c.Directory)
	v.file("mime types file", c.MimeTypes)
	v.file("access log", c.AccessLog)

	if len(c.Listen) == 0 {
		v.add("no address to listen on")
	}
	listens := append(slices.Clone(c.Listen), c.Status)
	for i, address := range listens {
		v.address("listen address", address)
		if slices.Contains(listens[:i], address) {
			v.add("listen address %s is given twice", address)
		}
	}
	if c.Status.IsValid() && !c.Status.Addr().IsLoopback() {
		v.add("status address %s is not on the loopback", c.Status)
	}
	v.address("upstream", c.Upstream)

	v.between("keepalive", c.Keepalive, 1, 10000)
	v.between("worker processes", c.WorkerProcesses, 1, 512)
	v.between("worker connections", c.WorkerConnections, 16, 1<<20)
	v.duration("keepalive timeout", c.KeepaliveTimeout)
	v.duration("proxy read timeout", c.ProxyReadTimeout)
	v.duration("client keepalive", c.ClientKeepalive)
	v.duration("shutdown timeout", c.ShutdownTimeout)
	if !isSize(c.ClientMaxBodySize) {
		v.add("client max body size %q is not a size such as 512k, 10m or 1g", c.ClientMaxBodySize)
	}

	v.static(c.Static)
	for _, path := range c.Refuse {
		v.url("refused path", path)
	}
	for _, path := range c.Hide {
		v.url("hidden path", path)
	}
	for _, prefix := range c.TrustedProxies {
		if !prefix.IsValid() || prefix.Addr().Is4In6() {
			v.add("trusted proxies %q is not a network", prefix)
		}
	}
	return errors.Join(v...)
}

// problems collects what is wrong.
type problems []error

func (v *problems) add(format string, args ...any) {
	*v = append(*v, fmt.Errorf("cannot configure NGINX: "+format, args...))
}

// maxPath is less than what NGINX takes for one word of its configuration, 4 kB, even with each character quoted.
const maxPath = 1000

func (v *problems) file(what, path string) {
	if !isPath(path) {
		v.add("%s %q is not an absolute path of plain characters", what, path)
	}
}

func (v *problems) url(what, path string) {
	if !isPath(path) {
		v.add("%s %q is not a path of plain characters that begins with a slash", what, path)
	}
}

// What follows is done without patterns, which every hook would have to compile.

// isPath tells whether a path is absolute, of plain characters, and without a step that means another place.
func isPath(path string) bool {
	steps := strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(path) > maxPath || len(steps) < 2 || steps[0] != "" {
		return false
	}
	return !slices.ContainsFunc(steps[1:], func(step string) bool {
		return step == "" || step == "." || step == ".." || strings.ContainsFunc(step, isSpecial)
	})
}

// isSpecial tells of all but letters, digits and a few signs that mean nothing to NGINX. Space, quotes, braces, semicolon,
// dollar and backslash are special.
func isSpecial(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || isDigit(r) || strings.ContainsRune("._~@+-", r))
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// isSize tells whether a text is up to nine digits, and perhaps a unit.
func isSize(text string) bool {
	rest := strings.TrimLeftFunc(text, isDigit)
	digits := len(text) - len(rest)
	return 1 <= digits && digits <= 9 && (rest == "" || len(rest) == 1 && strings.Contains("kKmMgG", rest))
}

// An address with a zone (fe80::1%eth0) would carry the zone's text into the file.
func (v *problems) address(what string, address netip.AddrPort) {
	if !address.IsValid() || address.Port() == 0 || address.Addr().Zone() != "" || address.Addr().Is4In6() {
		v.add("%s %q is not an address and port", what, address)
	}
}

func (v *problems) between(what string, n, low, high int) {
	if n < low || n > high {
		v.add("%s %d is not between %d and %d", what, n, low, high)
	}
}

func (v *problems) duration(what string, d time.Duration) {
	if d < time.Millisecond || d > 24*time.Hour {
		v.add("%s %s is not between 1ms and 24h", what, d)
	}
}

func (v *problems) static(all []Static) {
	for i, s := range all {
		v.url("static prefix", s.Prefix)
		if !strings.HasSuffix(s.Prefix, "/") {
			v.add("static prefix %q does not end with a slash", s.Prefix)
		}
		if slices.ContainsFunc(all[:i], func(other Static) bool { return other.Prefix == s.Prefix }) {
			v.add("static prefix %q is given twice", s.Prefix)
		}
		v.file("static folder", s.Dir)
		if s.MaxAge < 0 || s.MaxAge%time.Second != 0 || s.MaxAge > 10*365*24*time.Hour {
			v.add("static prefix %q: max age %s is not a number of seconds up to ten years", s.Prefix, s.MaxAge)
		}
	}
}
