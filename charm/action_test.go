package charm_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

const backupYAML = `
backup:
  description: Make a backup.
  params:
    path: {type: string}
    copies: {type: integer, default: 2}
    tag: {type: string}
`

type backupParams struct {
	Path   string `charm:"path,required"`
	Copies int    `charm:"copies"`
}

type backupResult struct {
	Size int    `charm:"size"`
	Name string `charm:"file-name"`
	Note string `charm:"note"`
}

// backingUp is a charm whose action backup is this function.
func backingUp[P, R any](f func(context.Context, *charm.Base, P) (R, error)) charmtest.Charm[*charm.Base] {
	return wiki(func(b *charm.Base) {
		charm.OnAction(b, "backup", func(ctx context.Context, p P) (R, error) { return f(ctx, b, p) })
		b.Reconcile(func(context.Context, *charm.Status) error { panic("reconciled") })
	}, "actions.yaml", backupYAML)
}

func TestAction(t *testing.T) {
	t.Parallel()
	c := backingUp(func(_ context.Context, _ *charm.Base, p backupParams) (backupResult, error) {
		require.Equal(t, backupParams{Path: "/srv", Copies: 2}, p)
		return backupResult{Size: 7, Name: "a=b c"}, nil
	})
	out := succeed(t, c, charmtest.State{}, charmtest.RunAction("backup", map[string]any{"path": "/srv", "tag": "x"}))
	require.Equal(t, charmtest.Action{
		Status: "completed", Results: map[string]any{"size": "7", "file-name": "a=b c", "return-code": 0},
	}, out.Action, "without empty results")
	require.Equal(t, []string{"action-get", "action-set"}, out.Calls.Tools())
}

func TestActionOfNothing(t *testing.T) {
	t.Parallel()
	c := backingUp(func(context.Context, *charm.Base, charm.None) (charm.None, error) { return charm.None{}, nil })
	out := succeed(t, c, charmtest.State{}, charmtest.RunAction("backup", nil))
	require.Equal(t, "completed", out.Action.Status)
	require.Empty(t, out.Calls)
}

func TestAFailedActionTellsWhy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		params map[string]any
		err    error
		want   string
	}{
		"missing parameter":   {nil, nil, "invalid parameters: path is missing"},
		"failure":             {map[string]any{"path": "/"}, errors.New("-the disk is full"), "-the disk is full"},
		"output of a program": {map[string]any{"path": "/"}, errors.New("it said \x1b[2J\x00\xff\n\tthe end"), "it said ?[2J??\n\tthe end"},
		"endless output":      {map[string]any{"path": "/"}, errors.New(strings.Repeat("x", 1<<20)), strings.Repeat("x", 100<<10-3) + "..."},
		"not ready": {
			map[string]any{"path": "/"},
			errors.Join(charm.Waiting("waiting for tea"), &charm.AbsentError{Endpoint: "database"}),
			"not ready: integrate database; waiting for tea",
		},
		"invalid configuration": {
			map[string]any{"path": "/"},
			&charm.InvalidError{Subject: "configuration", Problems: []string{"limit is too large"}},
			"invalid configuration: limit is too large",
		},
		"failure and not ready": {
			map[string]any{"path": "/"},
			errors.Join(charm.Waiting("waiting for tea"), errors.New("the disk is full")),
			"waiting: waiting for tea\nthe disk is full",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := backingUp(func(ctx context.Context, b *charm.Base, _ backupParams) (backupResult, error) {
				require.NoError(t, b.Tools().ActionSet(ctx, map[string]string{"done": "half"}))
				return backupResult{Name: "dropped"}, test.err
			})
			out := succeed(t, c, charmtest.State{}, charmtest.RunAction("backup", test.params))
			require.Equal(t, "failed", out.Action.Status)
			require.Equal(t, test.want, out.Action.Message)
			require.NotContains(t, out.Action.Results, "file-name")
			if test.err != nil {
				require.Equal(t, "half", out.Action.Results["done"], "what was recorded before is kept")
			}
		})
	}
}

func TestThenReconcile(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is full")
	for name, test := range map[string]struct {
		err        error
		status     charmtest.Status
		reconciled bool
	}{
		"after success":     {nil, charmtest.Active("reconciled"), true},
		"not after failure": {broken, charmtest.Status{Status: "unknown"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reconciled := false
			c := wiki(func(b *charm.Base) {
				charm.OnAction(b, "backup", func(context.Context, charm.None) (charm.None, error) {
					require.False(t, reconciled)
					return charm.None{}, test.err
				}).ThenReconcile()
				b.Reconcile(func(_ context.Context, st *charm.Status) error {
					reconciled = true
					st.Active("reconciled")
					return nil
				})
			}, "actions.yaml", backupYAML)
			out := succeed(t, c, charmtest.State{}, charmtest.RunAction("backup", nil))
			require.Equal(t, test.reconciled, reconciled)
			require.Equal(t, test.status, out.State.Status)
		})
	}
}

func TestAnActionThatPanics(t *testing.T) {
	t.Parallel()
	c := backingUp(func(context.Context, *charm.Base, charm.None) (charm.None, error) { panic("the sky falls") })
	out := charmtest.Run(t, c, charmtest.State{}, charmtest.RunAction("backup", nil))
	require.ErrorContains(t, out.Err, "cannot handle backup: panic: the sky falls\n")
	require.Equal(t, "failed", out.Action.Status)
}

func TestAnActionCanBeRegisteredOnce(t *testing.T) {
	t.Parallel()
	noop := func(context.Context, charm.None) (charm.None, error) { return charm.None{}, nil }
	_, err := charm.Events(func(b *charm.Base) (*charm.Base, error) {
		charm.OnAction(b, "backup", noop)
		require.PanicsWithValue(t, `charm: action "backup" is registered twice`, func() { charm.OnAction(b, "backup", noop) })
		return b, nil
	})
	require.NoError(t, err)
}

func TestAnActionTellsHowItGoes(t *testing.T) {
	t.Parallel()
	c := backingUp(func(ctx context.Context, b *charm.Base, _ charm.None) (charm.None, error) {
		require.NotEmpty(t, b.ActionID())
		return charm.None{}, errors.Join(b.ActionLog(ctx, "copied %d of %d", 1, 2), b.ActionLog(ctx, "-n"))
	})
	out := succeed(t, c, charmtest.State{}, charmtest.RunAction("backup", nil))
	require.Equal(t, []string{"copied 1 of 2", "-n"}, out.Action.Log)
	require.Empty(t, succeed(t, c, charmtest.State{}, charmtest.Stop()).Charm.ActionID())
}

func TestResultsOnSeveralLevels(t *testing.T) {
	t.Parallel()
	type sizes struct {
		Total int    `charm:"size.total"`
		Unit  string `charm:"size.unit"`
	}
	c := backingUp(func(context.Context, *charm.Base, charm.None) (sizes, error) { return sizes{7, "MB"}, nil })
	out := succeed(t, c, charmtest.State{}, charmtest.RunAction("backup", nil))
	require.Equal(t, map[string]any{"total": "7", "unit": "MB"}, out.Action.Results["size"])
}

// Juju would refuse them when the action has done its work.
func TestResultsThatJujuDoesNotTake(t *testing.T) {
	t.Parallel()
	for _, declare := range []func(*charm.Base){
		returning[struct {
			V int `charm:"Size"`
		}],
		returning[struct {
			V int `charm:"size_mb"`
		}],
		returning[struct {
			V int `charm:"-size"`
		}],
		returning[struct {
			V int `charm:"size..total"`
		}],
		returning[struct {
			V int `charm:"process.stdout"`
		}],
		returning[struct {
			V int `charm:"return-code"`
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

// returning declares an action with this type of results.
func returning[R any](b *charm.Base) {
	charm.OnAction(b, "a", func(context.Context, charm.None) (r R, err error) { return r, nil })
}
