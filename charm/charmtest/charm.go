package charmtest

import (
	"io/fs"
	"sync"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// Charm is a charm to be tested: its constructor and its files. [New] makes one.
type Charm[C any] struct {
	construct charm.Constructor[C]
	files     fs.FS
	load      func() (*metadata.Charm, error)
	// cache keeps the layers that were parsed.
	cache *memory.Cache
}

// New returns a charm. Files is the charm directory, with metadata.yaml,
// config.yaml and actions.yaml, or the charmcraft.yaml that has them in it. They
// are read once, when the charm is first used, and held against the code as
// [charm.Check] does; one Charm therefore serves all tests of a package.
func New[C any](construct charm.Constructor[C], files fs.FS) Charm[C] {
	return Charm[C]{construct, files, sync.OnceValues(func() (*metadata.Charm, error) {
		loaded, err := metadata.LoadSource(files)
		if err != nil {
			return nil, err
		}
		return loaded, charm.Check(construct, loaded)
	}), &memory.Cache{}}
}

// Constructor returns the charm's constructor.
func (c Charm[C]) Constructor() charm.Constructor[C] { return c.construct }

// Files returns the charm directory.
func (c Charm[C]) Files() fs.FS { return c.files }

// Metadata returns what the charm's files say, which is not to be changed, or
// what is wrong with them.
func (c Charm[C]) Metadata() (*metadata.Charm, error) { return c.load() }
