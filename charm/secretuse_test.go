package charm_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

func TestKeysThatJujuTakes(t *testing.T) {
	t.Parallel()
	taken := func(declare func(*charm.Base)) (ok bool) {
		defer func() { ok = recover() == nil }()
		_, err := charm.Events(func(b *charm.Base) (*charm.Base, error) { declare(b); return b, nil })
		return err == nil
	}
	require.True(t, taken(func(b *charm.Base) {
		charm.OwnedSecret[struct {
			A string `charm:"abc"`
			B string `charm:"zed"`
			C string `charm:"a-9"`
		}](b, "x", charm.SecretOptions{})
	}))
	for name, declare := range map[string]func(*charm.Base){
		"too short": func(b *charm.Base) {
			charm.OwnedSecret[struct {
				A string `charm:"ab"`
			}](b, "x", charm.SecretOptions{})
		},
		"begins badly": func(b *charm.Base) {
			charm.OwnedSecret[struct {
				A string `charm:"1bc"`
			}](b, "x", charm.SecretOptions{})
		},
		"ends badly": func(b *charm.Base) {
			charm.OwnedSecret[struct {
				A string `charm:"ab-"`
			}](b, "x", charm.SecretOptions{})
		},
		"two hyphens": func(b *charm.Base) {
			charm.OwnedSecret[struct {
				A string `charm:"a--b"`
			}](b, "x", charm.SecretOptions{})
		},
		"capital letters": func(b *charm.Base) {
			charm.OwnedSecret[struct {
				A string `charm:"abC"`
			}](b, "x", charm.SecretOptions{})
		},
	} {
		require.False(t, taken(declare), name)
	}
}

// A secret that is as the charm wants it is left alone, also where it expires:
// each change would put that off.
func TestASecretThatIsRightIsLeftAlone(t *testing.T) {
	t.Parallel()
	for info, options := range map[string]charm.SecretOptions{
		`{"abc": {"rotation": "never"}}`:                                    {},
		`{"abc": {"rotation": "never", "expiry": "2126-01-02T03:04:05Z"}}`:  {Expire: time.Hour},
		`{"abc": {"rotation": "never", "expiry": "2126-01-02T03:04:05Z"}} `: {},
		`{"abc": {"rotation": "daily", "description": "d"}}`:                {Rotate: hooktool.RotateDaily, Description: "d"},
	} {
		options.Owner = hooktool.OwnerUnit
		answers := map[string]string{"secret-get": `{"user": "u", "password": "p"}`, "secret-info-get": info}
		lines, err := runAnswered(t, answers, ofLogin(options, func(ctx context.Context, o *charm.Owned[login]) error {
			return second(o.Ensure(ctx, func() (login, error) { panic("made again") }))
		}), "hooks/config-changed")
		require.NoError(t, err)
		require.Zero(t, count(tool(lines), "secret-set"), info)
	}
}

// A secret that never expires is made without a time.
func TestASecretWithoutExpiry(t *testing.T) {
	t.Parallel()
	answers := map[string]string{"secret-get": "ERROR secret not found", "secret-add": "secret:abc"}
	for _, expire := range []time.Duration{0, time.Hour} {
		lines, err := runAnswered(t, answers, ofLogin(charm.SecretOptions{Owner: hooktool.OwnerUnit, Expire: expire}, func(ctx context.Context, o *charm.Owned[login]) error {
			return second(o.Ensure(ctx, func() (login, error) { return newPass, nil }))
		}), "hooks/start")
		require.NoError(t, err)
		require.Equal(t, expire > 0, strings.Contains(strings.Join(lines, "\n"), "--expire="))
	}
}

// What was granted and taken back can be granted again.
func TestAGrantThatWasTakenBack(t *testing.T) {
	t.Parallel()
	answers := map[string]string{"relation-ids": `["database:1"]`, "secret-info-get": `{"abc": {"label": "login"}}`}
	lines, err := runAnswered(t, answers, withLoginAndDatabase(func(o *charm.Owned[login], ctx context.Context, r *charm.Relation) error {
		for range 2 {
			require.NoError(t, o.GrantTo(ctx, r))
			require.NoError(t, o.GrantTo(ctx, r))
			require.NoError(t, o.RevokeFrom(ctx, r))
		}
		return nil
	}), "hooks/start")
	require.NoError(t, err)
	require.Equal(t, 2, count(tool(lines), "secret-grant"))
	require.Equal(t, 2, count(tool(lines), "secret-revoke"))
}

// A revision that nobody reads is removed, unless this hook has recorded
// something for its secret, which the removal would undo.
func TestWhenARevisionIsRemoved(t *testing.T) {
	t.Parallel()
	twice := func(s *model.State) {
		if err := s.UpdateSecret("wiki/0", ownedSecretID, model.SecretChange{Content: map[string]string{"user": "dg==", "password": "cA=="}}); err != nil {
			panic(err)
		}
	}
	about := func(revision int) hook.Info {
		return hook.Info{Kind: hook.SecretRemove, SecretURI: "secret:" + ownedSecretID, SecretLabel: loginLabel, SecretRevision: revision}
	}
	for name, test := range map[string]struct {
		hook    failing
		removed bool
	}{
		"nothing recorded": {failing{info: about(1), prepare: twice, declare: func(*charm.Base) {}}, true},
		"no revision":      {failing{info: about(0), prepare: twice, declare: func(*charm.Base) {}}, false},
		"another event":    {failing{info: hook.Info{Kind: hook.SecretRotate, SecretURI: "secret:" + ownedSecretID, SecretLabel: loginLabel}, declare: func(*charm.Base) {}}, false},
		"new content": {failing{info: about(1), prepare: twice, declare: ofLogin(charm.SecretOptions{}, func(ctx context.Context, o *charm.Owned[login]) error {
			return o.Set(ctx, newPass)
		})}, false},
		"granted":    {failing{info: about(1), prepare: twice, declare: withLoginAndDatabase((*charm.Owned[login]).GrantTo)}, false},
		"taken back": {failing{info: about(1), prepare: twice, declare: withLoginAndDatabase((*charm.Owned[login]).RevokeFrom)}, false},
		"another secret's content": {failing{info: about(1), prepare: twice, declare: with(func(b *charm.Base) *charm.Owned[login] {
			return charm.OwnedSecret[login](b, "other", charm.SecretOptions{Owner: hooktool.OwnerUnit})
		}, func(ctx context.Context, o *charm.Owned[login]) error {
			_, err := o.Ensure(ctx, func() (login, error) { return newPass, nil })
			require.ErrorIs(t, err, charm.ErrPending)
			return nil
		})}, true},
	} {
		calls, err := test.hook.run(t, -1)
		require.NoError(t, err, name)
		require.Equal(t, test.removed, count(calls, "secret-remove") == 1, "%s: %s", name, calls)
	}
}

// Juju may tell of a secret that has gone since.
func TestRotationOfASecretThatHasGone(t *testing.T) {
	t.Parallel()
	f := failing{
		info:    hook.Info{Kind: hook.SecretRotate, SecretURI: "secret:" + ownedSecretID, SecretLabel: loginLabel},
		prepare: func(s *model.State) { delete(s.Secrets, ownedSecretID) },
		declare: func(b *charm.Base) {
			secret := charm.OwnedSecret[login](b, loginLabel, charm.SecretOptions{})
			secret.OnRenew(func(context.Context) (login, error) { panic("renewed") })
		},
	}
	_, err := f.run(t, -1)
	require.NoError(t, err)
}

// What a hook has put into a secret does not get into the log either.
func TestSecretsThatAHookHasMadeAreNotTold(t *testing.T) {
	t.Parallel()
	lines, err := runAnswered(t, map[string]string{"secret-add": "secret:abc"}, func(b *charm.Base) {
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			_, err := b.Tools().SecretAdd(ctx, map[string]string{"token": "mellon-3"}, hooktool.SecretAddOptions{Owner: hooktool.OwnerUnit})
			require.NoError(t, err)
			// Nor does a call that has no file.
			_, err = b.Tools().Run(ctx, "secret-set", "--file")
			require.NoError(t, err)
			b.Log.InfoContext(ctx, "the token is mellon-3")
			return nil
		})
	}, "hooks/start")
	require.NoError(t, err)
	require.Equal(t, "juju-log -l INFO -- the token is redacted-1", lines[len(lines)-1])
}
