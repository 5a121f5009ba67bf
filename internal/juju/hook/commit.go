package hook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// CommitError says that the controller refused what a hook recorded. The hook
// has failed, although the charm exited 0.
type CommitError struct{ Err error }

func (e *CommitError) Error() string { return "cannot apply changes: " + e.Err.Error() }

func (e *CommitError) Unwrap() error { return e.Err }

var errDone = errors.New("cannot commit: the hook is over")

// Commit applies what the hook recorded, or returns a [CommitError]. First comes
// what the agent and the controller refuse unseen; then the changes of secrets
// are applied one by one; then all the rest at once or not at all. A refusal
// leaves the changes of secrets that came before it, and nothing else.
func (c *Context) Commit(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done {
		return errDone
	}
	c.done = true
	if c.refuse != nil {
		if err := c.refuse(); err != nil {
			return &CommitError{Err: err}
		}
	}
	if !c.changed() {
		return nil
	}
	err := c.model.Update(ctx, func(s *model.State) error {
		if err := c.check(s); err != nil {
			return err
		}
		if err := c.secrets.apply(c, s); err != nil {
			return err
		}
		if err := c.checkTransaction(s); err != nil {
			return err
		}
		return c.apply(s)
	})
	if err != nil {
		return &CommitError{Err: err}
	}
	return nil
}

// Discard ends the hook without applying anything.
func (c *Context) Discard() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = true
}

// changed reports whether there is anything to commit. It spares hooks that
// wrote nothing the model's lock and store.
func (c *Context) changed() bool {
	p := &c.secrets
	secrets := len(p.creates) + len(p.updates) + len(p.deletes) + len(p.track) + len(p.grants) + len(p.revokes)
	if c.stateDirty || secrets+len(c.ports.open)+len(c.ports.close) > 0 || c.info.Kind == ConfigChanged || c.info.Kind == UpgradeCharm {
		return true
	}
	if len(c.moreStorage) > 0 || c.podSpec != nil || c.rawSpec != nil {
		return true
	}
	for _, r := range c.relations {
		if r.unit != nil && len(r.unit.values) > 0 || r.app != nil && r.app.dirty {
			return true
		}
	}
	return false
}

// check refuses what Juju's controller refuses before it changes anything.
func (c *Context) check(s *model.State) error {
	if _, err := s.Unit(c.unit); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(c.relations)) {
		r := c.relations[id]
		if _, ok := s.Relations[id]; !ok && (r.unit != nil || r.app != nil) {
			return &RelationNotFoundError{ID: id}
		}
	}
	if err := c.ports.check(c); err != nil {
		return err
	}
	if err := c.checkStorage(s); err != nil {
		return err
	}
	return c.checkSpecs(s)
}

// checkTransaction refuses what the controller finds only in the transaction
// that comes after the secrets.
func (c *Context) checkTransaction(s *model.State) error {
	for _, id := range slices.Sorted(maps.Keys(c.relations)) {
		if r := c.relations[id]; r.app != nil && r.app.dirty && !s.IsLeader(c.unit) {
			return fmt.Errorf("checking leadership continuity: %w", &model.NotLeaderError{Unit: c.unit, Application: c.app})
		}
	}
	if err := c.ports.checkTransaction(c, s); err != nil {
		return err
	}
	limit := s.Settings.MaxCharmStateSize
	if limit == 0 {
		limit = defaultStateSize
	}
	if c.stateDirty && bsonSize(c.charmState) > limit {
		return fmt.Errorf("persisting charm state: max allowed size (%d) exceeded", limit)
	}
	if err := c.checkCounts(s); err != nil {
		return err
	}
	a, err := s.Application(c.app)
	if err == nil && a.Charm != nil && a.Charm.FormatV2() && (c.podSpec != nil || c.rawSpec != nil) {
		return model.ErrNoSpec
	}
	return err
}

// apply makes the changes that are one transaction.
func (c *Context) apply(s *model.State) error {
	u := s.Units[c.unit]
	if c.info.Kind == ConfigChanged {
		s.RefreshNetwork(c.unit)
	}
	for id, r := range c.relations {
		mr := s.Relations[id]
		// All of a read databag is sent, as Juju does, not a difference.
		if r.unit != nil {
			mr.Units[c.unit].Merge(r.unit.values)
		}
		if r.app != nil && r.app.dirty {
			mr.AppData(c.app).Merge(r.app.values)
		}
	}
	if c.stateDirty {
		u.CharmState = maps.Clone(c.charmState)
	}
	return errors.Join(c.ports.applyTo(c, s), c.applyStorage(s), c.applySpecs(s))
}
