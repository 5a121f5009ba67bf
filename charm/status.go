package charm

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// Status collects what the reconcilers find. With nothing found the unit is
// active; otherwise its status is that of the worst condition, and its message
// tells all of them, worst first, on one line of at most 1000 bytes. It is
// written once, after the reconcilers, and only if it differs from what Juju
// shows.
type Status struct {
	b *Base
	// component is whose reconciler runs now.
	component string
	found     []finding
	errs      []error
	active    string
}

// Blocked adds the condition that the operator must do something.
func (s *Status) Blocked(format string, args ...any) {
	s.add(finding{Condition: *condition(LevelBlocked, format, args)})
}

// Waiting adds the condition that something else is not ready yet.
func (s *Status) Waiting(format string, args ...any) {
	s.add(finding{Condition: *condition(LevelWaiting, format, args)})
}

// Active sets the message that is shown if there is no condition.
func (s *Status) Active(message string) { s.active = message }

// Check takes an error apart. What is an ordinary "not ready" becomes a
// condition; the rest is kept for [Status.Err] and returned. Joined errors are
// taken one by one; an error that wraps conditions and failures is both.
func (s *Status) Check(err error) error {
	var failures []error
	for _, e := range flatten(err) {
		found, all := findings(e)
		for _, f := range found {
			s.add(f)
		}
		if all {
			continue
		}
		failures = append(failures, e)
		// A reconciler may return what it has checked before.
		if !slices.ContainsFunc(s.errs, func(known error) bool { return errors.Is(e, known) }) {
			s.errs = append(s.errs, e)
		}
	}
	return errors.Join(failures...)
}

// Clear tells that there is neither a condition nor an error so far.
func (s *Status) Clear() bool { return len(s.found) == 0 && len(s.errs) == 0 }

// Err returns the errors that were checked, joined; nil if there was none.
func (s *Status) Err() error { return errors.Join(s.errs...) }

// Conditions returns what was found so far, worst first.
func (s *Status) Conditions() []Condition {
	sorted := make([]Condition, len(s.found))
	for i, f := range s.found {
		sorted[i] = f.Condition
	}
	slices.SortStableFunc(sorted, worstFirst)
	return sorted
}

// Progress shows at once, as maintenance, what takes a while now. The final
// status replaces it.
func (s *Status) Progress(ctx context.Context, message string) error {
	return s.b.setStatus(ctx, hooktool.Status{Status: string(LevelMaintenance), Message: message})
}

// add keeps a condition that is not known yet. The problems of invalid data that
// several readers have found, each with a struct of its own, become one.
func (s *Status) add(f finding) {
	if f.Component == "" {
		f.Component = s.component
	}
	if !f.ranked && f.Priority == 0 && s.b != nil {
		f.Priority = s.b.priorities[f.Component]
	}
	for i := range s.found {
		known := &s.found[i]
		if known.Level == f.Level && known.Message == f.Message {
			known.Priority = max(known.Priority, f.Priority)
			return
		}
		if f.invalid == "" || known.invalid != f.invalid || known.Priority != f.Priority {
			continue
		}
		known.problems = slices.Clone(known.problems)
		for _, problem := range f.problems {
			if !slices.Contains(known.problems, problem) {
				known.problems = append(known.problems, problem)
			}
		}
		known.Message = (&InvalidError{known.invalid, known.problems}).Error()
		return
	}
	s.found = append(s.found, f)
}

// final is the status that the conditions come to.
func (s *Status) final() hooktool.Status {
	conditions := s.Conditions()
	if len(conditions) == 0 {
		return hooktool.Status{Status: "active", Message: s.active}
	}
	messages := make([]string, len(conditions))
	for i, c := range conditions {
		messages[i] = c.Message
	}
	return hooktool.Status{Status: string(conditions[0].Level), Message: strings.Join(messages, "; ")}
}

// maxStatus is the length of a status message in bytes: what a person can still
// read in a table. Juju itself sets no limit.
const maxStatus = 1000

// oneLine makes a text fit for a status. Parts of it may be what a program wrote,
// or another application.
func oneLine(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), unicode.IsControl), " ")
	return shorten(text, maxStatus)
}

// shorten leaves out the end of a text that has more bytes than it may, and says so.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("...")], "") + "..."
}

// reconcile runs the reconcilers, arranges for another hook if one is wanted, and
// writes the status. An error of a reconciler fails the hook, after the others
// have had their turn.
func (b *Base) reconcile(ctx context.Context) error {
	appErr := b.reconcileApp(ctx)
	if len(b.reconcilers) == 0 {
		if appErr != nil {
			return appErr
		}
		return b.arrangeWakeUp(ctx)
	}
	status := &Status{b: b}
	status.run(ctx, "reconcile", b.reconcilers)
	if err := errors.Join(appErr, status.Err()); err != nil {
		return err
	}
	if err := b.arrangeWakeUp(ctx); err != nil {
		return err
	}
	return b.setStatus(ctx, status.final())
}

// setStatus writes a status if it is not the one that is set.
func (b *Base) setStatus(ctx context.Context, want hooktool.Status) error {
	want.Message = oneLine(want.Message)
	if b.run.status == nil {
		now, err := b.run.tools.StatusGet(ctx)
		if err != nil {
			return err
		}
		b.run.status = &now
	}
	if *b.run.status == want {
		return nil
	}
	if err := b.run.tools.StatusSet(ctx, want); err != nil {
		return err
	}
	b.run.status = &want
	return nil
}
