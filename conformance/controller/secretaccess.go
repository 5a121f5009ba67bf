package controller

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/juju/errors"
	"github.com/juju/names/v5"

	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/core/secrets"
	"github.com/juju/juju/state"
)

func revisionKey(uri *secrets.URI, revision int) string {
	return fmt.Sprintf("%s/%d", uri.ID, revision)
}

// labelFree follows uniqueSecretOwnerLabelOps and uniqueSecretConsumerLabelOps:
// a label is taken for an owner and for a consumer alike, and neither an
// application nor its units may have what the other has.
func (s secretStore) labelFree(tag names.Tag, label string, asOwner bool) error {
	if _, model := tag.(names.ModelTag); !model && s.labelTaken(related(tag), label) {
		text := fmt.Sprintf("secret label %q for application %q already exists", label, applicationOf(tag.Id()))
		if tag.Kind() == names.ApplicationTagKind {
			text = fmt.Sprintf("secret label %q for a unit of application %q already exists", label, tag.Id())
		}
		return errors.WithType(errors.New(text), state.LabelExists)
	}
	exactly := regexp.MustCompile("^" + regexp.QuoteMeta(tag.String()) + "$")
	roles := []string{"consumer", "owner"}
	if !asOwner {
		roles = []string{"owner", "consumer"}
	}
	for _, role := range roles {
		taken := role == "owner" && s.ownerLabel(exactly, label) || role == "consumer" && s.consumerLabel(exactly, label)
		if taken {
			return errors.WithType(errors.Errorf("secret label %q for %s %q already exists", label, role, tag), state.LabelExists)
		}
	}
	return nil
}

// related matches the tags that may not have the same label as the given one.
func related(tag names.Tag) *regexp.Regexp {
	if tag.Kind() == names.ApplicationTagKind {
		return regexp.MustCompile("^unit-" + regexp.QuoteMeta(tag.Id()) + "-[0-9]+$")
	}
	return regexp.MustCompile("^application-" + regexp.QuoteMeta(applicationOf(tag.Id())) + "$")
}

func (s secretStore) labelTaken(tags *regexp.Regexp, label string) bool {
	return s.ownerLabel(tags, label) || s.consumerLabel(tags, label)
}

// ownerLabel counts labels of owners. The empty label counts too once a secret
// was given one, which only a stored label shows; a world does not keep that.
func (s secretStore) ownerLabel(tags *regexp.Regexp, label string) bool {
	for _, secret := range s.World.Secrets {
		if secret.Label == label && label != "" && tags.MatchString(secret.Owner) {
			return true
		}
	}
	return false
}

func (s secretStore) consumerLabel(tags *regexp.Regexp, label string) bool {
	for _, secret := range s.World.Secrets {
		for unit, c := range secret.Consumers {
			if c.Label == label && label != "" && tags.MatchString(names.NewUnitTag(unit).String()) {
				return true
			}
		}
	}
	return false
}

// GetSecretConsumer implements secretsmanager.SecretsConsumer.
func (s secretStore) GetSecretConsumer(uri *secrets.URI, consumer names.Tag) (*secrets.SecretConsumerMetadata, error) {
	secret, err := s.find(uri)
	if err != nil {
		return nil, err
	}
	c, ok := secret.Consumers[consumer.Id()]
	if !ok {
		return nil, errors.NotFoundf("consumer %q metadata for secret %q", consumer, uri.String())
	}
	return &secrets.SecretConsumerMetadata{
		Label: c.Label, CurrentRevision: c.Tracked, LatestRevision: latest(secret).Number,
	}, nil
}

// GetURIByConsumerLabel implements secretsmanager.SecretsConsumer.
func (s secretStore) GetURIByConsumerLabel(label string, consumer names.Tag) (*secrets.URI, error) {
	for id, secret := range s.World.Secrets {
		if c, ok := secret.Consumers[consumer.Id()]; ok && c.Label == label {
			return &secrets.URI{ID: id}, nil
		}
	}
	return nil, errors.NotFoundf("secret consumer with label %q for %q", label, consumer)
}

// SaveSecretConsumer implements secretsmanager.SecretsConsumer.
func (s secretStore) SaveSecretConsumer(uri *secrets.URI, consumer names.Tag, metadata *secrets.SecretConsumerMetadata) error {
	secret, err := s.find(uri)
	if err != nil {
		return err
	}
	old, known := secret.Consumers[consumer.Id()]
	if metadata.Label != "" && (!known || metadata.Label != old.Label) {
		if err := s.labelFree(consumer, metadata.Label, false); err != nil {
			return err
		}
	}
	put(&secret.Consumers, consumer.Id(), script.Consumer{Tracked: metadata.CurrentRevision, Label: metadata.Label})
	if known && metadata.CurrentRevision > old.Tracked {
		s.markObsolete(secret, consumer.Id(), metadata.CurrentRevision)
	}
	return nil
}

// SecretAccess implements secretsmanager.SecretsConsumer: owners manage, those
// with a grant view.
func (s secretStore) SecretAccess(uri *secrets.URI, subject names.Tag) (secrets.SecretRole, error) {
	secret, err := s.find(uri)
	if err != nil {
		return secrets.RoleNone, err
	}
	if secret.Owner == subject.String() {
		return secrets.RoleManage, nil
	}
	for _, g := range secret.Grants {
		if g.Target == subject.Id() {
			return secrets.RoleView, nil
		}
	}
	return secrets.RoleNone, nil
}

// SecretGrants implements secretsmanager.SecretsState.
func (s secretStore) SecretGrants(uri *secrets.URI, role secrets.SecretRole) ([]secrets.AccessInfo, error) {
	secret, err := s.find(uri)
	if err != nil {
		return nil, err
	}
	var access []secrets.AccessInfo
	for _, g := range secret.Grants {
		access = append(access, secrets.AccessInfo{Target: targetTag(g.Target), Scope: scopeTag(g), Role: role})
	}
	// Grants made in one hook come in any order, for the hook context keeps them in a map.
	slices.SortFunc(access, func(a, b secrets.AccessInfo) int { return strings.Compare(a.Target, b.Target) })
	return access, nil
}

func targetTag(target string) string {
	if names.IsValidUnit(target) {
		return names.NewUnitTag(target).String()
	}
	return names.NewApplicationTag(target).String()
}

func scopeTag(g script.Grant) string {
	if g.Relation == "" {
		return targetTag(g.Target)
	}
	return names.NewRelationTag(g.Relation).String()
}

func (s secretStore) exists(tag names.Tag) error {
	switch tag.Kind() {
	case names.UnitTagKind:
		if _, ok := s.World.Units[tag.Id()]; !ok {
			return errors.NotFoundf("unit %q", tag.Id())
		}
	case names.ApplicationTagKind:
		if _, ok := s.World.Applications[tag.Id()]; !ok {
			return errors.NotFoundf("saas application %q", tag.Id())
		}
	case names.RelationTagKind:
		if _, r := s.relationByKey(tag.Id()); r == nil {
			return errors.NotFoundf("relation %q", tag.Id())
		} else if r.Life != "" && r.Life != "alive" {
			return errors.Errorf("cannot grant access to secret in scope of %q which is not alive", tag)
		}
	}
	return nil
}

// GrantSecretAccess implements secretsmanager.SecretsConsumer.
func (s secretStore) GrantSecretAccess(uri *secrets.URI, p state.SecretAccessParams) error {
	if p.Role == secrets.RoleNone || !p.Role.IsValid() {
		return errors.NotValidf("secret role %q", p.Role)
	}
	if err := s.exists(p.Scope); errors.Is(err, errors.NotFound) {
		return errors.Annotate(err, "invalid scope reference")
	} else if err != nil {
		return err
	}
	if err := s.exists(p.Subject); err != nil {
		return errors.Annotate(err, "invalid subject reference")
	}
	if err := p.LeaderToken.Check(); err != nil {
		return errors.Annotatef(err, "checking leadership continuity")
	}
	secret, err := s.find(uri)
	if err != nil {
		return err
	}
	if p.Role == secrets.RoleManage {
		return nil // the owner's, which the world keeps as such
	}
	scope := ""
	if p.Scope.Kind() == names.RelationTagKind {
		scope = p.Scope.Id()
	}
	for _, g := range secret.Grants {
		if g.Target != p.Subject.Id() {
			continue
		}
		if g.Relation != scope {
			return errors.New("cannot change secret permission scope")
		}
		return nil
	}
	secret.Grants = append(secret.Grants, script.Grant{Target: p.Subject.Id(), Relation: scope})
	return nil
}

// RevokeSecretAccess implements secretsmanager.SecretsConsumer.
func (s secretStore) RevokeSecretAccess(uri *secrets.URI, p state.SecretAccessParams) error {
	if err := p.LeaderToken.Check(); err != nil {
		return errors.Annotatef(err, "checking leadership continuity")
	}
	if secret, ok := s.World.Secrets[uri.ID]; ok {
		secret.Grants = slices.DeleteFunc(secret.Grants, func(g script.Grant) bool { return g.Target == p.Subject.Id() })
	}
	return nil
}
