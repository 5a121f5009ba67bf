package controller

import (
	"maps"
	"slices"

	"github.com/juju/errors"

	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/core/payloads"
)

// payloadStore is the store under Juju's own PayloadsHookContext facade. The
// controller's id of a payload is its class.
type payloadStore struct{ unit *script.Unit }

func (s payloadStore) Track(p payloads.Payload) error {
	put(&s.unit.Payloads, p.Name, script.Payload{
		Type: p.Type, ID: p.ID, Status: p.Status, Labels: slices.Sorted(slices.Values(p.Labels)),
	})
	return nil
}

func (s payloadStore) List(ids ...string) ([]payloads.Result, error) {
	if len(ids) == 0 {
		ids = slices.Sorted(maps.Keys(s.unit.Payloads))
	}
	var results []payloads.Result
	for _, class := range ids {
		p, ok := s.unit.Payloads[class]
		if !ok {
			results = append(results, payloads.Result{ID: class, NotFound: true, Error: errors.NotFoundf("%s", class)})
			continue
		}
		payload := &payloads.FullPayloadInfo{}
		payload.ID, payload.Status, payload.Labels, payload.Name, payload.Type = p.ID, p.Status, p.Labels, class, p.Type
		results = append(results, payloads.Result{ID: class, Payload: payload})
	}
	return results, nil
}

func (s payloadStore) SetStatus(id, status string) error {
	if err := payloads.ValidateState(status); err != nil {
		return err
	}
	p, ok := s.unit.Payloads[id]
	if !ok {
		return payloads.ErrNotFound
	}
	p.Status = status
	s.unit.Payloads[id] = p
	return nil
}

// LookUp returns the class whatever the payload's own id, as Juju's does.
func (s payloadStore) LookUp(name, _ string) (string, error) { return name, nil }

func (s payloadStore) Untrack(id string) error {
	delete(s.unit.Payloads, id)
	return nil
}
