package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// parse returns the files of a package, without its tests.
func parse(t *testing.T, dir string) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	require.NoError(t, err)
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		files = append(files, file)
	}
	require.NotEmpty(t, files, "%s has no Go files", dir)
	return files
}

// Code in another language than Go's or YAML's has no file to be compared with. The
// page that is walked through makes its own.
func TestQuotedCodeIsThatOfAFile(t *testing.T) {
	t.Parallel()
	quoted := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks() {
			if b.language != "go" && b.language != "yaml" || p.path == walked {
				continue
			}
			require.NotEmpty(t, b.comment, "%s: this block does not say from which file it is:\n%s", p.path, b.code)
			data, err := os.ReadFile(filepath.Join(root, b.comment))
			require.NoError(t, err, p.path)
			require.Contains(t, string(data), b.code, "%s differs from %s", p.path, b.comment)
			quoted++
		}
	}
	require.NotZero(t, quoted)
}

// The tutorial's blocks together are the whole charm and its test.
func TestTutorialQuotesTheWholeCharm(t *testing.T) {
	t.Parallel()
	parts := map[string]string{}
	for _, b := range read(t, "docs/tutorial/first-charm.md").blocks() {
		if b.comment != "" {
			parts[b.comment] += b.code
		}
	}
	blank := regexp.MustCompile(`\n+`)
	for _, name := range []string{"main.go", "main_test.go", "metadata.yaml", "config.yaml", "actions.yaml"} {
		path := "examples/hello/" + name
		data, err := os.ReadFile(filepath.Join(root, path))
		require.NoError(t, err)
		whole := string(data)
		if name == "main.go" {
			// The tutorial says in its own words what the file is.
			whole = whole[strings.Index(whole, "package main"):]
		}
		require.Equal(t, blank.ReplaceAllString(whole, "\n"), blank.ReplaceAllString(parts[path], "\n"), path)
	}
}

var (
	exportedName = regexp.MustCompile(`^([a-z]+)\.([A-Z]\w*)$`)
	methodName   = regexp.MustCompile(`^([A-Z]\w*)\.([A-Za-z]\w*)$`)
)

func TestNamesOfTheCodeExist(t *testing.T) {
	t.Parallel()
	packages, names := map[string]bool{}, map[string]bool{}
	for _, dir := range []string{"charm", "charm/charmtest", "pebble", "interfaces/postgresql", "webapp", "webapp/nginx", "unleash"} {
		for _, file := range parse(t, dir) {
			packages[file.Name.Name] = true
			for _, declaration := range file.Decls {
				for _, name := range declaredNames(declaration) {
					names[name] = true
					names[file.Name.Name+"."+name] = true
				}
			}
		}
	}
	checked := 0
	for _, p := range pages(t) {
		for _, s := range p.spans() {
			m := exportedName.FindStringSubmatch(s)
			if m != nil && packages[m[1]] || methodName.MatchString(s) && filepath.Ext(s) != ".md" {
				require.Contains(t, names, s, "%s names %s", p.path, s)
				checked++
			}
		}
	}
	require.NotZero(t, checked)
}

// declaredNames returns the names that a declaration adds to its package, of
// methods with their type.
func declaredNames(declaration ast.Decl) []string {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []string{d.Name.Name}
		}
		return []string{typeName(d.Recv.List[0].Type) + "." + d.Name.Name}
	case *ast.GenDecl:
		var names []string
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, name := range s.Names {
					names = append(names, name.Name)
				}
			}
		}
		return names
	}
	return nil
}

// typeName returns the name of a receiver's type.
func typeName(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
