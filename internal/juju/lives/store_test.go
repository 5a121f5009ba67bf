package lives_test

import (
	"context"
	"errors"
)

// errDied is what the store of a dead process says.
var errDied = errors.New("the process died")

// dyingStore keeps a model in memory and lets its process die at a chosen save:
// before the data is stored, or after it but before that is acknowledged.
type dyingStore struct {
	data []byte
	// dieIn counts the saves until death, 0 for never.
	dieIn    int
	stored   bool // die after the data is stored
	dead     bool
	saves    int
	deadOnce bool

	acknowledged, trying []byte
}

func (s *dyingStore) Load(context.Context) ([]byte, error) { return s.data, nil }

func (s *dyingStore) Save(_ context.Context, data []byte) error {
	if s.dead {
		return errDied
	}
	s.saves++
	s.trying = data
	if s.dieIn > 0 {
		if s.dieIn--; s.dieIn == 0 {
			s.dead, s.deadOnce = true, true
			if s.stored {
				s.data = data
			}
			return errDied
		}
	}
	s.data, s.acknowledged = data, data
	return nil
}

// revive is the start of the next process.
func (s *dyingStore) revive() { s.dead, s.dieIn = false, 0 }
