package charm_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
)

// renewing is a charm whose secret is changed when Juju asks for it.
func renewing(o charm.SecretOptions, generate func() (login, error)) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		secret := charm.OwnedSecret[login](b, loginLabel, o)
		secret.OnRenew(func(context.Context) (login, error) { return generate() })
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			_, err := secret.Ensure(ctx, generate)
			return err
		})
	})
}

func TestASecretIsRenewedWhenJujuAsks(t *testing.T) {
	t.Parallel()
	yearly := charm.SecretOptions{Rotate: hooktool.RotateYearly, Expire: 48 * time.Hour}
	c := renewing(yearly, func() (login, error) { return login{User: "u", Password: "new"}, nil })
	made := succeed(t, c, charmtest.State{Leader: true}, charmtest.Install())
	require.Equal(t, "yearly", made.State.Secrets[0].Rotate)
	require.WithinDuration(t, time.Now().Add(48*time.Hour), made.State.Secrets[0].Expire, time.Hour)

	old := stored("old")
	old.Expire, old.Rotate = time.Now().Add(time.Minute), "yearly"
	state := charmtest.State{Leader: true, Secrets: []charmtest.Secret{old}}
	rotated := succeed(t, c, state, charmtest.SecretRotate(secretID, loginLabel))
	require.Equal(t, 2, rotated.State.Secrets[0].Revision)
	require.Equal(t, "new", rotated.State.Secrets[0].Content["password"])
	require.WithinDuration(t, time.Now().Add(48*time.Hour), rotated.State.Secrets[0].Expire, time.Hour)
	require.Contains(t, rotated.State.Secrets[0].Old, 1, "somebody may still read it")

	expired := succeed(t, c, state, charmtest.SecretExpired(secretID, loginLabel, 1))
	require.Equal(t, 2, expired.State.Secrets[0].Revision)
	require.Contains(t, expired.State.Secrets[0].Old, 1)
	again := succeed(t, c, expired.State, charmtest.SecretExpired(secretID, loginLabel, 1))
	require.Equal(t, 2, again.State.Secrets[0].Revision)
	require.Empty(t, again.State.Secrets[0].Old)
	require.NotContains(t, again.Calls.Tools(), "secret-set")
	for _, call := range expired.Calls {
		require.NotContains(t, call.Args, "new")
	}
}

func TestTheEventsOfOtherSecretsRenewNothing(t *testing.T) {
	t.Parallel()
	const otherID = "9m4e2mr0ui3e8a215n5g"
	c := renewing(charm.SecretOptions{}, func() (login, error) { panic("renewed") })
	for name, event := range map[string]charmtest.Event{
		"another label":    charmtest.SecretRotate(otherID, "other"),
		"another's expiry": charmtest.SecretExpired(otherID, "other", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := charmtest.Secret{ID: otherID, Label: "other", Rotate: "daily", Content: map[string]string{"key": "v"}}
			out := succeed(t, c, charmtest.State{Leader: true, Secrets: []charmtest.Secret{stored("p"), other}}, event)
			require.Equal(t, 1, out.State.Secrets[0].Revision)
		})
	}
}

func TestASecretThatCannotBeRenewedFailsTheHook(t *testing.T) {
	t.Parallel()
	broken := errors.New("no randomness")
	c := renewing(charm.SecretOptions{}, func() (login, error) { return login{}, broken })
	secret := stored("p")
	secret.Rotate = "yearly"
	state := charmtest.State{Leader: true, Secrets: []charmtest.Secret{secret}}
	for _, event := range []charmtest.Event{charmtest.SecretRotate(secretID, loginLabel), charmtest.SecretExpired(secretID, loginLabel, 1)} {
		out := charmtest.Run(t, c, state, event)
		require.ErrorIs(t, out.Err, broken)
		require.ErrorContains(t, out.Err, `cannot renew the secret "login": `)
		require.Equal(t, 1, out.State.Secrets[0].Revision, "Juju asks again")
	}
}

func TestARevisionThatNobodyReadsIsRemoved(t *testing.T) {
	t.Parallel()
	secret := stored("new")
	secret.Revision, secret.Old = 2, map[int]map[string]string{1: {"user": "u", "password": "old"}}
	state := charmtest.State{Leader: true, Secrets: []charmtest.Secret{secret}}
	var got seen
	c := wiki(func(b *charm.Base) { b.On.SecretRemove(note[charm.SecretRemoveEvent](&got)) })
	out := succeed(t, c, state, charmtest.SecretRemove(secretID, loginLabel, 1))
	require.Len(t, got, 1)
	require.Equal(t, 2, out.State.Secrets[0].Revision)
	require.Empty(t, out.State.Secrets[0].Old)

	// A handler that fails has the revision kept for its next attempt.
	broken := errors.New("the disk is full")
	failing := wiki(func(b *charm.Base) {
		b.On.SecretRemove(func(context.Context, *charm.SecretRemoveEvent) error { return broken })
	})
	failed := charmtest.Run(t, failing, state, charmtest.SecretRemove(secretID, loginLabel, 1))
	require.ErrorIs(t, failed.Err, broken)
	require.Contains(t, failed.State.Secrets[0].Old, 1)
}

// Juju would take back what the hook has recorded for the secret.
func TestARevisionIsKeptWhereItsSecretIsChanged(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		secret := charm.OwnedSecret[login](b, loginLabel, charm.SecretOptions{})
		website := b.Provides("website")
		b.On.SecretRemove(func(ctx context.Context, e *charm.SecretRemoveEvent) error {
			if relation, err := website.Relation(ctx); err == nil {
				return secret.GrantTo(ctx, relation)
			}
			return secret.Set(ctx, login{User: "u", Password: "newer"})
		})
	})
	secret := stored("new")
	secret.Revision, secret.Old = 2, map[int]map[string]string{1: {"user": "u", "password": "old"}}
	out := succeed(t, c, charmtest.State{Leader: true, Secrets: []charmtest.Secret{secret}}, charmtest.SecretRemove(secretID, loginLabel, 1))
	require.Equal(t, "newer", out.State.Secrets[0].Content["password"])
	require.Len(t, out.State.Secrets[0].Old, 2)

	state := related(charmtest.Relation{})
	state.Secrets = []charmtest.Secret{secret}
	out = succeed(t, c, state, charmtest.SecretRemove(secretID, loginLabel, 1))
	require.Equal(t, []string{"proxy"}, out.State.Secrets[0].GrantedTo)
	require.Len(t, out.State.Secrets[0].Old, 1)
}

func TestTheSameContentIsNoNewRevision(t *testing.T) {
	t.Parallel()
	c := withSecret(charm.SecretOptions{}, func(ctx context.Context, s *charm.Owned[login], _ *charm.Status) error {
		require.NoError(t, s.Set(ctx, login{User: "u", Password: "p"}))
		_, err := s.Get(ctx)
		return err
	})
	out := succeed(t, c, charmtest.State{Leader: true, Secrets: []charmtest.Secret{stored("p")}}, charmtest.Start())
	require.Equal(t, charmtest.Active(""), out.State.Status)
	require.NotContains(t, out.Calls.Tools(), "secret-set")
}

func TestANewCharmChangesWhatItsSecretsAre(t *testing.T) {
	t.Parallel()
	before := stored("p")
	before.Description, before.Rotate = "a login", "daily"
	for name, test := range map[string]struct {
		options     charm.SecretOptions
		event       charmtest.Event
		leader      bool
		description string
		rotate      string
		writes      int
	}{
		"another description": {charm.SecretOptions{Description: "the login", Rotate: "daily"}, charmtest.UpgradeCharm(), true, "the login", "daily", 1},
		"another rotation":    {charm.SecretOptions{Description: "a login", Rotate: "monthly"}, charmtest.UpgradeCharm(), true, "a login", "never", 1},
		"no rotation":         {charm.SecretOptions{Description: "a login"}, charmtest.UpgradeCharm(), true, "a login", "never", 1},
		"an expiry":           {charm.SecretOptions{Description: "a login", Rotate: "daily", Expire: time.Hour}, charmtest.UpgradeCharm(), true, "a login", "daily", 1},
		"the same":            {charm.SecretOptions{Description: "a login", Rotate: "daily"}, charmtest.UpgradeCharm(), true, "a login", "daily", 0},
		"another event":       {charm.SecretOptions{Description: "the login"}, charmtest.Start(), true, "a login", "daily", 0},
		"a follower":          {charm.SecretOptions{Description: "the login"}, charmtest.UpgradeCharm(), false, "a login", "daily", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := succeed(t, ensuring(test.options), charmtest.State{Leader: test.leader, Secrets: []charmtest.Secret{before}}, test.event)
			after := out.State.Secrets[0]
			require.Equal(t, []string{test.description, test.rotate}, []string{after.Description, after.Rotate})
			require.Equal(t, test.options.Expire > 0, !after.Expire.IsZero())
			require.Equal(t, test.writes, out.Calls.Count("secret-set"))
			require.Equal(t, 1, after.Revision)
			require.Equal(t, charmtest.Active("u"), out.State.Status, "its content is as it was")
		})
	}
}

// Juju 3.6.11 refuses to commit one policy after another.
func TestAnotherRotationTakesTwoHooks(t *testing.T) {
	t.Parallel()
	secret := stored("p")
	secret.Rotate = "daily"
	c := ensuring(charm.SecretOptions{Rotate: hooktool.RotateMonthly})
	state := charmtest.State{Leader: true, Secrets: []charmtest.Secret{secret}}
	upgraded := succeed(t, c, state, charmtest.UpgradeCharm())
	require.Equal(t, "never", upgraded.State.Secrets[0].Rotate)
	configured := succeed(t, c, upgraded.State, charmtest.ConfigChanged())
	require.Equal(t, "monthly", configured.State.Secrets[0].Rotate)
}

func TestGrantsAreTakenBack(t *testing.T) {
	t.Parallel()
	c := wiki(func(b *charm.Base) {
		secret := charm.OwnedSecret[login](b, loginLabel, charm.SecretOptions{})
		website := b.Provides("website")
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			relation, err := website.Relation(ctx)
			return errors.Join(err, secret.GrantTo(ctx, relation), secret.GrantTo(ctx, relation))
		})
		b.On.ConfigChanged(func(ctx context.Context, _ *charm.ConfigChangedEvent) error {
			relation, err := website.Relation(ctx)
			return errors.Join(err, secret.RevokeFrom(ctx, relation))
		})
	})
	state := related(charmtest.Relation{})
	state.Secrets = []charmtest.Secret{stored("p")}
	granted := succeed(t, c, state, charmtest.Start())
	require.Equal(t, []string{"proxy"}, granted.State.Secrets[0].GrantedTo)
	require.Equal(t, 1, granted.Calls.Count("secret-grant"))
	require.Empty(t, succeed(t, c, granted.State, charmtest.ConfigChanged()).State.Secrets[0].GrantedTo)
	state.Secrets = nil
	succeed(t, c, state, charmtest.ConfigChanged())
}

func TestInfoOfAnOwnedSecret(t *testing.T) {
	t.Parallel()
	secret := stored("p")
	secret.Description, secret.Rotate, secret.Revision = "a login", "weekly", 4
	c := withSecret(charm.SecretOptions{}, func(ctx context.Context, s *charm.Owned[login], _ *charm.Status) error {
		info, err := s.Info(ctx)
		require.NoError(t, err)
		require.Equal(t, []any{"a login", hooktool.RotateWeekly, 4, secretID}, []any{info.Description, info.Rotation, info.Revision, info.ID})
		_, err = s.URI(ctx)
		return err
	})
	out := succeed(t, c, charmtest.State{Leader: true, Secrets: []charmtest.Secret{secret}}, charmtest.Start())
	require.Equal(t, 1, out.Calls.Count("secret-info-get"))
	absent := withSecret(charm.SecretOptions{}, func(ctx context.Context, s *charm.Owned[login], _ *charm.Status) error {
		_, err := s.Info(ctx)
		require.ErrorIs(t, err, charm.ErrAbsent)
		return nil
	})
	succeed(t, absent, charmtest.State{Leader: true}, charmtest.Start())
}

func TestKeysThatNoSecretTakes(t *testing.T) {
	t.Parallel()
	for _, declare := range []func(*charm.Base){
		owning[struct {
			V string `charm:"ab"`
		}],
		owning[struct {
			V string `charm:"User"`
		}],
		owning[struct {
			V string `charm:"user_name"`
		}],
		owning[struct {
			V string `charm:"user-"`
		}],
		owning[struct {
			V string `charm:"user--name"`
		}],
		owning[struct {
			V string `charm:"1st"`
		}],
	} {
		require.Panics(t, func() {
			_, _ = charm.Events(func(b *charm.Base) (*charm.Base, error) {
				declare(b)
				return b, nil
			})
		})
	}
}

// owning declares a secret with content of this type.
func owning[T any](b *charm.Base) { charm.OwnedSecret[T](b, "s", charm.SecretOptions{}) }
