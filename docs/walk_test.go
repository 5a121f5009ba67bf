package docs_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// walked is the page that is done as its reader does it: the comment above a block
// names the file that it is, or, after "in", the file whose declarations of these
// names it replaces, or gets.
const walked = "docs/how-to/test-a-charm.md"

func TestThePageAboutTestsWorks(t *testing.T) {
	t.Parallel()
	clone, err := filepath.Abs(root)
	require.NoError(t, err)
	w := walk{home: t.TempDir(), clone: clone}
	w.dir = w.home
	var compared []string
	for _, b := range read(t, walked).blocks() {
		if b.language == "console" {
			compared = append(compared, w.console(t, b.code)...)
			continue
		}
		require.NotEmpty(t, b.comment, "this block does not say which file it is:\n%s", b.code)
		name, change := strings.CutPrefix(b.comment, "in ")
		path, code := filepath.Join(w.dir, name), b.code
		if change {
			old, err := os.ReadFile(path)
			require.NoError(t, err)
			code = declare(t, string(old), code)
		}
		require.NoError(t, os.WriteFile(path, []byte(code), 0o600))
	}
	// It shows tests that fail, and tests that pass.
	require.True(t, slices.ContainsFunc(compared, failed))
	require.False(t, failed(compared[len(compared)-1]))
}

func failed(output string) bool { return strings.HasPrefix(output, "--- FAIL") }

// walk is a reader's way through a page.
type walk struct{ home, dir, clone string }

// console runs the commands of a block, holds what they print to what is shown, and
// returns what is shown.
func (w *walk) console(t *testing.T, block string) (compared []string) {
	t.Helper()
	for part := range strings.SplitSeq("\n"+block, "\n$ ") {
		command, shown, _ := strings.Cut(strings.TrimPrefix(part, "\n"), "\n")
		if command == "" {
			continue
		}
		if dir, ok := strings.CutPrefix(command, "cd "); ok {
			w.dir = filepath.Join(w.dir, dir)
			continue
		}
		// The clone at its own path: what is built of it is built once.
		cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(command, "../charmkit", w.clone))
		cmd.Dir = w.dir
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=")
		var output bytes.Buffer
		cmd.Stdout, cmd.Stderr = &output, &output
		err := cmd.Run()
		require.Equal(t, failed(shown), err != nil, "$ %s\n%s", command, output.String())
		if shown = plain(shown); shown != "" {
			require.Regexp(t, pattern(shown), plain(output.String())+"\n", "$ %s", command)
			compared = append(compared, shown)
		}
	}
	return compared
}

var duration = regexp.MustCompile(`\t?\(cached\)|[0-9.]+s\b`)

// plain is an output without what is another each time. What Go says of downloads is
// left out: a workspace reads the requirements of all modules.
func plain(output string) string {
	var lines []string
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "go: downloading ") {
			continue
		}
		lines = append(lines, strings.TrimRight(duration.ReplaceAllString(line, "TIME"), " \n"))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// pattern is what an output must be like, in which a line of dots stands for any.
func pattern(shown string) string {
	return "^" + strings.ReplaceAll(regexp.QuoteMeta(shown+"\n"), regexp.QuoteMeta("...\n"), `(?:.*\n)*?`) + "$"
}

// declare replaces the declarations in a file by those of a block, and adds those that
// are new.
func declare(t *testing.T, file, block string) string {
	t.Helper()
	const header = "package p\n"
	for _, d := range declarations(t, header+block) {
		text := (header + block)[d.begin:d.end]
		before := declarations(t, file)
		i := slices.IndexFunc(before, func(old declaration) bool { return old.name == d.name })
		if i < 0 {
			file += "\n" + text + "\n"
			continue
		}
		file = file[:before[i].begin] + text + file[before[i].end:]
	}
	return file
}

// declaration is where one is in a file, with its comment.
type declaration struct {
	name       string
	begin, end int
}

func declarations(t *testing.T, code string) []declaration {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", code, parser.ParseComments)
	require.NoError(t, err, code)
	var all []declaration
	for _, d := range file.Decls {
		begin := d.Pos()
		switch d := d.(type) {
		case *ast.GenDecl:
			if d.Doc != nil {
				begin = d.Doc.Pos()
			}
		case *ast.FuncDecl:
			if d.Doc != nil {
				begin = d.Doc.Pos()
			}
		}
		if names := declaredNames(d); len(names) > 0 {
			all = append(all, declaration{names[0], files.Position(begin).Offset, files.Position(d.End()).Offset})
		}
	}
	return all
}
