package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const small = "./testdata/small"

// What of this is in the package, and no more.
func TestMutantsOfAPackage(t *testing.T) {
	t.Parallel()
	src, err := load(t.Context(), small)
	require.NoError(t, err)
	var names strings.Builder
	for _, m := range mutate(src).mutants {
		names.WriteString(m.name + "\n")
	}
	want, err := os.ReadFile("testdata/small.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), names.String())
}

const (
	boundary = "small.go Clamp: n > Limit as >="
	either   = "small.go Both: a && b as ||"
	untested = "small.go Untested: return zero for words"
	useless  = "small.go Child: remove defer fmt.Fprint(os.Stderr)"
)

// All others are killed, by a test that fails, a panic, a loop without end or
// another process.
func TestSurvivors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	page := filepath.Join(dir, "page.md")
	require.NoError(t, os.WriteFile(page, []byte("# Tests\n\n"+figuresBegin+"old\n"+figuresEnd+
		"\n### `another`\n\n- `small.go Sum: negate n == 0`\n\n### `testdata/small`\n\nThe same number:\n\n- `"+boundary+"`\n"), 0o644))
	o := options{packages: []string{small}, page: page, write: true, results: dir, least: 90}
	var output bytes.Buffer
	require.NoError(t, mutateAll(t.Context(), o, &output))
	require.Regexp(t, `^testdata/small/small.go:26: Clamp: n > Limit as >= \(accepted\)
testdata/small/small.go:58: Both: a && b as \|\|
testdata/small/small.go:\d+: Untested: return zero for words \(no test comes here\)
testdata/small/small.go:\d+: Child: remove defer fmt.Fprint\(os.Stderr\)
testdata/small: 55 mutants, 51 killed, 92.7 %, in \d+s
$`, output.String())
	written, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(written), "| `testdata/small` | 55 | 51 | 92.7 % |\n"+figuresEnd)
	require.NotContains(t, string(written), "old")

	// A second time only what was not killed is tried, and this time it is too few.
	killed := "small.go Sum: negate n == 0"
	gone := "small.go Sum: negate n == 1"
	require.NoError(t, os.WriteFile(page, []byte("### `testdata/small`\n- `"+killed+"`\n- `"+gone+"`\n"), 0o644))
	o.write, o.again, o.least = false, true, 95
	output.Reset()
	err = mutateAll(t.Context(), o, &output)
	require.EqualError(t, err, `testdata/small: 92.7 % of the mutants are killed, not 95 %
testdata/small: accepted as a survivor, but gone: `+gone)
	require.Contains(t, output.String(), "testdata/small: accepted as a survivor, but killed: "+killed)
	for _, name := range []string{boundary, either, untested, useless} {
		_, what, _ := strings.Cut(name, " ")
		require.Contains(t, output.String(), what)
	}

	// Mutants that were not there the last time have not been killed.
	require.NoError(t, os.WriteFile(resultsFile(dir, "testdata/small"), nil, 0o644))
	o.least = 90
	output.Reset()
	require.ErrorContains(t, mutateAll(t.Context(), o, &output), gone)
	require.Contains(t, output.String(), "testdata/small: 55 mutants, 51 killed")
}

// With a budget that is used up at once, each mutant has the quickest of its tests.
func TestAMutantIsGivenUp(t *testing.T) {
	t.Parallel()
	quick, slow, slower := &test{name: "quick", took: time.Second}, &test{name: "slow", took: 3 * time.Second}, &test{name: "slower", took: time.Minute}
	all := []*test{quick, slow, slower}
	for budget, want := range map[time.Duration][]*test{
		0: all, 1: {quick}, time.Second: {quick}, 2 * time.Second: {quick, slow}, 4 * time.Second: {quick, slow}, 5 * time.Second: all, time.Hour: all,
	} {
		require.Equal(t, want, (&trial{budget: budget}).within(all), budget)
	}
	require.Empty(t, (&trial{budget: 1}).within(nil))
}

// A test that fails anyway would kill everything.
func TestFailingTestsJudgeNothing(t *testing.T) {
	t.Parallel()
	err := mutateAll(t.Context(), options{packages: []string{"./testdata/failing"}}, &bytes.Buffer{})
	require.ErrorContains(t, err, "cannot mutate ./testdata/failing: TestAlwaysFails fails without a mutant")
	require.ErrorContains(t, err, "nobody is there")
}

func TestWhatCannotBeMutated(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"./testdata/nosuch": "cannot mutate ./testdata/nosuch: cannot list ./testdata/nosuch",
		"unicode/...":       "cannot mutate unicode/...: cannot load unicode/...: it is more than one package",
	} {
		err := mutateAll(t.Context(), options{packages: []string{pattern}}, &bytes.Buffer{})
		require.ErrorContains(t, err, want)
	}
	o := options{packages: []string{small}, results: t.TempDir(), again: true}
	require.ErrorContains(t, mutateAll(t.Context(), o, &bytes.Buffer{}), "cannot read what was killed last time")
	o = options{packages: nil, page: "doc.go", write: true}
	require.EqualError(t, mutateAll(t.Context(), o, &bytes.Buffer{}), "cannot write the scores: doc.go has no place for them")
	o = options{page: "nosuch.md"}
	require.ErrorContains(t, mutateAll(t.Context(), o, &bytes.Buffer{}), "cannot read the accepted survivors")
}
