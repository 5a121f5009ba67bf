package docs_test

import (
	"fmt"
	"go/ast"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const testingPage = "docs/reference/testing.md"

func TestThePageOnTestingHasEveryRow(t *testing.T) {
	t.Parallel()
	p := read(t, testingPage)
	got := map[string]bool{}
	for line := range strings.Lines(p.text) {
		if cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | "); strings.HasPrefix(line, "| OPS-") {
			got[cell] = true
			require.Empty(t, regexp.MustCompile(`\| *\|( –)? *\|`).FindString(line), "this row has nothing of ours: %s", line)
		}
	}
	for _, row := range parityRows(t) {
		if row.id >= firstTesting && row.id < 390 {
			require.True(t, got[fmt.Sprintf("OPS-%d", row.id)], "OPS-%d is missing", row.id)
		}
	}
}

func TestThePageOnTestingNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	p := read(t, testingPage)
	var symbols []string
	for _, s := range p.spans() {
		if name, rest, ok := strings.Cut(s, "."); ok && parityPackages[name] != "" && ast.IsExported(rest) {
			symbols = append(symbols, s)
		}
	}
	require.Greater(t, len(symbols), 100)
	requireSymbols(t, symbols)
	tests := regexp.MustCompile(`\b[a-z0-9]+\.(Test|Example|Fuzz)[A-Z]\w*`).FindAllString(p.text, -1)
	require.Greater(t, len(tests), 100)
	requireTests(t, tests)
}

// The rules of the checker are the cases of its tests, all of them, and each stands
// where its number says.
func TestThePageOnTestingHasEveryRuleOfTheChecker(t *testing.T) {
	t.Parallel()
	p := read(t, testingPage)
	var listed []string
	for _, row := range p.table(t, "Id", "Rule of ops", "Cases", "What ours adds") {
		for _, name := range casesIn(row[2]) {
			listed = append(listed, name)
			require.Contains(t, opsIDs(name), row[0], "%s is no case of %s", name, row[0])
		}
	}
	for _, row := range p.table(t, "About", "Cases") {
		for _, name := range casesIn(row[1]) {
			listed = append(listed, name)
			for _, id := range opsIDs(name) {
				number, err := strconv.Atoi(strings.TrimPrefix(id, "OPS-"))
				require.NoError(t, err)
				require.False(t, number >= 365 && number <= 380, "%s is a rule of ops", name)
			}
		}
	}
	functions := testFunctions(t, "charm/charmtest")
	want := append(refused(functions["TestCheck"]), refused(functions["TestTheStateOfAContainerIsChecked"])...)
	slices.Sort(want)
	slices.Sort(listed)
	require.Equal(t, want, listed)
}

func casesIn(cell string) []string {
	if cell == "–" {
		return nil
	}
	return strings.Split(cell, "; ")
}

// opsIDs are the rules of ops that the name of a case tells, as in (OPS-368, 377).
func opsIDs(name string) (ids []string) {
	if _, rest, ok := strings.Cut(name, "(OPS-"); ok {
		for number := range strings.SplitSeq(strings.TrimSuffix(rest, ")"), ", ") {
			ids = append(ids, "OPS-"+number)
		}
	}
	return ids
}

// refused returns the names of the cases of a test in which something is wrong: the
// last value of the others is an empty text.
func refused(f *ast.FuncDecl) (names []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, isText := pair.Key.(*ast.BasicLit)
		value, isCase := pair.Value.(*ast.CompositeLit)
		if !isText || !isCase || value.Type != nil || len(value.Elts) != 3 {
			return true
		}
		if want, ok := value.Elts[2].(*ast.BasicLit); ok && want.Value == `""` {
			return false
		}
		if name, err := strconv.Unquote(key.Value); err == nil {
			names = append(names, name)
		}
		return false
	})
	return names
}
