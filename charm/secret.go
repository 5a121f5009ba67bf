package charm

import (
	"context"
	"errors"
	"fmt"

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
	uri string
	// pending says that its content, or its removal, is only recorded. The
	// hook tools would show recorded content to a second handle.
	pending bool
}

// SecretOptions describe a secret that the charm owns.
type SecretOptions struct {
	// Owner is who it belongs to; default the application. Only the leader
	// manages an application's secrets, all its units may read them.
	Owner       hooktool.SecretOwner
	Description string
}

// OwnedSecret returns the handle of a secret that the charm owns. Labels are
// unique per owner.
func OwnedSecret[T any](b *Base, label string, options SecretOptions) *Owned[T] {
	if options.Owner == "" {
		options.Owner = hooktool.OwnerApplication
	}
	bind.Keys[T]()
	return &Owned[T]{b: b, label: label, options: options}
}

// known is what this hook knows of the secret: labels are unique per owner.
func (o *Owned[T]) known() *ownedSecret {
	key := ownedKey{o.options.Owner, o.label}
	if o.b.run.secrets[key] == nil {
		o.b.run.secrets[key] = &ownedSecret{}
	}
	return o.b.run.secrets[key]
}

// Get returns the latest content that is stored. [ErrAbsent] says that there is
// no such secret, [ErrPending] that it was made, changed or removed in this
// hook: using it now would be wrong if the hook failed in the end.
func (o *Owned[T]) Get(ctx context.Context) (T, error) {
	var v T
	if o.known().pending {
		return v, &PendingError{o.label}
	}
	content, err := o.b.run.tools.SecretGet(ctx, hooktool.SecretGetOptions{Label: o.label, Refresh: true})
	if errors.Is(err, hooktool.ErrNotFound) {
		return v, &WaitingError{For: fmt.Sprintf("the secret %q", o.label)}
	}
	if err != nil {
		return v, err
	}
	problems := bind.FromStrings(content, &v)
	return v, invalid(fmt.Sprintf("secret %q", o.label), problems, &v)
}

// Ensure returns the content as Get does, and makes the secret first if there
// is none: then it returns [ErrPending], and the content from the next hook on.
// On a unit that is not the leader an application's secret is waited for.
func (o *Owned[T]) Ensure(ctx context.Context, generate func() (T, error)) (T, error) {
	v, err := o.Get(ctx)
	if !errors.Is(err, ErrAbsent) {
		return v, err
	}
	if o.options.Owner == hooktool.OwnerApplication {
		leader, leaderErr := o.b.IsLeader(ctx)
		if leaderErr != nil {
			return v, leaderErr
		}
		if !leader {
			return v, &WaitingError{For: fmt.Sprintf("the leader to make the secret %q", o.label)}
		}
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
		Owner: o.options.Owner, SecretMetadata: hooktool.SecretMetadata{Label: o.label, Description: o.options.Description},
	})
	if err != nil {
		return v, err
	}
	*o.known() = ownedSecret{uri: uri, pending: true}
	return v, &PendingError{o.label}
}

// Set gives the secret new content, as a new revision, from the next hook on.
// The secret must exist.
func (o *Owned[T]) Set(ctx context.Context, v T) error {
	uri, err := o.URI(ctx)
	if err != nil {
		return err
	}
	content, err := secretContent(v)
	if err != nil {
		return err
	}
	if err := o.b.run.tools.SecretSet(ctx, uri, content); err != nil {
		return err
	}
	o.known().pending = true
	return nil
}

// URI returns the secret's URI, with the model's UUID, so that another model
// can use it too. [ErrAbsent] says that there is no such secret.
func (o *Owned[T]) URI(ctx context.Context) (string, error) {
	known := o.known()
	if known.uri != "" {
		return known.uri, nil
	}
	info, err := o.b.run.tools.SecretInfoGet(ctx, hooktool.SecretInfoGetOptions{Label: o.label})
	if errors.Is(err, hooktool.ErrNotFound) {
		return "", &WaitingError{For: fmt.Sprintf("the secret %q", o.label)}
	}
	if err != nil {
		return "", err
	}
	known.uri = fmt.Sprintf("secret://%s/%s", o.b.run.modelUUID, info.ID)
	return known.uri, nil
}

// GrantTo lets the application at the other side of a relation read the secret.
func (o *Owned[T]) GrantTo(ctx context.Context, r *Relation) error {
	uri, err := o.URI(ctx)
	if err != nil {
		return err
	}
	return o.b.run.tools.SecretGrant(ctx, uri, hooktool.SecretAudience{Relation: r.id})
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
	if err := o.b.run.tools.SecretRemove(ctx, uri); err != nil {
		return err
	}
	*o.known() = ownedSecret{pending: true}
	return nil
}

// ReadSecret reads the latest revision of a secret that somebody else owns, and
// makes this unit track it: secret-changed follows when there is a newer one. The
// name is for messages. A secret that is not there or not granted (also
// [ErrPermission]) is a [*WaitingError]; a URI that is none, or content that does
// not fit, an [*InvalidError].
//
// It gives the secret no label. The URI is often another application's word: if
// that names a secret of the charm's own, a label would take the place of the one
// that the charm finds it by; and of a second secret for the same purpose Juju
// (3.6.11) refuses the label of the first, until the end of the relation.
func ReadSecret[T any](ctx context.Context, b *Base, uri, name string) (T, error) {
	var v T
	content, err := b.run.tools.SecretGet(ctx, hooktool.SecretGetOptions{URI: uri, Refresh: true})
	switch {
	case errors.Is(err, hooktool.ErrNotFound):
		return v, &WaitingError{For: fmt.Sprintf("the secret %q", name), Err: err}
	case errors.Is(err, hooktool.ErrPermission):
		return v, &WaitingError{For: fmt.Sprintf("the secret %q to be granted", name), Err: err}
	case errors.Is(err, hooktool.ErrNotValid):
		return v, &InvalidError{Subject: fmt.Sprintf("secret %q", name), Problems: []string{"its URI is none"}}
	case err != nil:
		return v, err
	}
	problems := bind.FromStrings(content, &v)
	return v, invalid(fmt.Sprintf("secret %q", name), problems, &v)
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
