package model

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Options are the parts of a model that a test may want to replace.
type Options struct {
	// Store keeps the model between processes; nil keeps it in memory only.
	Store Store
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// NewID makes the ids of secrets, 20 characters of 0-9a-v; nil means ids as
	// Juju makes them. It may be called concurrently.
	NewID func() string
	// Log receives every log record, besides [Model.Logs].
	Log func(LogRecord)
}

// Model owns a [State]. It is safe for concurrent use.
type Model struct {
	mu    sync.RWMutex
	state State
	store Store
	saved []byte
	now   func() time.Time

	logs logBuffer

	watchMu sync.Mutex
	changed chan struct{}
}

// New returns a model that owns state. Nothing is stored until the first
// [Model.Update].
func New(state State, o Options) *Model {
	m := &Model{state: state, store: o.Store}
	m.logs.sink = o.Log
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = newXID
	}
	m.now = o.Now
	m.state.prepare(o.Now, o.NewID)
	return m
}

// Open restores the model that o.Store holds. The store is empty the first
// time: then initial becomes the model, and is stored.
func Open(ctx context.Context, initial State, o Options) (*Model, error) {
	if o.Store == nil {
		return New(initial, o), nil
	}
	data, err := o.Store.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot load the model: %w", err)
	}
	if len(data) == 0 {
		m := New(initial, o)
		return m, m.Update(ctx, func(*State) error { return nil })
	}
	var state State
	if err := json.Unmarshal(data, &state); err != nil {
		return nil, fmt.Errorf("cannot read the stored model: %w", err)
	}
	m := New(state, o)
	m.saved = data
	return m, nil
}

// View lets fn read the state. fn must neither change nor keep any of it.
func (m *Model) View(fn func(*State)) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	fn(&m.state)
}

// Update lets fn change the state, stores the result and wakes the watchers.
//
// What fn changed before it returned an error stays changed, as with Juju's own
// commit of a hook; the verbs of State check before they change anything. If
// the store refuses the new state, the old one comes back and the store's error
// is returned.
func (m *Model) Update(ctx context.Context, fn func(*State) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	failure := fn(&m.state)
	if err := m.save(ctx); err != nil {
		return err
	}
	m.wake()
	return failure
}

func (m *Model) save(ctx context.Context) error {
	if m.store == nil {
		return nil
	}
	data, err := json.Marshal(&m.state)
	if err == nil {
		err = m.store.Save(ctx, data)
	}
	if err == nil {
		m.saved = data
		return nil
	}
	if m.saved != nil {
		var old State
		if undo := json.Unmarshal(m.saved, &old); undo == nil {
			old.now, old.newID = m.state.now, m.state.newID
			m.state = old
		}
	}
	return fmt.Errorf("cannot save the model: %w", err)
}

// Watch returns a channel that is closed at the next change. To miss none, call
// it before reading the state that decides whether to wait.
func (m *Model) Watch() <-chan struct{} {
	m.watchMu.Lock()
	defer m.watchMu.Unlock()
	if m.changed == nil {
		m.changed = make(chan struct{})
	}
	return m.changed
}

func (m *Model) wake() {
	m.watchMu.Lock()
	defer m.watchMu.Unlock()
	if m.changed != nil {
		close(m.changed)
		m.changed = nil
	}
}

// Snapshot returns a deep copy of the state.
func (m *Model) Snapshot() (State, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	data, err := json.Marshal(&m.state)
	if err != nil {
		return State{}, fmt.Errorf("cannot copy the model: %w", err)
	}
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, fmt.Errorf("cannot copy the model: %w", err)
	}
	s.now, s.newID = m.state.now, m.state.newID
	return s, nil
}
