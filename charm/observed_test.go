package charm_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

func TestAUsersSecretIsNamedByAnOption(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		config := charm.Config[struct {
			Login charm.SecretURI `charm:"login"`
		}](b)
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			options, err := config.Get(ctx)
			if err != nil {
				return err
			}
			v, err := charm.ObservedSecret[login](b, options.Login, "login").Latest(ctx)
			st.Active(v.User)
			return err
		})
	})
	users := charmtest.Secret{ID: secretID, Owner: charmtest.OwnerModel, Content: map[string]string{"user": "u", "password": "p"}}
	denied := users
	denied.Denied = true
	for name, test := range map[string]struct {
		option  any
		secrets []charmtest.Secret
		want    charmtest.Status
	}{
		"granted":     {"secret:" + secretID, []charmtest.Secret{users}, charmtest.Active("u")},
		"not set":     {nil, nil, charmtest.Waiting(`waiting for the secret "login"`)},
		"not granted": {"secret:" + secretID, []charmtest.Secret{denied}, charmtest.Waiting(`waiting for the secret "login" to be granted`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := charmtest.State{Secrets: test.secrets, Config: map[string]any{}}
			if test.option != nil {
				state.Config["login"] = test.option
			}
			require.Equal(t, test.want, succeed(t, c, state, charmtest.UpdateStatus()).State.Status)
		})
	}
}

func TestWhichRevisionIsRead(t *testing.T) {
	t.Parallel()
	theirs := charmtest.Secret{
		ID: secretID, Owner: charmtest.OwnerModel, Content: map[string]string{"user": "new", "password": "p"}, Revision: 3,
		Old: map[int]map[string]string{2: {"user": "old", "password": "p"}}, Tracked: 2,
	}
	type read = func(*charm.Observed[login], context.Context) (login, error)
	tracked, peek, latest := read((*charm.Observed[login]).Tracked), read((*charm.Observed[login]).Peek), read((*charm.Observed[login]).Latest)
	for name, test := range map[string]struct {
		reads   []read
		want    []string
		calls   int
		tracked int
	}{
		"the tracked one":        {[]read{tracked, tracked}, []string{"old", "old"}, 1, 2},
		"the latest, once":       {[]read{peek, peek, tracked}, []string{"new", "new", "old"}, 2, 2},
		"the latest from now on": {[]read{tracked, latest, tracked, peek, latest}, []string{"old", "new", "new", "new", "new"}, 2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := handling(func(ctx context.Context, b *charm.Base) error {
				for i, read := range test.reads {
					// Other handles, and other forms of the URI, are of the same secret.
					uri := []charm.SecretURI{"secret:" + secretID, secretID}[i%2]
					v, err := read(charm.ObservedSecret[login](b, uri, "theirs"), ctx)
					require.NoError(t, err)
					require.Equal(t, test.want[i], v.User)
				}
				return nil
			})
			out := succeed(t, c, charmtest.State{Secrets: []charmtest.Secret{theirs}}, charmtest.ConfigChanged())
			require.Len(t, out.Calls, test.calls)
			require.Equal(t, test.tracked, out.State.Secrets[0].Tracked)
		})
	}
}

func TestSecretURIs(t *testing.T) {
	t.Parallel()
	const model = "7f1c0b52-6a44-4a9e-9d0e-2d3f5b8c1e6a"
	for _, text := range []string{secretID, "secret:" + secretID, "secret://" + model + "/" + secretID, "secret:" + model + "/" + secretID} {
		var uri charm.SecretURI
		require.NoError(t, uri.UnmarshalText([]byte(text)))
		require.Equal(t, text, string(uri))
		require.Equal(t, secretID, uri.ID())
		require.True(t, uri.Same(secretID))
	}
	for _, text := range []string{
		"", "secret:", "secret:short", "password:" + secretID, "secret:///" + secretID, "secret://a/b/" + secretID,
		"secret:9M4E2MR0UI3E8A215N4G", "/" + secretID, "-" + secretID[1:],
	} {
		var uri charm.SecretURI
		require.Error(t, uri.UnmarshalText([]byte(text)), text)
		require.Empty(t, uri)
	}
	require.False(t, charm.SecretURI(secretID).Same("secret:9m4e2mr0ui3e8a215n5g"))
}

// FuzzSecretURI holds a URI that is taken to an id of the form that Juju has.
func FuzzSecretURI(f *testing.F) {
	f.Add("secret:" + secretID)
	f.Add("secret://7f1c0b52-6a44-4a9e-9d0e-2d3f5b8c1e6a/" + secretID)
	f.Add("secret:////")
	f.Fuzz(func(t *testing.T, text string) {
		var uri charm.SecretURI
		if uri.UnmarshalText([]byte(text)) == nil {
			require.Regexp(t, `^[0-9a-v]{20}$`, uri.ID())
		}
	})
}
