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

func TestPlannedUnits(t *testing.T) {
	t.Parallel()
	c := handling(func(ctx context.Context, b *charm.Base) error {
		planned, err := b.PlannedUnits(ctx)
		require.NoError(t, err)
		require.Equal(t, 3, planned)
		goals, err := b.GoalState(ctx)
		require.Equal(t, "joined", goals.Relations["website"]["proxy"].Status)
		return err
	})
	state := related(charmtest.Relation{})
	state.Peers = []string{"wiki/1", "wiki/2"}
	out := succeed(t, c, state, charmtest.ConfigChanged())
	require.Equal(t, []string{"goal-state"}, out.Calls.Tools())
	answered(t, always(`{"units": {"wiki/0": {"status": "active"}, "wiki/1": {"status": "dying"}}}`), func(ctx context.Context, b *charm.Base) {
		planned, err := b.PlannedUnits(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, planned)
	})
}

func TestCloudCredential(t *testing.T) {
	t.Parallel()
	spec := hooktool.Cloud{
		Type: "kubernetes", Name: "k8s", Endpoint: "https://10.0.0.1", CACertificates: []string{"pem"},
		Credential: hooktool.Credential{AuthType: "oauth2", Attributes: map[string]string{"Token": "s3cret"}},
	}
	c := reconciling(func(ctx context.Context, b *charm.Base, _ *charm.Status) error {
		got, err := b.CloudCredential(ctx)
		if err == nil {
			require.Equal(t, spec, got)
		} else {
			require.ErrorIs(t, err, charm.ErrPermission)
		}
		return err
	})
	require.Equal(t, charmtest.Active(""), succeed(t, c, charmtest.State{Trust: true, Cloud: &spec}, charmtest.UpdateStatus()).State.Status)
	out := succeed(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.Equal(t, charmtest.Blocked("application wiki is not trusted: run juju trust wiki --scope=cluster"), out.State.Status)
}

func TestAppStatusIsWrittenIfItDiffers(t *testing.T) {
	t.Parallel()
	c := handling(func(ctx context.Context, b *charm.Base) error {
		return errors.Join(
			b.SetAppStatus(ctx, charm.LevelActive, "primary is wiki/0\n"), b.SetAppStatus(ctx, charm.LevelActive, "primary is wiki/0"),
		)
	})
	out := succeed(t, c, charmtest.State{Leader: true}, charmtest.ConfigChanged())
	require.Equal(t, charmtest.Active("primary is wiki/0"), out.State.AppStatus)
	require.Equal(t, []string{"status-get", "status-set"}, out.Calls.Tools())
	again := succeed(t, c, out.State, charmtest.ConfigChanged())
	require.Equal(t, []string{"status-get"}, again.Calls.Tools())
	follower := charmtest.Run(t, c, charmtest.State{}, charmtest.ConfigChanged())
	require.ErrorIs(t, follower.Err, charm.ErrNotLeader)
}

func TestAppStatusTellsOfItsUnits(t *testing.T) {
	t.Parallel()
	c := handling(func(ctx context.Context, b *charm.Base) error {
		got, err := b.AppStatus(ctx)
		require.Equal(t, hooktool.Status{Status: "waiting", Message: "m"}, got.Status)
		require.Equal(t, hooktool.Status{Status: "blocked", Message: "set title"}, got.Units["wiki/0"])
		return err
	})
	succeed(t, c, charmtest.State{Leader: true, Status: charmtest.Blocked("set title"), AppStatus: charmtest.Waiting("m")}, charmtest.ConfigChanged())
}

func TestReboot(t *testing.T) {
	t.Parallel()
	after := handling(func(ctx context.Context, b *charm.Base) error { return b.Reboot(ctx) })
	out := succeed(t, after, charmtest.State{Machine: &charmtest.Machine{}}, charmtest.ConfigChanged())
	require.True(t, out.Reboot)
	require.Equal(t, []string{"juju-log", "juju-reboot"}, out.Calls.Tools())
	require.Empty(t, out.Calls[1].Args)

	now := handling(func(ctx context.Context, b *charm.Base) error { return b.RebootNow(ctx) })
	killed := charmtest.Run(t, now, charmtest.State{Machine: &charmtest.Machine{}}, charmtest.ConfigChanged())
	require.ErrorIs(t, killed.Err, charm.ErrRebooting)
	require.Equal(t, []string{"--now"}, killed.Calls[1].Args)

	// There is no machine to reboot, and Juju says so when it commits.
	require.Error(t, charmtest.Run(t, after, charmtest.State{}, charmtest.ConfigChanged()).Err)
	action := backingUp(func(ctx context.Context, b *charm.Base, _ charm.None) (charm.None, error) {
		return charm.None{}, b.RebootNow(ctx)
	})
	refused := succeed(t, action, charmtest.State{Machine: &charmtest.Machine{}}, charmtest.RunAction("backup", nil))
	require.Contains(t, refused.Action.Message, "not supported when running an action")
}

func TestTheLeaderReconcilesTheApplication(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	failure := error(nil)
	c := wiki(func(b *charm.Base) {
		b.Reconcile(func(_ context.Context, st *charm.Status) error {
			st.Active("unit")
			return nil
		})
		b.ReconcileApp(func(_ context.Context, st *charm.Status) error {
			st.Waiting("waiting for pages")
			return failure
		})
		b.Component("admin").ReconcileApp(func(_ context.Context, st *charm.Status) error {
			st.Blocked("set admin")
			return nil
		})
	})
	out := succeed(t, c, charmtest.State{Leader: true}, charmtest.UpdateStatus())
	require.Equal(t, charmtest.Active("unit"), out.State.Status)
	require.Equal(t, charmtest.Blocked("set admin; waiting for pages"), out.State.AppStatus)
	again := succeed(t, c, out.State, charmtest.UpdateStatus())
	require.Zero(t, again.Calls.Count("status-set"))

	other := succeed(t, c, charmtest.State{}, charmtest.UpdateStatus())
	require.Equal(t, charmtest.Active("unit"), other.State.Status)
	require.Equal(t, []string{"is-leader", "status-get", "status-set"}, other.Calls.Tools())

	failure = broken
	failed := charmtest.Run(t, c, charmtest.State{Leader: true}, charmtest.UpdateStatus())
	require.ErrorIs(t, failed.Err, broken)
	require.Zero(t, failed.Calls.Count("status-set"))
}
