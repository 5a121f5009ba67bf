package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// isZero tells whether an expression is the zero value of its type.
func (f *finder) isZero(e ast.Expr) bool {
	tv := f.src.info.Types[e]
	if tv.IsNil() {
		return true
	}
	if tv.Value != nil {
		switch s := tv.Value.ExactString(); s {
		case "0", `""`:
			return true
		}
		return false
	}
	switch e := e.(type) {
	case *ast.CompositeLit:
		_, isStruct := tv.Type.Underlying().(*types.Struct)
		return isStruct && len(e.Elts) == 0
	case *ast.Ident:
		return f.isUnset(e)
	case *ast.StarExpr:
		call, ok := e.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		id, ok := call.Fun.(*ast.Ident)
		return ok && f.src.info.Uses[id] == types.Universe.Lookup("new")
	}
	return false
}

// isUnset tells whether a variable that is returned has had no other value than
// zero at the return at hand: it was declared without one, nothing but returns
// has used it so far, and no loop comes back from below.
func (f *finder) isUnset(e *ast.Ident) bool {
	object := f.src.info.Uses[e]
	uses, ok := f.unset[object]
	end := f.path[len(f.path)-1].End()
	if !ok || slices.ContainsFunc(uses, func(use token.Pos) bool { return use < end }) {
		return false
	}
	for _, n := range slices.Backward(f.path) {
		if n.Pos() <= object.Pos() {
			return true
		}
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt, *ast.LabeledStmt, *ast.FuncLit:
			return false
		}
	}
	return false
}

// unsetVariables returns the variables of functions that are declared without a
// value, results with names among them, and where they are used for something
// else than to be returned.
func unsetVariables(src *source) map[types.Object][]token.Pos {
	unset := map[types.Object][]token.Pos{}
	returned := map[*ast.Ident]bool{}
	declare := func(names []*ast.Ident) {
		for _, id := range names {
			if object := src.info.Defs[id]; object != nil && object.Parent() != src.pkg.Scope() {
				unset[object] = nil
			}
		}
	}
	for _, file := range src.files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if len(n.Values) == 0 {
					declare(n.Names)
				}
			case *ast.FuncType:
				if n.Results != nil {
					for _, field := range n.Results.List {
						declare(field.Names)
					}
				}
			case *ast.ReturnStmt:
				for _, e := range n.Results {
					if id, ok := e.(*ast.Ident); ok {
						returned[id] = true
					}
				}
			}
			return true
		})
	}
	for id, object := range src.info.Uses {
		if uses, ok := unset[object]; ok && !returned[id] {
			unset[object] = append(uses, id.Pos())
		}
	}
	return unset
}
