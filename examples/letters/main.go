// Command letters is a charm with a memory: a post office that sends what the
// operator writes. While it is closed, letters are deferred. It keeps its books in
// Juju's state of the unit, tells the other units over a peer relation, and has a
// seal, a secret, that it shows once it is stored.
package main

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
)

func main() { charm.Main(New) }

// Office is the charm.
type Office struct {
	*charm.Base
	options *charm.ConfigHandle[options]
	books   *charm.UnitState[books]
	shared  *charm.PeerUnitState[shared]
	seal    *charm.Owned[seal]
}

type options struct {
	Open   bool   `charm:"open"`
	Letter string `charm:"letter"`
}

// books are what this unit remembers: nobody else sees them.
type books struct {
	Sent []string `charm:"sent,json"`
}

// shared is what all units see.
type shared struct {
	Sent int `charm:"sent"`
	// Sealed says that there is a seal; what it is stays secret.
	Sealed bool `charm:"sealed"`
}

type seal struct {
	Value string `charm:"value"`
}

// New declares the charm.
func New(b *charm.Base) (*Office, error) {
	peers := b.Peers("offices")
	o := &Office{
		Base:    b,
		options: charm.Config[options](b),
		books:   charm.UnitStateOf[books](b, "books"),
		shared:  charm.PeerUnitStateOf[shared](peers, "office"),
		seal:    charm.OwnedSecret[seal](b, "seal", charm.SecretOptions{Owner: hooktool.OwnerUnit}),
	}
	// What is deferred is kept under these names.
	b.On.Deferrable("send").ConfigChanged(o.sendLetter)
	peers.Deferrable("greet").OnJoined(o.greet)
	b.Reconcile(o.reconcile)
	return o, nil
}

func (o *Office) sendLetter(ctx context.Context, _ *charm.ConfigChangedEvent) (charm.Outcome, error) {
	options, err := o.options.Get(ctx)
	if err != nil || options.Letter == "" {
		return charm.Done, err
	}
	return o.send(ctx, options.Letter)
}

func (o *Office) greet(ctx context.Context, e *charm.RelationJoinedEvent) (charm.Outcome, error) {
	return o.send(ctx, "greetings to "+e.Unit)
}

// send notes that a letter was sent, if the office is open.
func (o *Office) send(ctx context.Context, letter string) (charm.Outcome, error) {
	options, err := o.options.Get(ctx)
	if err != nil || !options.Open {
		return charm.Defer, err
	}
	books, err := o.books.Get(ctx)
	if err != nil {
		return charm.Defer, err
	}
	books.Sent = append(books.Sent, letter)
	return charm.Done, o.books.Set(ctx, books)
}

func (o *Office) reconcile(ctx context.Context, st *charm.Status) error {
	waiting, err := o.Deferred(ctx)
	if len(waiting) > 0 {
		st.Waiting("waiting for the office to open, with %d letters", len(waiting))
	}
	books, booksErr := o.books.Get(ctx)
	_, sealErr := o.seal.Ensure(ctx, func() (seal, error) { return seal{rand.Text()}, nil })
	if err := st.Check(errors.Join(err, booksErr)); err != nil {
		return err
	}
	if err := st.Check(sealErr); err != nil {
		return err
	}
	return o.shared.Set(ctx, shared{Sent: len(books.Sent), Sealed: sealErr == nil})
}
