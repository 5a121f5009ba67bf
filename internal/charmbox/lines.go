package charmbox

import (
	"io"
	"sync"
)

// lineWriter hands on whole lines.
type lineWriter struct {
	line    func(string)
	mu      sync.Mutex
	partial []byte
}

// maxLine is the length in bytes at which a line is handed on unfinished, as
// the unit agent does.
const maxLine = 4096

var _ io.Writer = (*lineWriter)(nil)

func (w *lineWriter) Write(data []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range data {
		if b == '\n' || len(w.partial) == maxLine {
			w.flush()
		}
		if b != '\n' {
			w.partial = append(w.partial, b)
		}
	}
	return len(data), nil
}

// flush hands on what is there; the caller holds the lock.
func (w *lineWriter) flush() {
	w.line(string(w.partial))
	w.partial = w.partial[:0]
}

// Close hands on a last line that has no end.
func (w *lineWriter) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.partial) > 0 {
		w.flush()
	}
	return nil
}
