package charm_test

import (
	"context"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

// metadataYAML and configYAML declare all that the charms of these tests use.
const (
	metadataYAML = `
name: wiki
summary: A wiki.
description: For tests.
containers:
  app: {}
  proxy: {}
requires:
  database: {interface: postgresql_client, limit: 1}
  cache: redis
provides:
  website: http
peers:
  cluster: wiki_cluster
storage:
  data: {type: filesystem, multiple: {range: 0-3}}
resources:
  manual: {type: file, filename: manual.pdf}
  backend: {type: oci-image}
extra-bindings:
  admin:
`
	configYAML = `
options:
  log-level: {type: string, default: info}
  timeout: {type: float, default: 1.5}
  limit: {type: int}
  login: {type: secret}
`
)

// wiki is a charm that is declared by one function, with files beside the
// usual ones as names and contents.
func wiki(declare func(*charm.Base), files ...string) charmtest.Charm[*charm.Base] {
	dir := fstest.MapFS{
		"metadata.yaml": {Data: []byte(metadataYAML)},
		"config.yaml":   {Data: []byte(configYAML)},
	}
	for pair := range slices.Chunk(files, 2) {
		dir[pair[0]] = &fstest.MapFile{Data: []byte(pair[1])}
	}
	return charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		declare(b)
		return b, nil
	}, dir)
}

// reconciling is a charm with one reconciler.
func reconciling(f func(context.Context, *charm.Base, *charm.Status) error) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		b.Reconcile(func(ctx context.Context, st *charm.Status) error { return f(ctx, b, st) })
	})
}

// handling is a charm whose one handler, of config-changed, is this function;
// it asks Juju for nothing that the function does not ask for.
func handling(f func(context.Context, *charm.Base) error) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		b.On.ConfigChanged(func(ctx context.Context, _ *charm.ConfigChangedEvent) error { return f(ctx, b) })
	})
}

// succeed runs an event that must succeed.
func succeed(t *testing.T, c charmtest.Charm[*charm.Base], s charmtest.State, e charmtest.Event) charmtest.Result[*charm.Base] {
	t.Helper()
	out := charmtest.Run(t, c, s, e)
	require.NoError(t, out.Err)
	return out
}

// count tells how often a name is among names.
func count(names []string, name string) (n int) {
	for _, other := range names {
		if other == name {
			n++
		}
	}
	return n
}
