package hooktool_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// eachWay runs a test over every transport, each time on an agent of its own
// whose model has something for every tool.
func eachWay(t *testing.T, test func(t *testing.T, a *agent, c *hooktool.Client)) {
	t.Helper()
	for _, name := range []string{"socket", "exec"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAgent(t, 2)
			a.edit(t, func(s *model.State) error {
				wiki := s.Applications["wiki"]
				wiki.Charm.Meta.Storage = map[string]metadata.Storage{"data": {Type: "filesystem"}}
				wiki.Charm.Meta.Resources = map[string]metadata.Resource{"dump": {Type: "file", Filename: "dump.sql"}}
				s.Storage = map[string]*model.Storage{
					"data/0": {ID: "data/0", Kind: "filesystem", Unit: "wiki/0", For: "wiki/0", Provisioned: true, Location: "/srv"},
					"data/1": {ID: "data/1", Kind: "filesystem", Unit: "wiki/0", For: "wiki/0"},
				}
				s.Units["wiki/0"].CharmState = map[string]string{"old": "1"}
				s.Units["pg/0"].Workload.Set(model.Status{Status: "active", Since: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)})
				return nil
			})
			test(t, a, hooktool.NewClient(a.transports(t)[name]))
		})
	}
}

func (a *agent) edit(t *testing.T, change func(*model.State) error) {
	t.Helper()
	require.NoError(t, a.model.Update(t.Context(), change))
}

func TestState(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, _ *agent, c *hooktool.Client) {
		ctx := t.Context()
		require.NoError(t, c.StateSet(ctx, map[string]string{"-k": "line\nline\u2028", "empty": ""}))
		require.NoError(t, c.StateSet(ctx, nil))
		require.NoError(t, c.StateDelete(ctx, "old"))
		require.NoError(t, c.StateDelete(ctx, "--nosuch"))
		state, err := c.StateGet(ctx)
		require.NoError(t, err)
		require.Equal(t, map[string]string{"-k": "line\nline\u2028", "empty": ""}, state)
		require.ErrorIs(t, c.StateSet(ctx, map[string]string{"k": string(make([]byte, 70_000))}), hooktool.ErrTooLarge)
	})
}

func TestStorage(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, _ *agent, c *hooktool.Client) {
		ctx := t.Context()
		for _, name := range []string{"", "data"} {
			ids, err := c.StorageList(ctx, name)
			require.NoError(t, err)
			require.ElementsMatch(t, []string{"data/0", "data/1"}, ids)
		}
		storage, err := c.StorageGet(ctx, "data/0")
		require.NoError(t, err)
		require.Equal(t, hooktool.Storage{Kind: "filesystem", Location: "/srv"}, storage)
		_, err = c.StorageGet(ctx, "data/1")
		require.ErrorIs(t, err, hooktool.ErrNotProvisioned)
		_, err = c.StorageGet(ctx, "data/9")
		require.ErrorIs(t, err, hooktool.ErrNotFound)
		ids, err := c.StorageList(ctx, "dump")
		require.NoError(t, err)
		require.Empty(t, ids)
		require.NoError(t, c.StorageAdd(ctx, "data", 2))
	})
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, _ *agent, c *hooktool.Client) {
		ctx := t.Context()
		for _, options := range []hooktool.NetworkGetOptions{{Binding: "db"}, {Binding: "db", Relation: "db:0"}} {
			network, err := c.NetworkGet(ctx, options)
			require.NoError(t, err)
			require.Equal(t, "10.1.0.5", network.BindAddresses[0].Addresses[0].Value)
		}
		_, err := c.NetworkGet(ctx, hooktool.NetworkGetOptions{Binding: "-x"})
		require.ErrorContains(t, err, `no network config found for binding "-x"`)
		_, err = c.NetworkGet(ctx, hooktool.NetworkGetOptions{Binding: "db", Relation: "db:9"})
		require.ErrorIs(t, err, hooktool.ErrRelationGone)
		private, err := c.PrivateAddress(ctx)
		require.NoError(t, err)
		require.Equal(t, "10.1.0.5", private)
		_, err = c.PublicAddress(ctx)
		require.ErrorIs(t, err, hooktool.ErrNotFound)
	})
}

func TestPorts(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, _ *agent, c *hooktool.Client) {
		ctx := t.Context()
		require.NoError(t, c.OpenPort(ctx, "80/tcp"))
		require.NoError(t, c.OpenPort(ctx, "9000/udp", "db"))
		require.NoError(t, c.OpenPort(ctx, "7/tcp"))
		require.NoError(t, c.ClosePort(ctx, "7/tcp"))
		ports, err := c.OpenedPorts(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"80/tcp", "9000/udp"}, ports)
		opened, err := c.OpenedPortsByEndpoint(ctx)
		require.NoError(t, err)
		require.Equal(t, []hooktool.OpenedPort{{Port: "80/tcp"}, {Port: "9000/udp", Endpoints: []string{"db"}}}, opened)
		require.ErrorIs(t, c.OpenPort(ctx, "100-200/tcp"), hooktool.ErrNotSupported)
		require.ErrorContains(t, c.OpenPort(ctx, "--nosuch"), "invalid port")
	})
}

func TestGoalState(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, _ *agent, c *hooktool.Client) {
		goal, err := c.GoalState(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, goal.Planned())
		require.Equal(t, hooktool.Goal{Status: "active", Since: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)}, goal.Relations["db"]["pg/0"])
	})
}

func TestApplicationStatus(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, a *agent, c *hooktool.Client) {
		ctx := t.Context()
		want := hooktool.Status{Status: "blocked", Message: "--message"}
		require.NoError(t, c.ApplicationStatusSet(ctx, want))
		require.NoError(t, c.StatusSet(ctx, hooktool.Status{Status: "waiting", Message: "unit"}))
		got, err := c.ApplicationStatusGet(ctx)
		require.NoError(t, err)
		require.Equal(t, want, got.Status)
		require.Equal(t, map[string]hooktool.Status{"wiki/0": {Status: "waiting", Message: "unit"}}, got.Units)
	})
}

func TestNotTheLeader(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, a *agent, c *hooktool.Client) {
		ctx := t.Context()
		a.edit(t, func(s *model.State) error { s.Applications["wiki"].Leader = ""; return nil })
		leader, err := c.IsLeader(ctx)
		require.NoError(t, err)
		require.False(t, leader)
		_, err = c.ApplicationStatusGet(ctx)
		require.ErrorIs(t, err, hooktool.ErrNotLeader)
		require.ErrorIs(t, c.ApplicationStatusSet(ctx, hooktool.Status{Status: "active"}), hooktool.ErrNotLeader)
		_, err = c.SecretAdd(ctx, map[string]string{"token": "x"}, hooktool.SecretAddOptions{Owner: hooktool.OwnerApplication})
		require.ErrorIs(t, err, hooktool.ErrNotLeader)
		require.ErrorIs(t, c.RelationSet(ctx, hooktool.Databag{Relation: "db:0", Owner: "wiki"}, map[string]string{"a": "b"}), hooktool.ErrNotLeader)
	})
}

func TestSecretsOfAnOwner(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, a *agent, c *hooktool.Client) {
		ctx := t.Context()
		expire := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
		uri, err := c.SecretAdd(ctx, map[string]string{"token": "one"}, hooktool.SecretAddOptions{
			Owner: hooktool.OwnerUnit,
			SecretMetadata: hooktool.SecretMetadata{
				Label: "-l", Description: "--d", Rotate: "monthly", Expire: expire.In(time.FixedZone("", 3600)),
			},
		})
		require.NoError(t, err)
		ids, err := c.SecretIDs(ctx)
		require.NoError(t, err)
		require.Len(t, ids, 1)
		for _, options := range []hooktool.SecretInfoGetOptions{{URI: uri}, {Label: "-l"}} {
			info, err := c.SecretInfoGet(ctx, options)
			require.NoError(t, err)
			require.Equal(t, ids[0], info.ID)
			require.Equal(t, []any{"-l", "--d", hooktool.RotateMonthly, hooktool.OwnerUnit, expire},
				[]any{info.Label, info.Description, info.Rotation, info.Owner, info.Expiry.UTC()})
		}
		to := hooktool.SecretAudience{Relation: "db:0", Unit: "pg/0"}
		require.NoError(t, c.SecretGrant(ctx, uri, to))
		require.NoError(t, c.SecretRevoke(ctx, uri, to))
		require.NoError(t, c.SecretGrant(ctx, uri, hooktool.SecretAudience{Relation: "db:0"}))
		require.NoError(t, c.SecretRevoke(ctx, uri, hooktool.SecretAudience{App: "pg"}))
		require.NoError(t, c.SecretRevoke(ctx, uri, hooktool.SecretAudience{Unit: "pg/0"}))
		require.NoError(t, c.SecretSet(ctx, uri, hooktool.SecretChange{SecretMetadata: hooktool.SecretMetadata{Rotate: hooktool.RotateNever}}))
		require.NoError(t, c.SecretSet(ctx, uri, hooktool.SecretChange{}))
		require.NoError(t, c.SecretSet(ctx, uri, hooktool.SecretChange{Content: map[string]string{"token": "two"}}))
		peeked, err := c.SecretGet(ctx, hooktool.SecretGetOptions{URI: uri, Peek: true})
		require.NoError(t, err)
		require.Equal(t, "two", peeked["token"])
		info, err := c.SecretInfoGet(ctx, hooktool.SecretInfoGetOptions{URI: uri})
		require.NoError(t, err)
		require.Equal(t, hooktool.RotateNever, info.Rotation)

		require.NoError(t, c.SecretRemoveRevision(ctx, uri, 1))
		require.ErrorContains(t, c.SecretRemoveRevision(ctx, uri, 0), "counted from 1")
		require.NoError(t, c.SecretRemove(ctx, uri))
		_, err = c.SecretInfoGet(ctx, hooktool.SecretInfoGetOptions{Label: "nosuch"})
		require.ErrorIs(t, err, hooktool.ErrNotFound)
		require.ErrorIs(t, c.SecretRemove(ctx, "secret:nonsense"), hooktool.ErrNotValid)
		_, err = c.SecretAdd(ctx, map[string]string{"token": string(make([]byte, 1_000_001))}, hooktool.SecretAddOptions{Owner: hooktool.OwnerUnit})
		require.ErrorIs(t, err, hooktool.ErrTooLarge)
	})
}

func TestResource(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, a *agent, c *hooktool.Client) {
		attached := filepath.Join(t.TempDir(), "x")
		require.NoError(t, os.WriteFile(attached, []byte("SELECT 1"), 0o600))
		a.edit(t, func(s *model.State) error {
			s.Applications["wiki"].Resources = map[string]string{"dump": attached}
			return nil
		})
		path, err := c.ResourceGet(t.Context(), "dump")
		require.NoError(t, err)
		require.Equal(t, filepath.Join(a.resources, "dump.sql"), path)
		require.FileExists(t, path)
	})
}

func TestTheRest(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, a *agent, c *hooktool.Client) {
		ctx := t.Context()
		uuid, err := c.RelationModel(ctx, "db:0")
		require.NoError(t, err)
		require.Equal(t, a.env["JUJU_MODEL_UUID"], uuid)
		app, err := c.RelationApp(ctx, "db:0")
		require.NoError(t, err)
		require.Equal(t, "pg", app)
		leader, err := c.IsLeader(ctx)
		require.NoError(t, err)
		require.True(t, leader)
		require.NoError(t, c.ApplicationVersionSet(ctx, "-1.2"))
		a.edit(t, func(s *model.State) error {
			require.Equal(t, "-1.2", s.Units["wiki/0"].WorkloadVersion)
			return nil
		})
		_, err = c.RelationModel(ctx, "db:9")
		require.ErrorIs(t, err, hooktool.ErrRelationGone)
		_, err = c.CredentialGet(ctx)
		require.ErrorIs(t, err, hooktool.ErrNotTrusted)
		require.ErrorIs(t, err, hooktool.ErrPermission)
		_, err = c.ActionGet(ctx)
		require.ErrorIs(t, err, hooktool.ErrNoAction)
		_, err = c.ResourceGet(ctx, "nosuch")
		require.ErrorIs(t, err, hooktool.ErrNotFound)
		require.NoError(t, c.Reboot(ctx))
		_, err = c.Run(ctx, "add-metric", "a=1")
		require.ErrorIs(t, err, hooktool.ErrNotSupported)
	})
}

func TestCredentialOfATrustedCharm(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, a *agent, c *hooktool.Client) {
		a.edit(t, func(s *model.State) error {
			s.Applications["wiki"].Trust = true
			s.Cloud = &model.Cloud{Type: "kubernetes", Name: "k8s", AuthType: "oauth2", Attributes: map[string]string{"Token": "t"}, CACertificates: []string{"pem"}}
			return nil
		})
		cloud, err := c.CredentialGet(t.Context())
		require.NoError(t, err)
		require.Equal(t, hooktool.Cloud{
			Type: "kubernetes", Name: "k8s", CACertificates: []string{"pem"},
			Credential: hooktool.Credential{AuthType: "oauth2", Attributes: map[string]string{"Token": "t"}},
		}, cloud)
		require.Equal(t, "oauth2 credential", fmt.Sprintf("%v", cloud.Credential))
		require.Equal(t, "oauth2 credential", cloud.Credential.LogValue().String())
		require.NotContains(t, fmt.Sprintf("%+v %#v", cloud, cloud), "Token")
	})
}
