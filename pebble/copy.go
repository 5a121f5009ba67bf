package pebble

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Copied says what PushDir or PullDir has copied.
type Copied struct {
	Files int
	Dirs  int   // the folders in the one that was copied
	Bytes int64 // in all files

	// Skipped are what cannot be copied, and no error: devices, sockets, pipes, and links that lead to a folder or nowhere.
	// They are paths of the source.
	Skipped []string
}

// CopyError lists what PushDir or PullDir could not copy. It has tried all the rest, unless Pebble went away, refused the user
// or the context ended.
type CopyError struct {
	Op       string // push or pull
	Failures []CopyFailure
}

// CopyFailure is a file or folder that could not be copied.
type CopyFailure struct {
	Path string // of the source
	Err  error
}

// shownFailures is how many failures are a part of a CopyError's text.
const shownFailures = 5

func (e *CopyError) Error() string {
	var texts []string
	for _, f := range e.Failures[:min(len(e.Failures), shownFailures)] {
		texts = append(texts, f.Path+": "+f.Err.Error())
	}
	if more := len(e.Failures) - shownFailures; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("cannot %s everything: %s", e.Op, strings.Join(texts, "; "))
}

// Unwrap gives the errors of all failures to errors.Is and errors.As.
func (e *CopyError) Unwrap() []error {
	all := make([]error, len(e.Failures))
	for i, f := range e.Failures {
		all[i] = f.Err
	}
	return all
}

// copying is a recursive copy on its way.
type copying struct {
	*session
	op       string
	copied   Copied
	failures []CopyFailure
}

// copyTree runs a recursive copy over one session.
func (c *Container) copyTree(ctx context.Context, op, dir string, do func(*copying)) (*Copied, error) {
	work := &copying{op: op}
	s, err := c.open(ctx)
	if err == nil {
		defer s.close()
		work.session = s
		do(work)
		err = work.err()
	}
	if err != nil {
		err = fmt.Errorf("cannot %s %s in container %q: %w", op, dir, c.name, err)
	}
	return &work.copied, err
}

func (w *copying) err() error {
	if len(w.failures) > 0 {
		return &CopyError{w.op, w.failures}
	}
	return nil
}

// failed notes a failure, and reports whether there is no use in going on.
func (w *copying) failed(path string, err error) (stop bool) {
	w.failures = append(w.failures, CopyFailure{path, err})
	return w.broken() != nil || errors.Is(err, ErrNotReady) || errors.Is(err, ErrDenied)
}

func (w *copying) skip(path string) { w.copied.Skipped = append(w.copied.Skipped, path) }
