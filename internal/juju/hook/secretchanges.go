package hook

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// secretChanges are the recorded changes of secrets.
type secretChanges struct {
	// stored is the metadata as first read in the hook.
	stored map[string]SecretInfo

	creates []*pendingSecret
	updates map[string]*pendingUpdate
	deletes map[string]pendingDelete
	// track are the secrets whose new revision the unit tracks after the commit.
	track   map[string]bool
	grants  []pendingGrant
	revokes []pendingRevoke
}

type pendingSecret struct {
	id     string
	owner  model.Owner
	change model.SecretChange
}

type pendingUpdate struct {
	uri model.SecretURI
	model.SecretChange
}

type pendingDelete struct {
	uri       model.SecretURI
	all       bool
	revisions []int
}

type pendingGrant struct {
	uri model.SecretURI
	model.Grant
}

// pendingRevoke is for the unit, or without one for the application; beside a unit
// that is the one of the relation it was found by, or empty.
type pendingRevoke struct {
	uri       model.SecretURI
	app, unit string
}

// update merges a change into what is pending for the secret. It takes a removal
// back.
func (p *secretChanges) update(uri model.SecretURI, change model.SecretChange) {
	delete(p.deletes, uri.ID)
	for _, created := range p.creates {
		if created.id == uri.ID {
			merge(&created.change, change)
			return
		}
	}
	if p.updates == nil {
		p.updates = map[string]*pendingUpdate{}
	}
	if known, ok := p.updates[uri.ID]; ok {
		merge(&known.SecretChange, change)
		return
	}
	p.updates[uri.ID] = &pendingUpdate{uri, change}
}

func merge(into *model.SecretChange, change model.SecretChange) {
	if change.Label != nil {
		into.Label = change.Label
	}
	if change.Description != nil {
		into.Description = change.Description
	}
	if change.Rotate != nil {
		into.Rotate = change.Rotate
	}
	if change.Expire != nil {
		into.Expire = change.Expire
	}
	if len(change.Content) > 0 {
		into.Content = change.Content
	}
}

// remove drops what is pending for the secret, even if only one revision of it
// goes.
func (p *secretChanges) remove(uri model.SecretURI, revision int) {
	id := uri.ID
	p.creates = slices.DeleteFunc(p.creates, func(c *pendingSecret) bool { return c.id == id })
	delete(p.updates, id)
	delete(p.track, id)
	p.grants = slices.DeleteFunc(p.grants, func(g pendingGrant) bool { return g.uri.ID == id })
	p.revokes = slices.DeleteFunc(p.revokes, func(r pendingRevoke) bool { return r.uri.ID == id })
	if p.deletes == nil {
		p.deletes = map[string]pendingDelete{}
	}
	d := p.deletes[id]
	if d.uri.ID == "" {
		d.uri = uri
	}
	if revision > 0 {
		d.revisions = append(d.revisions, revision)
	} else {
		d.all = true
	}
	p.deletes[id] = d
}

// grant records a grant; of two for one secret and relation the last wins.
func (p *secretChanges) grant(uri model.SecretURI, g model.Grant) {
	p.grants = slices.DeleteFunc(p.grants, func(o pendingGrant) bool { return o.uri.ID == uri.ID && o.Relation == g.Relation })
	p.grants = append(p.grants, pendingGrant{uri, g})
}

// revoke records a revocation. As in Juju one is dropped that is there already, or
// that is for a unit of an application that an earlier one names, even if that
// was for another unit.
func (p *secretChanges) revoke(r pendingRevoke) {
	for _, o := range p.revokes {
		if o.uri.ID == r.uri.ID && (o.app == r.app && o.unit == r.unit || r.unit != "" && o.app == model.ApplicationOf(r.unit)) {
			return
		}
	}
	p.revokes = append(p.revokes, r)
}

// read returns the content that is pending for a query, or nil: always for a
// secret of this hook, for a changed one only when peeking or refreshing.
func (p *secretChanges) read(q model.SecretQuery) map[string]string {
	for _, c := range p.creates {
		if q.ID == c.id {
			if q.Label != "" {
				c.change.Label = &q.Label
			}
			return c.change.Content
		}
		if q.Label != "" && labelled(c.change, q.Label) {
			return c.change.Content
		}
	}
	if !q.Refresh && !q.Peek {
		return nil
	}
	for id, change := range p.updates {
		if q.ID != id && (q.Label == "" || !labelled(change.SecretChange, q.Label)) {
			continue
		}
		if q.ID == id && q.Label != "" {
			change.Label = &q.Label
		}
		if len(change.Content) == 0 {
			return nil
		}
		if q.Refresh {
			if p.track == nil {
				p.track = map[string]bool{}
			}
			p.track[id] = true
		}
		return change.Content
	}
	return nil
}

// byLabel returns the id of a stored secret that a pending change gives that
// label.
func (p *secretChanges) byLabel(label string) string {
	for id, change := range p.updates {
		if labelled(change.SecretChange, label) {
			return id
		}
	}
	return ""
}

func labelled(change model.SecretChange, label string) bool {
	return change.Label != nil && *change.Label == label
}

// apply makes the changes one by one, in Juju's order. Of one kind all are tried;
// if any failed, the kinds after it are not. What was done stays done.
func (p *secretChanges) apply(c *Context, s *model.State) error {
	for _, step := range []struct {
		what string
		run  func() []error
	}{
		{"creating secrets", func() []error { return p.applyCreates(c, s) }},
		{"updating secrets", func() []error { return p.applyUpdates(c, s) }},
		{"updating secret tracked revisions", func() []error { return p.applyTrack(c, s) }},
		{"granting secrets access", func() []error { return p.applyGrants(c, s) }},
		{"revoking secrets access", func() []error { return p.applyRevokes(c, s) }},
		{"removing secrets", func() []error { return p.applyDeletes(c, s) }},
	} {
		if problems := errors.Join(step.run()...); problems != nil {
			return fmt.Errorf("%s: %w", step.what, problems)
		}
	}
	return nil
}

func (p *secretChanges) applyCreates(c *Context, s *model.State) (problems []error) {
	for _, created := range p.creates {
		if created.owner.Kind == model.ApplicationOwner && !s.IsLeader(c.unit) {
			problems = append(problems, &model.NotLeaderError{Unit: c.unit, Application: c.app})
			continue
		}
		problems = append(problems, s.CreateSecret(created.id, created.owner, created.change))
	}
	return problems
}

func (p *secretChanges) applyUpdates(c *Context, s *model.State) (problems []error) {
	for _, id := range slices.Sorted(maps.Keys(p.updates)) {
		update := p.updates[id]
		problems = append(problems, inWords(s.UpdateSecret(c.unit, id, update.SecretChange), update.uri))
	}
	return problems
}

func (p *secretChanges) applyTrack(c *Context, s *model.State) (problems []error) {
	for _, id := range slices.Sorted(maps.Keys(p.track)) {
		problems = append(problems, s.TrackLatest(c.unit, id))
	}
	return problems
}

func (p *secretChanges) applyGrants(c *Context, s *model.State) (problems []error) {
	for _, g := range p.grants {
		problems = append(problems, inWords(s.GrantSecret(c.unit, g.uri.ID, g.Grant), g.uri))
	}
	return problems
}

func (p *secretChanges) applyRevokes(c *Context, s *model.State) (problems []error) {
	for _, r := range p.revokes {
		problems = append(problems, inWords(s.RevokeSecret(c.unit, r.uri.ID, cmp.Or(r.unit, r.app)), r.uri))
	}
	return problems
}

// applyDeletes removes secrets. One that is not there is a problem only beside
// another problem.
func (p *secretChanges) applyDeletes(c *Context, s *model.State) (problems []error) {
	serious := false
	for _, id := range slices.Sorted(maps.Keys(p.deletes)) {
		d := p.deletes[id]
		err := inWords(d.apply(c, s, id), d.uri)
		var gone *model.NotFoundError
		serious = serious || err != nil && !errors.As(err, &gone)
		problems = append(problems, err)
	}
	if !serious {
		return nil
	}
	return problems
}

// inWords makes an error name the secret as the charm did.
func inWords(err error, uri model.SecretURI) error {
	if err == nil || uri.ModelUUID == "" {
		return err
	}
	var missing *model.NotFoundError
	if errors.As(err, &missing) && missing.What == fmt.Sprintf("secret %q", "secret:"+uri.ID) {
		return &model.NotFoundError{What: fmt.Sprintf("secret %q", uri)}
	}
	var refused *model.GrantError
	if errors.As(err, &refused) {
		refused.URI = uri.String()
	}
	return err
}

func (d pendingDelete) apply(c *Context, s *model.State, id string) error {
	if d.all {
		return s.RemoveSecret(c.unit, id, 0)
	}
	for _, revision := range d.revisions {
		if err := s.RemoveSecret(c.unit, id, revision); err != nil {
			return err
		}
	}
	return nil
}
