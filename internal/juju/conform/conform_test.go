//go:build conformance

package conform

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	calls     = flag.Int("calls", 10_000, "number of generated calls")
	firstSeed = flag.Uint64("seed", 1, "seed of the first generated script")
	update    = flag.Bool("update", false, "write docs/reference/conformance.md")
)

// both runs a script on both sides and returns how they differ.
func both(t testing.TB, c *child, s Script) (Result, []Difference) {
	t.Helper()
	dirs := [2]string{t.TempDir(), t.TempDir()}
	for _, dir := range dirs {
		for name, content := range s.Files {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
		}
	}
	engine, err := runEngine(t.Context(), s, dirs[0])
	require.NoError(t, err, s.Name)
	s.Keep, s.Dir = true, dirs[1]
	juju, err := c.run(s)
	require.NoError(t, err, s.Name)
	return juju, compare(s, engine, juju, dirs[0], dirs[1])
}

func TestConformance(t *testing.T) {
	c, err := startChild()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.stop()) })
	tally := newTally()
	compareAll := func(t *testing.T, s Script) {
		t.Helper()
		juju, differences := both(t, c, s)
		tally.add(s, juju, differences)
		for _, d := range differences {
			if d.Subject == "help" {
				continue
			}
			t.Errorf("%s", d)
		}
	}
	for _, family := range families() {
		t.Run(family.Name, func(t *testing.T) {
			for _, s := range family.Scripts {
				compareAll(t, s)
			}
		})
	}
	t.Run("generated", func(t *testing.T) {
		for seed := *firstSeed; tally.generated < *calls; seed++ {
			s := generated(seed)
			compareAll(t, s)
			for _, h := range s.Hooks {
				tally.generated += len(h.Calls)
			}
		}
	})
	t.Run("flags", tally.testFlags)
	t.Run("texts", tally.testTexts)
	t.Run("survey", testSurvey)
	t.Run("charms", testCharms)
	t.Run("jujuc", testJujuc)
	t.Run("charm file", testCharmFile)
	t.Run("report", func(t *testing.T) {
		if *update && !t.Failed() {
			require.NoError(t, os.WriteFile("../../../docs/reference/conformance.md", tally.report(), 0o644))
		}
		t.Log("\n" + tally.summary())
	})
}
