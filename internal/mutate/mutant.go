package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// mutant is one small mistake in a package.
type mutant struct {
	id   int
	file string
	line int
	// name says which it is, without the line, which moves:
	// "socket.go Socket.Close: remove s.conn.Close()".
	name string
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: %s", m.file, m.line, strings.TrimPrefix(m.name, m.file+" "))
}

// edit is what one mutant changes in a file's text: something put before and
// after a node, and perhaps an operator within it that is replaced.
type edit struct {
	start, end    int
	before, after string
	// operator is the offset of what is replaced; 0 for nothing.
	operator    int
	replaced    int
	replacement string
}

// schema is a package with all its mutants in it.
type schema struct {
	mutants []mutant
	// files has the changed text of each file, by path.
	files map[string][]byte
}

// finder finds the mutants of one file.
type finder struct {
	src  *source
	file *ast.File
	text []byte
	// path are the nodes from the file down to the one at hand.
	path   []ast.Node
	schema *schema
	edits  []edit
	// unset are the variables that begin without a value, and where they are used.
	unset map[types.Object][]token.Pos
	// names counts how often a name was given.
	names map[string]int
}

// mutate finds the mutants of a package.
func mutate(src *source) *schema {
	s := &schema{files: map[string][]byte{}}
	unset := unsetVariables(src)
	for i, file := range src.files {
		f := &finder{src: src, file: file, text: src.text[i], schema: s, unset: unset, names: map[string]int{}}
		ast.Inspect(file, func(n ast.Node) bool {
			if n == nil {
				f.path = f.path[:len(f.path)-1]
				return true
			}
			f.path = append(f.path, n)
			f.visit(n)
			return true
		})
		s.files[src.fset.Position(file.Package).Filename] = apply(f.text, f.edits)
	}
	return s
}

// add makes a mutant of a node, and returns its number.
func (f *finder) add(n ast.Node, what string) int {
	position := f.src.fset.Position(n.Pos())
	file := position.Filename[strings.LastIndex(position.Filename, "/")+1:]
	name := file + " " + f.function() + ": " + what
	f.names[name]++
	if count := f.names[name]; count > 1 {
		name += fmt.Sprintf(" #%d", count)
	}
	m := mutant{id: len(f.schema.mutants), file: file, line: position.Line, name: name}
	f.schema.mutants = append(f.schema.mutants, m)
	return m.id
}

// wrap puts something around a node.
func (f *finder) wrap(n ast.Node, before, after string) *edit {
	f.edits = append(f.edits, edit{start: f.offset(n.Pos()), end: f.offset(n.End()), before: before, after: after})
	return &f.edits[len(f.edits)-1]
}

// function names what the node at hand is in: a function, a method as
// Type.method, or a variable of the package.
func (f *finder) function() string {
	for _, n := range f.path {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil {
				return n.Name.Name
			}
			return receiver(n.Recv.List[0].Type) + "." + n.Name.Name
		case *ast.ValueSpec:
			return n.Names[0].Name
		}
	}
	return "package"
}

// receiver returns the name of a receiver's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// code returns the source of a node, in one line.
func (f *finder) code(n ast.Node) string {
	return strings.Join(strings.Fields(f.source(n)), " ")
}

// short is code as it stands in a mutant's name.
func (f *finder) short(n ast.Node) string {
	code := []rune(strings.ReplaceAll(f.code(n), "`", "'"))
	if len(code) > 70 {
		return string(code[:69]) + "…"
	}
	return string(code)
}
