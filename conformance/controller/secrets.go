package controller

import (
	"maps"
	"slices"
	"time"

	"github.com/juju/errors"
	"github.com/juju/names/v5"

	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/core/secrets"
	"github.com/juju/juju/state"
)

// secretStore is the store under Juju's own SecretsManager facade, after
// state/secrets.go. Methods that hooks do not reach are those of the embedded
// nil interfaces.
type secretStore struct {
	unusedSecretsState
	*Controller
}

func (s secretStore) find(uri *secrets.URI) (*script.Secret, error) {
	if secret, ok := s.World.Secrets[uri.ID]; ok {
		return secret, nil
	}
	return nil, errors.NotFoundf("secret %q", uri.String())
}

func latest(s *script.Secret) *script.Revision { return &s.Revisions[len(s.Revisions)-1] }

func checksum(r *script.Revision) string {
	sum, err := secrets.NewSecretValue(r.Content).Checksum()
	if err != nil {
		panic(err) // it encodes a map of strings
	}
	return sum
}

func (s secretStore) metadata(id string, secret *script.Secret) *secrets.SecretMetadata {
	last := latest(secret)
	return &secrets.SecretMetadata{
		URI: &secrets.URI{ID: id}, Version: 1, OwnerTag: secret.Owner,
		Label: secret.Label, Description: secret.Description,
		RotatePolicy: secrets.RotatePolicy(secret.Rotate), NextRotateTime: secret.NextRotate,
		LatestRevision: last.Number, LatestRevisionChecksum: checksum(last), LatestExpireTime: last.Expire,
	}
}

// CreateSecret implements secretsmanager.SecretsState.
func (s secretStore) CreateSecret(uri *secrets.URI, p state.CreateSecretParams) (*secrets.SecretMetadata, error) {
	if err := p.LeaderToken.Check(); err != nil {
		return nil, errors.Annotatef(err, "checking leadership continuity")
	}
	if p.Label != nil {
		if err := s.labelFree(p.Owner, *p.Label, true); err != nil {
			return nil, err
		}
	}
	secret := &script.Secret{Owner: p.Owner.String()}
	secret.Revisions = []script.Revision{{Number: 1, Content: p.Data, Expire: rounded(p.ExpireTime)}}
	s.apply(secret, p.UpdateSecretParams)
	if p.NextRotateTime != nil {
		secret.NextRotate = rounded(p.NextRotateTime)
	}
	put(&s.World.Secrets, uri.ID, secret)
	return s.metadata(uri.ID, secret), nil
}

func rounded(t *time.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	r := t.Round(time.Second).UTC()
	return &r
}

func (s secretStore) apply(secret *script.Secret, p state.UpdateSecretParams) {
	if p.Description != nil {
		secret.Description = *p.Description
	}
	if p.Label != nil {
		secret.Label = *p.Label
	}
	if p.RotatePolicy != nil {
		secret.Rotate = string(*p.RotatePolicy)
	}
}

// UpdateSecret implements secretsmanager.SecretsState.
func (s secretStore) UpdateSecret(uri *secrets.URI, p state.UpdateSecretParams) (*secrets.SecretMetadata, error) {
	if err := p.LeaderToken.Check(); err != nil {
		return nil, errors.Annotatef(err, "checking leadership continuity")
	}
	secret, err := s.find(uri)
	if err != nil {
		return nil, err
	}
	if p.Label != nil && *p.Label != secret.Label {
		owner, err := names.ParseTag(secret.Owner)
		if err != nil {
			return nil, err
		}
		if err := s.labelFree(owner, *p.Label, true); err != nil {
			return nil, err
		}
	}
	if p.RotatePolicy != nil && p.RotatePolicy.WillRotate() && p.NextRotateTime == nil {
		return nil, errors.New("must specify a secret rotate time")
	}
	switch {
	case len(p.Data) > 0:
		secret.Revisions = append(secret.Revisions, script.Revision{
			Number: latest(secret).Number + 1, Content: p.Data, Expire: rounded(p.ExpireTime),
		})
		s.markObsolete(secret, "", latest(secret).Number)
	case p.ExpireTime != nil:
		latest(secret).Expire = rounded(p.ExpireTime)
	}
	s.apply(secret, p)
	if p.RotatePolicy != nil && !p.RotatePolicy.WillRotate() {
		secret.NextRotate = nil
	} else if p.NextRotateTime != nil {
		secret.NextRotate = rounded(p.NextRotateTime)
	}
	return s.metadata(uri.ID, secret), nil
}

// markObsolete marks the revisions that nobody but the excepted consumer
// tracks, besides the excepted one.
func (s secretStore) markObsolete(secret *script.Secret, exceptConsumer string, exceptRevision int) {
	for i := range secret.Revisions {
		r := &secret.Revisions[i]
		used := r.Number == exceptRevision
		for name, c := range secret.Consumers {
			used = used || name != exceptConsumer && c.Tracked == r.Number
		}
		r.Obsolete = r.Obsolete || !used
	}
}

// DeleteSecret implements secretsmanager.SecretsState.
func (s secretStore) DeleteSecret(uri *secrets.URI, revisions ...int) ([]secrets.ValueRef, error) {
	secret, ok := s.World.Secrets[uri.ID]
	if !ok {
		return nil, nil
	}
	left := slices.DeleteFunc(slices.Clone(secret.Revisions), func(r script.Revision) bool {
		return slices.Contains(revisions, r.Number)
	})
	if len(revisions) > 0 && len(left) > 0 {
		secret.Revisions = left
		return nil, nil
	}
	delete(s.World.Secrets, uri.ID)
	return nil, nil
}

// GetSecret implements secretsmanager.SecretsState.
func (s secretStore) GetSecret(uri *secrets.URI) (*secrets.SecretMetadata, error) {
	secret, err := s.find(uri)
	if err != nil {
		return nil, err
	}
	return s.metadata(uri.ID, secret), nil
}

// GetSecretValue implements secretsmanager.SecretsState.
func (s secretStore) GetSecretValue(uri *secrets.URI, revision int) (secrets.SecretValue, *secrets.ValueRef, error) {
	secret, err := s.find(uri)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range secret.Revisions {
		if r.Number == revision {
			return secrets.NewSecretValue(maps.Clone(r.Content)), nil, nil
		}
	}
	return nil, nil, errors.NotFoundf("secret revision %q", revisionKey(uri, revision))
}

// ListSecrets implements secretsmanager.SecretsState for filters of owners.
func (s secretStore) ListSecrets(filter state.SecretsFilter) ([]*secrets.SecretMetadata, error) {
	var list []*secrets.SecretMetadata
	for _, id := range slices.Sorted(maps.Keys(s.World.Secrets)) {
		secret := s.World.Secrets[id]
		for _, owner := range filter.OwnerTags {
			if owner.String() == secret.Owner {
				list = append(list, s.metadata(id, secret))
			}
		}
	}
	return list, nil
}

func ownedBy(secret *script.Secret, unit names.UnitTag, application bool) bool {
	return secret.Owner == unit.String() ||
		application && secret.Owner == names.NewApplicationTag(applicationOf(unit.Id())).String()
}

func ident(id string, secret *script.Secret) *secrets.SecretMetadataOwnerIdent {
	return &secrets.SecretMetadataOwnerIdent{URI: &secrets.URI{ID: id}, OwnerTag: secret.Owner, Label: secret.Label}
}

// GetOwnedSecretMetadataByLabelAsUnit implements secretsmanager.SecretsState.
func (s secretStore) GetOwnedSecretMetadataByLabelAsUnit(unit names.UnitTag, label string) (*secrets.SecretMetadataOwnerIdent, error) {
	for id, secret := range s.World.Secrets {
		if secret.Label == label && ownedBy(secret, unit, true) {
			return ident(id, secret), nil
		}
	}
	return nil, errors.NotFoundf("secret owned by %v by label %q", unit, label)
}

// GetOwnedSecretMetadataAsUnit implements secretsmanager.SecretsState.
func (s secretStore) GetOwnedSecretMetadataAsUnit(unit names.UnitTag, uri *secrets.URI) (*secrets.SecretMetadataOwnerIdent, error) {
	secret, ok := s.World.Secrets[uri.ID]
	if !ok || !ownedBy(secret, unit, true) {
		return nil, errors.NotFoundf("secret owned by %v by id %q", unit, uri)
	}
	i := ident(uri.ID, secret)
	i.URI = uri
	return i, nil
}

// GetOwnedSecretRevisionsByIDAsUnit implements secretsmanager.SecretsState.
func (s secretStore) GetOwnedSecretRevisionsByIDAsUnit(unit names.UnitTag, uri *secrets.URI) ([]int, error) {
	return s.revisions(unit, uri, false)
}

// GetOwnedSecretRevisionsByIDAsLeaderUnit implements
// secretsmanager.SecretsState.
func (s secretStore) GetOwnedSecretRevisionsByIDAsLeaderUnit(unit names.UnitTag, uri *secrets.URI) ([]int, error) {
	return s.revisions(unit, uri, true)
}

func (s secretStore) revisions(unit names.UnitTag, uri *secrets.URI, application bool) ([]int, error) {
	secret, ok := s.World.Secrets[uri.ID]
	if !ok || !ownedBy(secret, unit, application) {
		return nil, errors.NotFoundf("secret %q", uri.ID)
	}
	var numbers []int
	for _, r := range secret.Revisions {
		numbers = append(numbers, r.Number)
	}
	return numbers, nil
}
