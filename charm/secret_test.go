package charm_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
)

type login struct {
	User     string `charm:"user,required"`
	Password string `charm:"password,required"`
	Note     string `charm:"note"`
}

const (
	secretID      = "9m4e2mr0ui3e8a215n4g"
	loginLabel    = "login"
	loginWaits    = `waiting for the secret "login" to be stored`
	generatedUser = "made"
)

// stored is the secret of the charm's own application.
func stored(password string) charmtest.Secret {
	return charmtest.Secret{ID: secretID, Label: loginLabel, Content: map[string]string{"user": "u", "password": password}}
}

// withSecret is a charm that owns a secret, and reconciles with it.
func withSecret(o charm.SecretOptions, f func(context.Context, *charm.Owned[login], *charm.Status) error) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		secret := charm.OwnedSecret[login](b, loginLabel, o)
		b.Reconcile(func(ctx context.Context, st *charm.Status) error { return f(ctx, secret, st) })
	})
}

// ensuring is a charm that makes its secret and shows the user in it.
func ensuring(o charm.SecretOptions) charmtest.Charm[*charm.Base] {
	return withSecret(o, func(ctx context.Context, s *charm.Owned[login], st *charm.Status) error {
		v, err := s.Ensure(ctx, func() (login, error) { return login{User: generatedUser, Password: "hunter2"}, nil })
		st.Active(v.User)
		return err
	})
}

func TestEnsureMakesASecretOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options charm.SecretOptions
		owner   string
		leader  bool
	}{
		"the application's":        {charm.SecretOptions{Description: "a login"}, "wiki", true},
		"the unit's, not a leader": {charm.SecretOptions{Owner: hooktool.OwnerUnit}, "wiki/0", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := ensuring(test.options)
			made := succeed(t, c, charmtest.State{Leader: test.leader}, charmtest.Install())
			require.Equal(t, charmtest.Waiting(loginWaits), made.State.Status)
			require.Len(t, made.State.Secrets, 1)
			secret := made.State.Secrets[0]
			require.Equal(t, test.owner, secret.Owner)
			require.Equal(t, loginLabel, secret.Label)
			require.Equal(t, map[string]string{"user": "made", "password": "hunter2"}, secret.Content, "without empty values")
			for _, call := range made.Calls {
				require.NotContains(t, call.Args, "hunter2")
			}

			next := succeed(t, c, made.State, charmtest.Start())
			require.Equal(t, charmtest.Active(generatedUser), next.State.Status)
			require.Len(t, next.State.Secrets, 1)
			require.NotContains(t, next.Calls.Tools(), "secret-add")
		})
	}
}

func TestASecretIsPendingForEveryHandleInTheHookThatMadeIt(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			generate := func() (login, error) { return login{User: generatedUser, Password: "hunter2"}, nil }
			for range 2 {
				secret := charm.OwnedSecret[login](b, loginLabel, charm.SecretOptions{})
				_, err := secret.Ensure(ctx, generate)
				require.ErrorIs(t, err, charm.ErrPending)
				_, err = secret.Get(ctx)
				require.ErrorIs(t, err, charm.ErrPending)
			}
			return nil
		})
	})
	out := succeed(t, c, charmtest.State{Leader: true}, charmtest.Start())
	require.Len(t, out.State.Secrets, 1)
	require.Equal(t, 1, out.Calls.Count("secret-add"))
}

func TestARefusedCommitLeavesNoSecret(t *testing.T) {
	t.Parallel()
	c := ensuring(charm.SecretOptions{})
	refused := charmtest.Run(t, c, charmtest.State{Leader: true, RefuseCommit: errors.New("lost leadership")}, charmtest.Install())
	require.ErrorContains(t, refused.Err, "lost leadership")
	require.Empty(t, refused.State.Secrets)
	again := succeed(t, c, refused.State, charmtest.Install())
	require.Len(t, again.State.Secrets, 1)
	require.Equal(t, charmtest.Waiting(loginWaits), again.State.Status)
}

func TestOthersWaitForTheLeaderToMakeASecret(t *testing.T) {
	t.Parallel()
	c := ensuring(charm.SecretOptions{})
	out := succeed(t, c, charmtest.State{}, charmtest.Install())
	require.Equal(t, charmtest.Waiting(`waiting for the leader to make the secret "login"`), out.State.Status)
	require.Empty(t, out.State.Secrets)

	out = succeed(t, c, charmtest.State{Secrets: []charmtest.Secret{stored("p")}}, charmtest.UpdateStatus())
	require.Equal(t, charmtest.Active("u"), out.State.Status)
	require.NotContains(t, out.Calls.Tools(), "is-leader")
}

func TestASecretThatCannotBeMade(t *testing.T) {
	t.Parallel()
	broken := errors.New("no randomness")
	c := withSecret(charm.SecretOptions{}, func(ctx context.Context, s *charm.Owned[login], _ *charm.Status) error {
		_, err := s.Ensure(ctx, func() (login, error) { return login{}, broken })
		return err
	})
	out := charmtest.Run(t, c, charmtest.State{Leader: true}, charmtest.Install())
	require.ErrorIs(t, out.Err, broken)
	require.EqualError(t, out.Err, `install: cannot make the secret "login": no randomness`)
}

func TestAnOwnedSecretThatDoesNotFit(t *testing.T) {
	t.Parallel()
	secret := stored("hunter2")
	delete(secret.Content, "user")
	out := succeed(t, ensuring(charm.SecretOptions{}), charmtest.State{Leader: true, Secrets: []charmtest.Secret{secret}}, charmtest.UpdateStatus())
	require.Equal(t, charmtest.Blocked(`invalid secret "login": user is missing`), out.State.Status)
}

func TestSetIsANewRevisionFromTheNextHookOn(t *testing.T) {
	t.Parallel()
	set := withSecret(charm.SecretOptions{}, func(ctx context.Context, s *charm.Owned[login], _ *charm.Status) error {
		before, err := s.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, "old", before.Password)
		require.NoError(t, s.Set(ctx, login{User: "u", Password: "new"}))
		_, err = s.Get(ctx)
		require.ErrorIs(t, err, charm.ErrPending)
		return err
	})
	out := succeed(t, set, charmtest.State{Leader: true, Secrets: []charmtest.Secret{stored("old")}}, charmtest.Start())
	require.Equal(t, charmtest.Waiting(loginWaits), out.State.Status)
	require.Equal(t, 2, out.State.Secrets[0].Revision)

	get := withSecret(charm.SecretOptions{}, func(ctx context.Context, s *charm.Owned[login], _ *charm.Status) error {
		v, err := s.Get(ctx)
		require.Equal(t, "new", v.Password)
		return err
	})
	succeed(t, get, out.State, charmtest.UpdateStatus())
}

func TestRemove(t *testing.T) {
	t.Parallel()
	c := withSecret(charm.SecretOptions{}, func(ctx context.Context, s *charm.Owned[login], _ *charm.Status) error {
		require.NoError(t, s.Remove(ctx))
		_, err := s.Ensure(ctx, func() (login, error) { panic("its label is still taken") })
		require.ErrorIs(t, err, charm.ErrPending)
		return nil
	})
	out := succeed(t, c, charmtest.State{Leader: true, Secrets: []charmtest.Secret{stored("p")}}, charmtest.Start())
	require.Empty(t, out.State.Secrets)

	absent := withSecret(charm.SecretOptions{}, func(ctx context.Context, s *charm.Owned[login], _ *charm.Status) error {
		_, err := s.URI(ctx)
		require.ErrorIs(t, err, charm.ErrAbsent)
		require.ErrorIs(t, s.Set(ctx, login{}), charm.ErrAbsent)
		return s.Remove(ctx)
	})
	succeed(t, absent, out.State, charmtest.Start())
}

func TestGrantTo(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		secret := charm.OwnedSecret[login](b, loginLabel, charm.SecretOptions{})
		b.Provides("website").OnCreated(func(ctx context.Context, e *charm.RelationCreatedEvent) error {
			uri, err := secret.URI(ctx)
			require.NoError(t, err)
			require.Regexp(t, `^secret://[0-9a-f-]{36}/`+secretID+`$`, uri)
			return secret.GrantTo(ctx, e.Relation)
		})
	})
	state := related(charmtest.Relation{})
	state.Secrets = []charmtest.Secret{stored("p")}
	out := succeed(t, c, state, charmtest.RelationCreated("website"))
	require.Equal(t, []string{"proxy"}, out.State.Secrets[0].GrantedTo)
	require.Equal(t, 1, out.Calls.Count("secret-info-get"))
}

func TestReadSecret(t *testing.T) {
	t.Parallel()
	theirs := charmtest.Secret{ID: secretID, Owner: charmtest.OwnerModel, Content: map[string]string{"user": "u", "password": "p"}}
	denied, unfit := theirs, theirs
	denied.Denied = true
	unfit.Content = map[string]string{"user": "u", "password2": "hunter2"}
	for name, test := range map[string]struct {
		secrets []charmtest.Secret
		want    charmtest.Status
	}{
		"granted":     {[]charmtest.Secret{theirs}, charmtest.Active("u")},
		"not granted": {[]charmtest.Secret{denied}, charmtest.Waiting(`waiting for the secret "theirs" to be granted`)},
		"missing":     {nil, charmtest.Waiting(`waiting for the secret "theirs"`)},
		"unfit":       {[]charmtest.Secret{unfit}, charmtest.Blocked(`invalid secret "theirs": password is missing`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := reconciling(func(ctx context.Context, b *charm.Base, st *charm.Status) error {
				v, err := charm.ReadSecret[login](ctx, b, "secret:"+secretID, "theirs")
				st.Active(v.User)
				require.Equal(t, name == "not granted", errors.Is(err, charm.ErrPermission))
				return err
			})
			out := succeed(t, c, charmtest.State{Secrets: test.secrets}, charmtest.UpdateStatus())
			require.Equal(t, test.want, out.State.Status)
		})
	}
}

// The other side of a relation says which secret to read. If it names one of the
// charm's own, that one keeps its label, or the charm would not find it again.
func TestReadSecretOfOnesOwn(t *testing.T) {
	t.Parallel()
	c := reconciling(func(ctx context.Context, b *charm.Base, _ *charm.Status) error {
		_, err := charm.ReadSecret[login](ctx, b, "secret:"+secretID, "theirs")
		return err
	})
	out := succeed(t, c, charmtest.State{Leader: true, Secrets: []charmtest.Secret{stored("hunter2")}}, charmtest.UpdateStatus())
	require.Equal(t, loginLabel, out.State.Secrets[0].Label)
}

// Another secret may come in the place of the first.
func TestReadSecretOfAnotherURI(t *testing.T) {
	t.Parallel()
	ids := []string{secretID, "9m4e2mr0ui3e8a215n5g"}
	var secrets []charmtest.Secret
	for _, id := range ids {
		secrets = append(secrets, charmtest.Secret{ID: id, Owner: charmtest.OwnerModel, Content: map[string]string{"user": id, "password": "p"}})
	}
	c := reconciling(func(ctx context.Context, b *charm.Base, st *charm.Status) error {
		for _, id := range ids {
			v, err := charm.ReadSecret[login](ctx, b, charm.SecretURI("secret:"+id), "theirs")
			if err != nil {
				return err
			}
			st.Active(v.User)
		}
		return nil
	})
	out := succeed(t, c, charmtest.State{Secrets: secrets}, charmtest.UpdateStatus())
	require.Equal(t, charmtest.Active(ids[1]), out.State.Status)
}
