package charm

import (
	"context"
	"fmt"
	"slices"

	"github.com/charmkit/charmkit/charm/internal/deferral"
	"github.com/charmkit/charmkit/charm/tracing"
)

// The bounds of the deferred events: far from Juju's, which would fail every
// commit. Juju takes 64 KiB for one value.
const (
	maxDeferred      = 100
	maxDeferredBytes = 32 << 10
)

// Deferred is an event that waits for a handler to take it.
type Deferred struct {
	// Handler is the name that the handler was registered under.
	Handler string
	// Event is the event's name, such as "database-relation-changed".
	Event string
}

// DeferralsFullError tells that an event cannot be deferred, since too many are.
// The hook fails, so that Juju repeats the event.
type DeferralsFullError struct {
	Deferred
	// Waiting is the number of events that are deferred already.
	Waiting int
}

func (e *DeferralsFullError) Error() string {
	return fmt.Sprintf("cannot defer %s for handler %q: %d events are deferred already", e.Event, e.Handler, e.Waiting)
}

func deferEvent(handler string, e *event) deferral.Event {
	return deferral.Event{
		Handler: handler, Event: e.name,
		Relation: e.relationID, App: e.remoteApp, Unit: e.remoteUnit, DepartingUnit: e.departingUnit,
		Secret: string(e.secretURI), SecretLabel: e.secretLabel, SecretRevision: e.secretRevision,
		Notice: e.noticeID, NoticeType: e.noticeType, NoticeKey: e.noticeKey, Check: e.check,
		Storage: e.storageID, StorageKind: e.storageKind, StorageLocation: e.storageLocation,
		TargetBase: e.targetBase, TargetSeries: e.targetSeries,
	}
}

// eventOf is the opposite of deferEvent.
func eventOf(d *deferral.Event) *event {
	return &event{
		name: d.Event, trigger: triggerOf(d.Event),
		relationID: d.Relation, remoteApp: d.App, remoteUnit: d.Unit, departingUnit: d.DepartingUnit,
		secretURI: SecretURI(d.Secret), secretLabel: d.SecretLabel, secretRevision: d.SecretRevision,
		noticeID: d.Notice, noticeType: d.NoticeType, noticeKey: d.NoticeKey, check: d.Check,
		storageID: d.Storage, storageKind: d.StorageKind, storageLocation: d.StorageLocation,
		targetBase: d.TargetBase, targetSeries: d.TargetSeries,
	}
}

// queue holds the deferred events in a hook, oldest first.
type queue struct {
	waiting []deferral.Event
	changed bool
}

func (q *queue) add(handler string, e *event) error {
	d := deferEvent(handler, e)
	if slices.Contains(q.waiting, d) {
		return nil
	}
	if len(q.waiting) >= maxDeferred {
		return &DeferralsFullError{Deferred{handler, e.name}, len(q.waiting)}
	}
	q.waiting, q.changed = append(q.waiting, d), true
	if text, err := deferral.Encode(q.waiting); err != nil || len(text) > maxDeferredBytes {
		return &DeferralsFullError{Deferred{handler, e.name}, len(q.waiting) - 1}
	}
	return nil
}

// Deferred returns the events that are deferred, oldest first, with what this hook
// has changed.
func (b *Base) Deferred(ctx context.Context) ([]Deferred, error) {
	if err := b.loadDeferred(ctx); err != nil {
		return nil, err
	}
	var all []Deferred
	for _, d := range b.run.queue.waiting {
		all = append(all, Deferred{d.Handler, d.Event})
	}
	return all, nil
}

func (b *Base) loadDeferred(ctx context.Context) error {
	if b.run.queue != nil {
		return nil
	}
	q := &queue{}
	if len(b.deferrers) > 0 {
		state, err := b.run.stored(ctx)
		if err != nil {
			return err
		}
		if q.waiting, err = deferral.Decode(state[deferral.Key]); err != nil {
			return fmt.Errorf("cannot read the deferred events, which stand under %q in the unit's state (delete it with state-delete to go on without them): %w", deferral.Key, err)
		}
	}
	b.run.queue = q
	return nil
}

// handleDeferred gives the deferred events to their handlers again, before the
// event of this hook.
func (b *Base) handleDeferred(ctx context.Context) error {
	if err := b.loadDeferred(ctx); err != nil {
		return err
	}
	q := b.run.queue
	for i := 0; i < len(q.waiting); {
		outcome, err := b.handleAgain(ctx, &q.waiting[i])
		if err != nil {
			return err
		}
		if outcome == Done {
			q.waiting, q.changed = slices.Delete(q.waiting, i, i+1), true
		} else {
			i++
		}
	}
	return nil
}

// handleAgain gives a deferred event to its handler, if both are still there.
func (b *Base) handleAgain(ctx context.Context, d *deferral.Event) (Outcome, error) {
	e := eventOf(d)
	run, known := b.deferrers[deferKey{e.trigger, d.Handler}]
	if !known {
		b.Log.WarnContext(ctx, "dropped a deferred event: the charm has no such handler any more", "event", d.Event, "handler", d.Handler)
		return Done, nil
	}
	gone, err := b.isGone(ctx, e)
	if gone || err != nil {
		return Done, err
	}
	b.run.debugger.stop(ctx, debugHook)
	inner, span := tracing.Start(ctx, "handle deferred "+d.Event)
	outcome, err := run(inner, e)
	span.End(err)
	if err != nil {
		return Done, fmt.Errorf("cannot handle the deferred %s: %w", d.Event, err)
	}
	return outcome, nil
}

// isGone tells whether what a deferred event is about has gone: its last event has
// come, or is this hook's.
func (b *Base) isGone(ctx context.Context, e *event) (bool, error) {
	now := &b.run.event
	if e.storageID != "" {
		if now.kind == kindStorageDetaching && now.storageID == e.storageID {
			return true, nil
		}
		// That hook may have been skipped, by "juju resolve --no-retry".
		ids, err := b.run.storageIDs(ctx)
		return !slices.Contains(ids, e.storageID), err
	}
	if e.relationID == "" {
		return false, nil
	}
	ids, err := b.run.relationIDs(ctx, e.subject)
	return !slices.Contains(ids, e.relationID), err
}

// saveDeferred stores what the hook has made of the deferred events.
func (b *Base) saveDeferred(ctx context.Context) error {
	q := b.run.queue
	if q == nil || !q.changed {
		return nil
	}
	text, err := deferral.Encode(q.waiting)
	if err != nil {
		return fmt.Errorf("cannot store the deferred events: %w", err)
	}
	return b.run.store(ctx, "the deferred events", map[string]string{deferral.Key: text})
}
