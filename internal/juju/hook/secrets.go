package hook

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// SecretInfo is the metadata of a secret that the unit owns.
type SecretInfo struct {
	Latest      int
	Label       string
	Owner       model.Owner
	Description string
	// Rotate is empty only for a secret of this hook without a policy.
	Rotate     string
	Expire     *time.Time
	NextRotate *time.Time
	Grants     []model.Grant

	content map[string]string
}

// Secrets returns the metadata of the unit's own secrets, and on the leader of
// the application's, by id, with what this hook adds, changes and removes. Its
// new revisions and grants do not show. Source: Juju 3.6.11.
func (c *Context) Secrets() map[string]SecretInfo {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ownedSecrets()
}

func (c *Context) ownedSecrets() map[string]SecretInfo {
	infos := map[string]SecretInfo{}
	for _, p := range c.secrets.creates {
		info := SecretInfo{Latest: 1, Owner: p.owner}
		info.apply(p.change)
		infos[p.id] = info
	}
	for id, info := range c.storedSecrets() {
		if _, ok := c.secrets.deletes[id]; ok {
			continue
		}
		if update, ok := c.secrets.updates[id]; ok {
			info.apply(update.SecretChange)
		}
		infos[id] = info
	}
	return infos
}

func (i *SecretInfo) apply(change model.SecretChange) {
	for _, field := range []struct {
		to   *string
		from *string
	}{{&i.Label, change.Label}, {&i.Description, change.Description}, {&i.Rotate, change.Rotate}} {
		if field.from != nil {
			*field.to = *field.from
		}
	}
	if change.Expire != nil {
		i.Expire = change.Expire
	}
}

// storedSecrets reads the metadata once in a hook.
func (c *Context) storedSecrets() map[string]SecretInfo {
	if c.secrets.stored != nil {
		return c.secrets.stored
	}
	stored := map[string]SecretInfo{}
	leader := c.isLeader()
	c.model.View(func(s *model.State) {
		for id, secret := range s.Secrets {
			if !secret.OwnedBy(c.unit) || (secret.Owner.Kind == model.ApplicationOwner && !leader) {
				continue
			}
			info := SecretInfo{
				Latest: secret.Latest().Number, Label: secret.Label, Owner: secret.Owner, Description: secret.Description,
				Rotate: secret.Rotate, Expire: secret.Latest().Expire, NextRotate: secret.NextRotate,
				Grants: slices.Clone(secret.Grants), content: secret.Latest().Content,
			}
			if info.Rotate == "" {
				info.Rotate = "never"
			}
			stored[id] = info
		}
	})
	c.secrets.stored = stored
	return stored
}

// AddSecret records a new secret and returns its URI.
func (c *Context) AddSecret(owner model.Owner, change model.SecretChange) (model.SecretURI, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if owner.Kind == model.ApplicationOwner && !c.isLeader() {
		return model.SecretURI{}, ErrNotLeader
	}
	if change.Label != nil {
		for _, p := range c.secrets.creates {
			if p.change.Label != nil && *p.change.Label == *change.Label {
				return model.SecretURI{}, &model.ExistsError{What: "secret with label " + `"` + *change.Label + `"`}
			}
		}
	}
	var uri model.SecretURI
	c.model.View(func(s *model.State) { uri = s.NewSecretURI() })
	c.secrets.creates = append(c.secrets.creates, &pendingSecret{id: uri.ID, owner: owner, change: change})
	return uri, nil
}

// SetSecret records a change of a secret. Content that the unit knows to be that
// of the latest revision is left out; a change of nothing is not recorded.
func (c *Context) SetSecret(uri model.SecretURI, change model.SecretChange) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.mayManage(uri.ID); err != nil {
		return err
	}
	known, ok := c.storedSecrets()[uri.ID]
	if ok && !c.release.Before(model.Release{Major: 3, Minor: 6}) && maps.Equal(known.content, change.Content) {
		change.Content = nil
	}
	if change.Label == nil && change.Description == nil && change.Rotate == nil && change.Expire == nil && len(change.Content) == 0 {
		return nil
	}
	c.secrets.update(uri, change)
	return nil
}

// RemoveSecret records the removal of one revision, or with revision 0 of the
// whole secret.
func (c *Context) RemoveSecret(uri model.SecretURI, revision int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.mayManage(uri.ID); err != nil {
		return err
	}
	c.secrets.remove(uri, revision)
	return nil
}

// mayManage is all that Juju checks before the commit.
func (c *Context) mayManage(id string) error {
	if info, ok := c.storedSecrets()[id]; ok && info.Owner.Kind == model.ApplicationOwner && !c.isLeader() {
		return ErrNotLeader
	}
	return nil
}

// errUnitGrants is Juju's answer to a grant to an application of whose units
// some have one.
var errUnitGrants = errors.New("any unit level grants need to be revoked before granting access to the corresponding application")

// GrantSecret records a grant.
func (c *Context) GrantSecret(uri model.SecretURI, g model.Grant) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, ok := c.ownedSecrets()[uri.ID]
	if !ok {
		return &model.NotFoundError{What: `secret "` + uri.ID + `"`}
	}
	if info.Owner.Kind == model.ApplicationOwner && !c.isLeader() {
		return ErrNotLeader
	}
	for _, old := range info.Grants {
		if old.Relation != g.Relation {
			continue
		}
		if old.Target == g.Target || !strings.Contains(old.Target, "/") {
			return nil
		}
		if !strings.Contains(g.Target, "/") {
			return errUnitGrants
		}
	}
	c.secrets.grant(uri, g)
	return nil
}

// RevokeSecret records that an application loses access, or with a unit that
// one; the application may then be the one of the relation.
func (c *Context) RevokeSecret(uri model.SecretURI, application, unit string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.mayManage(uri.ID); err != nil {
		return err
	}
	c.secrets.revoke(pendingRevoke{uri, application, unit})
	return nil
}

// ReadSecret returns a secret's content (base64). What it changes, the revision
// that the unit tracks and labels, acts at once.
func (c *Context) ReadSecret(ctx context.Context, q model.SecretQuery) (map[string]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if content := c.secrets.read(q); content != nil {
		return content, nil
	}
	if q.ID == "" {
		if id := c.secrets.byLabel(q.Label); id != "" {
			q = model.SecretQuery{ID: id, Refresh: q.Refresh, Peek: q.Peek}
		}
	}
	var content map[string]string
	var effect func()
	var err error
	c.model.View(func(s *model.State) { content, effect, err = s.ReadSecret(c.unit, q) })
	if err != nil || effect == nil {
		return content, inWords(err, model.SecretURI{ID: q.ID, ModelUUID: q.ModelUUID})
	}
	err = c.model.Update(ctx, func(s *model.State) error {
		if content, effect, err = s.ReadSecret(c.unit, q); err == nil && effect != nil {
			effect()
		}
		return err
	})
	return content, err
}
