package metadata_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
)

const wiki = `
name: wiki
summary: A wiki.
description: Pages that everybody may edit.
unknown-key: ignored
requires:
  database: {interface: postgresql_client, limit: 1}
  logging: loki_push_api
provides:
  website: {interface: http, limit: null, optional: true}
peers:
  replicas: {interface: wiki_replicas}
containers:
  app: {resource: app-image, mounts: [{storage: pages, location: /srv}]}
storage:
  pages: {type: filesystem}
resources:
  app-image: {type: oci-image}
charm-user: non-root
`

// C-400, C-402.
func TestLoad(t *testing.T) {
	t.Parallel()
	c, err := metadata.Load(fstest.MapFS{
		"metadata.yaml": {Data: []byte(wiki)},
		"config.yaml":   {Data: []byte("options: {size: {type: int, default: 3}, ratio: {type: float, default: 1}, name: {default: x}, token: {type: secret}}")},
		"actions.yaml":  {Data: []byte("backup: {params: {to: {type: string}}, required: [to], additionalProperties: false}\nping:\n")},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"database", "logging", "replicas", "website"}, c.Meta.Endpoints())
	for name, want := range map[string]metadata.Relation{
		"database": {Role: metadata.Requires, Interface: "postgresql_client", Limit: 1},
		"logging":  {Role: metadata.Requires, Interface: "loki_push_api"},
		"website":  {Role: metadata.Provides, Interface: "http", Optional: true},
		"replicas": {Role: metadata.Peer, Interface: "wiki_replicas"},
	} {
		got, ok := c.Meta.Endpoint(name)
		require.True(t, ok, name)
		require.Equal(t, want, got, name)
	}
	_, ok := c.Meta.Endpoint("nosuch")
	require.False(t, ok)
	require.Equal(t, 3, c.Config.Options["size"].Default)
	require.Equal(t, 1.0, c.Config.Options["ratio"].Default)
	require.Equal(t, "string", c.Config.Options["name"].Type)
	require.Nil(t, c.Config.Options["token"].Default)
	require.Equal(t, map[string]any{"additionalProperties": false}, c.Actions["backup"].Schema)
	require.Contains(t, c.Actions, "ping")
}

// C-400, C-401, C-402.
func TestLoadReportsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	_, err := metadata.Load(fstest.MapFS{
		"metadata.yaml": {Data: []byte(`
name: wiki
requires: {database: {limit: 1}, both: x}
provides: {juju-info: http, both: x}
containers: {app: {resource: nosuch, mounts: [{storage: pages}]}}
charm-user: admin
`)},
		"config.yaml":  {Data: []byte("options: {size: {type: int, default: big}, odd: {type: list}}")},
		"actions.yaml": {Data: []byte("Backup: {}\njuju-run: {}\n")},
	})
	for _, want := range []string{
		"summary is missing", "description is missing",
		`endpoint "database" has no interface`,
		`endpoint "both" stands more than once`,
		`endpoint "juju-info" has a name that Juju keeps`,
		`container "app" names resource "nosuch"`,
		`container "app" mounts storage "pages"`,
		`charm-user is "admin"`,
		`option "size": default big is not of type int`,
		`option "odd": `,
		`action name "Backup" is not valid`,
		`action name "juju-run" is one that Juju keeps`,
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = metadata.Load(fstest.MapFS{})
	require.ErrorContains(t, err, "cannot read the charm's metadata.yaml")
}

// C-404.
func TestStorage(t *testing.T) {
	t.Parallel()
	m, err := metadata.ParseMeta([]byte(`
name: wiki
summary: s
description: d
storage:
  one: {type: filesystem, location: /srv}
  two: {type: block, multiple: {range: 2}}
  some: {type: filesystem, multiple: {range: 0-3}, minimum-size: 1.5G, properties: [transient]}
  any: {type: filesystem, multiple: {range: 1+}, shared: true, read-only: true}
  more: {type: filesystem, multiple: {range: "2-"}}
`))
	require.NoError(t, err)
	for name, want := range map[string][2]int{
		"one": {1, 1}, "two": {2, 2}, "some": {0, 3}, "any": {1, metadata.Unlimited}, "more": {2, metadata.Unlimited},
	} {
		least, most := m.Storage[name].Count()
		require.Equal(t, want, [2]int{least, most}, name)
	}
	require.True(t, m.Storage["any"].Shared && m.Storage["any"].ReadOnly)
}

// C-405, C-406, C-407.
func TestOtherDeclarations(t *testing.T) {
	t.Parallel()
	m, err := metadata.ParseMeta([]byte(`
name: wiki
summary: s
description: d
requires: {database: pg}
extra-bindings: {public: null, admin: null}
resources: {software: {filename: s.zip}}
devices: {gpu: {type: nvidia.com/gpu, countmin: 1}}
payloads: {monitor: {type: docker}}
assumes:
- juju >= 3.6
- any-of: [k8s-api, {all-of: [juju < 4, other]}]
`))
	require.NoError(t, err)
	require.Equal(t, metadata.Names{"admin", "public"}, m.ExtraBindings)
	for name, want := range map[string]bool{"database": true, "public": true, "juju-info": true, "nosuch": false} {
		require.Equal(t, want, m.HasBinding(name), name)
	}
	require.Equal(t, metadata.File, m.Resources["software"].Type)
	require.Equal(t, 1, m.Devices["gpu"].CountMin)
	require.Equal(t, "docker", m.Payloads["monitor"].Type)
	require.Equal(t, []metadata.Assume{
		{Feature: "juju", Operator: ">=", Version: "3.6"},
		{AnyOf: []metadata.Assume{{Feature: "k8s-api"}, {AllOf: []metadata.Assume{{Feature: "juju", Operator: "<", Version: "4"}, {Feature: "other"}}}}},
	}, m.Assumes)
}

// C-405, C-406.
func TestBadDeclarations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"storage: {s: {}}":                                                       `storage "s" has type ""`,
		"storage: {s: {type: block, location: /d}}":                              "must not have a location",
		"storage: {s: {type: block, multiple: {range: 0}}}":                      "cannot have 0 instances",
		"storage: {s: {type: block, multiple: {range: 3-2}}}":                    "cannot have 3-2 instances",
		"storage: {s: {type: block, multiple: {range: x}}}":                      `range "x" does not match`,
		"storage: {s: {type: block, minimum-size: big}}":                         `minimum-size "big"`,
		"storage: {s: {type: block, properties: [odd]}}":                         `property "odd"`,
		"resources: {r: {}}":                                                     `resource "r" has no filename`,
		"resources: {r: {filename: a/b}}":                                        "must not contain a slash",
		"resources: {r: {type: image}}":                                          `resource "r" has type "image"`,
		"devices: {d: {countmin: -1}}":                                           `device "d"`,
		"payloads: {p: {}}":                                                      `payload "p" has no type`,
		"requires: {db: x}\nextra-bindings: {db: }":                              `extra binding "db"`,
		"assumes: [juju > 3]":                                                    `malformed feature expression "juju > 3"`,
		"assumes: [{}]":                                                          "any-of or all-of",
		"storage: {s: {type: block}}\ncontainers: {c: {mounts: [{storage: s}]}}": "without a location",
		"containers: {c: {uid: 1000}}":                                           `container "c" has uid 1000`,
		"containers: {../../../home: {}}":                                        `container "../../../home" has a name that Kubernetes does not take`,
		"requires: {db: {interface: x, scope: model}}":                           `endpoint "db" has scope "model"`,
		"containers: {c: }":                                                      `container "c" is empty: write {}`,
		"containers: {charm: {}}":                                                `container "charm" has a name that Juju keeps for itself`,
	} {
		_, err := metadata.ParseMeta([]byte("name: n\nsummary: s\ndescription: d\n" + text))
		require.ErrorContains(t, err, want, text)
	}
}

// C-411.
func TestFormat(t *testing.T) {
	t.Parallel()
	const meta = "name: n\nsummary: s\ndescription: d\n"
	for _, test := range []struct {
		meta, manifest string
		v2             bool
	}{
		{meta, "bases: [{name: ubuntu, channel: \"24.04\"}]", true},
		{meta + "series: [jammy]", "bases: [{name: ubuntu, channel: \"24.04\"}]", false},
		{meta, "", false},
		{meta + "containers: {c: {}}", "", true},
	} {
		fsys := fstest.MapFS{"metadata.yaml": {Data: []byte(test.meta)}}
		if test.manifest != "" {
			fsys["manifest.yaml"] = &fstest.MapFile{Data: []byte(test.manifest)}
		}
		c, err := metadata.Load(fsys)
		require.NoError(t, err)
		require.Equal(t, test.v2, c.FormatV2())
	}
	_, err := metadata.ParseManifest([]byte("bases: [{name: ubuntu}]"))
	require.ErrorContains(t, err, "base 0 needs a name and a channel")
	_, err = metadata.ParseManifest(nil)
	require.ErrorContains(t, err, "bases is missing")
}

func TestWhoToAsk(t *testing.T) {
	t.Parallel()
	m, err := metadata.ParseMeta([]byte(`
name: wiki
summary: s
description: d
maintainers: [Ann <ann@example.com>, {name: Bob}]
website: https://wiki.example.com
source: [https://git.example.com/wiki, https://git.example.com/rock]
issues: {url: x}
docs:
`))
	require.NoError(t, err)
	require.Equal(t, metadata.Lines{"Ann <ann@example.com>"}, m.Maintainers)
	require.Equal(t, metadata.Lines{"https://wiki.example.com"}, m.Website)
	require.Equal(t, metadata.Lines{"https://git.example.com/wiki", "https://git.example.com/rock"}, m.Source)
	require.Empty(t, m.Issues)
	require.Empty(t, m.Docs)

	m, err = metadata.ParseMeta([]byte(`
name: wiki
summary: s
description: d
maintainer: Ann <ann@example.com>
min-juju-version: 3.6.0
source: https://git.example.com/wiki
links:
  contact: [wiki@example.com]
  documentation: https://docs.example.com
  source: [https://git.example.com/rock]
  issues: https://issues.example.com
  website: https://wiki.example.com
`))
	require.NoError(t, err)
	require.Equal(t, metadata.Lines{"Ann <ann@example.com>", "wiki@example.com"}, m.Maintainers)
	require.Equal(t, metadata.Lines{"https://docs.example.com"}, m.Docs)
	require.Equal(t, metadata.Lines{"https://git.example.com/wiki", "https://git.example.com/rock"}, m.Source)
	require.Equal(t, metadata.Lines{"https://issues.example.com"}, m.Issues)
	require.Equal(t, metadata.Lines{"https://wiki.example.com"}, m.Website)
	require.Equal(t, "3.6.0", m.MinJujuVersion)

	_, err = metadata.ParseMeta([]byte("name: wiki\nsummary: s\ndescription: d\nlinks: none\n"))
	require.NoError(t, err)
}

const charmcraftYAML = `
type: charm
name: wiki
title: The wiki
summary: A wiki.
description: Pages.
base: ubuntu@24.04
platforms:
  amd64:
  arm64:
  ubuntu@26.04:riscv64:
parts: {charm: {plugin: go}}
links: {contact: Ann}
assumes: [juju >= 3.6]
requires: {database: {interface: postgresql_client, limit: 1}}
config:
  options:
    size: &int {type: int, default: 3}
    other: *int
actions:
  backup: {params: {to: {type: string}}}
`

func TestCharmcraftDescribesTheWholeCharm(t *testing.T) {
	t.Parallel()
	source, err := metadata.Source(fstest.MapFS{"charmcraft.yaml": {Data: []byte(charmcraftYAML)}, "icon.svg": {}})
	require.NoError(t, err)
	c, err := metadata.Load(source)
	require.NoError(t, err)
	require.Equal(t, []string{"wiki", "The wiki", "A wiki."}, []string{c.Meta.Name, c.Meta.DisplayName, c.Meta.Summary})
	require.Equal(t, metadata.Lines{"Ann"}, c.Meta.Maintainers)
	require.Equal(t, 1, c.Meta.Requires["database"].Limit)
	require.Equal(t, 3, c.Config.Options["size"].Default)
	require.Equal(t, 3, c.Config.Options["other"].Default)
	require.Contains(t, c.Actions["backup"].Params, "to")
	require.Equal(t, []metadata.Base{
		{Name: "ubuntu", Channel: "24.04", Architectures: []string{"amd64", "arm64"}},
		{Name: "ubuntu", Channel: "26.04", Architectures: []string{"riscv64"}},
	}, c.Manifest.Bases)
	_, err = fs.Stat(source, "icon.svg")
	require.NoError(t, err)
	info, err := fs.Stat(source, "config.yaml")
	require.NoError(t, err)
	require.False(t, info.IsDir())

	old, err := metadata.SplitCharmcraft([]byte("name: n\nbases: [{name: ubuntu, channel: \"22.04\"}, {build-on: [], run-on: [{name: ubuntu, channel: \"20.04\"}]}]"))
	require.NoError(t, err)
	m, err := metadata.ParseManifest(old["manifest.yaml"])
	require.NoError(t, err)
	require.Equal(t, []metadata.Base{{Name: "ubuntu", Channel: "22.04"}, {Name: "ubuntu", Channel: "20.04"}}, m.Bases)
}

func TestFoldersThatNeedNoCharmcraft(t *testing.T) {
	t.Parallel()
	for _, dir := range []fstest.MapFS{
		{"metadata.yaml": {Data: []byte(wiki)}, "charmcraft.yaml": {Data: []byte(charmcraftYAML)}},
		{"charmcraft": {}},
	} {
		source, err := metadata.Source(dir)
		require.NoError(t, err)
		require.Equal(t, dir, source)
	}
	for text, want := range map[string]string{
		"type: charm":           "it does not describe the charm",
		"- x":                   "cannot parse charmcraft.yaml",
		"name: n\nplatforms: 3": "cannot parse charmcraft.yaml",
	} {
		_, err := metadata.Source(fstest.MapFS{"charmcraft.yaml": {Data: []byte(text)}})
		require.ErrorContains(t, err, want, text)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(wiki))
	f.Add([]byte("options: {size: {type: int, default: 3}}"))
	f.Add([]byte("backup: {params: {to: {type: string}}}"))
	f.Add([]byte("storage: {s: {type: block, multiple: {range: 1-3}, minimum-size: 1.5G}}\nassumes: [juju >= 3.6, {any-of: [k8s-api]}]"))
	f.Add([]byte("bases: [{name: ubuntu, channel: \"24.04\", architectures: [amd64]}]"))
	f.Add([]byte("links: {contact: [x, {y: z}]}\nmaintainer: [a]\nextra-bindings: {b: }\nresources: {r: {filename: x}}"))
	f.Add([]byte(charmcraftYAML))
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := metadata.ParseMeta(data); err == nil {
			require.NotEmpty(t, m.Name)
		}
		if c, err := metadata.ParseConfig(data); err == nil {
			for _, o := range c.Options {
				require.NotEmpty(t, o.Type)
			}
		}
		if files, err := metadata.SplitCharmcraft(data); err == nil {
			require.Contains(t, files, "metadata.yaml")
		}
		_, _ = metadata.ParseActions(data)
		_, _ = metadata.ParseManifest(data)
	})
}
