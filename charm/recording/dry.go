package recording

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// Dry lets a charm read, and keeps what it would change instead of making it.
type Dry struct {
	inner    hooktool.Transport
	redactor *Redactor
	mu       sync.Mutex
	would    []string
}

// NewDry returns a transport that reads by another one, which it closes.
func NewDry(inner hooktool.Transport, redactor *Redactor) *Dry {
	return &Dry{inner: inner, redactor: redactor}
}

// ErrNotDry is that an answer cannot be known without making the change.
var ErrNotDry = errors.New("this would run a command in the container: what follows cannot be told without running it")

// Run implements hooktool.Transport.
func (d *Dry) Run(ctx context.Context, call hooktool.Call) (hooktool.Result, error) {
	if call.Tool == "juju-log" {
		return hooktool.Result{}, nil
	}
	if !IsWrite(call) {
		asked := call
		if call.Tool == "secret-get" {
			if _, recorded := d.inner.(*Player); !recorded {
				asked.Args = peek(call.Args)
			}
		}
		result, err := d.inner.Run(ctx, asked)
		d.mu.Lock()
		defer d.mu.Unlock()
		// It learns the secrets, which must not be shown.
		d.redactor.Call(asked, result)
		return result, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	hidden, _ := d.redactor.Call(call, hooktool.Result{})
	d.would = append(d.would, toolEntry(hidden).String())
	if call.Tool == "secret-add" {
		return hooktool.Result{Stdout: []byte("secret:not-made\n")}, nil
	}
	return hooktool.Result{}, nil
}

// peek makes secret-get change nothing: tracking a revision and giving a label
// are changes.
func peek(args []string) []string {
	named := slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "secret:") })
	var out []string
	for i, arg := range args {
		switch {
		case named && (arg == "--label" || i > 0 && args[i-1] == "--label"):
			continue
		case arg == "--refresh":
			arg = "--peek"
		}
		out = append(out, arg)
	}
	return out
}

// Close closes the inner transport.
func (d *Dry) Close() error { return d.inner.Close() }

// Would returns what would have been changed.
func (d *Dry) Would() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string{}, d.would...)
}

// RoundTripper sends reads to the Pebble of a container, and answers anything
// else as if it had been done.
func (d *Dry) RoundTripper(container string, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		// A change has a number; Pebble counts from 1.
		const done, change = `{"type":"sync","status-code":200,"result":`, "999999999"
		if strings.HasPrefix(req.URL.Path, "/v1/changes/"+change) {
			return Response(req, http.StatusOK, "application/json", done+`{"id":"`+change+`","status":"Done","ready":true}}`), nil
		}
		if req.Method == http.MethodGet {
			return next.RoundTrip(req)
		}
		var body []byte
		if req.Body != nil {
			// What is pushed may be large, and is not shown.
			body, _ = io.ReadAll(io.LimitReader(req.Body, 64<<10))
			_, _ = io.Copy(io.Discard, req.Body)
			req.Body.Close()
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		what := req.Method + " " + req.URL.RequestURI() + " to the Pebble of " + container
		if strings.HasPrefix(req.Header.Get("Content-Type"), "application/json") || strings.HasPrefix(string(body), "{") {
			what += ": " + strings.TrimSpace(string(d.redactor.Data(body)))
		} else if path := pushed(string(body)); path != "" {
			what += ": " + path
		}
		d.would = append(d.would, what)
		switch req.URL.Path {
		case "/v1/exec":
			return nil, ErrNotDry
		case "/v1/files":
			return Response(req, http.StatusOK, "application/json", done+`[{"path":"/"}]}`), nil
		case "/v1/services", "/v1/checks":
			return Response(req, http.StatusAccepted, "application/json", `{"type":"async","status-code":202,"change":"`+change+`","result":null}`), nil
		}
		return Response(req, http.StatusOK, "application/json", done+"true}"), nil
	})
}

// pushed returns the path of the file in a multipart body.
func pushed(body string) string {
	_, rest, ok := strings.Cut(body, `"path":"`)
	if !ok {
		return ""
	}
	path, _, _ := strings.Cut(rest, `"`)
	return path
}
