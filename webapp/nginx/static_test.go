package nginx_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/webapp/nginx"
)

// releaseApp is the app of another release: it has other files, and a page for what it does not know.
func releaseApp(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=0")
	switch r.URL.Path {
	case "/static/app.js":
		h.Set("Content-Type", "text/javascript")
		h.Set("ETag", `"1"`)
		http.ServeContent(w, r, "app.js", time.Unix(1e9, 0), strings.NewReader("from the app"))
	case "/static/broken.js":
		w.WriteHeader(http.StatusInternalServerError)
	case "/static/gone.js":
		w.WriteHeader(http.StatusNotFound)
	default:
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("the page"))
	}
}

func TestStaticFiles(t *testing.T) {
	t.Parallel()
	const kept, asked = "public, max-age=60, immutable", "no-cache"
	s := start(t, http.HandlerFunc(releaseApp), func(c *nginx.Config) {
		c.Static = []nginx.Static{
			{Prefix: "/static/", Dir: folder(t, map[string]string{"copy.js": "from the copy", "deep/a.css": "deep"}), MaxAge: time.Minute},
			{Prefix: "/static/fresh/", Dir: folder(t, map[string]string{"f.js": "fresh"})},
		}
	})
	for _, test := range []struct {
		name, method, target, header string
		status                       int
		body, cacheControl           string
	}{
		{"the copy's", "GET", "/static/copy.js", "", 200, "from the copy", kept},
		{"with a query", "GET", "/static/copy.js?v=1", "", 200, "from the copy", kept},
		{"a part", "GET", "/static/copy.js", "Range: bytes=0-3", 206, "from", kept},
		{"head", "HEAD", "/static/copy.js", "", 200, "", kept},
		{"deep", "GET", "/static/deep/a.css", "", 200, "deep", kept},
		{"another spelling", "GET", "/static//x/../copy%2ejs", "", 200, "from the copy", kept},
		{"without a max age", "GET", "/static/fresh/f.js", "", 200, "fresh", asked},
		{"the app's", "GET", "/static/app.js", "", 200, "from the app", kept},
		{"a part of the app's", "GET", "/static/app.js", "Range: bytes=9-11", 206, "app", kept},
		{"not changed", "GET", "/static/app.js", `If-None-Match: "1"`, 304, "", kept},
		{"a page in the place of a file", "GET", "/static/unknown.js", "", 200, "the page", asked},
		{"a folder", "GET", "/static/deep/", "", 200, "the page", asked},
		{"gone", "GET", "/static/gone.js", "", 404, "", asked},
		{"broken", "GET", "/static/broken.js", "", 500, "", asked},
		{"a step up", "GET", "/static/..%2fnginx.conf", "", 200, "the page", "public, max-age=0"},
		{"no static file", "GET", "/staticx", "", 200, "the page", "public, max-age=0"},
	} {
		answer := s.ask(t, s.web, test.method, test.target, "", header(test.header)...)
		require.Equal(t, test.status, answer.status, test.name)
		require.Equal(t, test.body, answer.body, test.name)
		require.Equal(t, []string{test.cacheControl}, answer.header["Cache-Control"], test.name)
		require.Equal(t, "nosniff", answer.header.Get("X-Content-Type-Options"), test.name)
	}
	require.Contains(t, s.get(t, "/static/copy.js").header.Get("Content-Type"), "javascript")

	s.app.Close()
	require.Equal(t, "from the copy", s.get(t, "/static/copy.js").body, "without the app")
	answer := s.get(t, "/static/app.js")
	require.Equal(t, http.StatusBadGateway, answer.status)
	require.Equal(t, asked, answer.header.Get("Cache-Control"), "an error is not to be kept")
}

func header(line string) []string {
	if line == "" {
		return nil
	}
	return []string{line}
}
