// Package spool keeps a bounded number of small files in a folder: the newest
// recordings of hooks, the spans that no backend has taken yet.
//
// Names sort by age within a priority, which is their first part; what goes
// first when there is too much is of the lowest priority, and of that the
// oldest. A file is complete once it has its name, unless it was opened to be
// appended to.
package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options bound a spool.
type Options struct {
	// Suffix is how the names of its files end; others are left alone.
	Suffix string
	// Files and Bytes are the most that it keeps.
	Files int
	Bytes int64
}

// Spool is a folder. It need not exist.
type Spool struct {
	dir     string
	options Options
}

// Open returns the spool in a folder; no I/O happens yet.
func Open(dir string, options Options) *Spool { return &Spool{dir, options} }

// Name returns a name for a file of now, with a priority from 0 to 9.
func (s *Spool) Name(priority int, now time.Time) string {
	return fmt.Sprintf("%d-%020d%s", priority, now.UnixNano(), s.options.Suffix)
}

// Path returns where a file is.
func (s *Spool) Path(name string) string { return filepath.Join(s.dir, name) }

// List returns the names that there are, lowest priority and oldest first.
func (s *Spool) List() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list %s: %w", s.dir, err)
	}
	var names []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), s.options.Suffix) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// Append creates a file that is written piece by piece, after making room.
func (s *Spool) Append(name string) (*os.File, error) {
	if err := s.makeRoom(0); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(s.Path(name), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot create a file: %w", err)
	}
	return file, nil
}

// Put writes a file at once, after making room. A process that is killed leaves
// all of it or none.
func (s *Spool) Put(name string, data []byte) error {
	if err := s.makeRoom(int64(len(data))); err != nil {
		return err
	}
	temporary := s.Path(name + ".new")
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return fmt.Errorf("cannot write a file: %w", err)
	}
	if err := os.Rename(temporary, s.Path(name)); err != nil {
		return fmt.Errorf("cannot rename a file: %w", err)
	}
	return nil
}

// Get reads a file.
func (s *Spool) Get(name string) ([]byte, error) {
	data, err := os.ReadFile(s.Path(name))
	if err != nil {
		return nil, fmt.Errorf("cannot read a file: %w", err)
	}
	return data, nil
}

// Remove removes a file; one that is not there is removed already.
func (s *Spool) Remove(name string) error {
	if err := os.Remove(s.Path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove a file: %w", err)
	}
	return nil
}

// makeRoom removes what must go for one more file of that size.
func (s *Spool) makeRoom(size int64) error {
	if size > s.options.Bytes {
		return fmt.Errorf("cannot keep %d bytes: the limit is %d", size, s.options.Bytes)
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	names, err := s.List()
	if err != nil {
		return err
	}
	sizes := make([]int64, len(names))
	total := size
	for i, name := range names {
		if info, err := os.Lstat(s.Path(name)); err == nil {
			sizes[i] = info.Size()
			total += sizes[i]
		}
	}
	count := len(names) + 1
	for i, name := range slices.Clone(names) {
		if count <= s.options.Files && total <= s.options.Bytes {
			break
		}
		if err := s.Remove(name); err != nil {
			return err
		}
		count--
		total -= sizes[i]
	}
	return nil
}
