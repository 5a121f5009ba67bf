package nginx_test

import (
	"bufio"
	"fmt"
	"io"
	"net"

	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/testenv"
	"github.com/charmkit/charmkit/webapp/nginx"
)

func TestRequestsReachTheAppAsTheyCame(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(echo), nil)
	for _, target := range []string{
		"/", "/a%2Fb", "/a//b/./c/../d", "/%C3%A9?q=%20&r=a+b", "/?next=a\\b", "/a%5Cb", "/a%23b", "/a%3Fb?c", "/static/x",
		"/a;b=c", "//x",
	} {
		answer := s.get(t, target)
		require.Equal(t, http.StatusOK, answer.status, target)
		require.Contains(t, answer.body, "GET "+target+"\nHost: example.com\n")
	}
	answer := s.ask(t, s.web, "PUT", "/a", "some body", "Content-Type: text/x-test")
	require.Contains(t, answer.body, "PUT /a\n")
	require.Contains(t, answer.body, "Content-Type: text/x-test\r\n")
	require.True(t, strings.HasSuffix(answer.body, "\nsome body"), answer.body)

	// The whole address, and a request without a host, as some health checks send it.
	require.Contains(t, s.get(t, "http://elsewhere.example/b?c").body, "GET /b?c\nHost: example.com\n")
	require.Contains(t, s.raw(t, "GET /c HTTP/1.0\r\n\r\n").body, "GET /c\nHost: localhost\n")
}

func TestConnectionsToTheAppAreKept(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.RemoteAddr)
	}), func(c *nginx.Config) { c.WorkerProcesses = 1 })
	connections := map[string]bool{}
	for range 20 {
		connections[s.get(t, "/").body] = true
	}
	require.Len(t, connections, 1)
}

func TestAppThatIsGoneAndBack(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(echo), nil)
	address := s.app.Listener.Addr().String()
	s.app.Close()
	for range 3 {
		require.Equal(t, http.StatusBadGateway, s.get(t, "/").status)
	}
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	back := &http.Server{Handler: http.HandlerFunc(echo)}
	go func() { _ = back.Serve(listener) }()
	defer back.Close()
	require.Equal(t, http.StatusOK, s.get(t, "/").status, "the first request after it is back")
}

func TestBodyThatIsTooLarge(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(echo), func(c *nginx.Config) { c.ClientMaxBodySize = "1k" })
	require.Equal(t, http.StatusOK, s.ask(t, s.web, "POST", "/", strings.Repeat("x", 1024)).status)
	require.Equal(t, http.StatusRequestEntityTooLarge, s.ask(t, s.web, "POST", "/", strings.Repeat("x", 1025)).status)
}

func TestAppThatIsSilent(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/silent" {
			<-r.Context().Done()
		}
	}), func(c *nginx.Config) { c.ProxyReadTimeout = 150 * time.Millisecond })
	require.Equal(t, http.StatusOK, s.get(t, "/").status)
	require.Equal(t, http.StatusGatewayTimeout, s.get(t, "/silent").status)
}

func TestWebSocket(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(upgrade), nil)
	socket := openSocket(t, s)
	socket.exchange(t, "hello")

	// Nothing else may leave HTTP: HTTP/2 without TLS would go past the configuration.
	body := s.get(t, "/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAAA").body
	require.Equal(t, "no upgrade, connection \"\"", body)
}

// upgrade is an app that turns to another protocol and returns each line.
func upgrade(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Connection") != "upgrade" {
		fmt.Fprintf(w, "no upgrade, connection %q", r.Header.Get("Connection"))
		return
	}
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	for {
		line, err := buffered.ReadString('\n')
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, line)
	}
}

// socket is the client's end of what [upgrade] serves.
type socket struct {
	conn   net.Conn
	reader *bufio.Reader
}

func openSocket(t *testing.T, s *server) *socket {
	t.Helper()
	conn := s.dial(t)
	_, err := io.WriteString(conn, "GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	require.NoError(t, err)
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
	return &socket{conn, reader}
}

func (s *socket) exchange(t *testing.T, text string) {
	t.Helper()
	require.NoError(t, s.conn.SetDeadline(time.Now().Add(patience)))
	_, err := io.WriteString(s.conn, text+"\n")
	require.NoError(t, err)
	line, err := s.reader.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, text+"\n", line)
}

func TestGzip(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a long text ", 200)
	app := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.Query().Get("type"))
		if r.URL.Path == "/long" {
			_, _ = io.WriteString(w, long)
		}
	})
	on := start(t, app, func(c *nginx.Config) { c.Gzip = true })
	off := start(t, app, nil)
	for _, test := range []struct {
		server         *server
		target, accept string
		compressed     bool
	}{
		{on, "/long?type=application/json", "gzip", true},
		{on, "/long?type=text/html", "gzip", true},
		{on, "/long?type=image/png", "gzip", false},
		{on, "/long?type=application/json", "identity", false},
		{on, "/short?type=application/json", "gzip", false},
		{off, "/long?type=application/json", "gzip", false},
	} {
		answer := test.server.get(t, test.target, "Accept-Encoding: "+test.accept)
		require.Equal(t, http.StatusOK, answer.status)
		if test.compressed {
			require.Equal(t, "gzip", answer.header.Get("Content-Encoding"), test.target)
			require.Equal(t, "Accept-Encoding", answer.header.Get("Vary"))
			require.Less(t, len(answer.body), len(long)/2)
		} else {
			require.Empty(t, answer.header.Get("Content-Encoding"), test.target)
		}
	}
}

func TestListenAddresses(t *testing.T) {
	t.Parallel()
	var second netip.AddrPort
	s := start(t, http.HandlerFunc(echo), func(c *nginx.Config) {
		second = testenv.Address(t)
		c.Listen = append(c.Listen, second)
	})
	for _, address := range []string{s.web, second.String()} {
		require.Contains(t, s.ask(t, address, "GET", "/here", "").body, "GET /here\n")
	}
}
