package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"unicode"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// Player answers hook tools and Pebble requests from a recording. Each answer
// is given once, the first that fits; what is logged is not compared.
type Player struct {
	redactor    *Redactor
	mu          sync.Mutex
	tools       []*ToolEntry
	pebble      []*PebbleEntry
	differences []string
}

// NewPlayer returns a player of a recording.
func NewPlayer(r *Recording, redactor *Redactor) *Player {
	p := &Player{redactor: redactor}
	for _, entry := range r.Entries {
		if entry.Tool != nil && entry.Tool.Name != "juju-log" {
			p.tools = append(p.tools, entry.Tool)
		}
		if entry.Pebble != nil {
			p.pebble = append(p.pebble, entry.Pebble)
		}
	}
	return p
}

// ErrNotRecorded is that a recording has no answer.
var ErrNotRecorded = errors.New("the recording has no answer to this")

// Run implements hooktool.Transport.
func (p *Player) Run(ctx context.Context, call hooktool.Call) (hooktool.Result, error) {
	if err := ctx.Err(); err != nil {
		return hooktool.Result{}, err
	}
	if call.Tool == "juju-log" {
		return hooktool.Result{}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	hidden, _ := p.redactor.Call(call, hooktool.Result{})
	asked := toolEntry(hidden)
	for i, entry := range p.tools {
		if entry == nil || entry.line() != asked.line() {
			continue
		}
		p.tools[i] = nil
		if entry.Error != "" {
			return hooktool.Result{}, fmt.Errorf("cannot run %s: %s", call.Tool, entry.Error)
		}
		return hooktool.Result{Code: entry.Code, Stdout: []byte(entry.Stdout), Stderr: []byte(entry.Stderr)}, nil
	}
	p.differences = append(p.differences, "not recorded: "+asked.String())
	if IsWrite(call) {
		return hooktool.Result{}, nil
	}
	return hooktool.Result{}, fmt.Errorf("cannot run %s: %w", call.Tool, ErrNotRecorded)
}

// Close does nothing.
func (p *Player) Close() error { return nil }

// RoundTripper answers for the Pebble of a container.
func (p *Player) RoundTripper(container string) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Body != nil {
			_, _ = io.Copy(io.Discard, req.Body)
			req.Body.Close()
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		url := p.redactor.Text(req.URL.RequestURI())
		for i, entry := range p.pebble {
			if entry == nil || entry.Container != container || entry.Method != req.Method || entry.URL != url {
				continue
			}
			p.pebble[i] = nil
			if entry.Error != "" {
				return nil, fmt.Errorf("cannot reach Pebble: %s", entry.Error)
			}
			if entry.Cut {
				break
			}
			return Response(req, entry.Code, entry.Type, entry.Body), nil
		}
		p.differences = append(p.differences, fmt.Sprintf("not recorded: %s %s to the Pebble of %s", req.Method, url, container))
		return nil, fmt.Errorf("cannot reach Pebble: %w", ErrNotRecorded)
	})
}

// Differences returns what the second run has asked or done and the first had
// not, and what the first had changed and the second has not.
func (p *Player) Differences() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	differences := append([]string{}, p.differences...)
	for _, entry := range p.tools {
		if entry != nil && IsWrite(hooktool.Call{Tool: entry.Name, Args: entry.Args}) {
			differences = append(differences, "not done again: "+entry.String())
		}
	}
	for _, entry := range p.pebble {
		if entry != nil && entry.Method != http.MethodGet {
			differences = append(differences, fmt.Sprintf("not done again: %s %s to the Pebble of %s", entry.Method, entry.URL, entry.Container))
		}
	}
	return differences
}

// roundTripper is a function that is an http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// Response is an answer that no server has given.
func Response(req *http.Request, code int, contentType, body string) *http.Response {
	return &http.Response{
		Status: http.StatusText(code), StatusCode: code,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {contentType}},
		Body:          io.NopCloser(strings.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}
}

// IsWrite tells whether a call changes anything at Juju.
func IsWrite(call hooktool.Call) bool {
	switch call.Tool {
	case "config-get", "relation-get", "relation-ids", "relation-list", "relation-model-get", "is-leader", "status-get",
		"secret-get", "secret-ids", "secret-info-get", "state-get", "storage-get", "storage-list", "opened-ports", "unit-get",
		"network-get", "goal-state", "credential-get", "action-get", "resource-get", "leader-get", "payload-status-get",
		"k8s-spec-get", "k8s-raw-get", "pod-spec-get":
		return false
	}
	return true
}

// String is the entry as a command line.
func (e *ToolEntry) String() string {
	var out strings.Builder
	out.WriteString(e.Name)
	for _, arg := range e.Args {
		if arg == "" || strings.ContainsFunc(arg, func(c rune) bool { return unicode.IsSpace(c) || c == '"' || c == '\'' }) {
			fmt.Fprintf(&out, " %q", arg)
		} else {
			out.WriteString(" " + arg)
		}
	}
	if e.Stdin != nil {
		fmt.Fprintf(&out, " <<< %q", strings.TrimSpace(*e.Stdin))
	}
	return out.String()
}

// line is what entries are compared by. The numbers of placeholders are left
// out: what is random differs from run to run.
func (e *ToolEntry) line() string {
	before, rest, found := strings.Cut(e.String(), placeholder)
	out := before
	for found {
		rest = strings.TrimLeft(rest, "0123456789")
		before, rest, found = strings.Cut(rest, placeholder)
		out += placeholder + before
	}
	return out
}
