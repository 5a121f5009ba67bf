// Package docs_test holds the documentation to the code: tables of events,
// options, actions and messages, commands, links and quoted code.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
)

// root is the module's folder, seen from this package.
const root = ".."

// page is one file of the documentation.
type page struct {
	// path is relative to the module's root.
	path string
	text string
}

// read returns the page at a path relative to the module's root.
func read(t *testing.T, path string) page {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return page{path, string(data)}
}

// pages returns everything that people read.
func pages(t *testing.T) []page {
	t.Helper()
	all := []page{read(t, "README.md"), read(t, "CONTRIBUTING.md")}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".md" {
			all = append(all, read(t, filepath.Join("docs", path)))
		}
		return err
	})
	require.NoError(t, err)
	require.Greater(t, len(all), 15)
	return all
}

// declared returns what Juju knows of the charm unleash-k8s.
func declared(t *testing.T) *metadata.Charm {
	t.Helper()
	files, err := metadata.Load(os.DirFS(root))
	require.NoError(t, err)
	return files
}

// block is a fenced block, with the comment in the line above it.
type block struct{ language, comment, code string }

var fence = regexp.MustCompile("(?ms)^(?:<!-- (.*?) -->\n)?```([a-z]*)\n(.*?)^```$")

func (p page) blocks() []block {
	var blocks []block
	for _, m := range fence.FindAllStringSubmatch(p.text, -1) {
		blocks = append(blocks, block{language: m[2], comment: m[1], code: m[3]})
	}
	return blocks
}

var span = regexp.MustCompile("`([^`\n]+)`")

// spans returns the code within sentences.
func (p page) spans() []string {
	var spans []string
	for _, m := range span.FindAllStringSubmatch(fence.ReplaceAllString(p.text, ""), -1) {
		spans = append(spans, m[1])
	}
	return spans
}

// section returns what stands below a heading, up to the next of its level.
func (p page) section(t *testing.T, heading string) page {
	t.Helper()
	_, rest, found := strings.Cut(p.text, "\n"+heading+"\n")
	require.True(t, found, "%s has no heading %q", p.path, heading)
	marks, _, _ := strings.Cut(heading, " ")
	text, _, _ := strings.Cut(rest, "\n"+marks+" ")
	return page{p.path, text}
}

// table returns the rows of the table with this header, as cells without the
// marks of code.
func (p page) table(t *testing.T, header ...string) [][]string {
	t.Helper()
	_, rest, found := strings.Cut(p.text, "| "+strings.Join(header, " | ")+" |\n")
	require.True(t, found, "%s has no table %q", p.path, header)
	var rows [][]string
	for _, line := range strings.Split(rest, "\n")[1:] {
		inner, ok := strings.CutPrefix(line, "|")
		if !ok {
			break
		}
		cells := strings.Split(strings.ReplaceAll(strings.TrimSuffix(inner, "|"), `\|`, "\x00"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(cells[i], "\x00", "|"), "`", ""))
		}
		require.Len(t, cells, len(header), "%s: %s", p.path, line)
		rows = append(rows, cells)
	}
	require.NotEmpty(t, rows, "%s: the table %q is empty", p.path, header)
	return rows
}

// column returns one column of a table.
func column(rows [][]string, i int) []string {
	var cells []string
	for _, row := range rows {
		cells = append(cells, row[i])
	}
	return cells
}
