package pebble

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

const (
	// errorOutput is how much of each output an ExecError keeps, in bytes.
	errorOutput = 4 << 10

	// maxUnread is how much output waits to be read before it holds up the command, in bytes; the same as a pipe.
	maxUnread = 64 << 10
)

// stream takes what a command writes and passes it on to a writer, or keeps it for a reader. Its end is kept in any case, for
// an ExecError.
type stream struct {
	writer io.Writer

	mu       sync.Mutex
	changed  sync.Cond
	unread   bytes.Buffer
	unlimit  bool  // unread may grow
	closed   bool  // the reader wants no more
	end      error // what the reader gets after unread, once nothing more comes
	last     []byte
	writeErr error // of writer
}

func newStream(w io.Writer) *stream {
	s := &stream{writer: w}
	s.changed.L = &s.mu
	return s
}

// Write takes everything, even what nobody wants, so that the command is not held up by it.
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = append(s.last, p...)
	if len(s.last) > 2*errorOutput {
		s.last = append(s.last[:0], s.last[len(s.last)-errorOutput:]...)
	}
	if s.writer != nil {
		s.pass(p)
		return len(p), nil
	}
	for rest := p; len(rest) > 0 && !s.closed && s.end == nil; {
		room := len(rest)
		if !s.unlimit {
			room = min(room, maxUnread-s.unread.Len())
		}
		if room <= 0 {
			s.changed.Wait()
			continue
		}
		s.unread.Write(rest[:room])
		rest = rest[room:]
		s.changed.Broadcast()
	}
	return len(p), nil
}

// pass gives output to the writer, which may take its time.
func (s *stream) pass(p []byte) {
	if s.writeErr != nil || s.end != nil {
		return
	}
	s.mu.Unlock()
	_, err := s.writer.Write(p)
	s.mu.Lock()
	s.writeErr = err
}

// Read waits for output.
func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.unread.Len() == 0 && s.end == nil && !s.closed && len(p) > 0 {
		s.changed.Wait()
	}
	switch {
	case s.closed:
		return 0, io.ErrClosedPipe
	case s.unread.Len() == 0 && len(p) > 0:
		return 0, s.end
	}
	n, _ := s.unread.Read(p)
	s.changed.Broadcast()
	return n, nil
}

// Close drops what has not been read and what is still to come.
func (s *stream) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.unread = bytes.Buffer{}
	s.changed.Broadcast()
	return nil
}

// unbound lets the stream keep as much as comes.
func (s *stream) unbound() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlimit = true
	s.changed.Broadcast()
}

// finish says that nothing more comes. Only the first reason counts.
func (s *stream) finish(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end == nil {
		s.end = err
	}
	s.changed.Broadcast()
}

// rest takes what has not been read.
func (s *stream) rest() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := s.unread.Bytes()
	s.unread = bytes.Buffer{}
	return rest
}

// tail returns the end of all that was written.
func (s *stream) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ToValidUTF8(string(s.last[max(0, len(s.last)-errorOutput):]), "")
}

func (s *stream) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writeErr != nil {
		return fmt.Errorf("cannot pass on output: %w", s.writeErr)
	}
	return nil
}
