package hooktool_test

import (
	"context"
	"encoding/base64"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

func TestRevisionsOfASecret(t *testing.T) {
	t.Parallel()
	const id = "cq1m8t8p8nqc77k3c1ag"
	eachWay(t, func(t *testing.T, a *agent, c *hooktool.Client) {
		a.edit(t, func(s *model.State) error {
			err := s.CreateSecret(id, model.Owner{Kind: model.ApplicationOwner, Name: "pg"}, model.SecretChange{Content: map[string]string{"token": "b25l"}})
			s.Secrets[id].Grants = []model.Grant{{Target: "wiki"}}
			return err
		})
		read := func(options hooktool.SecretGetOptions) string {
			content, err := c.SecretGet(t.Context(), options)
			require.NoError(t, err)
			return content["token"]
		}
		uri := hooktool.SecretGetOptions{URI: "secret:" + id}
		require.Equal(t, "one", read(hooktool.SecretGetOptions{URI: uri.URI, Label: "theirs"}))
		a.edit(t, func(s *model.State) error {
			s.Applications["pg"].Leader = "pg/0"
			return s.UpdateSecret("pg/0", id, model.SecretChange{Content: map[string]string{"token": "dHdv"}})
		})
		require.Equal(t, "one", read(uri))
		require.Equal(t, "two", read(hooktool.SecretGetOptions{URI: uri.URI, Peek: true}))
		require.Equal(t, "one", read(hooktool.SecretGetOptions{Label: "theirs"}))
		require.Equal(t, "two", read(hooktool.SecretGetOptions{URI: uri.URI, Refresh: true}))
		require.Equal(t, "two", read(uri))
	})
}

// What is not text travels as base64.
func TestBinarySecret(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, _ *agent, c *hooktool.Client) {
		uri, err := c.SecretAdd(t.Context(), map[string]string{"binary": "\xff\x00", "text": "ü"}, hooktool.SecretAddOptions{Owner: hooktool.OwnerUnit})
		require.NoError(t, err)
		for key, want := range map[string]string{"binary": "\xff\x00", "text": "ü"} {
			encoded, err := c.Run(t.Context(), "secret-get", uri, key+"#base64")
			require.NoError(t, err)
			value, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(encoded)))
			require.NoError(t, err)
			require.Equal(t, want, string(value))
		}
	})
}

// A grant to a unit is to that unit alone; what is not its own is not taken
// back with it.
func TestAudienceOfASecret(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, a *agent, c *hooktool.Client) {
		ctx := t.Context()
		var owned []string
		for range 2 {
			uri, err := c.SecretAdd(ctx, map[string]string{"token": "one"}, hooktool.SecretAddOptions{Owner: hooktool.OwnerUnit})
			require.NoError(t, err)
			owned = append(owned, uri)
		}
		all, one := hooktool.SecretAudience{Relation: "db:0"}, hooktool.SecretAudience{Relation: "db:0", Unit: "pg/1"}
		require.NoError(t, c.SecretGrant(ctx, owned[0], all))
		require.NoError(t, c.SecretGrant(ctx, owned[1], one))
		require.NoError(t, a.hook.Finish(ctx, hook.Outcome{}))
		var targets []string
		a.edit(t, func(s *model.State) error {
			for _, uri := range owned {
				for _, grant := range s.Secrets[strings.TrimPrefix(path.Base(uri), "secret:")].Grants {
					targets = append(targets, grant.Target)
				}
			}
			return nil
		})
		require.Equal(t, []string{"pg", "pg/1"}, targets)
	})
}

// Juju lists the ids of secrets in an order of its own.
func TestSecretIDsAreSorted(t *testing.T) {
	t.Parallel()
	c := hooktool.NewClient(hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
		return hooktool.Result{Stdout: []byte(`["c", "a", "b"]`)}, nil
	}))
	ids, err := c.SecretIDs(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b", "c"}, ids)
}

func TestSecretInfoOfNothing(t *testing.T) {
	t.Parallel()
	c := hooktool.NewClient(hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
		return hooktool.Result{Stdout: []byte(`{}`)}, nil
	}))
	_, err := c.SecretInfoGet(t.Context(), hooktool.SecretInfoGetOptions{Label: "mine"})
	require.ErrorIs(t, err, hooktool.ErrNotFound)
	require.EqualError(t, err, `cannot run secret-info-get: secret "mine" not found`)
}

// A secret that cannot be handed over in a file is not handed over at all.
func TestNowhereToPutASecret(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/nosuch")
	asked := 0
	c := hooktool.NewClient(hooktool.Func(func(context.Context, hooktool.Call) (hooktool.Result, error) {
		asked++
		return hooktool.Result{}, nil
	}))
	_, err := c.SecretAdd(t.Context(), map[string]string{"token": "one"}, hooktool.SecretAddOptions{Owner: hooktool.OwnerUnit})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "cannot hand the secret to the unit agent: ")
	require.Zero(t, asked)
}
