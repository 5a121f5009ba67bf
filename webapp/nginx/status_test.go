package nginx_test

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/webapp/nginx"
)

func TestStatusListener(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(echo), nil)
	rendered, err := nginx.Render(s.config)
	require.NoError(t, err)
	for path, want := range map[string]string{
		nginx.PathHealth:     "ok\n",
		nginx.PathGeneration: rendered.Generation + "\n",
	} {
		answer := s.ask(t, s.status, "GET", path, "")
		require.Equal(t, http.StatusOK, answer.status)
		require.Equal(t, "text/plain", answer.header.Get("Content-Type"))
		require.Equal(t, want, answer.body)
	}
	require.Regexp(t, `^Active connections: \d+ \nserver accepts`, s.ask(t, s.status, "GET", nginx.PathStubStatus, "").body)
	for _, path := range []string{"/", "/other", "/health/x", "/Health"} {
		require.Equal(t, http.StatusNotFound, s.ask(t, s.status, "GET", path, "").status, path)
	}
}

func TestStatusListenerIsForThePodOnly(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(echo), func(c *nginx.Config) {
		// As in a pod: one port on all addresses, the other on one.
		c.Listen = []netip.AddrPort{netip.AddrPortFrom(netip.IPv4Unspecified(), c.Listen[0].Port())}
	})
	elsewhere := testenv.Address(t).Addr()
	_, err := net.Dial("tcp", netip.AddrPortFrom(elsewhere, s.config.Status.Port()).String())
	require.True(t, errors.Is(err, syscall.ECONNREFUSED), "%v", err)

	// Nor through the front door, whatever the client says that it wants.
	front := netip.AddrPortFrom(elsewhere, s.config.Listen[0].Port()).String()
	require.Contains(t, s.ask(t, front, "GET", nginx.PathGeneration, "").body, "GET /generation\n")
	s.web = front
	require.Contains(t, s.raw(t, "GET /stub_status HTTP/1.1\r\nHost: "+s.status+"\r\n\r\n").body, "GET /stub_status\n")
	require.Contains(t, s.get(t, "http://"+s.status+"/generation").body, "GET /generation\n")
}

func TestParseGeneration(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]nginx.Generation{
		"":                 {},
		"ab12\n":           {Name: "ab12"},
		"ab12 draining\n":  {Name: "ab12", Draining: true},
		"draining":         {Name: "draining"},
		"ab12 draining x ": {Name: "ab12 draining x"},
	} {
		require.Equal(t, want, nginx.ParseGeneration(page), "%q", page)
	}
}

// What is asked of an NGINX that drains is answered as ever, once for each connection.
func TestDraining(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(echo), func(c *nginx.Config) {
		c.Static = []nginx.Static{{Prefix: "/static/", Dir: folder(t, map[string]string{"a": "copy"}), MaxAge: time.Hour}}
	})
	name := s.generation(t).Name
	requests := func(last bool) {
		t.Helper()
		for _, r := range []struct {
			method, target, body string
			lines                []string
			want                 string
		}{
			{"GET", "/a%2Fb//c?d=%20e", "", nil, "GET /a%2Fb//c?d=%20e\n"},
			{"HEAD", "/", "", nil, ""},
			{"DELETE", "/x", "", nil, "DELETE /x\n"},
			{"POST", "/x", "a body", nil, "\na body"},
			{"PUT", "/x", "", []string{"Transfer-Encoding: chunked", "\r\n3\r\nabc\r\n0\r\n"}, "\nabc"},
			{"POST", "/x", "", []string{"Expect: 100-continue", "Content-Length: 3", "\r\nabc"}, "\nabc"},
			{"GET", "/static/a", "", nil, "copy"},
			{"GET", "/static/b", "", nil, "GET /static/b\n"},
		} {
			answer := s.ask(t, s.web, r.method, r.target, r.body, r.lines...)
			require.Equal(t, http.StatusOK, answer.status, "%s %s", r.method, r.target)
			require.Contains(t, answer.body, r.want)
			require.Equal(t, last, answer.close, "%s %s", r.method, r.target)
		}
		require.Equal(t, nginx.Generation{Name: name, Draining: last}, s.generation(t))
	}
	requests(false)
	s.drain(t)
	requests(true)
	s.run(t, nginx.StopDrainCommand(s.config.Directory))
	requests(false)
}

// A new start does not drain, whatever was left behind.
func TestStartRemovesWhatAReloadLeft(t *testing.T) {
	t.Parallel()
	var file string
	s := start(t, http.HandlerFunc(echo), func(c *nginx.Config) {
		rendered, err := nginx.Render(*c)
		require.NoError(t, err)
		file = nginx.DrainFile(c.Directory, rendered.Generation)
		require.NoError(t, os.WriteFile(file, nil, 0o644))
	})
	require.NoFileExists(t, file)
	require.False(t, s.generation(t).Draining)
}
