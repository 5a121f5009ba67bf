package charmtest

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/internal/juju/inprocess"
)

// opener is a charm that opens a port, and does it again in the next hook only if
// again says so, whatever has become of this one.
func opener(again func(opened bool) bool) func(*testing.T, *Model) {
	opened := false
	c := New(func(b *charm.Base) (*charm.Base, error) {
		b.Reconcile(func(ctx context.Context, _ *charm.Status) error {
			if !again(opened) {
				return nil
			}
			opened = true
			return b.SetPorts(ctx, charm.TCP(8080))
		})
		return b, nil
	}, fstest.MapFS{"metadata.yaml": {Data: []byte("name: opener\nsummary: s\ndescription: d")}})
	return func(_ *testing.T, m *Model) {
		opened = false
		m.Deploy("opener", c, DeployOptions{})
	}
}

// What a charm loses that relies on what a hook has only recorded is found, at the
// cuts where it is lost, and nowhere else.
func TestCutsFindWhatIsLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		again func(bool) bool
		lost  []string
	}{
		"careful": {func(bool) bool { return true }, nil},
		"careless": {func(opened bool) bool { return !opened }, []string{
			"killed before call 1", "killed after call 1", "killed before call 2", "killed after call 2", "killed before call 3", "killed after call 3",
			"killed before call 4", "killed after call 4", "commit 1 refused",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story := opener(test.again)
			whole := tell(t, ExploreOptions{}, inprocess.Cut{}, story)
			require.Contains(t, whole.text, "8080")
			require.Equal(t, "opener/0 install: opened-ports", whole.reaper.Calls()[0])
			var lost []string
			for _, cut := range cuts(whole.reaper) {
				if tell(t, ExploreOptions{}, cut, story).text != whole.text {
					lost = append(lost, cut.String())
				}
			}
			require.Equal(t, test.lost, lost, "%q", whole.reaper.Calls())
		})
	}
}
