package crash

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
)

// opener is a charm that opens a port, and does it again in the next hook only if
// again says so, whatever has become of this one.
func opener(again func(opened bool) bool) Case[*charm.Base] {
	opened := false
	return Case[*charm.Base]{Charm: charmtest.New(func(b *charm.Base) (*charm.Base, error) {
		b.Reconcile(func(ctx context.Context, st *charm.Status) error {
			if !again(opened) {
				return nil
			}
			opened = true
			return b.SetPorts(ctx, charm.TCP(8080))
		})
		return b, nil
	}, fstest.MapFS{"metadata.yaml": {Data: []byte("name: opener\nsummary: s\ndescription: d")}})}
}

func careful(bool) bool         { return true }
func careless(opened bool) bool { return !opened }

// A charm that relies on what a hook has only recorded is found out; one that
// does not comes to the same end wherever it is cut.
func TestCutsFindWhatIsLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		again func(bool) bool
		lost  []string
	}{
		"careful":  {careful, nil},
		"careless": {careless, []string{"killed after call 2", "killed before call 3", "commit 1 refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			uncut := live(t, opener(test.again), Cut{})
			require.Empty(t, uncut.Problem)
			require.Empty(t, uncut.Idle)
			require.Contains(t, uncut.End, "8080")
			lost := map[string]string{}
			for _, cut := range opener(test.again).cuts(uncut) {
				if problem := live(t, opener(test.again), cut).differs(uncut); problem != "" {
					lost[cut.String()] = problem
				}
			}
			for _, cut := range test.lost {
				require.Contains(t, lost[cut], "8080", "%s in %s", cut, strings.Join(uncut.Calls, ", "))
			}
			if test.lost == nil {
				require.Empty(t, lost)
			}
		})
	}
}

// A hook that was killed is run again, from its beginning, and no other.
func TestAKilledHookRunsAgain(t *testing.T) {
	t.Parallel()
	uncut := live(t, opener(careful), Cut{})
	for i, call := range uncut.Calls {
		hook, _, _ := strings.Cut(call, ":")
		begun := 0
		for j := i; j >= 0 && strings.HasPrefix(uncut.Calls[j], hook+":"); j-- {
			begun++
		}
		for _, after := range []bool{false, true} {
			o := live(t, opener(careful), Cut{Call: i + 1, After: after})
			require.Empty(t, o.Problem)
			require.Equal(t, uncut.Calls[:i+1], o.Calls[:i+1])
			require.Equal(t, uncut.Calls[i+1-begun], o.Calls[i+1])
			require.Equal(t, uncut.Commits, o.Commits)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	require.Equal(t, []int{1, 2, 4, 5}, kinds([]string{
		"install: config-get", "start: status-set", "stop: config-get", "a: app GET /v1/changes/7/wait?timeout=1s", "b: app GET /v1/changes/8/wait",
	}))
}
