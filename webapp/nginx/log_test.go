package nginx_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/webapp/nginx"
)

func TestAccessLog(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("four")) }),
		func(c *nginx.Config) { c.Hide = []string{"/invite", "/reset/"} })
	const secret = "s3cr3t"
	for _, request := range []struct{ target, path string }{
		{"/page?token=" + secret, "/page"},
		{"/invite/" + secret, "/invite..."},
		{"/Invite/" + secret + "/more", "/Invite..."},
		{"/%69nvite/" + secret, "/invite..."},
		{"//x/../invite/" + secret, "/invite..."},
		{"/reset/" + secret, "/reset/..."},
		{"/reset/", "/reset/"},
		{`/a%22%7d%0a%5c"b`, "/a\"}\n\\\"b"},
	} {
		answer := s.get(t, request.target, `User-Agent: "curl", {\x} 'ü'`, "X-Request-Id: id-1",
			"Authorization: "+secret, "Cookie: session="+secret, "Referer: http://example.com/?token="+secret)
		require.Equal(t, http.StatusOK, answer.status)
		line := s.lastLine(t)
		require.NotContains(t, line, secret)
		var entry map[string]string
		require.NoError(t, json.Unmarshal([]byte(line), &entry), line)
		_, err := time.Parse(time.RFC3339, entry["time"])
		require.NoError(t, err)
		for _, key := range []string{"time", "seconds", "app_seconds"} {
			require.NotEmpty(t, entry[key])
			delete(entry, key)
		}
		require.Equal(t, map[string]string{
			"client": "127.0.0.1", "request_id": "id-1", "method": "GET", "host": "example.com", "path": request.path,
			"protocol": "HTTP/1.1", "status": "200", "bytes": "4", "app_status": "200", "user_agent": `"curl", {\x} 'ü'`,
		}, entry)
	}

	// What NGINX says by itself quotes requests, so it must not say it.
	s.app.Close()
	require.Equal(t, http.StatusBadGateway, s.get(t, "/page?token="+secret).status)
	require.Contains(t, s.lastLine(t), `"status":"502"`)
	require.NotContains(t, s.log.String(), secret)

	before := s.accessLog(t)
	require.Equal(t, http.StatusOK, s.ask(t, s.status, "GET", nginx.PathHealth, "").status)
	require.Equal(t, before, s.accessLog(t), "checks are not logged")
}

func (s *server) accessLog(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(s.config.AccessLog)
	require.NoError(t, err)
	return string(data)
}

// lastLine takes the log's only line. NGINX writes it after it has answered.
func (s *server) lastLine(t *testing.T) string {
	t.Helper()
	require.Eventually(t, func() bool { return strings.HasSuffix(s.accessLog(t), "\n") }, patience, time.Millisecond)
	line := s.accessLog(t)
	require.Equal(t, 1, strings.Count(line, "\n"), line)
	require.NoError(t, os.Truncate(s.config.AccessLog, 0))
	return line
}
