package charm_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
)

// Conditions are found wherever they are in an error, and a failure beside them
// is not lost.
func TestConditionsWithinErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	blocked, waiting := charm.Blocked("set a password"), charm.Waiting("waiting for b")
	for _, test := range []struct {
		err    error
		status string
		fails  bool
	}{
		{fmt.Errorf("cannot start: %w", blocked), "status-set -- blocked set a password", false},
		{fmt.Errorf("%w and %w", waiting, blocked), "status-set -- blocked set a password; waiting for b", false},
		{errors.Join(waiting, fmt.Errorf("%w, too", blocked)), "status-set -- blocked set a password; waiting for b", false},
		{fmt.Errorf("%w and %w", blocked, broken), "", true},
		{errors.Join(errors.Join(), waiting), "status-set -- waiting waiting for b", false},
		{charm.WithPriority(fmt.Errorf("%w and %w", waiting, broken), 1), "", true},
	} {
		lines, err := runAnswered(t, nil, func(b *charm.Base) {
			b.Reconcile(func(context.Context, *charm.Status) error { return test.err })
		}, "hooks/start")
		require.Equal(t, test.fails, err != nil, "%v", test.err)
		if test.fails {
			require.ErrorIs(t, err, broken)
			continue
		}
		require.Equal(t, test.status, lines[len(lines)-1], "%v", test.err)
	}
}

// The problems of one thing that several look at stand in one message, each
// once.
func TestProblemsOfSeveralReaders(t *testing.T) {
	t.Parallel()
	one := &charm.InvalidError{Subject: "configuration", Problems: []string{"a is bad", "b is bad"}}
	other := &charm.InvalidError{Subject: "configuration", Problems: []string{"b is bad", "c is bad"}}
	another := &charm.InvalidError{Subject: "parameters", Problems: []string{"d is bad"}}
	lines, err := runAnswered(t, nil, func(b *charm.Base) {
		for _, err := range []error{one, other, another} {
			b.Reconcile(func(context.Context, *charm.Status) error { return err })
		}
	}, "hooks/start")
	require.NoError(t, err)
	require.Equal(t, "status-set -- blocked invalid configuration: a is bad; b is bad; c is bad; invalid parameters: d is bad", lines[len(lines)-1])
	require.Equal(t, []string{"a is bad", "b is bad"}, one.Problems)
}

// A condition keeps the priority that it was given, none as well, whatever that
// of its component is.
func TestAConditionKeepsItsPriority(t *testing.T) {
	t.Parallel()
	lines, err := runAnswered(t, nil, func(b *charm.Base) {
		b.Prioritize("", 5)
		b.Reconcile(func(context.Context, *charm.Status) error {
			return errors.Join(
				charm.WithPriority(charm.Blocked("a"), 0), charm.Waiting("b"), &charm.Condition{Level: charm.LevelWaiting, Message: "c", Priority: 2},
			)
		})
	}, "hooks/start")
	require.NoError(t, err)
	require.Equal(t, "status-set -- waiting b; c; a", lines[len(lines)-1])
}

// Leadership is asked for once, whatever the answer is.
func TestLeadershipIsAskedForOnce(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]bool{"true": true, "false": false} {
		lines, err := runAnswered(t, map[string]string{"is-leader": answer}, using(func(ctx context.Context, b *charm.Base) error {
			for range 2 {
				is, err := b.IsLeader(ctx)
				require.NoError(t, err)
				require.Equal(t, want, is)
			}
			return nil
		}), "hooks/start")
		require.NoError(t, err)
		require.Equal(t, 1, count(tool(lines), "is-leader"))
	}
	_, err := runAnswered(t, map[string]string{"is-leader": "ERROR out of luck"}, using(func(ctx context.Context, b *charm.Base) error {
		is, err := b.IsLeader(ctx)
		require.False(t, is)
		return err
	}), "hooks/start")
	require.ErrorContains(t, err, luckless)
}

func TestStateOfAUnitAmongPeers(t *testing.T) {
	t.Parallel()
	answers := map[string]string{"relation-ids": `["cluster:0"]`, "relation-get": `{"notes.text": "t"}`}
	_, err := runAnswered(t, answers, with(func(b *charm.Base) *charm.PeerUnitState[memo] {
		return charm.PeerUnitStateOf[memo](b.Peers("cluster"), "notes")
	}, func(ctx context.Context, s *charm.PeerUnitState[memo]) error {
		got, err := s.Get(ctx)
		require.Equal(t, written, got)
		return err
	}), "hooks/start")
	require.NoError(t, err)
}

// The keys of results that an action gives early are those that Juju takes.
func TestKeysOfEarlyResults(t *testing.T) {
	t.Parallel()
	lines, err := runAnswered(t, nil, using(func(ctx context.Context, b *charm.Base) error {
		return charm.SetResults(ctx, b, struct {
			Bad string `charm:"Not A Key"`
		}{"x"})
	}), "hooks/start")
	require.ErrorContains(t, err, `has the result "Not A Key", which is no key that Juju takes`)
	require.Zero(t, count(tool(lines), "action-set"))
}

// An error that is told without its secrets is still that error.
func TestRedactedErrorsAreTheSame(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	_, err := runAnswered(t, map[string]string{"secret-get": `{"password": "hunter22"}`}, using(func(ctx context.Context, b *charm.Base) error {
		require.NoError(t, second(b.Tools().Run(ctx, "secret-get", "secret:abc")))
		return fmt.Errorf("hunter22: %w", broken)
	}), "hooks/start")
	require.ErrorIs(t, err, broken)
	require.NotContains(t, err.Error(), "hunter22")
}

func TestCharmsThatCannotBeMadeAreNotChecked(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	err := charm.Check(func(*charm.Base) (*charm.Base, error) { return nil, broken }, nil)
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "cannot construct the charm: ")
}

func TestIngressAddress(t *testing.T) {
	t.Parallel()
	network := charm.Network{Ingress: []netip.Addr{netip.MustParseAddr("10.1.0.5")}, IngressNames: []string{"wiki.example"}}
	address, err := network.IngressAddress()
	require.NoError(t, err)
	require.Equal(t, "10.1.0.5", address)
}

func TestNumbersOfVersions(t *testing.T) {
	t.Parallel()
	v, err := charm.ParseVersion("3.6.999999999")
	require.NoError(t, err)
	require.Equal(t, 999_999_999, v.Patch)
	_, err = charm.ParseVersion("3.6.1999999999")
	require.Error(t, err)
}

// Who is at the other side is known without asking: in a reconciler that runs
// after a relation's event, and in the handler of a deferred one.
func TestWhoIsAtTheOtherSideIsKnown(t *testing.T) {
	t.Parallel()
	ask := func(ctx context.Context, r *charm.Relation) error {
		app, err := r.App(ctx)
		require.Equal(t, "pg", app)
		return err
	}
	lines, err := runAnswered(t, map[string]string{"relation-ids": `["database:1"]`}, overDatabase(ask),
		"hooks/database-relation-changed", "JUJU_RELATION", "database", "JUJU_RELATION_ID", "database:1", "JUJU_REMOTE_APP", "pg")
	require.NoError(t, err)
	require.Zero(t, count(tool(lines), "relation-list"))

	asked := 0
	lines, err = runAnswered(t, map[string]string{
		"relation-ids": `["database:1"]`,
		"state-get":    `{"charmkit-deferred": "[{\"handler\": \"later\", \"event\": \"database-relation-changed\", \"relation\": \"database:1\", \"app\": \"pg\"}]"}`,
	}, func(b *charm.Base) {
		requiresDatabase(b).Deferrable("later").OnChanged(func(ctx context.Context, e *charm.RelationChangedEvent) (charm.Outcome, error) {
			asked++
			return charm.Done, ask(ctx, e.Relation)
		})
	}, "hooks/update-status")
	require.NoError(t, err)
	require.Equal(t, 1, asked)
	require.Zero(t, count(tool(lines), "relation-list"))
}

// A recording says whose hook it is, wherever the environment comes from.
func TestARecordingNamesItsUnit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, runRecorded(t, dir, charm.RecordOptions{}, charm.Options{Transport: silent}, func(*charm.Base) {}))
	require.Equal(t, "wiki/0", recorded(t, dir).Header.Env["JUJU_UNIT_NAME"])
}

// What an action does after its function is said where it is registered.
func TestThenReconcileReturnsTheAction(t *testing.T) {
	t.Parallel()
	_, err := charm.Events(func(b *charm.Base) (*charm.Base, error) {
		action := charm.OnAction(b, "backup", func(context.Context, charm.None) (charm.None, error) { return charm.None{}, nil })
		require.Same(t, action, action.ThenReconcile())
		return b, nil
	})
	require.NoError(t, err)
}
