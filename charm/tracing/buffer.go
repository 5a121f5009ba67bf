package tracing

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm/internal/spool"
)

// The priorities of traces: what goes first when the buffer is full is that of
// hooks that nothing has handled.
const (
	Unhandled = 1
	Handled   = 5
)

const (
	// maxBuffered is what a buffer keeps.
	maxBufferedFiles = 2000
	maxBufferedBytes = 40 << 20
	// atOnce is how many traces one hook sends, within allTogether.
	atOnce      = 10
	oneRequest  = time.Second
	allTogether = 6 * time.Second
)

// Buffer keeps traces in a folder until a backend takes them.
type Buffer struct{ spool *spool.Spool }

// OpenBuffer returns the buffer in a folder, which need not exist.
func OpenBuffer(dir string) *Buffer {
	return &Buffer{spool.Open(dir, spool.Options{Suffix: ".otlp.json", Files: maxBufferedFiles, Bytes: maxBufferedBytes})}
}

// Add keeps a trace.
func (b *Buffer) Add(priority int, t *Trace) error {
	data, err := t.OTLP()
	if err != nil {
		return err
	}
	if err := b.spool.Put(b.spool.Name(priority, t.options.Now()), data); err != nil {
		return fmt.Errorf("cannot keep the trace: %w", err)
	}
	return nil
}

// Destination is where traces are sent.
type Destination struct {
	// URL is the base URL of an OTLP/HTTP receiver; "/v1/traces" is added.
	URL string
	// RootCAs are whose certificates are trusted; nil are the system's.
	RootCAs *x509.CertPool
}

// Validate checks that the URL is one of HTTP or HTTPS.
func (d Destination) Validate() error {
	u, err := url.Parse(d.URL)
	if err != nil {
		return fmt.Errorf("cannot send traces: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("cannot send traces to %q: it is no URL of HTTP or HTTPS", d.URL)
	}
	return nil
}

// RefusedError is the answer of a backend that did not take a trace.
type RefusedError struct{ Status string }

func (e *RefusedError) Error() string {
	return "cannot send the trace: the backend answered " + e.Status
}

// Send sends what the buffer has, the highest priority first and of that the
// oldest, at most ten traces and for at most six seconds. What was taken is
// removed; so is what the backend will never take.
func (b *Buffer) Send(ctx context.Context, to Destination) error {
	if err := to.Validate(); err != nil {
		return err
	}
	names, err := b.spool.List()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, allTogether)
	defer cancel()
	transport := &http.Transport{
		Proxy:           http.ProxyFromEnvironment,
		TLSClientConfig: &tls.Config{RootCAs: to.RootCAs, MinVersion: tls.VersionTLS12},
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: oneRequest}
	endpoint := strings.TrimRight(to.URL, "/") + "/v1/traces"
	var refused error
	for _, name := range best(names, atOnce) {
		data, err := b.spool.Get(name)
		if err != nil {
			return err
		}
		err = post(ctx, client, endpoint, data)
		if err != nil && !errors.As(err, new(*RefusedError)) {
			return errors.Join(refused, err)
		}
		var retry *retryError
		if errors.As(err, &retry) {
			return errors.Join(refused, err)
		}
		refused = errors.Join(refused, err)
		if err := b.spool.Remove(name); err != nil {
			return errors.Join(refused, err)
		}
	}
	return refused
}

// best orders names by falling priority, and by age within it.
func best(names []string, most int) []string {
	var ordered []string
	for end := len(names); end > 0 && len(ordered) < most; {
		begin := end - 1
		for begin > 0 && names[begin-1][0] == names[end-1][0] {
			begin--
		}
		ordered = append(ordered, names[begin:end]...)
		end = begin
	}
	return ordered[:min(len(ordered), most)]
}

// retryError is a refusal that says "later".
type retryError struct{ err *RefusedError }

func (e *retryError) Error() string { return e.err.Error() }

func (e *retryError) Unwrap() error { return e.err }

func post(ctx context.Context, client *http.Client, endpoint string, data []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("cannot send the trace: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	response, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("cannot send the trace: %w", err)
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10)
	refused := &RefusedError{response.Status}
	switch {
	case response.StatusCode/100 == 2:
		return nil
	case response.StatusCode == http.StatusBadRequest || response.StatusCode == http.StatusRequestEntityTooLarge:
		// Sending it again would change nothing.
		return refused
	}
	return &retryError{refused}
}
