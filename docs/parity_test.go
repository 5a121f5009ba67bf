package docs_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// parityPackages are the folders of the packages that the pages name.
var parityPackages = map[string]string{
	"charm": "charm", "hooktool": "charm/hooktool", "metadata": "charm/metadata", "recording": "charm/recording",
	"tracing": "charm/tracing", "charmtest": "charm/charmtest", "pebble": "pebble",
	"bind": "charm/internal/bind", "spool": "charm/internal/spool", "survey": "internal/survey", "letters": "examples/letters",
	"charmbox": "internal/charmbox", "e2e": "internal/e2e", "unleash": "cmd/unleash",
	"memory": "pebble/pebbletest/memory", "model": "internal/juju/model", "hook": "internal/juju/hook", "tools": "internal/juju/tools",
}

// The verdicts of the page, and the first id that is about testing.
const (
	parityCovered = "covered"
	parityBetter  = "better"
	parityLeftOut = "left out"
	firstTesting  = 340
)

// parityRow is a row of the page.
type parityRow struct {
	id                                      int
	what, verdict, ours, proof, differences string
}

var parityID = regexp.MustCompile(`^OPS-([0-9]{3})$`)

// parityRows returns the rows of all tables of the page.
func parityRows(t *testing.T) []parityRow {
	t.Helper()
	var rows []parityRow
	for line := range strings.Lines(read(t, "docs/reference/parity.md").text) {
		if !strings.HasPrefix(line, "| OPS") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		require.Len(t, cells, 6, line)
		for i := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(cells[i], "`", ""))
		}
		m := parityID.FindStringSubmatch(cells[0])
		require.NotNil(t, m, line)
		var id int
		_, err := fmt.Sscan(strings.TrimLeft(m[1], "0"), &id)
		require.NoError(t, err)
		rows = append(rows, parityRow{id, cells[1], cells[2], cells[3], cells[4], cells[5]})
	}
	return rows
}

func TestParityHasEveryRowOnce(t *testing.T) {
	t.Parallel()
	// The ids, as ranges.
	var want []int
	for _, r := range [][2]int{
		{1, 21}, {30, 35}, {40, 51}, {60, 69}, {80, 93}, {100, 102}, {105, 110}, {120, 132}, {140, 142}, {145, 146},
		{150, 150}, {155, 158}, {200, 202}, {210, 234}, {240, 244}, {250, 258}, {266, 267}, {280, 289}, {300, 301},
		{310, 316}, {320, 325}, {330, 330}, {340, 346}, {350, 361}, {365, 380}, {385, 389}, {395, 399},
	} {
		for id := r[0]; id <= r[1]; id++ {
			want = append(want, id)
		}
	}
	require.Len(t, want, 210)
	var got []int
	for _, row := range parityRows(t) {
		got = append(got, row.id)
	}
	require.Equal(t, want, got)
}

func TestParityRowsAreFilledIn(t *testing.T) {
	t.Parallel()
	for _, row := range parityRows(t) {
		require.NotEmpty(t, row.what, "OPS-%03d", row.id)
		symbols, proofs := row.ours != "" && row.ours != "–", row.proof != "" && row.proof != "–"
		switch row.verdict {
		case parityCovered, parityBetter:
			require.True(t, symbols && proofs, "OPS-%03d has no symbol, or no test", row.id)
		case parityLeftOut:
			require.True(t, !symbols && !proofs, "OPS-%03d is left out", row.id)
		default:
			require.Fail(t, "no verdict", "OPS-%03d: %q", row.id, row.verdict)
		}
		if row.verdict == parityBetter || row.verdict == parityLeftOut {
			require.NotEmpty(t, row.differences, "OPS-%03d does not say why", row.id)
		}
	}
}

func TestParityInNumbers(t *testing.T) {
	t.Parallel()
	count := map[bool]map[string]int{true: {}, false: {}}
	total := map[bool]int{}
	for _, row := range parityRows(t) {
		testing := row.id >= firstTesting
		count[testing][row.verdict]++
		total[testing]++
	}
	charm, tests := count[false], count[true]
	reached := charm[parityCovered] + charm[parityBetter]
	percent := 100 * float64(reached) / float64(total[false])
	require.GreaterOrEqual(t, percent, 95.0)
	want := fmt.Sprintf("Of the %d before OPS-%d, %d are covered and %d are better, which is %.1f %%; %d are left out. "+
		"Of the %d about testing and legacy, %d are covered, %d are better and %d are left out.",
		total[false], firstTesting, charm[parityCovered], charm[parityBetter], percent, charm[parityLeftOut],
		total[true], tests[parityCovered], tests[parityBetter], tests[parityLeftOut])
	page := strings.Join(strings.Fields(read(t, "docs/reference/parity.md").text), " ")
	require.True(t, strings.Contains(page, want), "the page does not say: %s", want)
}

func TestParitySymbolsExist(t *testing.T) {
	t.Parallel()
	var symbols []string
	for _, row := range parityRows(t) {
		if row.ours != "–" {
			symbols = append(symbols, strings.Split(row.ours, ", ")...)
		}
	}
	require.Greater(t, len(symbols), 200)
	requireSymbols(t, symbols)
}

// requireSymbols holds that there are exported names, each written with its package.
func requireSymbols(t *testing.T, names []string) {
	t.Helper()
	symbols := map[string]map[string]bool{}
	var missing []string
	for _, symbol := range names {
		name, rest, _ := strings.Cut(symbol, ".")
		dir, ok := parityPackages[name]
		require.True(t, ok, "%s is of a package that is not known", symbol)
		if symbols[name] == nil {
			symbols[name] = symbolsOf(t, dir)
		}
		if !symbols[name][rest] {
			missing = append(missing, symbol)
		}
	}
	require.Empty(t, missing, "there are no such symbols")
}

// symbolsOf returns the exported names of a package, of methods and fields with
// their types.
func symbolsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	symbols := map[string]bool{}
	add := func(parts ...string) {
		for _, part := range parts {
			if !ast.IsExported(part) {
				return
			}
		}
		symbols[strings.Join(parts, ".")] = true
	}
	for _, file := range parse(t, dir) {
		for _, declaration := range file.Decls {
			for _, name := range declaredNames(declaration) {
				add(strings.Split(name, ".")...)
			}
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.TYPE {
				continue
			}
			for _, spec := range group.Specs {
				s := spec.(*ast.TypeSpec)
				fields, ok := s.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, field := range fields.Fields.List {
					for _, name := range field.Names {
						add(s.Name.Name, name.Name)
					}
				}
			}
		}
	}
	return symbols
}

func TestParityTestsExistAndRun(t *testing.T) {
	t.Parallel()
	var tests []string
	for _, row := range parityRows(t) {
		if row.proof != "–" {
			tests = append(tests, strings.Split(row.proof, ", ")...)
		}
	}
	require.Greater(t, len(tests), 200)
	requireTests(t, tests)
}

// proof is a test as the pages name it, with its package.
var proof = regexp.MustCompile(`^([a-z0-9]+)\.((?:Test|Example|Fuzz)[A-Z]\w*)$`)

// requireTests holds that there are tests, and that none may be skipped.
func requireTests(t *testing.T, names []string) {
	t.Helper()
	packages := map[string]map[string]*ast.FuncDecl{}
	var missing []string
	for _, name := range names {
		m := proof.FindStringSubmatch(name)
		require.NotNil(t, m, "%q is no test", name)
		dir, ok := parityPackages[m[1]]
		require.True(t, ok, "%s is of a package that is not known", name)
		if packages[m[1]] == nil {
			packages[m[1]] = testFunctions(t, dir)
		}
		if packages[m[1]][m[2]] == nil {
			missing = append(missing, "there is no "+name)
		}
		for _, skip := range skips(packages[m[1]], m[2], map[string]bool{}) {
			missing = append(missing, fmt.Sprintf("%s may be skipped (%s)", name, skip))
		}
	}
	require.Empty(t, missing)
}

// testFunctions returns the functions of a package's tests that make test builds.
func testFunctions(t *testing.T, dir string) map[string]*ast.FuncDecl {
	t.Helper()
	functions := map[string]*ast.FuncDecl{}
	entries, err := os.ReadDir(filepath.Join(root, dir))
	require.NoError(t, err)
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		built, err := build.Default.MatchFile(filepath.Join(root, dir), entry.Name())
		require.NoError(t, err)
		if !built {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, dir, entry.Name()), nil, 0)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil {
				functions[f.Name.Name] = f
			}
		}
	}
	return functions
}

// skips returns the calls that skip a test, in it or in the functions of its package
// that it calls.
func skips(functions map[string]*ast.FuncDecl, name string, seen map[string]bool) (found []string) {
	if functions[name] == nil || seen[name] {
		return nil
	}
	seen[name] = true
	ast.Inspect(functions[name].Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch f := call.Fun.(type) {
		case *ast.SelectorExpr:
			if slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, f.Sel.Name) {
				found = append(found, name+": "+f.Sel.Name)
			}
		case *ast.Ident:
			found = append(found, skips(functions, f.Name, seen)...)
		}
		return true
	})
	return found
}
