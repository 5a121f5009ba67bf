package pebbletest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

// Proxy passes requests on to a daemon, notes them, and can cut the line.
type Proxy struct {
	// Socket is the path that the proxy listens on.
	Socket string

	mu       sync.Mutex
	requests []Request
	cut      *Cut
	delay    func(Request) time.Duration
	gate     func(Request) (answered, reached bool)
}

// Request is a request that came to the proxy.
type Request struct {
	Method string
	Path   string
	Query  url.Values
}

// Write reports whether the request may change anything.
func (r Request) Write() bool { return r.Method != http.MethodGet }

func (r Request) String() string {
	if len(r.Query) == 0 {
		return r.Method + " " + r.Path
	}
	return r.Method + " " + r.Path + "?" + r.Query.Encode()
}

// Cut says where the line is cut: from request number After+1 on, nothing gets through.
type Cut struct {
	// After is the number of requests that are answered.
	After int

	// Reach lets request number After+1 reach the daemon, but not its answer the client.
	Reach bool
}

// Proxy starts a proxy in front of the daemon, until the end of the test.
func (d *Daemon) Proxy(t testing.TB) *Proxy {
	t.Helper()
	dir, err := os.MkdirTemp("", "proxy")
	if err != nil {
		t.Fatalf("cannot start proxy: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &Proxy{Socket: filepath.Join(dir, "pebble.socket")}
	listener, err := net.Listen("unix", p.Socket)
	if err != nil {
		t.Fatalf("cannot start proxy: %v", err)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "unix", d.Socket)
	}}
	backend := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: "localhost"})
		},
		Transport: transport,
		ModifyResponse: func(r *http.Response) error {
			time.Sleep(p.delayOf(r.Request))
			return nil
		},
		// Answers go on as they come, or not at all.
		FlushInterval: -1,
		ErrorHandler:  func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch answered, reached := p.note(r); {
		case answered:
			backend.ServeHTTP(w, r)
		case reached:
			backend.ServeHTTP(&deafWriter{header: http.Header{}}, r.WithContext(context.WithoutCancel(r.Context())))
			panic(http.ErrAbortHandler)
		default:
			panic(http.ErrAbortHandler)
		}
	})}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("cannot serve proxy: %v", err)
		}
	}()
	t.Cleanup(func() {
		_ = server.Close()
		transport.CloseIdleConnections()
		<-served
	})
	return p
}

// Container returns a container of that name whose Pebble is reached through the proxy.
func (p *Proxy) Container(name string) *pebble.Container {
	return pebble.NewContainer(name, p.Socket)
}

// Requests returns what came since the start or the last Reset. Websockets are a part of it.
func (p *Proxy) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Writes returns those requests that may change anything.
func (p *Proxy) Writes() []Request {
	return slices.DeleteFunc(p.Requests(), func(r Request) bool {
		return !r.Write() && !strings.Contains(r.Path, "/websocket/")
	})
}

// Reset forgets the requests, counts from here, and cuts the line there. Nil repairs the line.
func (p *Proxy) Reset(cut *Cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests, p.cut = nil, cut
}

// Delay holds back the answer to each request for as long as the function says, though the daemon gets it at once.
func (p *Proxy) Delay(delay func(Request) time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = delay
}

// Gate lets a function decide on each request instead of a [Cut]: whether it is answered, and if not, whether it reaches the
// daemon. Several proxies can so be cut at once.
func (p *Proxy) Gate(gate func(Request) (answered, reached bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gate = gate
}

func (p *Proxy) delayOf(r *http.Request) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.delay == nil {
		return 0
	}
	return p.delay(requestOf(r))
}

func requestOf(r *http.Request) Request {
	return Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query()}
}

// note counts a request and decides whether it is answered, or at least reaches the daemon.
func (p *Proxy) note(r *http.Request) (answered, reached bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, requestOf(r))
	if p.gate != nil {
		return p.gate(requestOf(r))
	}
	if p.cut == nil || len(p.requests) <= p.cut.After {
		return true, true
	}
	return false, p.cut.Reach && len(p.requests) == p.cut.After+1
}

// deafWriter takes an answer that nobody gets.
type deafWriter struct {
	header http.Header
}

func (w *deafWriter) Header() http.Header         { return w.header }
func (w *deafWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *deafWriter) WriteHeader(int)             {}
