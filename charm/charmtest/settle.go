package charmtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/uniter"
	"github.com/charmkit/charmkit/pebble"
)

const (
	// patience is how often a hook may fail in a row before it is given up.
	patience = 5
	// retry is the longest that a failed hook waits, and updateStatus how long units
	// with nothing else to do wait.
	retry, updateStatus = 5 * time.Minute, 5 * time.Minute
)

// UnsettledError tells why a model does not come to rest.
type UnsettledError struct {
	// Hook is the last one that has run; Endless that hooks follow one another for
	// ever, and not that it fails again and again.
	Hook    Hook
	Endless bool
	// Last are the hooks before it.
	Last []Hook
}

func (e *UnsettledError) Error() string {
	if !e.Endless {
		return fmt.Sprintf("the model does not settle: on %s, %d times in a row, %v", e.Hook.Unit, patience, e.Hook.Err)
	}
	lines := make([]string, len(e.Last))
	for i, h := range e.Last {
		lines[i] = h.String()
	}
	return "the model does not settle, hooks follow one another for ever; the last are\n  " + strings.Join(lines, "\n  ")
}

func (e *UnsettledError) Unwrap() error { return e.Hook.Err }

// Settle lets the units' agents work until there is nothing to do. A hook that has
// failed is run again, as Juju does; one that fails again and again, and hooks that
// follow one another for ever, fail the test.
func (m *Model) Settle() {
	m.t.Helper()
	if err := m.TrySettle(); err != nil {
		m.t.Fatal(err)
	}
}

// TrySettle is Settle for tests of charms that fail: it returns an
// [*UnsettledError].
func (m *Model) TrySettle() error {
	for _, u := range m.units {
		u.failures = 0
	}
	for ran := len(m.hooks); ; {
		if m.rng != nil && m.rng.IntN(4) == 0 {
			m.poll() // an agent looks from time to time
		}
		busy := m.busy()
		if len(busy) == 0 {
			if m.poll() {
				continue
			}
			if !m.failing() {
				return nil
			}
			m.clock.Advance(retry)
			m.wake()
			continue
		}
		u := m.choose(busy)
		if err := m.step(u); err != nil {
			return err
		}
		if len(m.hooks)-ran > m.o.Hooks {
			last := m.hooks[max(0, len(m.hooks)-20):]
			return &UnsettledError{Hook: last[len(last)-1], Last: slices.Clone(last), Endless: true}
		}
	}
}

// choose returns whose turn it is.
func (m *Model) choose(busy []*Unit) *Unit {
	if m.rng != nil {
		return busy[m.rng.IntN(len(busy))]
	}
	next := slices.IndexFunc(busy, func(u *Unit) bool { return u.name > m.turn })
	u := busy[max(next, 0)]
	m.turn = u.name
	return u
}

// busy returns the units that may have something to do, by name.
func (m *Model) busy() []*Unit {
	var busy []*Unit
	for _, name := range sortedKeys(m.units) {
		if u := m.units[name]; !u.idle {
			busy = append(busy, u)
		}
	}
	return busy
}

// wake makes all agents look again.
func (m *Model) wake() {
	for _, u := range m.units {
		u.idle = false
	}
}

// step lets an agent do one thing.
func (m *Model) step(u *Unit) error {
	before := len(m.hooks)
	op, err := u.agent.Step(m.t.Context())
	if err != nil {
		return err
	}
	switch op.Kind {
	case uniter.Nothing:
		u.idle = true
		return nil
	case uniter.Finish:
		delete(m.units, u.name)
	}
	m.wake()
	if len(m.hooks) == before {
		return nil
	}
	h := &m.hooks[len(m.hooks)-1]
	if h.Err == nil && m.inError(u) {
		// The charm has succeeded, and the controller refused what it has recorded.
		logs := m.model.Logs()
		h.Err = newHookError(h.Event, errors.New(logs[len(logs)-1].Message))
	}
	if h.Err == nil {
		u.failures = 0
		return nil
	}
	if u.failures++; u.failures >= patience {
		return &UnsettledError{Hook: *h}
	}
	return nil
}

// inError tells whether a unit waits with a failed hook.
func (m *Model) inError(u *Unit) (is bool) {
	m.view(func(s *model.State) {
		unit, err := s.Unit(u.name)
		is = err == nil && unit.Agent.Current().Status == "error"
	})
	return is
}

// resend sends events of containers again whose hook has failed, and tells whether
// there were any.
func (u *Unit) resend() (again bool) {
	u.events = slices.DeleteFunc(u.events, func(e *sent) bool {
		select {
		case err := <-e.done:
			if err != nil {
				e.done = u.agent.Offer(e.info)
				again = true
			}
			return err == nil
		default:
			return false
		}
	})
	return again
}

// failing tells whether a unit waits to run a failed hook again.
func (m *Model) failing() (failing bool) {
	for _, u := range m.units {
		failing = u.resend() || m.inError(u) || failing
	}
	return failing
}

// Idle reconciles every unit once more, without committing, and returns what that
// would still change: with nothing else to do a charm writes nothing.
func (m *Model) Idle() []Hook {
	m.t.Helper()
	if m.reaper != nil {
		m.reaper.Rest()
	}
	var writing []Hook
	for _, name := range sortedKeys(m.units) {
		u := m.units[name]
		if u.charm == nil {
			continue
		}
		c, err := hook.New(hook.Options{Model: m.model, Unit: name, Info: hook.Info{Kind: hook.UpdateStatus}})
		if err != nil {
			m.t.Fatalf("cannot reconcile %s: %v", name, err)
		}
		h := Hook{Unit: name, Event: UpdateStatus()}
		transport := hooktool.Record(inprocess.Transport(c), func(r hooktool.Recorded) {
			if inprocess.Changes(r.Call) {
				h.Calls = append(h.Calls, r.Call)
			}
		})
		ctx := pebble.WithMiddleware(m.t.Context(), watching(&h.Requests))
		if err := u.charm.runHook(ctx, c, transport, u.pod.copied().container); err != nil {
			h.Err = newHookError(h.Event, err)
		}
		c.Discard()
		if h.Err != nil || len(h.Calls)+len(h.Requests) > 0 {
			writing = append(writing, h)
		}
	}
	return writing
}
