package memory

import (
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
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
