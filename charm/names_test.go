package charm_test

import (
	"context"
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/metadata"
)

// misnamed uses names that no file declares.
func misnamed(b *charm.Base) (*charm.Base, error) {
	b.Container("apps")
	b.Requires("db")
	b.Requires("cache")
	b.Provides("database")
	b.Peers("cluster")
	b.Storage("disk")
	charm.Config[struct {
		Level string `charm:"log-level"`
		Size  int    `charm:"size"`
	}](b)
	charm.OnAction(b, "restore", func(context.Context, charm.None) (charm.None, error) { return charm.None{}, nil })
	charm.OnAction(b, "backup", func(context.Context, struct {
		Where string `charm:"where"`
	}) (charm.None, error) {
		return charm.None{}, nil
	})
	return b, nil
}

func TestCheckTellsAllNamesThatDiffer(t *testing.T) {
	t.Parallel()
	files, err := metadata.Load(fstest.MapFS{
		"metadata.yaml": {Data: []byte(metadataYAML)},
		"config.yaml":   {Data: []byte(configYAML)},
		"actions.yaml":  {Data: []byte(backupYAML + "prune: {description: Remove old ones.}\n")},
	})
	require.NoError(t, err)
	err = charm.Check(misnamed, files)
	var undeclared *charm.UndeclaredError
	require.ErrorAs(t, err, &undeclared)
	require.Equal(t, []string{
		`container "apps" is not declared in metadata.yaml: there is app, proxy`,
		`provides "database" is not declared in metadata.yaml: there is website`,
		`requires "db" is not declared in metadata.yaml: there is cache, database`,
		`storage "disk" is not declared in metadata.yaml: there is data`,
		`option "size" is not declared in config.yaml: there is limit, log-level, login, timeout`,
		`action "restore" is not declared in actions.yaml: there is backup, prune`,
		`parameter "where" of action "backup" is not declared in actions.yaml: there is copies, path, tag`,
		`action "prune" stands in actions.yaml, and nothing handles it`,
	}, undeclared.Problems)
	require.ErrorContains(t, err, "cannot run this charm, its code and its files differ:\n  container \"apps\"")
}

func TestCheckOfFilesThatDeclareNothing(t *testing.T) {
	t.Parallel()
	err := charm.Check(func(b *charm.Base) (*charm.Base, error) {
		b.Container("app")
		return b, nil
	}, &metadata.Charm{})
	require.ErrorContains(t, err, `container "app" is not declared in metadata.yaml: there is none`)
}

func TestCheckOfPeersAndBindings(t *testing.T) {
	t.Parallel()
	files := func(bindings ...string) *metadata.Charm {
		return &metadata.Charm{Meta: metadata.Meta{
			Peers: map[string]metadata.Relation{"cluster": {}}, Containers: metadata.Containers{"b": {}, "a": {}}, ExtraBindings: bindings,
		}}
	}
	declare := func(b *charm.Base) (*charm.Base, error) {
		b.Container("d")
		b.Container("c")
		b.Peers("clusters")
		b.Binding("admin")
		return b, nil
	}
	for _, test := range []struct{ bindings, there string }{{"", "none"}, {"public", "public"}} {
		var bindings []string
		if test.bindings != "" {
			bindings = append(bindings, test.bindings)
		}
		var undeclared *charm.UndeclaredError
		require.ErrorAs(t, charm.Check(declare, files(bindings...)), &undeclared)
		require.Equal(t, []string{
			`binding "admin" is not declared in metadata.yaml: there is ` + test.there,
			`container "c" is not declared in metadata.yaml: there is a, b`,
			`container "d" is not declared in metadata.yaml: there is a, b`,
			`peers "clusters" is not declared in metadata.yaml: there is cluster`,
		}, undeclared.Problems)
	}
}

func TestAHookChecksNamesBeforeItCallsAnything(t *testing.T) {
	t.Parallel()
	transport := hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
		panic("a hook tool was run")
	})
	_, err := charm.Run(t.Context(), misnamed, charm.Options{
		Getenv:    environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_UNIT_NAME", "wiki/0"),
		Transport: transport,
		Files:     fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
	})
	var undeclared *charm.UndeclaredError
	require.ErrorAs(t, err, &undeclared)
	require.Len(t, undeclared.Problems, 4, "options and actions are left to tests")

	_, err = charm.Run(t.Context(), misnamed, charm.Options{
		Getenv:    environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_UNIT_NAME", "wiki/0"),
		Transport: transport,
		Metadata:  &metadata.Meta{},
	})
	require.ErrorAs(t, err, &undeclared)
	require.Len(t, undeclared.Problems, 6)

	_, err = charm.Run(t.Context(), misnamed, charm.Options{
		Getenv:    environment("JUJU_DISPATCH_PATH", "hooks/start", "JUJU_UNIT_NAME", "wiki/0"),
		Transport: transport,
		Files:     fstest.MapFS{},
	})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestACharmThatCharmcraftAloneDescribes(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		b.Requires("database")
		b.Reconcile(func(_ context.Context, st *charm.Status) error {
			st.Active(b.Metadata().Name)
			return nil
		})
	})
	pages := charmtest.New(c.Constructor(), fstest.MapFS{
		"charmcraft.yaml": {Data: []byte("name: pages\nsummary: s\ndescription: d\nrequires: {database: pg}\n")},
	})
	require.Equal(t, "pages", succeed(t, pages, charmtest.State{}, charmtest.UpdateStatus()).State.Status.Message)
}
