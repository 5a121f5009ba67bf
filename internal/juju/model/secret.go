package model

import (
	"errors"
	"maps"
	"slices"
	"time"
)

// Secret is one secret with all its revisions.
type Secret struct {
	ID          string
	Owner       Owner
	Label       string
	Description string
	// Rotate is the rotation policy: never, hourly, daily, weekly, monthly,
	// quarterly or yearly. Empty means never.
	Rotate string
	// NextRotate is when the owner's secret-rotate is due.
	NextRotate *time.Time
	// Revisions are in ascending order; the last is the latest.
	Revisions []Revision
	// Consumers are the units that have read it, by name.
	Consumers map[string]*Consumer
	Grants    []Grant
}

// Revision is one revision of a secret.
type Revision struct {
	Number int
	// Content maps keys to base64 of their values.
	Content map[string]string
	Created time.Time
	// Expire is when the owner's secret-expired is due.
	Expire *time.Time
	// Obsolete says that nobody tracks the revision and it is not the latest.
	Obsolete bool
}

// Owner is who owns a secret.
type Owner struct {
	// Kind is [UnitOwner], [ApplicationOwner] or [ModelOwner].
	Kind string
	Name string
}

// The kinds of owner, in Juju's words.
const (
	UnitOwner        = "unit"
	ApplicationOwner = "application"
	// ModelOwner owns the secrets that operators add.
	ModelOwner = "model"
)

// Consumer is one unit's relation to a secret that it has read.
type Consumer struct {
	// Tracked is the revision that the unit reads.
	Tracked int
	// Label is the unit's own name for the secret.
	Label string
	// Notified is the latest revision that the unit was told of by
	// secret-changed, or knew when it first read the secret.
	Notified int
}

// Grant lets an application, or one unit, read a secret.
type Grant struct {
	// Target is the name of the application or of the unit.
	Target string
	// Relation is the key of the relation that the grant lives with. It is
	// empty for the grants of operators.
	Relation string
}

// SecretChange holds what secret-add and secret-set give; nil leaves alone.
type SecretChange struct {
	Label, Description, Rotate *string
	Expire                     *time.Time
	// Content maps keys to base64 of their values; empty leaves alone.
	Content map[string]string
}

// Latest returns the latest revision. A secret always has one.
func (s *Secret) Latest() *Revision { return &s.Revisions[len(s.Revisions)-1] }

// Revision returns a revision by number, or nil.
func (s *Secret) Revision(number int) *Revision {
	for i := range s.Revisions {
		if s.Revisions[i].Number == number {
			return &s.Revisions[i]
		}
	}
	return nil
}

// OwnedBy reports whether the unit, or its application, owns the secret.
func (s *Secret) OwnedBy(unit string) bool {
	return s.Owner == Owner{UnitOwner, unit} || s.Owner == Owner{ApplicationOwner, ApplicationOf(unit)}
}

// ReadableBy reports whether the unit may read the secret.
func (s *Secret) ReadableBy(unit string) bool {
	return s.OwnedBy(unit) || slices.ContainsFunc(s.Grants, func(g Grant) bool {
		return g.Target == unit || g.Target == ApplicationOf(unit)
	})
}

// markObsolete notes which old revisions nobody tracks any more.
func (s *Secret) markObsolete() {
	for i := range s.Revisions {
		r := &s.Revisions[i]
		tracked := false
		for _, c := range s.Consumers {
			tracked = tracked || c.Tracked == r.Number
		}
		r.Obsolete = !tracked && r.Number != s.Latest().Number
	}
}

// Secret returns a secret, or a [NotFoundError].
func (s *State) Secret(id string) (*Secret, error) {
	if secret, ok := s.Secrets[id]; ok {
		return secret, nil
	}
	return nil, notFound("secret %q", "secret:"+id)
}

// NewSecretURI returns the URI of a secret that is yet to be created.
func (s *State) NewSecretURI() SecretURI {
	newID := s.newID
	if newID == nil {
		newID = newXID
	}
	return SecretURI{ID: newID(), ModelUUID: s.UUID}
}

// CreateSecret adds a secret with its first revision. The label must be new for
// the owner ([ExistsError]).
func (s *State) CreateSecret(id string, owner Owner, change SecretChange) error {
	if change.Label != nil {
		if err := s.ownerLabelFree(owner, *change.Label); err != nil {
			return asExists(err)
		}
	}
	secret := &Secret{ID: id, Owner: owner}
	now := s.Now()
	secret.Revisions = []Revision{{Number: 1, Content: maps.Clone(change.Content), Created: now, Expire: change.Expire}}
	secret.apply(change, now)
	put(&s.Secrets, id, secret)
	return nil
}

func (s *Secret) apply(change SecretChange, now time.Time) {
	if change.Label != nil {
		s.Label = *change.Label
	}
	if change.Description != nil {
		s.Description = *change.Description
	}
	if change.Rotate != nil {
		s.Rotate = *change.Rotate
		s.NextRotate = NextRotation(s.Rotate, now)
	}
	if change.Expire != nil {
		s.Latest().Expire = change.Expire
	}
}

// NextRotation returns when a secret of that policy is to be rotated next, or
// nil if never.
func NextRotation(policy string, now time.Time) *time.Time {
	var t time.Time
	switch policy {
	case "hourly":
		t = now.Add(time.Hour)
	case "daily":
		t = now.AddDate(0, 0, 1)
	case "weekly":
		t = now.AddDate(0, 0, 7)
	case "monthly":
		t = now.AddDate(0, 1, 0)
	case "quarterly":
		t = now.AddDate(0, 3, 0)
	case "yearly":
		t = now.AddDate(1, 0, 0)
	default:
		return nil
	}
	return &t
}

// errNoRotateTime is Juju's answer to a secret that rotates and is given another
// policy: 3.6.11 makes a time for the first policy only.
var errNoRotateTime = errors.New("must specify a secret rotate time")

func (s *Secret) rotates() bool { return s.Rotate != "" && s.Rotate != "never" }

// UpdateSecret changes a secret on behalf of a unit. Content that differs from
// the latest makes a new revision.
func (s *State) UpdateSecret(unit, id string, change SecretChange) error {
	secret, err := s.manageable(unit, id)
	if err != nil {
		return err
	}
	if change.Label != nil && *change.Label != secret.Label {
		if err := s.ownerLabelFree(secret.Owner, *change.Label); err != nil {
			return asExists(err)
		}
	}
	if change.Rotate != nil && *change.Rotate != "never" && secret.rotates() {
		return errNoRotateTime
	}
	now := s.Now()
	if len(change.Content) > 0 && (s.features().equalContentIsNew || !maps.Equal(change.Content, secret.Latest().Content)) {
		secret.Revisions = append(secret.Revisions, Revision{
			Number: secret.Latest().Number + 1, Content: maps.Clone(change.Content), Created: now,
		})
		secret.markObsolete()
	}
	secret.apply(change, now)
	return nil
}

// RemoveSecret removes one revision of a secret, or with revision 0 the whole,
// on behalf of a unit. A secret without revisions is gone.
func (s *State) RemoveSecret(unit, id string, revision int) error {
	secret, err := s.manageable(unit, id)
	if err != nil {
		return err
	}
	if revision > 0 {
		secret.Revisions = slices.DeleteFunc(secret.Revisions, func(r Revision) bool { return r.Number == revision })
	}
	if revision <= 0 || len(secret.Revisions) == 0 {
		delete(s.Secrets, id)
		return nil
	}
	secret.markObsolete()
	return nil
}

// TrackLatest makes a unit read the latest revision from now on.
func (s *State) TrackLatest(unit, id string) error {
	secret, err := s.Secret(id)
	if err != nil {
		return err
	}
	secret.consumer(unit).Tracked = secret.Latest().Number
	secret.markObsolete()
	return nil
}

// SecretRotated notes that the owner's secret-rotate ran. It comes again in 5
// minutes if the owner made no new revision since was.
func (s *State) SecretRotated(id string, was int) {
	if secret, ok := s.Secrets[id]; ok && secret.NextRotate != nil {
		now := s.Now()
		if secret.Latest().Number != was {
			secret.NextRotate = NextRotation(secret.Rotate, now)
			return
		}
		again := now.Add(5 * time.Minute)
		secret.NextRotate = &again
	}
}

// SecretExpired notes that the owner's secret-expired ran. It comes again in 5
// minutes if the revision is still there.
func (s *State) SecretExpired(id string, revision int) {
	if secret, ok := s.Secrets[id]; ok {
		if r := secret.Revision(revision); r != nil && r.Expire != nil {
			again := s.Now().Add(5 * time.Minute)
			r.Expire = &again
		}
	}
}

// manageable returns a secret that the unit may change.
func (s *State) manageable(unit, id string) (*Secret, error) {
	secret, err := s.Secret(id)
	if err != nil {
		return nil, err
	}
	switch {
	case !secret.OwnedBy(unit):
		return nil, ErrPermission
	case secret.Owner.Kind == ApplicationOwner && !s.IsLeader(unit):
		return nil, &NotLeaderError{Unit: unit, Application: secret.Owner.Name}
	}
	return secret, nil
}

func (s *Secret) consumer(unit string) *Consumer {
	c, ok := s.Consumers[unit]
	if !ok {
		c = &Consumer{Tracked: s.Latest().Number}
		if c.Tracked == 1 {
			c.Notified = 1 // a first read of a later revision is followed by one secret-changed
		}
		put(&s.Consumers, unit, c)
	}
	return c
}

func (s *State) dropSecretsOf(owner Owner) {
	maps.DeleteFunc(s.Secrets, func(_ string, secret *Secret) bool { return secret.Owner == owner })
}
