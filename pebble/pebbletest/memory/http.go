package memory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// request is a request with what it brings. That is read before anything is looked at, since it may come from here.
type request struct {
	*http.Request
	content []byte
}

// answer is the status of a response and its JSON.
type answer struct {
	status int
	body   []byte
}

const resultBegin = `{"type":"sync","status-code":200,"status":"OK","result":`

var answerTrue = success(http.StatusOK, []byte("true"))

// success is an answer with a result, as JSON.
func success(status int, result []byte) answer {
	if status == http.StatusOK {
		return answer{status, append(append(append(make([]byte, 0, len(resultBegin)+len(result)+1), resultBegin...), result...), '}')}
	}
	return answer{status, fmt.Appendf(nil, `{"type":"sync","status-code":%d,"status":%q,"result":%s}`, status, http.StatusText(status), result)}
}

// result is an answer with a value.
func result(value any) answer {
	data, err := json.Marshal(value)
	if err != nil {
		return failure(http.StatusInternalServerError, "", err.Error())
	}
	return success(http.StatusOK, data)
}

// failure is an answer with an error.
func failure(status int, kind, message string) answer {
	body := fmt.Appendf(nil, `{"type":"error","status-code":%d,"status":%q,"result":{"message":`, status, http.StatusText(status))
	body = appendString(body, message)
	if kind != "" {
		body = appendString(append(body, `,"kind":`...), kind)
	}
	return answer{status, append(body, `}}`...)}
}

func badRequest(format string, args ...any) answer {
	return failure(http.StatusBadRequest, "", fmt.Sprintf(format, args...))
}

func refuse(format string, args ...any) *answer {
	a := badRequest(format, args...)
	return &a
}

// accepted is an answer about a change that has begun.
func accepted(change string, value any) answer {
	data, err := json.Marshal(value)
	if err != nil {
		return failure(http.StatusInternalServerError, "", err.Error())
	}
	return answer{http.StatusAccepted, fmt.Appendf(nil, `{"type":"async","status-code":202,"status":"Accepted","change":%q,"result":%s}`, change, data)}
}

// appendString appends a string as JSON.
func appendString(buf []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			data, err := json.Marshal(s)
			if err != nil {
				panic(err) // a string always marshals
			}
			return append(buf, data...)
		}
	}
	return append(append(append(buf, '"'), s...), '"')
}

func decode(r *request, into any) error {
	return json.NewDecoder(bytes.NewReader(r.content)).Decode(into)
}

func duration(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	return time.ParseDuration(s)
}

// errUnreachable is what becomes of a request to a Pebble that does not answer.
var errUnreachable = &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.ENOENT)}

// RoundTrip implements http.RoundTripper: it answers a request to Pebble's API.
func (p *Pebble) RoundTrip(r *http.Request) (*http.Response, error) {
	in := &request{Request: r}
	if r.Body != nil {
		var err error
		in.content, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.boot()
	if p.state.Unreachable {
		return nil, errUnreachable
	}
	switch {
	case r.URL.Path == "/v1/files" && r.Method == http.MethodGet && isRead(r.URL.RawQuery):
		return p.readFiles(in), nil
	case r.URL.Path == "/v1/logs" && r.Method == http.MethodGet:
		body, problem := p.getLogs(in)
		if problem != nil {
			return problem.response(r), nil
		}
		return newResponse(r, http.StatusOK, "application/x-ndjson", body, -1), nil
	}
	return p.serve(in).response(r), nil
}

// isRead recognizes the query of a pull.
func isRead(query string) bool { return strings.Contains(query, "action=read") }

func (a answer) response(r *http.Request) *http.Response {
	return newResponse(r, a.status, "application/json", io.NopCloser(bytes.NewReader(a.body)), int64(len(a.body)))
}

func newResponse(r *http.Request, status int, kind string, body io.ReadCloser, length int64) *http.Response {
	return &http.Response{
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {kind}},
		Body:          body,
		ContentLength: length,
		Request:       r,
	}
}

// serve answers all requests but those with large answers.
func (p *Pebble) serve(r *request) answer {
	path, post := r.URL.Path, r.Method == http.MethodPost
	if !post && r.Method != http.MethodGet {
		return failure(http.StatusMethodNotAllowed, "", fmt.Sprintf("method %q not allowed", r.Method))
	}
	switch path {
	case "/v1/plan":
		return p.getPlan(r)
	case "/v1/layers":
		return p.postLayers(r)
	case "/v1/services":
		if post {
			return p.postServices(r)
		}
		return p.getServices(r)
	case "/v1/files":
		if post {
			return p.postFiles(r)
		}
		return p.listFiles(r)
	case "/v1/checks":
		if post {
			return p.postChecks(r)
		}
		return p.getChecks(r)
	case "/v1/notices":
		if post {
			return p.postNotices(r)
		}
		return p.getNotices(r)
	case "/v1/identities":
		if post {
			return p.postIdentities(r)
		}
		return p.getIdentities()
	case "/v1/system-info":
		return p.getSystemInfo()
	case "/v1/health":
		return p.getHealth(r)
	case "/v1/signals":
		return p.postSignals(r)
	case "/v1/exec":
		return p.postExec(r)
	case "/v1/changes":
		return p.getChanges(r)
	case "/v1/checks/refresh":
		if p.atLeast(20) {
			return p.refreshCheck(r)
		}
	}
	if id, ok := strings.CutPrefix(path, "/v1/changes/"); ok {
		switch id, wait := strings.CutSuffix(id, "/wait"); {
		case post:
			return p.postChange(r, id)
		case wait:
			return p.waitChange(r, id)
		default:
			return p.getChange(id)
		}
	}
	if id, ok := strings.CutPrefix(path, "/v1/notices/"); ok {
		return p.getNotice(id)
	}
	return failure(http.StatusNotFound, "", "invalid API endpoint requested")
}

func (p *Pebble) getSystemInfo() answer {
	return result(struct {
		BootID  string `json:"boot-id"`
		Version string `json:"version"`
	}{p.bootID(), "v" + p.version()})
}
