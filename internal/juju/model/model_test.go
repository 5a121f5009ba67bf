package model_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/model"
)

func loadCharm(t testing.TB, files map[string]string) *metadata.Charm {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	charm, err := metadata.Load(fsys)
	require.NoError(t, err)
	return charm
}

// charmWith returns a charm whose metadata has the given lines more.
func charmWith(t testing.TB, metadata string) *metadata.Charm {
	return loadCharm(t, map[string]string{
		"metadata.yaml": "name: c\nsummary: s\ndescription: d\n" + metadata,
		"config.yaml": `
options:
  text: {type: string, default: x}
  number: {type: int, default: 5}
  ratio: {type: float}
  flag: {type: boolean}
  cred: {type: secret}
`,
		"actions.yaml": `
plain: {}
strict:
  params:
    level: {type: integer, default: 3}
    name: {type: string}
    deep: {type: object, properties: {inner: {type: string, default: i}}}
  required: [name]
  additionalProperties: false
`,
	})
}

func deploy(t testing.TB, s *model.State, name, metadata string) {
	t.Helper()
	require.NoError(t, s.Deploy(name, charmWith(t, metadata), model.DeployOptions{Units: 1}))
}

// C-105.
func TestDeployAndScale(t *testing.T) {
	t.Parallel()
	var s model.State
	deploy(t, &s, "web", "peers: {cluster: {interface: c}}")
	require.EqualError(t, s.Deploy("web", nil, model.DeployOptions{}), `application "web" already exists`)
	require.Error(t, s.Deploy("Web", nil, model.DeployOptions{}))
	require.Equal(t, "web:cluster", s.Relations[0].Key(), "peer relations come with the application")
	require.Equal(t, "local:c-0", s.Applications["web"].CharmURL)

	require.NoError(t, s.Scale("web", 3))
	require.Equal(t, []string{"web/0", "web/1", "web/2"}, s.UnitsOf("web"))
	require.NoError(t, s.Scale("web", 1))
	require.Equal(t, model.Dying, s.Units["web/2"].Life, "the highest numbers go first")
	s.UnitGone("web/2")
	s.UnitGone("web/1")
	require.Equal(t, []string{"web/0"}, s.UnitsOf("web"))
	require.EqualError(t, s.Scale("nosuch", 1), `application "nosuch" not found`)
}

// C-408.
func TestSetConfig(t *testing.T) {
	t.Parallel()
	var s model.State
	deploy(t, &s, "web", "")
	for _, bad := range []struct {
		values map[string]string
		want   string
	}{
		{map[string]string{"nosuch": "1", "text": "kept out"}, `unknown option "nosuch"`},
		{map[string]string{"number": "zz", "text": "kept out"}, `option "number" expected int, got "zz"`},
		{map[string]string{"ratio": "x"}, `option "ratio" expected float, got "x"`},
		{map[string]string{"flag": "yes"}, `option "flag" expected boolean, got "yes"`},
		{map[string]string{"cred": "foo"}, `option "cred" expected secret, got "foo"`},
	} {
		require.EqualError(t, s.SetConfig("web", bad.values), bad.want)
	}
	require.Equal(t, map[string]any{"text": "x", "number": 5.0, "ratio": nil, "flag": nil, "cred": nil}, s.Config("web"))
	require.NoError(t, s.SetConfig("web", map[string]string{"text": "", "number": "7", "ratio": "1.5", "flag": "true", "cred": "secret:x"}))
	require.Equal(t, map[string]any{"text": "", "number": 7.0, "ratio": 1.5, "flag": true, "cred": "secret:x"}, s.Config("web"))
	require.Error(t, s.ResetConfig("web", "text", "nosuch"))
	require.NoError(t, s.ResetConfig("web", "text", "number"))
	require.Equal(t, 5.0, s.Config("web")["number"])
}

// C-403.
func TestIntegrate(t *testing.T) {
	t.Parallel()
	var s model.State
	deploy(t, &s, "web", "requires: {db: {interface: pg, limit: 1}, other: {interface: nobody}}")
	deploy(t, &s, "pg", "provides: {database: {interface: pg}}")
	deploy(t, &s, "twice", "provides: {a: {interface: pg}, b: {interface: pg}}")

	for _, bad := range []struct{ a, b, want string }{
		{"web", "nosuch", `application "nosuch" not found`},
		{"web:nosuch", "pg", `application "web" has no "nosuch" relation`},
		{"web:other", "pg", "no relations found"},
		{"web", "twice", `ambiguous relation: "web twice" could refer to "web:db twice:a"; "web:db twice:b"`},
	} {
		_, err := s.Integrate(bad.a, bad.b)
		require.EqualError(t, err, bad.want)
	}
	r, err := s.Integrate("pg", "web")
	require.NoError(t, err)
	require.Equal(t, "web:db pg:database", r.Key(), "the requirer comes first, whatever the order")
	_, err = s.Integrate("web:db", "pg:database")
	require.EqualError(t, err, `cannot add relation "web:db pg:database": relation web:db pg:database already exists`)
	_, err = s.Integrate("web", "twice:a")
	require.EqualError(t, err, `cannot add relation "web:db twice:a": establishing a new relation for web:db would exceed its maximum relation limit of 1`)

	found, err := s.FindRelation("pg:database", "web")
	require.NoError(t, err)
	require.Same(t, r, found)
	require.NoError(t, s.RemoveRelation(r.ID))
	require.Empty(t, s.Relations, "a relation without units is gone at once")
}

// C-133, C-134.
func TestDepartedDatabagStaysReadable(t *testing.T) {
	t.Parallel()
	var s model.State
	deploy(t, &s, "web", "requires: {db: {interface: pg}}")
	deploy(t, &s, "pg", "provides: {database: {interface: pg}}")
	s.Applications["pg"].ServiceAddress = "10.0.0.1"
	r, err := s.Integrate("web", "pg")
	require.NoError(t, err)
	require.NoError(t, s.EnterScope(r.ID, "pg/0"))
	require.NoError(t, s.EnterScope(r.ID, "web/0"))
	require.Equal(t, map[string]string{
		"private-address": "10.0.0.1", "ingress-address": "10.0.0.1", "egress-subnets": "10.0.0.1/32",
	}, r.Units["pg/0"].Data)
	s.LeaveScope(r.ID, "pg/0")
	require.Empty(t, r.RemoteUnits("web/0"))
	require.Equal(t, "10.0.0.1", r.Units["pg/0"].Data["private-address"])
}

// C-090.
func TestDatabagVersionGrowsOnlyWithChanges(t *testing.T) {
	t.Parallel()
	var d model.Databag
	require.True(t, d.Merge(map[string]string{"a": "1", "b": "2"}))
	require.False(t, d.Merge(map[string]string{"a": "1", "nosuch": ""}))
	require.True(t, d.Merge(map[string]string{"b": ""}))
	require.Equal(t, model.Databag{Version: 2, Data: map[string]string{"a": "1"}}, d)
}

// C-290.
func TestGrantsGoWithTheRelation(t *testing.T) {
	t.Parallel()
	var s model.State
	deploy(t, &s, "web", "requires: {db: {interface: pg}}")
	deploy(t, &s, "pg", "provides: {database: {interface: pg}}")
	r, err := s.Integrate("web", "pg")
	require.NoError(t, err)
	s.ClaimLeadership("pg/0")
	const id = "cq1m8t8p8nqc77k3c1ag"
	require.NoError(t, s.CreateSecret(id, model.Owner{Kind: model.ApplicationOwner, Name: "pg"}, model.SecretChange{Content: map[string]string{"key": "YQ=="}}))
	require.NoError(t, s.GrantSecret("pg/0", id, model.Grant{Target: "web", Relation: r.Key()}))
	_, _, err = s.ReadSecret("web/0", model.SecretQuery{ID: id})
	require.NoError(t, err)
	require.NoError(t, s.RemoveRelation(r.ID))
	_, _, err = s.ReadSecret("web/0", model.SecretQuery{ID: id})
	require.ErrorIs(t, err, model.ErrPermission)
}

// C-046, C-048, C-409.
func TestEnqueueAction(t *testing.T) {
	t.Parallel()
	var s model.State
	deploy(t, &s, "web", "")
	_, err := s.EnqueueAction("web/0", "nosuch", nil)
	require.EqualError(t, err, `action "nosuch" not defined on unit "web/0"`)
	for _, params := range []map[string]any{
		{}, {"name": 5}, {"name": "n", "level": "high"}, {"name": "n", "more": 1},
	} {
		_, err := s.EnqueueAction("web/0", "strict", params)
		var invalid *model.ValidationError
		require.ErrorAs(t, err, &invalid, "%v", params)
		require.ErrorContains(t, err, "validation failed: (root)")
	}
	a, err := s.EnqueueAction("web/0", "strict", map[string]any{"name": "n"})
	require.NoError(t, err)
	require.Equal(t, "1", a.ID)
	require.Equal(t, map[string]any{"name": "n", "level": 3.0, "deep": map[string]any{"inner": "i"}}, a.Params, "defaults are filled in")
	b, err := s.EnqueueAction("web/0", "plain", map[string]any{"any": "thing"})
	require.NoError(t, err)
	require.Equal(t, []string{a.ID, b.ID}, s.PendingActions("web/0"))
	require.NoError(t, s.CancelAction(a.ID))
	require.Equal(t, "cancelled", a.Status)
	require.Equal(t, []string{b.ID}, s.PendingActions("web/0"))
}

// C-410.
func TestRefreshKeepsRelations(t *testing.T) {
	t.Parallel()
	var s model.State
	deploy(t, &s, "web", "requires: {db: {interface: pg}}")
	deploy(t, &s, "pg", "provides: {database: {interface: pg}}")
	_, err := s.Integrate("web", "pg")
	require.NoError(t, err)
	require.ErrorContains(t, s.Refresh("web", charmWith(t, ""), nil), `would break relation "web:db pg:database"`)
	require.NoError(t, s.Refresh("web", charmWith(t, "requires: {db: {interface: pg}}\npeers: {new: {interface: n}}"), nil))
	require.Equal(t, 1, s.Applications["web"].CharmRevision)
	require.Len(t, s.RelationsOf("web"), 2, "a new peer endpoint gets its relation")
}

func TestOpenRestoresEverything(t *testing.T) {
	t.Parallel()
	for files, open := range map[int]func(string) model.Store{1: model.FileStore, 2: model.JournalStore} {
		testOpenRestores(t, files, open)
	}
}

func testOpenRestores(t *testing.T, files int, open func(string) model.Store) {
	t.Helper()
	dir := t.TempDir()
	store := open(filepath.Join(dir, "model.json"))
	first, err := model.Open(t.Context(), model.State{Name: "demo"}, model.Options{Store: store})
	require.NoError(t, err)
	require.NoError(t, first.Update(t.Context(), func(s *model.State) error {
		deploy(t, s, "web", "peers: {cluster: {interface: c}}\ncontainers: {app: {}}")
		s.ClaimLeadership("web/0")
		s.Units["web/0"].CharmState = map[string]string{"k": "v"}
		if err := s.SetConfig("web", map[string]string{"number": "9"}); err != nil {
			return err
		}
		_, err := s.EnqueueAction("web/0", "strict", map[string]any{"name": "n"})
		return err
	}))
	second, err := model.Open(t.Context(), model.State{Name: "not this one"}, model.Options{Store: store})
	require.NoError(t, err)
	var before, after []byte
	first.View(func(s *model.State) { before = encode(t, s) })
	second.View(func(s *model.State) {
		after = encode(t, s)
		require.Equal(t, 9.0, s.Config("web")["number"])
		require.Contains(t, s.Applications["web"].Charm.Meta.Containers, "app")
	})
	require.JSONEq(t, string(before), string(after))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, files, "no temporary file is left")
	for _, entry := range entries {
		info, err := entry.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode(), "secrets are in it")
	}
}

// brokenStore refuses to save from the second time on.
type brokenStore struct {
	model.MemoryStore
	saves int
}

func (b *brokenStore) Save(ctx context.Context, data []byte) error {
	if b.saves++; b.saves > 1 {
		return errors.New("disk full")
	}
	return b.MemoryStore.Save(ctx, data)
}

func TestUpdateThatCannotBeSavedIsUndone(t *testing.T) {
	t.Parallel()
	m, err := model.Open(t.Context(), model.State{Name: "demo"}, model.Options{Store: &brokenStore{}})
	require.NoError(t, err)
	err = m.Update(t.Context(), func(s *model.State) error { s.Name = "other"; return nil })
	require.EqualError(t, err, "cannot save the model: disk full")
	m.View(func(s *model.State) { require.Equal(t, "demo", s.Name) })
}

func TestWatchTellsOfTheNextChange(t *testing.T) {
	t.Parallel()
	m := model.New(model.State{}, model.Options{})
	changed := m.Watch()
	select {
	case <-changed:
		t.Fatal("nothing changed yet")
	default:
	}
	require.NoError(t, m.Update(t.Context(), func(*model.State) error { return nil }))
	<-changed
}

func TestStatusHistory(t *testing.T) {
	t.Parallel()
	var h model.Statuses
	require.Equal(t, "unknown", h.Current().Status)
	for range 3 {
		h.Set(model.Status{Status: "active"})
	}
	require.Len(t, h, 1, "what is current already makes no history")
	for i := range 300 {
		h.Set(model.Status{Status: "waiting", Message: string(rune('a' + i%2))})
	}
	require.Len(t, h, 100)
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, valid := range map[string]bool{
		"web": true, "unleash-k8s": true, "a1": true, "a-1": false, "": false, "1a": false, "Web": false, "a--b": false, "a-": false,
	} {
		require.Equal(t, valid, model.ValidApplicationName(name), name)
		require.Equal(t, valid, model.ValidUnitName(name+"/0"), name)
	}
	for _, bad := range []string{"web", "web/", "web/01", "web/x", "web/0/1"} {
		require.False(t, model.ValidUnitName(bad), bad)
	}
}

// C-280.
func TestSecretURIs(t *testing.T) {
	t.Parallel()
	const id, uuid = "cq1m8t8p8nqc77k3c1ag", "b6ad6b7c-3d3c-4b9e-8a57-6d5c7f4f0a11"
	for text, want := range map[string]model.SecretURI{
		id: {ID: id}, "secret:" + id: {ID: id}, "secret://" + uuid + "/" + id: {ID: id, ModelUUID: uuid},
		"//" + uuid + "/" + id: {ID: id, ModelUUID: uuid}, "secret:/" + id: {ID: id},
	} {
		got, err := model.ParseSecretURI(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, bad := range []string{"", "secret:", "secret:" + id + "0", "secret:cq1m8t8p8nqc77k3c1a1", "secret:zz1m8t8p8nqc77k3c1ag", "//host/" + id, "http:" + id, "a\nb"} {
		_, err := model.ParseSecretURI(bad)
		require.Error(t, err, bad)
	}
	var s model.State
	uri := s.NewSecretURI()
	_, err := model.ParseSecretURI(uri.String())
	require.NoError(t, err, "%s", uri)
}

func TestUnitsOnMachinesHaveAMachineEach(t *testing.T) {
	t.Parallel()
	for kind, want := range map[model.Type][]string{model.Kubernetes: {"", "", ""}, model.Machines: {"0", "1", "2"}} {
		s := &model.State{Type: kind, Applications: map[string]*model.Application{"a": {Name: "a", Life: model.Alive}}}
		for n := range 2 {
			name, err := s.AddUnit("a")
			require.NoError(t, err)
			require.Equal(t, want[n], s.Units[name].Machine)
		}
		s.UnitGone("a/0")
		name, err := s.AddUnit("a")
		require.NoError(t, err)
		require.Equal(t, "a/0", name)
		require.Equal(t, want[2], s.Units[name].Machine)
	}
}
