package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// load keeps connections open and sends request after request on each. Unlike
// net/http it never sends a request a second time: whatever goes wrong counts.
type load struct {
	address     string
	path        string
	connections int

	requests    atomic.Int64
	reconnected atomic.Int64
	mu          sync.Mutex
	failures    []error
	// settings counts the answers by their Cache-Control.
	settings map[string]int
}

// run sends until stop is closed, then finishes what has begun.
func (l *load) run(ctx context.Context, stop <-chan struct{}) {
	l.settings = map[string]int{}
	var workers sync.WaitGroup
	for range l.connections {
		workers.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-ctx.Done():
					return
				default:
				}
				if err := l.connection(ctx, stop); err != nil {
					l.mu.Lock()
					l.failures = append(l.failures, err)
					l.mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
}

// connection sends requests on one connection until the server says that it
// will close it.
func (l *load) connection(ctx context.Context, stop <-chan struct{}) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", l.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	l.reconnected.Add(1)
	reader := bufio.NewReader(conn)
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := fmt.Fprintf(conn, "HEAD %s HTTP/1.1\r\nHost: demo\r\n\r\n", l.path); err != nil {
			return err
		}
		answer, err := http.ReadResponse(reader, &http.Request{Method: http.MethodHead})
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("answer %s", answer.Status)
		}
		l.requests.Add(1)
		l.mu.Lock()
		l.settings[answer.Header.Get("Cache-Control")]++
		l.mu.Unlock()
		if answer.Close {
			return nil
		}
	}
}

// slowLogin is a request whose body is sent in two halves: the second when
// finish is closed. NGINX holds it all that time, and its answer comes after.
func slowLogin(ctx context.Context, address string, body []byte, finish <-chan struct{}) (string, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST /auth/simple/login HTTP/1.1\r\nHost: demo\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		len(body), body[:10])
	if err != nil {
		return "", err
	}
	select {
	case <-finish:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if _, err := conn.Write(body[10:]); err != nil {
		return "", err
	}
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.Status, err
}
