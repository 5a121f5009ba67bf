package charm_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// using is a charm whose reconciler uses one thing, and returns its error.
func using(use func(context.Context, *charm.Base) error) func(*charm.Base) {
	return with(func(b *charm.Base) *charm.Base { return b }, use)
}

// with is a charm whose reconciler uses a handle that its constructor takes.
func with[H any](take func(*charm.Base) H, use func(context.Context, H) error) func(*charm.Base) {
	return func(b *charm.Base) {
		handle := take(b)
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error { return use(ctx, handle) })
	}
}

// overDatabase uses the relation with the database.
func overDatabase(use func(context.Context, *charm.Relation) error) func(*charm.Base) {
	return with(requiresDatabase, func(ctx context.Context, database *charm.Endpoint) error {
		r, err := database.Relation(ctx)
		if err != nil {
			return err
		}
		return use(ctx, r)
	})
}

func requiresDatabase(b *charm.Base) *charm.Endpoint { return b.Requires("database") }

// ofLogin uses the secret that the charm owns.
func ofLogin(options charm.SecretOptions, use func(context.Context, *charm.Owned[login]) error) func(*charm.Base) {
	take := func(b *charm.Base) *charm.Owned[login] { return charm.OwnedSecret[login](b, loginLabel, options) }
	return with(take, func(ctx context.Context, secret *charm.Owned[login]) error {
		if err := use(ctx, secret); !errors.Is(err, charm.ErrPending) {
			return err
		}
		return nil
	})
}

// withLoginAndDatabase uses the secret and the relation together.
func withLoginAndDatabase(use func(*charm.Owned[login], context.Context, *charm.Relation) error) func(*charm.Base) {
	return func(b *charm.Base) {
		secret := charm.OwnedSecret[login](b, loginLabel, charm.SecretOptions{})
		overDatabase(func(ctx context.Context, r *charm.Relation) error { return use(secret, ctx, r) })(b)
	}
}

// second is the error of a call that returns something too.
func second[T any](_ T, err error) error { return err }

// memo is what is kept in states.
type memo struct {
	Text string `charm:"text"`
	Old  string `charm:"old"`
}

var (
	written = memo{Text: "t"}
	newPass = login{User: "u", Password: "new"}
)

func requireNoneUnnoticed(t *testing.T, hooks map[string]failing) {
	t.Helper()
	for name, f := range hooks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls, err := f.run(t, -1)
			require.NoError(t, err)
			require.NotEmpty(t, calls)
			for number, tool := range calls {
				_, err := f.run(t, number)
				require.ErrorContains(t, err, luckless, "%s fails, number %d of %q", tool, number, calls)
			}
		})
	}
}

// A hook never succeeds that had no answer to something it asked, or could not
// write what it wanted to: its error is that of the tool that failed.
func TestNoFailureOfAToolGoesUnnoticed(t *testing.T) {
	t.Parallel()
	requireNoneUnnoticed(t, map[string]failing{
		"leadership":    {declare: using(func(ctx context.Context, b *charm.Base) error { return second(b.IsLeader(ctx)) })},
		"goal state":    {declare: using(func(ctx context.Context, b *charm.Base) error { return second(b.GoalState(ctx)) })},
		"planned units": {declare: using(func(ctx context.Context, b *charm.Base) error { return second(b.PlannedUnits(ctx)) })},
		"credential":    {declare: using(func(ctx context.Context, b *charm.Base) error { return second(b.CloudCredential(ctx)) })},
		"version":       {declare: using(func(ctx context.Context, b *charm.Base) error { return b.SetWorkloadVersion(ctx, "2") })},
		"ports":         {declare: using(func(ctx context.Context, b *charm.Base) error { return second(b.Ports(ctx)) })},
		"set ports":     {declare: using(func(ctx context.Context, b *charm.Base) error { return b.SetPorts(ctx, charm.TCP(2)) })},
		"unit's status": {declare: using(func(context.Context, *charm.Base) error { return nil })},
		"app's status":  {declare: using(func(ctx context.Context, b *charm.Base) error { return b.SetAppStatus(ctx, charm.LevelActive, "") })},
		"config": {declare: with(charm.Config[struct {
			Level string `charm:"log-level"`
		}], func(ctx context.Context, c *charm.ConfigHandle[struct {
			Level string `charm:"log-level"`
		}]) error {
			return second(c.Get(ctx))
		})},
		"storage": {declare: with(func(b *charm.Base) *charm.Storage { return b.Storage("data") }, func(ctx context.Context, s *charm.Storage) error {
			return errors.Join(second(s.Instance(ctx)), s.Request(ctx, 1))
		})},
		"resource": {
			declare: with(func(b *charm.Base) *charm.Resource { return b.Resource("manual") }, func(ctx context.Context, r *charm.Resource) error {
				if err := second(r.Path(ctx)); !errors.Is(err, charm.ErrAbsent) {
					return err
				}
				return nil
			}),
		},
		"deferral": {info: hook.Info{Kind: hook.ConfigChanged}, declare: func(b *charm.Base) {
			b.On.Deferrable("later").ConfigChanged(func(context.Context, *charm.ConfigChangedEvent) (charm.Outcome, error) {
				return charm.Defer, nil
			})
		}},
		"deferred": {
			declare: func(b *charm.Base) {
				later := requiresDatabase(b).Deferrable("later")
				later.OnChanged(func(context.Context, *charm.RelationChangedEvent) (charm.Outcome, error) { return charm.Done, nil })
			},
			prepare: func(s *model.State) {
				s.Units["wiki/0"].CharmState = map[string]string{"charmkit-deferred": `[{"handler": "later",
					"event": "database-relation-changed", "relation": "database:1", "app": "pg", "unit": "pg/0"}]`}
			},
		},
	})
}

func TestNoFailureOfARelationGoesUnnoticed(t *testing.T) {
	t.Parallel()
	changed := hook.Info{Kind: hook.RelationChanged, Endpoint: "database", RelationID: 1, RemoteApp: "pg", RemoteUnit: "pg/0"}
	requireNoneUnnoticed(t, map[string]failing{
		"relation": {declare: overDatabase(func(context.Context, *charm.Relation) error { return nil })},
		"lookup": {declare: with(requiresDatabase, func(ctx context.Context, e *charm.Endpoint) error {
			return second(e.Lookup(ctx, "database:1"))
		})},
		"binding": {declare: with(requiresDatabase, func(ctx context.Context, e *charm.Endpoint) error {
			return second(e.BindAddress(ctx))
		})},
		"active": {info: changed, declare: func(b *charm.Base) {
			requiresDatabase(b).OnChanged(func(ctx context.Context, e *charm.RelationChangedEvent) error {
				return second(e.Relation.Active(ctx))
			})
		}},
		"network":      {declare: overDatabase(func(ctx context.Context, r *charm.Relation) error { return second(r.Network(ctx)) })},
		"remote model": {declare: overDatabase(func(ctx context.Context, r *charm.Relation) error { return second(r.RemoteModel(ctx)) })},
		"remote units": {declare: overDatabase(func(ctx context.Context, r *charm.Relation) error { return second(r.RemoteUnits(ctx)) })},
		"remote app":   {declare: overDatabase(func(ctx context.Context, r *charm.Relation) error { return second(r.RemoteApp().Get(ctx)) })},
		"read databag": {declare: overDatabase(func(ctx context.Context, r *charm.Relation) error {
			return second(charm.Read[struct {
				User string `charm:"user"`
			}](ctx, r.RemoteApp()))
		})},
		"local app": {declare: overDatabase(func(ctx context.Context, r *charm.Relation) error {
			return r.LocalApp().Set(ctx, map[string]string{"a": "b"})
		})},
		"local unit": {declare: overDatabase(func(ctx context.Context, r *charm.Relation) error {
			return charm.Write(ctx, r.LocalUnit(), written)
		})},
	})
}

func TestNoFailureOfAStateGoesUnnoticed(t *testing.T) {
	t.Parallel()
	unit := func(b *charm.Base) *charm.UnitState[memo] { return charm.UnitStateOf[memo](b, "notes") }
	peer := func(b *charm.Base) *charm.PeerUnitState[memo] {
		return charm.PeerUnitStateOf[memo](b.Peers("cluster"), "notes")
	}
	app := func(b *charm.Base) *charm.PeerAppState[memo] {
		return charm.PeerAppStateOf[memo](b.Peers("cluster"), "notes")
	}
	requireNoneUnnoticed(t, map[string]failing{
		"get of unit": {declare: with(unit, func(ctx context.Context, s *charm.UnitState[memo]) error { return second(s.Get(ctx)) })},
		"set of unit": {declare: with(unit, func(ctx context.Context, s *charm.UnitState[memo]) error { return s.Set(ctx, written) })},
		"all peers":   {declare: with(peer, func(ctx context.Context, s *charm.PeerUnitState[memo]) error { return second(s.All(ctx)) })},
		"get of peer": {declare: with(peer, func(ctx context.Context, s *charm.PeerUnitState[memo]) error { return second(s.Get(ctx)) })},
		"set of peer": {declare: with(peer, func(ctx context.Context, s *charm.PeerUnitState[memo]) error { return s.Set(ctx, written) })},
		"get of app":  {declare: with(app, func(ctx context.Context, s *charm.PeerAppState[memo]) error { return second(s.Get(ctx)) })},
		"set of app":  {declare: with(app, func(ctx context.Context, s *charm.PeerAppState[memo]) error { return s.Set(ctx, written) })},
	})
}

func TestNoFailureOfASecretGoesUnnoticed(t *testing.T) {
	t.Parallel()
	about := func(kind hook.Kind) hook.Info {
		return hook.Info{Kind: kind, SecretURI: "secret:" + ownedSecretID, SecretLabel: loginLabel, SecretRevision: 1}
	}
	ensure := func(ctx context.Context, o *charm.Owned[login]) error {
		return second(o.Ensure(ctx, func() (login, error) { return newPass, nil }))
	}
	renew := func(b *charm.Base) {
		secret := charm.OwnedSecret[login](b, loginLabel, charm.SecretOptions{})
		secret.OnRenew(func(context.Context) (login, error) { return newPass, nil })
	}
	twice := func(s *model.State) {
		change := model.SecretChange{Content: map[string]string{"user": "dg==", "password": "cA=="}}
		if err := s.UpdateSecret("wiki/0", ownedSecretID, change); err != nil {
			panic(err)
		}
	}
	var none charm.SecretOptions
	requireNoneUnnoticed(t, map[string]failing{
		"somebody's": {declare: using(func(ctx context.Context, b *charm.Base) error {
			return second(charm.ReadSecret[login](ctx, b, "secret:"+givenSecretID, "login"))
		})},
		"content": {declare: ofLogin(none, func(ctx context.Context, o *charm.Owned[login]) error { return second(o.Get(ctx)) })},
		"info":    {declare: ofLogin(none, func(ctx context.Context, o *charm.Owned[login]) error { return second(o.Info(ctx)) })},
		"URI":     {declare: ofLogin(none, func(ctx context.Context, o *charm.Owned[login]) error { return second(o.URI(ctx)) })},
		"set":     {declare: ofLogin(none, func(ctx context.Context, o *charm.Owned[login]) error { return o.Set(ctx, newPass) })},
		"remove":  {declare: ofLogin(none, func(ctx context.Context, o *charm.Owned[login]) error { return o.Remove(ctx) })},
		"new":     {declare: ofLogin(none, ensure), prepare: func(s *model.State) { delete(s.Secrets, ownedSecretID) }},
		"options": {declare: ofLogin(charm.SecretOptions{Description: "new"}, ensure), info: hook.Info{Kind: hook.ConfigChanged}},
		"grant":   {declare: withLoginAndDatabase((*charm.Owned[login]).GrantTo)},
		"revoke":  {declare: withLoginAndDatabase((*charm.Owned[login]).RevokeFrom)},
		"rotate":  {info: about(hook.SecretRotate), declare: renew},
		"expire":  {info: about(hook.SecretExpired), declare: renew},
		"expired": {info: about(hook.SecretExpired), declare: renew, prepare: twice},
		"unread":  {info: about(hook.SecretRemove), declare: func(*charm.Base) {}, prepare: twice},
	})
}

// An action fails instead of the hook, where Juju lets it: a hook that fails in
// an action is not run again.
func TestNoFailureOfAnActionGoesUnnoticed(t *testing.T) {
	t.Parallel()
	f := failing{info: hook.Info{Kind: hook.Action, ActionID: "1"}, declare: func(b *charm.Base) {
		charm.OnAction(b, "backup", func(ctx context.Context, p backupParams) (memo, error) {
			return written, charm.SetResults(ctx, b, memo{Old: p.Path})
		})
	}}
	calls, err := f.run(t, -1)
	require.NoError(t, err)
	require.Equal(t, []string{"action-get", "action-set", "action-set"}, calls)
	for number := range 2 {
		calls, err := f.run(t, number)
		require.NoError(t, err)
		require.Equal(t, "action-fail", calls[len(calls)-1])
	}
	_, err = f.run(t, 2)
	require.ErrorContains(t, err, luckless)
}
