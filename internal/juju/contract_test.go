package juju_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the module's folder, seen from this package.
const root = "../.."

// rule is one rule of the contract.
type rule struct {
	id, text string
	// untested is why the engine's tests cannot hold it, or empty.
	untested string
}

var (
	rulePattern     = regexp.MustCompile(`(?m)^- \*\*(C-[0-9]{3})\*\* ((?:.+\n)(?:  .+\n)*)`)
	untestedPattern = regexp.MustCompile(`\*Not tested here: (.+)\.\*$`)
	citation        = regexp.MustCompile(`C-?([0-9]{3})\b`)
)

// contract reads the rules of docs/reference/juju-contract.md.
func contract(t *testing.T) []rule {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "docs", "reference", "juju-contract.md"))
	require.NoError(t, err)
	var rules []rule
	for _, m := range rulePattern.FindAllStringSubmatch(string(data), -1) {
		r := rule{id: m[1], text: strings.Join(strings.Fields(m[2]), " ")}
		if reason := untestedPattern.FindStringSubmatch(r.text); reason != nil {
			r.untested = reason[1]
		}
		rules = append(rules, r)
	}
	require.Equal(t, strings.Count(string(data), "**C-"), len(rules), "every rule is an item of a list")
	return rules
}

// citations are the tests' files that cite a rule, in a comment or in the name
// of a test, by rule.
func citations(t *testing.T) map[string][]string {
	t.Helper()
	cited := map[string][]string{}
	for _, dir := range []string{"charm", "pebble", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "contract_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for line := range strings.Lines(string(data)) {
				line = strings.TrimSpace(line)
				if !strings.HasPrefix(line, "//") && !strings.HasPrefix(line, "func Test") {
					continue
				}
				for _, m := range citation.FindAllStringSubmatch(line, -1) {
					cited["C-"+m[1]] = append(cited["C-"+m[1]], path)
				}
			}
			return nil
		})
		require.NoError(t, err)
	}
	return cited
}

// Every rule that a charm can notice is cited by a test, or says why not, and
// every citation is of a rule.
func TestContract(t *testing.T) {
	t.Parallel()
	rules, cited := contract(t), citations(t)
	require.Greater(t, len(rules), 150)
	var ids []string
	for _, r := range rules {
		require.NotContains(t, ids, r.id, "a number is given once")
		ids = append(ids, r.id)
		require.NotEmpty(t, strings.TrimSuffix(r.text, "."), r.id)
		if r.untested == "" {
			require.NotEmpty(t, cited[r.id], "%s is cited by no test: %s", r.id, r.text)
		}
	}
	require.True(t, slices.IsSorted(ids), "rules stand in the order of their numbers")
	for id, paths := range cited {
		require.Contains(t, ids, id, "%s cites it", paths)
	}
}
