package model

import "slices"

// Payload is something that a charm runs and told Juju of. A unit has one of
// each class at most. Juju 4.0 has none.
type Payload struct {
	Class, Type, ID string
	// Status is starting, running, stopping or stopped.
	Status string
	Labels []string
}

// TrackPayload stores a payload, in place of another of its class.
func (u *Unit) TrackPayload(p Payload) {
	p.Labels = slices.Clone(p.Labels)
	put(&u.Payloads, p.Class, p)
}

// SetPayloadStatus changes the status of a tracked payload, or returns a
// [NotFoundError].
func (u *Unit) SetPayloadStatus(class, status string) error {
	p, ok := u.Payloads[class]
	if !ok {
		return &NotFoundError{What: "payload"}
	}
	p.Status = status
	u.Payloads[class] = p
	return nil
}

// UntrackPayload forgets a payload; one that is not there is no error.
func (u *Unit) UntrackPayload(class string) { delete(u.Payloads, class) }
