package charm_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	jujutools "github.com/charmkit/charmkit/internal/juju/tools"
)

// luckless is what the hook tool says that fails.
const luckless = "out of luck"

// failing is a hook of which one hook tool fails.
type failing struct {
	info hook.Info
	// declare makes the charm.
	declare func(*charm.Base)
	// prepare changes the model before.
	prepare func(*model.State)
}

const (
	ownedSecretID = "cq1m8t8p8nqc77k3c1ag"
	givenSecretID = "cq1m8t8p8nqc77k3c1b0"
)

// start makes a model in which there is one of everything.
func (f failing) start(t *testing.T) *hook.Context {
	t.Helper()
	files := fstest.MapFS{
		"metadata.yaml": {Data: []byte(metadataYAML)},
		"config.yaml":   {Data: []byte(configYAML)},
		"actions.yaml":  {Data: []byte(backupYAML)},
	}
	loaded, err := metadata.Load(files)
	require.NoError(t, err)
	m := model.New(model.State{Name: "test"}, model.Options{})
	require.NoError(t, m.Update(t.Context(), func(s *model.State) error {
		if err := s.Deploy("wiki", loaded, model.DeployOptions{Units: 2, ServiceAddress: "10.1.0.1"}); err != nil {
			return err
		}
		if err := s.Deploy("pg", nil, model.DeployOptions{Units: 2}); err != nil {
			return err
		}
		s.ClaimLeadership("wiki/0")
		s.Applications["wiki"].Trust = true
		s.Cloud = &model.Cloud{Type: "kubernetes", AuthType: "oauth2"}
		database := s.Relate(
			model.Endpoint{Application: "wiki", Name: "database", Interface: "postgresql_client", Role: metadata.Requires, Limit: 1},
			model.Endpoint{Application: "pg", Name: "database", Interface: "postgresql_client", Role: metadata.Provides},
		)
		for id, r := range s.Relations {
			for name := range s.Units {
				if _, ok := r.Endpoint(model.ApplicationOf(name)); ok {
					if err := s.EnterScope(id, name); err != nil {
						return err
					}
				}
			}
		}
		database.AppData("pg").Merge(map[string]string{"user": "u"})
		database.Units["pg/0"].Merge(map[string]string{"user": "u"})
		wiki0 := s.Units["wiki/0"]
		wiki0.Address = "10.1.0.5"
		wiki0.CharmState = map[string]string{"notes.old": "1"}
		wiki0.OpenPort(model.Port{Range: model.PortRange{From: 1, To: 1, Protocol: "tcp"}})
		s.Storage = map[string]*model.Storage{"data/0": {
			ID: "data/0", Kind: "filesystem", Unit: "wiki/0", For: "wiki/0", Provisioned: true, Location: "/srv",
		}}
		content := model.SecretChange{Content: map[string]string{"user": "dQ==", "password": "cA=="}}
		if err := s.CreateSecret(ownedSecretID, model.Owner{Kind: model.ApplicationOwner, Name: "wiki"}, content); err != nil {
			return err
		}
		s.Secrets[ownedSecretID].Label = loginLabel
		if err := s.CreateSecret(givenSecretID, model.Owner{Kind: model.ModelOwner}, content); err != nil {
			return err
		}
		s.Secrets[givenSecretID].Grants = []model.Grant{{Target: "wiki"}}
		if _, err := s.EnqueueAction("wiki/0", "backup", map[string]any{"path": "/srv"}); err != nil {
			return err
		}
		if f.prepare != nil {
			f.prepare(s)
		}
		return nil
	}))
	info := f.info
	if info.Kind == "" {
		info.Kind = hook.UpdateStatus
	}
	c, err := hook.New(hook.Options{Model: m, Unit: "wiki/0", Info: info})
	require.NoError(t, err)
	require.NoError(t, c.Begin(t.Context()))
	return c
}

// run runs the hook; the tool of that number fails, counted from 0. It returns
// the tools that were run, without those that only log.
func (f failing) run(t *testing.T, number int) (calls []string, err error) {
	t.Helper()
	c := f.start(t)
	env := map[string]string{}
	for _, pair := range c.Env(hook.Paths{CharmDir: "/charm"}) {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	transport := hooktool.Func(func(ctx context.Context, call hooktool.Call) (hooktool.Result, error) {
		if call.Tool != "juju-log" {
			calls = append(calls, call.Tool)
			if len(calls)-1 == number {
				return hooktool.Result{Code: 1, Stderr: []byte("ERROR " + luckless + "\n")}, nil
			}
		}
		response, err := jujutools.Run(ctx, c, jujutools.Request{
			Command: call.Tool, Args: call.Args, Dir: "/", Stdin: call.Stdin, StdinSet: call.Stdin != nil,
		})
		return hooktool.Result(response), err
	})
	_, err = charm.Run(t.Context(), func(b *charm.Base) (*charm.Base, error) {
		f.declare(b)
		return b, nil
	}, charm.Options{
		Getenv: func(name string) string { return env[name] }, Transport: transport,
		Files:  fstest.MapFS{"metadata.yaml": {Data: []byte(metadataYAML)}},
		Socket: func(string) string { return "/nonexistent/pebble.socket" },
	})
	return calls, err
}
