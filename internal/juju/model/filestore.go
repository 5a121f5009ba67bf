package model

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// fileStore is a snapshot in one file and, in another beside it, a journal of
// what changed since.
type fileStore struct {
	path string
	disk disk
	// journaled says that there is a journal.
	journaled bool

	mu sync.Mutex
	// last is what is stored.
	last []byte
	// journal is nil until the first save, and after a save that failed: then the
	// next one makes a new snapshot.
	journal appender
	// size is the journal's, and atLeast what it may always have.
	size, atLeast int
}

// FileStore returns a [Store] in one file, which anybody may read at any time.
// Its folder must exist, and nobody else may write it. A crash at any moment, or
// a loss of power, leaves all that was saved, and of a save that was not over
// nothing or all.
func FileStore(path string) Store { return &fileStore{path: path, disk: osDisk{}} }

// JournalStore is [FileStore] with a second file, of that name and ".journal":
// most saves change little, and are one append there instead of a new file, two
// or three times as fast. Only [Store].Load tells what both hold together.
func JournalStore(path string) Store {
	return &fileStore{path: path, disk: osDisk{}, journaled: true, atLeast: 1 << 20}
}

func (s *fileStore) journalPath() string { return s.path + ".journal" }

// Load implements [Store].
func (s *fileStore) Load(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.closeJournal(); err != nil {
		return nil, err
	}
	data, err := s.read(s.path)
	if err != nil || !s.journaled {
		return data, err
	}
	journal, err := s.read(s.journalPath())
	if err != nil {
		return nil, err
	}
	s.last = replay(data, journal)
	return s.last, nil
}

func (s *fileStore) read(name string) ([]byte, error) {
	data, err := s.disk.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// Save implements [Store].
func (s *fileStore) Save(ctx context.Context, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.journaled {
		return s.replace(data)
	}
	record := encodeRecord(s.last, data)
	// A journal that has grown larger than the model costs more than it saves.
	if s.journal == nil || s.size+len(record) > max(s.atLeast, 4*len(data)) {
		return s.snapshot(data)
	}
	_, err := s.journal.Write(record)
	if err == nil {
		err = s.journal.sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cannot write the journal: %w", err), s.closeJournal())
	}
	s.last, s.size = data, s.size+len(record)
	return nil
}

// snapshot stores all of data, and then empties the journal. Until it is empty,
// what it holds does not fit the new snapshot, and is ignored.
func (s *fileStore) snapshot(data []byte) error {
	if err := s.closeJournal(); err != nil {
		return err
	}
	if err := s.replace(data); err != nil {
		return err
	}
	journal, err := s.disk.open(s.journalPath())
	if err != nil {
		return fmt.Errorf("cannot begin a journal: %w", err)
	}
	s.journal, s.last, s.size = journal, data, 0
	return nil
}

func (s *fileStore) replace(data []byte) error {
	if err := s.disk.replace(s.path, data); err != nil {
		return fmt.Errorf("cannot write the model's file: %w", err)
	}
	return nil
}

func (s *fileStore) closeJournal() error {
	if s.journal == nil {
		return nil
	}
	journal := s.journal
	s.journal = nil
	return journal.Close()
}
