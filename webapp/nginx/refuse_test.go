package nginx_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/webapp/nginx"
)

func TestRefusedPaths(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	s := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		echo(w, r)
	}), func(c *nginx.Config) {
		c.Refuse = []string{"/internal-backstage", "/a.b/c/"}
		c.Static = []nginx.Static{{Prefix: "/internal-backstage/static/", Dir: folder(t, map[string]string{"x": "x"})}}
	})
	// All of it holds while NGINX drains, too.
	for _, draining := range []bool{false, true} {
		if draining {
			s.drain(t)
		}
		for _, target := range []string{
			"/internal-backstage", "/internal-backstage/", "/internal-backstage/prometheus", "/internal-backstage?x=1",
			"/internal-backstage/static/x", "/internal-backstage/static/y",
			"//internal-backstage/prometheus", "///internal-backstage", "/internal-backstage//prometheus",
			"/%69nternal-backstage/prometheus", "/internal%2dbackstage", "/internal%2Dbackstage/prometheus",
			"/x/../internal-backstage/prometheus", "/./internal-backstage", "/x/y/../../internal-backstage",
			"/x/%2e%2e/internal-backstage", "/x/..%2finternal-backstage/prometheus", "/%2finternal-backstage",
			"/internal-backstage%2fprometheus", "/internal-backstage%2Fprometheus", "/internal-backstage%5cprometheus",
			"/internal-backstage/../internal-backstage/prometheus", "/internal-backstage/./prometheus",
			"/Internal-Backstage", "/INTERNAL-BACKSTAGE/prometheus", "/internal-backstage;x/prometheus",
			"/internal-backstage;x", "/internal-backstage%20", "/internal-backstage%0a", "/internal-backstage%3fx",
			"http://example.com/internal-backstage/prometheus", "http://example.com//internal-backstage",
			"/a.b/c", "/a.b/c/d", "/A.B/c",
		} {
			require.Equal(t, http.StatusNotFound, s.get(t, target).status, target)
			require.Equal(t, http.StatusNotFound, s.ask(t, s.web, "POST", target, "x").status, target)
		}
		// With some of Node's ways to read an address, these are refused paths too.
		for _, target := range []string{
			`/internal-backstage\prometheus#`, `/internal-backstage\prometheus`, `/\internal-backstage`, `/x\..\internal-backstage`,
			"/x#/../internal-backstage", "/internal-backstage%00", "/../internal-backstage", "/x/../../internal-backstage",
		} {
			require.Equal(t, http.StatusBadRequest, s.get(t, target).status, target)
		}
		require.Equal(t, http.StatusNotImplemented, s.get(t, "/internal-backstage", "Transfer-Encoding: gzip").status)
	}
	require.Zero(t, reached.Load(), "nothing of it reaches the app")

	for _, target := range []string{
		"/", "/internal-backstages", "/internal-backstage-2", "/internal-backstage.html", "/x/internal-backstage",
		"/?/internal-backstage", "/aXb/c", "/a.b/cd", "/a.b",
	} {
		require.Contains(t, s.get(t, target).body, "GET "+target+"\n")
	}
}

// NGINX itself answers 501 here; with a page for that status, the request could come back into the configuration half way.
func TestUnknownTransferEncoding(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	s := start(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }), nil)
	for range 2 {
		for _, encoding := range []string{"gzip", "gzip, chunked", "xchunked"} {
			answer := s.get(t, "/", "Transfer-Encoding: "+encoding)
			require.Equal(t, http.StatusNotImplemented, answer.status, encoding)
			require.True(t, answer.close)
		}
		s.drain(t)
	}
	require.Zero(t, reached.Load())
}
