package model

import (
	"context"
	"sync"
)

// Store keeps one model between processes.
type Store interface {
	// Load returns what was saved last, or nothing if nothing ever was.
	Load(ctx context.Context) ([]byte, error)
	// Save replaces what is stored; when it returns nil the data is durable.
	Save(ctx context.Context, data []byte) error
}

// MemoryStore is a [Store] for tests. The zero value is empty.
type MemoryStore struct {
	mu   sync.Mutex
	data []byte
}

// Load implements [Store].
func (s *MemoryStore) Load(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data, nil
}

// Save implements [Store].
func (s *MemoryStore) Save(_ context.Context, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = data
	return nil
}
