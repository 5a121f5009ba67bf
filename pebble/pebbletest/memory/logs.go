package memory

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

// defaultLogs is how many lines are given if nobody says how many.
const defaultLogs = 30

// getLogs writes the lines of services, and with follow those that come until the request ends.
func (p *Pebble) getLogs(r *request) (body io.ReadCloser, problem *answer) {
	query := r.URL.Query()
	follow := query.Get("follow")
	if follow != "" && follow != "true" && follow != "false" {
		return nil, refuse(`follow parameter must be "true" or "false"`)
	}
	count := defaultLogs
	if follow == "true" {
		count = 0
	}
	if text := query.Get("n"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < -1 {
			return nil, refuse("n must be -1, 0, or a positive integer")
		}
		count = n
	}
	names := commaSeparated(r, "services")
	concerned := func(e LogEntry) bool { return len(names) == 0 || slices.Contains(names, e.Service) }
	var lines []LogEntry
	for _, entry := range p.state.Logs {
		if concerned(entry) {
			lines = append(lines, entry)
		}
	}
	if count >= 0 {
		lines = lines[max(0, len(lines)-count):]
	}
	var text strings.Builder
	writeLogs(&text, lines)
	if follow != "true" {
		return io.NopCloser(strings.NewReader(text.String())), nil
	}
	reader, writer := io.Pipe()
	seen := len(p.state.Logs)
	go func() {
		_, err := io.WriteString(writer, text.String())
		p.mu.Lock()
		defer p.mu.Unlock()
		for err == nil {
			if seen = min(seen, len(p.state.Logs)); seen < len(p.state.Logs) {
				fresh := slices.DeleteFunc(slices.Clone(p.state.Logs[seen:]), func(e LogEntry) bool { return !concerned(e) })
				seen = len(p.state.Logs)
				p.mu.Unlock()
				err = writeLogs(writer, fresh)
				p.mu.Lock()
				continue
			}
			if !p.sleep(r, nil) {
				err = r.Context().Err()
			}
		}
		_ = writer.CloseWithError(err)
	}()
	return reader, nil
}

func writeLogs(w io.Writer, lines []LogEntry) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, line := range lines {
		err := encoder.Encode(struct {
			Time    time.Time `json:"time"`
			Service string    `json:"service"`
			Message string    `json:"message"`
		}{line.Time, line.Service, line.Message})
		if err != nil {
			return err
		}
	}
	return nil
}

// knownSignals are those that Pebble accepts, as far as anybody sends them.
var knownSignals = []string{
	"SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO", "SIGKILL", "SIGPIPE",
	"SIGPROF", "SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN",
	"SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ",
}

func (p *Pebble) postSignals(r *request) answer {
	var payload struct {
		Signal   string   `json:"signal"`
		Services []string `json:"services"`
	}
	if err := decode(r, &payload); err != nil {
		return badRequest("cannot decode request body: %v", err)
	}
	if len(payload.Services) == 0 {
		return badRequest("must specify one or more services")
	}
	var problems []string
	for _, name := range payload.Services {
		s, ok := p.service(name)
		switch {
		case !ok || s.Status != pebble.StatusActive:
			problems = append(problems, fmt.Sprintf("cannot send signal to %q: service is not running", name))
		case !slices.Contains(knownSignals, payload.Signal):
			problems = append(problems, fmt.Sprintf("cannot send signal to %q: invalid signal name %q", name, payload.Signal))
		default:
			ownSlice(p, signals, &p.state.Signals)
			p.state.Signals = append(p.state.Signals, Signal{name, payload.Signal})
		}
	}
	p.tick()
	if len(problems) > 0 {
		return failure(http.StatusInternalServerError, "", strings.Join(problems, "; "))
	}
	return answerTrue
}
