package charm

import (
	"fmt"
	"slices"
)

// Events constructs a charm and returns the names of the events that it has
// handlers for, sorted, such as "config-changed", "database-relation-created"
// or "app-pebble-ready". Documentation and tests can be held to it. Reconcilers
// are not in it, for they run after all events but stop and remove; nor are
// actions.
func Events[C any](newCharm Constructor[C]) ([]string, error) {
	b := newBase(nowhere)
	if _, err := newCharm(b); err != nil {
		return nil, fmt.Errorf("cannot construct the charm: %w", err)
	}
	var events []string
	for t := range b.handlers {
		events = append(events, t.String())
	}
	slices.Sort(events)
	return events, nil
}

// String returns the name of the event, as Juju names its hook.
func (t trigger) String() string {
	if t.subject == "" {
		return t.kind
	}
	return t.subject + "-" + t.kind
}
