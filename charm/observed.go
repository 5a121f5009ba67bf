package charm

import (
	"context"
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/internal/bind"
)

// Observed is a secret that somebody else owns: a user's, which an option of type
// secret names, or another application's, which has published its URI. Its content
// is a struct with `charm` tags.
//
// Its errors are conditions, but for failures: a secret that is not there, not
// named yet, or not granted (also [ErrPermission]) is a [*WaitingError]; a URI that
// is none, or content that does not fit, an [*InvalidError].
type Observed[T any] struct {
	b    *Base
	uri  SecretURI
	name string
}

// observedKey is what was read of a secret. Which revision is tracked decides what
// an option means, so each is read by itself.
type observedKey struct {
	id            string
	refresh, peek bool
}

// ObservedSecret returns the handle of a secret. The name is for messages: that of
// the option, or of what the secret is for.
//
// The handle gives the secret no label. The URI is often another application's
// word: if that names a secret of the charm's own, a label would take the place of
// the one that the charm finds it by; and of a second secret for the same purpose
// Juju (3.6.11) refuses the label of the first, until the end of the relation.
func ObservedSecret[T any](b *Base, uri SecretURI, name string) *Observed[T] {
	bind.Keys[T]()
	return &Observed[T]{b, uri, name}
}

// Latest returns the latest revision, and makes this unit track it: secret-changed
// follows when there is a newer one. It is what a reconciler wants.
func (o *Observed[T]) Latest(ctx context.Context) (T, error) {
	return o.read(ctx, hooktool.SecretGetOptions{Refresh: true})
}

// Tracked returns the revision that this unit tracks: the latest at its first
// read, and until it asks for [Observed.Latest] again. Until then the owner keeps
// it.
func (o *Observed[T]) Tracked(ctx context.Context) (T, error) {
	return o.read(ctx, hooktool.SecretGetOptions{})
}

// Peek returns the latest revision, and lets this unit track what it did.
func (o *Observed[T]) Peek(ctx context.Context) (T, error) {
	return o.read(ctx, hooktool.SecretGetOptions{Peek: true})
}

func (o *Observed[T]) read(ctx context.Context, options hooktool.SecretGetOptions) (T, error) {
	var v T
	content, err := o.content(ctx, options)
	switch {
	case o.uri == "", errors.Is(err, hooktool.ErrNotFound):
		return v, &WaitingError{For: fmt.Sprintf("the secret %q", o.name), Err: err}
	case errors.Is(err, hooktool.ErrPermission):
		return v, &WaitingError{For: fmt.Sprintf("the secret %q to be granted", o.name), Err: err}
	case errors.Is(err, hooktool.ErrNotValid):
		return v, &InvalidError{Subject: fmt.Sprintf("secret %q", o.name), Problems: []string{"its URI is none"}}
	case err != nil:
		return v, err
	}
	problems := bind.FromStrings(content, &v)
	err = invalid(fmt.Sprintf("secret %q", o.name), problems, &v)
	return v, err
}

// content reads each revision once per hook.
func (o *Observed[T]) content(ctx context.Context, options hooktool.SecretGetOptions) (map[string]string, error) {
	if o.uri == "" {
		return nil, nil
	}
	read := o.b.run.observed
	key := observedKey{o.uri.ID(), options.Refresh, options.Peek}
	if content, ok := read[key]; ok {
		return content, nil
	}
	options.URI = string(o.uri)
	content, err := o.b.run.tools.SecretGet(ctx, options)
	if err != nil {
		return nil, err
	}
	read[key] = content
	if options.Refresh {
		// Now it is the one that is tracked.
		read[observedKey{id: key.id}] = content
		read[observedKey{id: key.id, peek: true}] = content
	}
	return content, nil
}

// ReadSecret is [Observed.Latest] of a secret, in one call.
func ReadSecret[T any](ctx context.Context, b *Base, uri SecretURI, name string) (T, error) {
	return ObservedSecret[T](b, uri, name).Latest(ctx)
}
