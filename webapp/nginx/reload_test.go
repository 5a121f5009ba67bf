package nginx_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/webapp/nginx"
)

// load is many clients that keep their connections and never send a request a second time: whatever goes wrong counts.
type load struct {
	server   *server
	requests atomic.Int64
	opened   atomic.Int64
	mu       sync.Mutex
	failures []error
}

const (
	connections = 50
	reloads     = 5
)

// run keeps sending until stop is closed. Clients differ in their pauses, from none to a tenth of a second.
func (l *load) run(ctx context.Context, stop <-chan struct{}) {
	var clients sync.WaitGroup
	for i := range connections {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := l.connection(ctx, stop, time.Duration(i)*2*time.Millisecond); err != nil {
					l.mu.Lock()
					l.failures = append(l.failures, err)
					l.mu.Unlock()
				}
			}
		})
	}
	clients.Wait()
}

// connection sends one request after the other until NGINX says that it will close the connection.
func (l *load) connection(ctx context.Context, stop <-chan struct{}, pause time.Duration) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", l.server.web)
	if err != nil {
		return err
	}
	defer conn.Close()
	l.opened.Add(1)
	reader := bufio.NewReader(conn)
	for n := 0; ; n++ {
		method, target, body := "GET", "/static/a.js", ""
		if n%4 == 3 {
			method, target, body = "POST", "/page", "some text"
		}
		answer, err := exchange(conn, reader, method, target, body)
		if err != nil {
			return fmt.Errorf("request %d of a connection: %w", n, err)
		}
		if answer.status != http.StatusOK {
			return fmt.Errorf("request %d of a connection: status %d", n, answer.status)
		}
		l.requests.Add(1)
		if answer.close {
			return nil
		}
		select {
		case <-stop:
			return nil
		case <-time.After(pause):
		}
	}
}

func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	finish := make(chan struct{})
	s := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			_, _ = io.WriteString(w, "begun, ")
			w.(http.Flusher).Flush()
			<-finish
			_, _ = io.WriteString(w, "done")
		case "/socket":
			upgrade(w, r)
		default:
			echo(w, r)
		}
	}), func(c *nginx.Config) {
		c.Static = []nginx.Static{{Prefix: "/static/", Dir: folder(t, map[string]string{"a.js": "text"}), MaxAge: time.Second}}
	})
	master, err := os.ReadFile(s.config.Directory + "/nginx.pid")
	require.NoError(t, err)
	socket := openSocket(t, s)

	l, stop, ended := &load{server: s}, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		l.run(t.Context(), stop)
	}()

	for i := range reloads {
		slow := make(chan *answer, 1)
		go func() {
			a, err := s.try(t.Context(), s.web, "GET", "/slow", "")
			if err != nil {
				a = &answer{body: err.Error()}
			}
			slow <- a
		}()
		maxAge := time.Duration(60+i) * time.Second
		s.reload(t, func(c *nginx.Config) { c.Static[0].MaxAge = maxAge })
		require.Equal(t, fmt.Sprintf("public, max-age=%d, immutable", 60+i),
			s.get(t, "/static/a.js").header.Get("Cache-Control"))
		require.False(t, s.generation(t).Draining)
		require.Empty(t, slow, "it lasts across the reload")
		finish <- struct{}{}
		require.Equal(t, "begun, done", (<-slow).body)
		socket.exchange(t, "still open")
	}

	close(stop)
	<-ended
	require.Empty(t, l.failures)
	require.Greater(t, l.requests.Load(), int64(1000))
	require.GreaterOrEqual(t, l.opened.Load(), int64(connections*(reloads+1)), "each reload ended each connection")
	now, err := os.ReadFile(s.config.Directory + "/nginx.pid")
	require.NoError(t, err)
	require.Equal(t, string(master), string(now), "the master goes on")
	require.Equal(t, fmt.Sprint(s.cmd.Process.Pid), strings.TrimSpace(string(now)))
}

// The configuration is set back while its successor is about to be loaded: a drain that has ended does not reload.
func TestReloadIsGivenUpWithItsDrain(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(echo), nil)
	running := s.generation(t)
	s.config.Gzip = true
	s.write(t)
	reload := s.command(t, nginx.ReloadCommand(s.config.Directory, running.Name))
	require.NoError(t, reload.Start())
	require.Eventually(t, func() bool { return s.generation(t).Draining }, patience, time.Millisecond)
	s.run(t, nginx.StopDrainCommand(s.config.Directory))
	require.Error(t, reload.Wait())
	require.Equal(t, running, s.generation(t))
}

// A reload leaves the drain file of what it replaced. It must not drain that generation when it comes back.
func TestReloadThereAndBack(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(echo), nil)
	first := s.generation(t)
	s.reload(t, func(c *nginx.Config) { c.Gzip = true })
	require.FileExists(t, nginx.DrainFile(s.config.Directory, first.Name))
	s.reload(t, func(c *nginx.Config) { c.Gzip = false })
	require.Equal(t, first, s.generation(t))
	require.False(t, s.get(t, "/").close)
}
