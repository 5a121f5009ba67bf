package survey_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/agentsocket"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/jujuc"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/tools"
	"github.com/charmkit/charmkit/internal/survey"
	"github.com/charmkit/charmkit/internal/testenv"
)

// calledVariable names the file in which the tools note that they ran.
const calledVariable = "SURVEY_CALLED"

// The test binary is the hook tools too: under a tool's name it is jujuc.
func TestMain(m *testing.M) {
	name := filepath.Base(os.Args[0])
	if !slices.Contains(tools.Names(), name) {
		os.Exit(m.Run())
	}
	called, err := os.OpenFile(os.Getenv(calledVariable), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		fmt.Fprintln(called, name)
		err = called.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	os.Exit(jujuc.Main(name, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}

// state is a model that has something for every tool.
func state(charm *metadata.Charm) model.State {
	bag := func(pairs ...string) model.Databag {
		data := map[string]string{}
		for pair := range slices.Chunk(pairs, 2) {
			data[pair[0]] = pair[1]
		}
		return model.Databag{Data: data}
	}
	app, postgresql := model.Owner{Kind: model.ApplicationOwner, Name: "myapp"}, model.Owner{Kind: model.ApplicationOwner, Name: "postgresql"}
	secret := func(id, label string, owner model.Owner) *model.Secret {
		return &model.Secret{
			ID: id, Owner: owner, Label: label, Consumers: map[string]*model.Consumer{},
			Revisions: []model.Revision{{Number: 1, Content: map[string]string{"token": "b25l"}}},
		}
	}
	endpoint := func(app, name, iface string, role metadata.Role) model.Endpoint {
		return model.Endpoint{Application: app, Name: name, Interface: iface, Role: role}
	}
	s := model.State{
		Name: "testmodel", UUID: "b6ad6b7c-3d3c-4b9e-8a57-6d5c7f4f0a11",
		Applications: map[string]*model.Application{
			"myapp":      {Charm: charm, Life: model.Alive, Leader: "myapp/0", ServiceAddress: "10.152.183.20", Resources: map[string]string{"software": "zip"}},
			"postgresql": {Life: model.Alive}, "web": {Life: model.Alive},
		},
		Units: map[string]*model.Unit{
			"myapp/0":      {Application: "myapp", Life: model.Alive, Address: "10.1.0.5", CharmState: map[string]string{"k1": "v1"}},
			"myapp/1":      {Application: "myapp", Life: model.Alive, Address: "10.1.0.6"},
			"postgresql/0": {Application: "postgresql", Life: model.Alive}, "postgresql/1": {Application: "postgresql", Life: model.Alive},
			"web/0": {Application: "web", Life: model.Alive},
		},
		Secrets: map[string]*model.Secret{
			survey.OwnedID: secret(survey.OwnedID, "mine", app), survey.ForbiddenID: secret(survey.ForbiddenID, "", postgresql),
			survey.GrantedID: secret(survey.GrantedID, "", postgresql),
			survey.UnitID:    secret(survey.UnitID, "unitsecret", model.Owner{Kind: model.UnitOwner, Name: "myapp/0"}),
		},
		Storage: map[string]*model.Storage{"data/0": {
			ID: "data/0", Kind: "filesystem", For: "myapp/0", Unit: "myapp/0", Provisioned: true, Location: "/var/lib/juju/storage/data/0",
		}},
		Actions: map[string]*model.Action{survey.ActionID: {
			ID: survey.ActionID, Name: "backup", Unit: "myapp/0", Params: map[string]any{"path": "/x"}, Status: "pending",
		}},
	}
	s.Relations = map[int]*model.Relation{0: {
		Life: model.Alive, Endpoints: []model.Endpoint{endpoint("myapp", "peers", "peers", metadata.Peer)},
		ApplicationData: map[string]*model.Databag{"myapp": {Data: map[string]string{"shared": "1"}}},
		Units:           map[string]*model.RelationUnit{"myapp/0": {InScope: true}, "myapp/1": {InScope: true, Databag: bag("theirs", "1")}},
	}}
	s.NextRelation = 1
	db := s.Relate(endpoint("myapp", "db", "database", metadata.Requires), endpoint("postgresql", "database", "database", metadata.Provides))
	db.ApplicationData = map[string]*model.Databag{"postgresql": {Data: map[string]string{"version": "16"}}}
	db.Units = map[string]*model.RelationUnit{
		"myapp/0": {InScope: true}, "myapp/1": {InScope: true}, "postgresql/0": {InScope: true, Databag: bag("host", "10.1.0.9")}, "postgresql/1": {InScope: true},
	}
	web := s.Relate(endpoint("web", "site", "http", metadata.Requires), endpoint("myapp", "website", "http", metadata.Provides))
	web.Units = map[string]*model.RelationUnit{"myapp/0": {InScope: true}, "myapp/1": {InScope: true}, "web/0": {InScope: true}}
	s.Secrets[survey.GrantedID].Grants = []model.Grant{{Target: "myapp", Relation: db.Key()}}
	return s
}

// attached is what was attached as a resource.
type attached struct{}

func (attached) Open(content string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(content)), nil
}

// run runs the charm for all hooks, over the agent's socket or with the tools as
// programs. It returns what the charm has printed, and the tools that have run.
func run(t *testing.T, asPrograms bool) (printed string, called []string) {
	t.Helper()
	charmDir := filepath.Join(testenv.Root(t), "internal", "survey", "surveyor")
	charm, err := metadata.Load(os.DirFS(charmDir))
	require.NoError(t, err)
	m := model.New(state(charm), model.Options{})
	dir, err := os.MkdirTemp("", "s") // a socket's path is short
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	toolsDir := filepath.Join(dir, "tools")
	require.NoError(t, os.Mkdir(toolsDir, 0o755))
	if asPrograms {
		self, err := os.Executable()
		require.NoError(t, err)
		for _, name := range tools.Names() {
			require.NoError(t, os.Symlink(self, filepath.Join(toolsDir, name)))
		}
	}
	var all bytes.Buffer
	for _, h := range survey.Hooks() {
		c, err := hook.New(hook.Options{Model: m, Unit: h.Unit, Info: h.Info})
		require.NoError(t, err)
		require.NoError(t, c.Begin(t.Context()))
		c.UseResources(filepath.Join(dir, "resources"), attached{})
		server, err := agentsocket.Listen(filepath.Join(dir, "socket"), c)
		require.NoError(t, err)
		cmd := exec.CommandContext(t.Context(), testenv.Built(t, "bin/surveyor"))
		cmd.Dir = charmDir
		cmd.Env = c.Env(hook.Paths{CharmDir: charmDir, ToolsDir: toolsDir, Socket: filepath.Join(dir, "socket"), AgentPath: "/usr/bin:/bin"})
		// Of a variable that is there twice the last counts. Without the race
		// detector's wait the tools are as fast as others.
		cmd.Env = append(cmd.Env, "GORACE=atexit_sleep_ms=0", calledVariable+"="+filepath.Join(dir, "called"))
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &all, &stderr
		fmt.Fprintf(&all, "== %s of %s\n", h.Info.DispatchPath(), h.Unit)
		require.NoError(t, cmd.Run(), "%s: %s", h.Info.DispatchPath(), &stderr)
		require.Empty(t, stderr.String(), h.Info.DispatchPath())
		require.NoError(t, server.Close())
		if err := c.Finish(t.Context(), hook.Outcome{}); err != nil {
			fmt.Fprintf(&all, "refused: %v\n", err)
		}
	}
	names, err := os.ReadFile(filepath.Join(dir, "called"))
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	called = strings.Fields(string(names))
	slices.Sort(called)
	return all.String(), slices.Compact(called)
}

func TestSurvey(t *testing.T) {
	t.Parallel()
	socket, none := run(t, false)
	require.Empty(t, none, "the socket is enough")
	programs, called := run(t, true)
	require.Equal(t, socket, programs)

	t.Run("every tool", func(t *testing.T) {
		// No new charm should use these; Client.Run runs them, here leader-get.
		legacy := []string{
			"k8s-raw-get", "k8s-raw-set", "k8s-spec-get", "k8s-spec-set", "leader-set",
			"payload-register", "payload-status-set", "payload-unregister", "pod-spec-get", "pod-spec-set",
		}
		require.ElementsMatch(t, tools.Names(), append(called, legacy...))
	})
	t.Run("every function of the client", func(t *testing.T) {
		for _, name := range methods(t, "charm/hooktool", "Client") {
			require.Contains(t, socket, "\ntool "+name+" ")
		}
	})
	t.Run("every event of the framework", func(t *testing.T) {
		for _, name := range types(t, "charm", "Event") {
			require.Contains(t, socket, "\nevent "+name)
		}
		require.Contains(t, socket, "\nevent action 7\n")
	})
	t.Run("every kind of hook of the engine", func(t *testing.T) {
		kinds := constants(t, "internal/juju/hook", "Kind")
		require.NotEmpty(t, kinds)
		for _, h := range survey.Hooks() {
			delete(kinds, string(h.Info.Kind))
		}
		require.Empty(t, kinds)
	})
	t.Run("fields of events", func(t *testing.T) {
		for _, want := range []string{
			`event RelationDepartedEvent Relation="db:1" App="postgresql" Unit="postgresql/1" DepartingUnit="postgresql/1"`,
			`event PebbleCustomNoticeEvent Container="app" ID="3" Type="custom" Key="example.com/done"`,
			`event StorageAttachedEvent Storage="data" ID="data/0" Kind="filesystem" Location="/var/lib/juju/storage/data/0"`,
			`event SecretRemoveEvent URI="secret:` + survey.OwnedID + `" Label="mine" Revision="1"`,
			`event PreSeriesUpgradeEvent TargetBase="ubuntu@24.04" TargetSeries="noble"`,
		} {
			require.Contains(t, socket, "\n"+want+"\n")
		}
	})
	t.Run("answers of tools", func(t *testing.T) {
		leader, other, ok := strings.Cut(socket, "== hooks/update-status of myapp/1")
		require.True(t, ok)
		require.Contains(t, leader, "\ntool IsLeader true: ok\n")
		require.Contains(t, other, "\ntool IsLeader false: ok\n")
		require.Contains(t, leader, "\ntool SecretGet {\"token\":\"one\"}: ok\n")
		require.Contains(t, leader, "\ntool ActionGet {\"path\":\"/x\"}: ok\n")
		require.Contains(t, leader, "\ntool ResourceGet \"zip\": ok\n")
		require.Contains(t, leader, "\ntool StorageGet {\"kind\":\"filesystem\",\"location\":\"/var/lib/juju/storage/data/0\"}: ok\n")
	})
}

// walk calls a function for each declaration of a package.
func walk(t *testing.T, dir string, visit func(ast.Decl)) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(testenv.Root(t), dir, "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			visit(declaration)
		}
	}
}

// methods are the exported methods of a type.
func methods(t *testing.T, dir, of string) (names []string) {
	walk(t, dir, func(d ast.Decl) {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv == nil || !f.Name.IsExported() {
			return
		}
		if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok && star.X.(*ast.Ident).Name == of {
			names = append(names, f.Name.Name)
		}
	})
	require.NotEmpty(t, names)
	return names
}

// types are the exported types whose names end so.
func types(t *testing.T, dir, suffix string) (names []string) {
	walk(t, dir, func(d ast.Decl) {
		if group, ok := d.(*ast.GenDecl); ok && group.Tok == token.TYPE {
			for _, spec := range group.Specs {
				if name := spec.(*ast.TypeSpec).Name; name.IsExported() && strings.HasSuffix(name.Name, suffix) {
					names = append(names, name.Name)
				}
			}
		}
	})
	require.NotEmpty(t, names)
	return names
}

// constants are the values of the constants of a type.
func constants(t *testing.T, dir, of string) map[string]bool {
	values := map[string]bool{}
	walk(t, dir, func(d ast.Decl) {
		if group, ok := d.(*ast.GenDecl); ok && group.Tok == token.CONST {
			for _, spec := range group.Specs {
				v := spec.(*ast.ValueSpec)
				if name, ok := v.Type.(*ast.Ident); ok && name.Name == of {
					values[strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`)] = true
				}
			}
		}
	})
	return values
}
