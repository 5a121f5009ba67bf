package recording

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// version is that of the format.
const version = 1

// Header is the first line: what Juju has run, and with what.
type Header struct {
	Version int               `json:"version"`
	Event   string            `json:"event"`
	Started time.Time         `json:"started"`
	Env     map[string]string `json:"env"`
}

// Entry is one line after the header: a hook tool, a request to a Pebble, or
// the end of the hook.
type Entry struct {
	Tool   *ToolEntry   `json:"tool,omitempty"`
	Pebble *PebbleEntry `json:"pebble,omitempty"`
	End    *EndEntry    `json:"end,omitempty"`
}

// ToolEntry is a run of a hook tool.
type ToolEntry struct {
	Name   string   `json:"name"`
	Args   []string `json:"args,omitempty"`
	Stdin  *string  `json:"stdin,omitempty"`
	Code   int      `json:"code,omitempty"`
	Stdout string   `json:"stdout,omitempty"`
	Stderr string   `json:"stderr,omitempty"`
	// Error is why the tool could not be run at all.
	Error string `json:"error,omitempty"`
}

// PebbleEntry is a request to the Pebble of a container. What was sent is not
// kept.
type PebbleEntry struct {
	Container string `json:"container"`
	Method    string `json:"method"`
	URL       string `json:"url"`
	Code      int    `json:"code,omitempty"`
	Type      string `json:"type,omitempty"`
	Body      string `json:"body,omitempty"`
	// Cut tells that the answer was too long to be kept.
	Cut bool `json:"cut,omitempty"`
	// Error is why there was no answer.
	Error string `json:"error,omitempty"`
}

// EndEntry tells how the hook ended. A hook that was killed has none.
type EndEntry struct {
	Ended time.Time `json:"ended"`
	Error string    `json:"error,omitempty"`
}

// Recording is what was recorded of one hook.
type Recording struct {
	Header  Header
	Entries []Entry
}

// End returns how the hook ended, or nil if it was killed.
func (r *Recording) End() *EndEntry {
	for _, entry := range r.Entries {
		if entry.End != nil {
			return entry.End
		}
	}
	return nil
}

// Read reads a recording. A last line that is not whole was being written when
// the hook was killed, and is left out.
func Read(from io.Reader) (*Recording, error) {
	reader := bufio.NewReader(from)
	r := &Recording{}
	for n := 1; ; n++ {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if n == 1 {
				return nil, errors.New("cannot read the recording: it has no first line")
			}
			return r, nil
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read the recording: %w", err)
		}
		if n == 1 {
			err = json.Unmarshal(line, &r.Header)
			if err == nil && r.Header.Version != version {
				err = fmt.Errorf("it has version %d, not %d", r.Header.Version, version)
			}
		} else {
			var entry Entry
			err = json.Unmarshal(line, &entry)
			r.Entries = append(r.Entries, entry)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read line %d of the recording: %w", n, err)
		}
	}
}

// Writer writes a recording. After an error it writes no more: a hook does not
// fail for its recording. It is safe for concurrent use.
type Writer struct {
	out      io.Writer
	redactor *Redactor
	mu       sync.Mutex
	left     int
	err      error
}

// ReadEntries reads lines of a recording that come after the first.
func ReadEntries(from io.Reader) (*Recording, error) {
	r := &Recording{}
	for decoder := json.NewDecoder(from); ; {
		var entry Entry
		switch err := decoder.Decode(&entry); {
		case errors.Is(err, io.EOF):
			return r, nil
		case err != nil:
			return nil, fmt.Errorf("cannot read the recording: %w", err)
		}
		r.Entries = append(r.Entries, entry)
	}
}

// NewWriter returns a writer of at most limit bytes: what comes after is left
// out.
func NewWriter(out io.Writer, redactor *Redactor, limit int) *Writer {
	return &Writer{out: out, redactor: redactor, left: limit}
}

// Err returns why the recording is not whole; nil if it is.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Header writes the first line.
func (w *Writer) Header(header Header) {
	header.Version = version
	env := make(map[string]string, len(header.Env))
	for name, value := range header.Env {
		env[name] = w.redactor.Text(value)
	}
	header.Env = env
	w.write(header)
}

// Tool writes what came of a call.
func (w *Writer) Tool(recorded hooktool.Recorded) {
	call, result := w.redactor.Call(recorded.Call, recorded.Result)
	entry := toolEntry(call)
	entry.Code, entry.Stdout, entry.Stderr = result.Code, string(result.Stdout), string(result.Stderr)
	if recorded.Err != nil {
		entry.Error = w.redactor.Text(recorded.Err.Error())
	}
	w.write(Entry{Tool: entry})
}

// Pebble writes a request and its answer.
func (w *Writer) Pebble(entry PebbleEntry) {
	entry.URL = w.redactor.Text(entry.URL)
	entry.Body = strings.TrimSuffix(string(w.redactor.Data([]byte(entry.Body))), "\n")
	w.write(Entry{Pebble: &entry})
}

// End writes how the hook ended.
func (w *Writer) End(ended time.Time, err error) {
	entry := &EndEntry{Ended: ended}
	if err != nil {
		entry.Error = w.redactor.Text(err.Error())
	}
	w.write(Entry{End: entry})
}

func (w *Writer) write(line any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return
	}
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	if w.err = encoder.Encode(line); w.err != nil {
		return
	}
	if w.left -= data.Len(); w.left < 0 {
		w.err = errors.New("cannot record more of this hook: the limit is reached")
		return
	}
	_, w.err = w.out.Write(data.Bytes())
}

func toolEntry(call hooktool.Call) *ToolEntry {
	entry := &ToolEntry{Name: call.Tool, Args: call.Args}
	if call.Stdin != nil {
		stdin := string(call.Stdin)
		entry.Stdin = &stdin
	}
	return entry
}
