package model

import "fmt"

// SecretQuery is what secret-get asks for.
type SecretQuery struct {
	// ID names the secret; if it is empty, Label does. ModelUUID is that of a
	// URI in its long form.
	ID, ModelUUID string
	// Label beside an ID becomes the unit's label for it.
	Label string
	// Refresh makes the unit track the latest revision; Peek reads it once.
	Refresh, Peek bool
}

// ReadSecret returns the content (base64) that the unit reads. effect, if not
// nil, is what the read changes: which revision the unit tracks, and labels. It
// must be called within the same [Model.Update].
func (s *State) ReadSecret(unit string, q SecretQuery) (content map[string]string, effect func(), err error) {
	id := q.ID
	label := ""
	if id == "" {
		if id = s.resolveLabel(unit, q.Label); id == "" {
			return nil, nil, notFound("consumer label %q", q.Label)
		}
	} else {
		label = q.Label
	}
	secret, err := s.Secret(id)
	if err != nil {
		return nil, nil, err
	}
	if !secret.ReadableBy(unit) {
		return nil, nil, ErrPermission
	}
	latest := secret.Latest()
	revision := latest
	consumer, known := secret.Consumers[unit]
	if known && !q.Refresh && !q.Peek {
		if revision = secret.Revision(consumer.Tracked); revision == nil {
			return nil, nil, notFound("secret revision \"%s/%d\"", id, consumer.Tracked)
		}
	}
	relabel, err := s.relabel(unit, secret, label)
	if err != nil {
		return nil, nil, err
	}
	track := !known || (q.Refresh && consumer.Tracked != latest.Number)
	if track || relabel != nil {
		effect = func() {
			c := secret.consumer(unit)
			if q.Refresh {
				c.Tracked = secret.Latest().Number
				secret.markObsolete()
			}
			if relabel != nil {
				relabel(c)
			}
		}
	}
	return revision.Content, effect, nil
}

// relabel returns how the label of a secret changes for a unit: the owner's own
// label for an owned secret, else the consumer's. On a unit that may not rename
// the application's secret it is silently nothing.
func (s *State) relabel(unit string, secret *Secret, label string) (func(*Consumer), error) {
	if label == "" {
		return nil, nil
	}
	if secret.OwnedBy(unit) {
		if secret.Label == label || (secret.Owner.Kind == ApplicationOwner && !s.IsLeader(unit)) {
			return nil, nil
		}
		if err := s.ownerLabelFree(secret.Owner, label); err != nil {
			return nil, err
		}
		return func(*Consumer) { secret.Label = label }, nil
	}
	if c, ok := secret.Consumers[unit]; ok && c.Label == label {
		return nil, nil
	}
	if err := s.consumerLabelFree(unit, label); err != nil {
		return nil, fmt.Errorf("getting latest secret revision: %w", err)
	}
	return func(c *Consumer) { c.Label = label }, nil
}

// resolveLabel returns the id of the secret that a label means to a unit: the
// unit's own secrets first, then its application's, then those it has read.
func (s *State) resolveLabel(unit, label string) string {
	for _, owner := range []Owner{{UnitOwner, unit}, {ApplicationOwner, ApplicationOf(unit)}} {
		for id, secret := range s.Secrets {
			if secret.Owner == owner && secret.Label == label {
				return id
			}
		}
	}
	for id, secret := range s.Secrets {
		if c, ok := secret.Consumers[unit]; ok && c.Label == label {
			return id
		}
	}
	return ""
}
