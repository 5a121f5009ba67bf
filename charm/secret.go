package charm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/internal/bind"
)

// Owned is a secret of this application or unit, found by its label. Its
// content is a struct with `charm` tags; keys have at least three characters,
// lower-case letters, digits and inner hyphens.
type Owned[T any] struct {
	b       *Base
	label   string
	options SecretOptions
}

// ownedSecret is what a hook knows of a secret, whichever handle it came by.
type ownedSecret struct {
	// uri is known once the secret was made or looked up.
	uri SecretURI
	// info is what the tools say of it, once they were asked.
	info *hooktool.SecretInfo
	// pending says that its content, or its removal, is only recorded. The
	// hook tools would show recorded content to a second handle.
	pending bool
	// changed says that something else is recorded: a grant, or the opposite.
	changed bool
	// granted are the ids of the relations that it was granted to in this hook.
	granted map[string]bool
}

// SecretOptions describe a secret that the charm owns. What a new version of the
// charm says otherwise is changed in its upgrade-charm and the config-changed that
// follows.
type SecretOptions struct {
	// Owner is who it belongs to; default the application. Only the leader
	// manages an application's secrets, all its units may read them.
	Owner       hooktool.SecretOwner
	Description string
	// Rotate is how often Juju asks for new content; default never. See
	// [Owned.OnRenew].
	Rotate hooktool.Rotation
	// Expire is how long each revision is good for; default for ever. Then Juju
	// asks for new content.
	Expire time.Duration
}

// OwnedSecret returns the handle of a secret that the charm owns. Labels are
// unique per owner.
func OwnedSecret[T any](b *Base, label string, options SecretOptions) *Owned[T] {
	if options.Owner == "" {
		options.Owner = hooktool.OwnerApplication
	}
	for _, key := range bind.Keys[T]() {
		if !validSecretKey(key) {
			panic(fmt.Sprintf("charm: secret %q has the key %q: a key has three or more of a-z, 0-9 and inner hyphens, and begins with a letter", label, key))
		}
	}
	return &Owned[T]{b: b, label: label, options: options}
}

func validSecretKey(key string) bool {
	return len(key) >= 3 && key[0] >= 'a' && key[0] <= 'z' && !strings.HasSuffix(key, "-") && !strings.Contains(key, "--") &&
		strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// known is what this hook knows of the secret: labels are unique per owner.
func (o *Owned[T]) known() *ownedSecret {
	key := ownedKey{o.options.Owner, o.label}
	if o.b.run.secrets[key] == nil {
		o.b.run.secrets[key] = &ownedSecret{}
	}
	return o.b.run.secrets[key]
}

// changes are the options of a new revision.
func (o *Owned[T]) changes() hooktool.SecretMetadata {
	var changes hooktool.SecretMetadata
	if o.options.Expire > 0 {
		changes.Expire = time.Now().Add(o.options.Expire)
	}
	return changes
}

// manages tells whether this unit may change the secret.
func (o *Owned[T]) manages(ctx context.Context) (bool, error) {
	if o.options.Owner == hooktool.OwnerUnit {
		return true, nil
	}
	return o.b.IsLeader(ctx)
}

// Get returns the latest content that is stored. [ErrAbsent] says that there is
// no such secret, [ErrPending] that it was made, changed or removed in this
// hook: using it now would be wrong if the hook failed in the end.
func (o *Owned[T]) Get(ctx context.Context) (T, error) {
	var v T
	if o.known().pending {
		return v, o.pending()
	}
	content, err := o.b.run.tools.SecretGet(ctx, hooktool.SecretGetOptions{Label: o.label, Refresh: true})
	if errors.Is(err, hooktool.ErrNotFound) {
		return v, &WaitingError{For: fmt.Sprintf("the secret %q", o.label)}
	}
	if err != nil {
		return v, err
	}
	problems := bind.FromStrings(content, &v)
	err = invalid(fmt.Sprintf("secret %q", o.label), problems, &v)
	return v, err
}

// Ensure returns the content as Get does, and makes the secret first if there
// is none: then it returns [ErrPending], and the content from the next hook on.
// On a unit that is not the leader an application's secret is waited for.
func (o *Owned[T]) Ensure(ctx context.Context, generate func() (T, error)) (T, error) {
	v, err := o.Get(ctx)
	if !errors.Is(err, ErrAbsent) {
		return v, errors.Join(err, o.reconcile(ctx))
	}
	manages, leaderErr := o.manages(ctx)
	if leaderErr != nil {
		return v, leaderErr
	}
	if !manages {
		return v, &WaitingError{For: fmt.Sprintf("the leader to make the secret %q", o.label)}
	}
	made, err := generate()
	if err != nil {
		return v, fmt.Errorf("cannot make the secret %q: %w", o.label, err)
	}
	content, err := secretContent(made)
	if err != nil {
		return v, err
	}
	uri, err := o.b.run.tools.SecretAdd(ctx, content, hooktool.SecretAddOptions{
		Owner: o.options.Owner, SecretMetadata: hooktool.SecretMetadata{
			Label: o.label, Description: o.options.Description, Rotate: o.options.Rotate, Expire: o.changes().Expire,
		},
	})
	if err != nil {
		return v, err
	}
	*o.known() = ownedSecret{uri: SecretURI(uri), pending: true}
	return v, o.pending()
}

// pending tells that the content is to be had from the next hook on, and sees to
// it that there is one soon.
func (o *Owned[T]) pending() error {
	if o.b.waker != nil {
		o.b.After(0)
	}
	return &PendingError{o.label}
}

// reconcile changes what a new version of the charm says otherwise of a secret
// that exists. Juju cannot take back a description.
func (o *Owned[T]) reconcile(ctx context.Context) error {
	if kind := o.b.run.event.kind; kind != kindUpgradeCharm && kind != kindConfigChanged || o.known().pending {
		return nil
	}
	if manages, err := o.manages(ctx); err != nil || !manages {
		return err
	}
	info, err := o.Info(ctx)
	if err != nil {
		return err
	}
	var changes hooktool.SecretMetadata
	if info.Description != o.options.Description {
		changes.Description = o.options.Description
	}
	if now, want := cmp.Or(info.Rotation, hooktool.RotateNever), cmp.Or(o.options.Rotate, hooktool.RotateNever); now != want {
		changes.Rotate = want
		if now != hooktool.RotateNever {
			// Juju 3.6.11 refuses to commit one policy after another. A
			// config-changed follows upgrade-charm.
			changes.Rotate = hooktool.RotateNever
		}
	}
	if o.options.Expire > 0 && info.Expiry.IsZero() {
		changes.Expire = o.changes().Expire
	}
	if changes == (hooktool.SecretMetadata{}) {
		return nil
	}
	return o.b.run.tools.SecretSet(ctx, string(o.known().uri), hooktool.SecretChange{SecretMetadata: changes})
}

// Set gives the secret new content, as a new revision, from the next hook on. The
// same content again is nothing. The secret must exist.
func (o *Owned[T]) Set(ctx context.Context, v T) error {
	uri, err := o.URI(ctx)
	if err != nil {
		return err
	}
	content, err := secretContent(v)
	if err != nil {
		return err
	}
	if !o.known().pending {
		now, err := o.b.run.tools.SecretGet(ctx, hooktool.SecretGetOptions{Label: o.label, Peek: true})
		if err != nil {
			return err
		}
		if maps.Equal(now, content) {
			return nil
		}
	}
	if err := o.b.run.tools.SecretSet(ctx, string(uri), hooktool.SecretChange{Content: content, SecretMetadata: o.changes()}); err != nil {
		return err
	}
	o.known().pending = true
	return nil
}

// Info returns what Juju knows of the secret: its revision, when it is rotated or
// expires, who may read it. It is for who manages the secret; to others, and if
// there is none, it is [ErrAbsent].
func (o *Owned[T]) Info(ctx context.Context) (hooktool.SecretInfo, error) {
	known := o.known()
	if known.info == nil {
		info, err := o.b.run.tools.SecretInfoGet(ctx, hooktool.SecretInfoGetOptions{Label: o.label})
		if errors.Is(err, hooktool.ErrNotFound) {
			return info, &WaitingError{For: fmt.Sprintf("the secret %q", o.label), Err: err}
		}
		if err != nil {
			return info, err
		}
		known.info = &info
		if known.uri == "" {
			known.uri = SecretURI(fmt.Sprintf("secret://%s/%s", o.b.run.modelUUID, info.ID))
		}
	}
	return *known.info, nil
}

// URI returns the secret's URI, with the model's UUID, so that another model
// can use it too. [ErrAbsent] says that there is no such secret.
func (o *Owned[T]) URI(ctx context.Context) (SecretURI, error) {
	if uri := o.known().uri; uri != "" {
		return uri, nil
	}
	_, err := o.Info(ctx)
	return o.known().uri, err
}

// GrantTo lets the application at the other side of a relation read the secret,
// until the relation ends. A grant that is there is nothing.
func (o *Owned[T]) GrantTo(ctx context.Context, r *Relation) error {
	uri, err := o.URI(ctx)
	if err != nil {
		return err
	}
	known := o.known()
	if known.granted[r.id] {
		return nil
	}
	if err := o.b.run.tools.SecretGrant(ctx, string(uri), hooktool.SecretAudience{Relation: r.id}); err != nil {
		return err
	}
	if known.granted == nil {
		known.granted = map[string]bool{}
	}
	known.granted[r.id], known.changed = true, true
	return nil
}

// RevokeFrom takes back what GrantTo gave. Who has read the secret keeps what was
// in it, so it should get new content too.
func (o *Owned[T]) RevokeFrom(ctx context.Context, r *Relation) error {
	uri, err := o.URI(ctx)
	if errors.Is(err, ErrAbsent) {
		return nil
	}
	if err != nil {
		return err
	}
	delete(o.known().granted, r.id)
	o.known().changed = true
	return o.b.run.tools.SecretRevoke(ctx, string(uri), hooktool.SecretAudience{Relation: r.id})
}

// OnRenew registers what makes new content when Juju asks for it: the secret is
// due to be rotated, or its latest revision has expired. It is for a handle that
// the charm's constructor takes.
//
// A revision that has expired is removed when Juju tells of it again, 5 minutes
// later: a hook that removed it would take its own new content back.
func (o *Owned[T]) OnRenew(generate func(context.Context) (T, error)) {
	renew := func(ctx context.Context) error {
		v, err := generate(ctx)
		if err != nil {
			return fmt.Errorf("cannot renew the secret %q: %w", o.label, err)
		}
		return o.Set(ctx, v)
	}
	o.b.On.SecretRotate(func(ctx context.Context, e *SecretRotateEvent) error {
		if _, mine, err := o.isAbout(ctx, e.Label, e.URI); err != nil || !mine {
			return err
		}
		return renew(ctx)
	})
	o.b.On.SecretExpired(func(ctx context.Context, e *SecretExpiredEvent) error {
		info, mine, err := o.isAbout(ctx, e.Label, e.URI)
		if err != nil || !mine {
			return err
		}
		if info.Revision > e.Revision {
			return o.b.RemoveSecretRevision(ctx, e.URI, e.Revision)
		}
		return renew(ctx)
	})
}

// isAbout tells whether an event is about this secret. The unit and its
// application may both have one of that label.
func (o *Owned[T]) isAbout(ctx context.Context, label string, uri SecretURI) (info hooktool.SecretInfo, is bool, err error) {
	if label != o.label {
		return info, false, nil
	}
	info, err = o.Info(ctx)
	if errors.Is(err, ErrAbsent) {
		return info, false, nil
	}
	return info, err == nil && info.ID == uri.ID(), err
}

// RemoveSecretRevision removes a revision of a secret that the charm owns. The
// framework does so itself, at the end of secret-remove, with one that nobody
// reads any more; one that has expired is the charm's to remove, or of
// [Owned.OnRenew]. A secret that gets new content in the same hook would lose it.
func (b *Base) RemoveSecretRevision(ctx context.Context, uri SecretURI, revision int) error {
	return b.run.tools.SecretRemoveRevision(ctx, string(uri), revision)
}

// removeUnread removes the revision that secret-remove tells of. It comes last, for
// after it Juju does not tell of the secret in this hook; and a secret for which
// something was recorded is left alone, for the removal would take that back.
// Juju then tells of the revision again.
func (b *Base) removeUnread(ctx context.Context) error {
	e := &b.run.event
	if e.kind != kindSecretRemove || e.secretRevision < 1 {
		return nil
	}
	for _, known := range b.run.secrets {
		if known.uri.Same(e.secretURI) && (known.pending || known.changed) {
			return nil
		}
	}
	err := b.RemoveSecretRevision(ctx, e.secretURI, e.secretRevision)
	if err != nil && !errors.Is(err, ErrNotLeader) { // a new leader is told too
		return fmt.Errorf("cannot handle %s: %w", e.name, err)
	}
	return nil
}

// Remove removes the secret; one that is not there is removed already.
func (o *Owned[T]) Remove(ctx context.Context) error {
	uri, err := o.URI(ctx)
	if errors.Is(err, ErrAbsent) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := o.b.run.tools.SecretRemove(ctx, string(uri)); err != nil {
		return err
	}
	*o.known() = ownedSecret{pending: true}
	return nil
}

// secretContent encodes a struct; Juju has no empty secret values.
func secretContent(v any) (map[string]string, error) {
	content, err := bind.ToStrings(v)
	if err != nil {
		return nil, err
	}
	for key, value := range content {
		if value == "" {
			delete(content, key)
		}
	}
	return content, nil
}
