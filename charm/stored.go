package charm

import (
	"context"
	"fmt"
	"maps"
)

// maxStored is how much of the unit's state at the controller a charm may fill,
// keys and values together, in bytes. Juju 3.6.11 refuses the commit of a hook
// that leaves more than 2 MiB, and an operator may have set less.
const maxStored = 1 << 20

// StateFullError tells that the unit's state would grow beyond what is safe: Juju
// would only say so at the end of the hook, and fail each one after it too.
type StateFullError struct {
	// For is what was to be stored.
	For string
	// Size is how large the state would be, Limit how large it may be, in bytes.
	Size, Limit int
}

func (e *StateFullError) Error() string {
	return fmt.Sprintf("cannot store %s: the unit's state would have %d bytes, and may have %d", e.For, e.Size, e.Limit)
}

// stored returns the unit's state with this hook's changes; it is read once per
// hook, and not to be changed.
func (r *run) stored(ctx context.Context) (map[string]string, error) {
	if r.state == nil {
		state, err := r.tools.StateGet(ctx)
		if err != nil {
			return nil, err
		}
		r.state = nonNil(state)
	}
	return r.state, nil
}

// store records what differs from the unit's state; an empty value deletes its
// key. The name is for messages.
func (r *run) store(ctx context.Context, name string, values map[string]string) error {
	state, err := r.stored(ctx)
	if err != nil {
		return err
	}
	after, changed := maps.Clone(state), map[string]string{}
	var deleted []string
	for key, value := range values {
		old, known := state[key]
		switch {
		case value == "" && known:
			deleted = append(deleted, key)
			delete(after, key)
		case value != "" && value != old:
			changed[key], after[key] = value, value
		}
	}
	if size := storedSize(after); len(changed) > 0 && size > maxStored {
		return &StateFullError{For: name, Size: size, Limit: maxStored}
	}
	if err := r.tools.StateSet(ctx, changed); err != nil {
		return err
	}
	for _, key := range deleted {
		if err := r.tools.StateDelete(ctx, key); err != nil {
			return err
		}
	}
	r.state = after
	return nil
}

// storedSize is what the state takes at the controller, about: BSON puts a few
// bytes around each pair.
func storedSize(state map[string]string) int {
	size := 0
	for key, value := range state {
		size += len(key) + len(value) + 8
	}
	return size
}
