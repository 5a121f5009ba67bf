package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// inList tells whether the node at hand is in a list of statements, where
// another statement may stand in its place.
func (f *finder) inList() bool {
	switch f.path[len(f.path)-2].(type) {
	case *ast.BlockStmt, *ast.CaseClause:
		return true
	case *ast.CommClause:
		return f.path[len(f.path)-2].(*ast.CommClause).Comm != f.path[len(f.path)-1]
	}
	return false
}

func (f *finder) statement(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.ExprStmt:
		if f.isPanic(s) {
			// It may be the end of the function.
			if zeros, ok := f.zeroResults(s.Pos()); ok {
				f.remove(s, " else { "+zeros+" }")
			}
			return
		}
		f.remove(s, "")
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE || isBlank(s) {
			return
		}
		f.remove(s, "")
		other, ok := map[token.Token]string{
			token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+=", token.MUL_ASSIGN: "/=", token.QUO_ASSIGN: "*=",
		}[s.Tok]
		if ok && f.basic(s.Lhs[0])&types.IsNumeric != 0 {
			f.exchange(s, other, fmt.Sprintf("%s %s %s", f.code(s.Lhs[0]), other, f.source(s.Rhs[0])))
		}
	case *ast.IncDecStmt:
		f.remove(s, "")
		other := map[token.Token]string{token.INC: "--", token.DEC: "++"}[s.Tok]
		f.exchange(s, other, f.code(s.X)+other)
	case *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
		f.remove(s, "")
	case *ast.BranchStmt:
		if s.Tok == token.CONTINUE || s.Tok == token.BREAK {
			f.remove(s, "")
		}
	case *ast.ReturnStmt:
		f.returns(s)
	}
}

// isBlank tells whether an assignment only says that a value is not used.
func isBlank(s *ast.AssignStmt) bool {
	for i, left := range s.Lhs {
		if id, ok := left.(*ast.Ident); !ok || id.Name != "_" {
			return false
		}
		if i < len(s.Rhs) {
			if _, ok := s.Rhs[i].(*ast.Ident); !ok {
				return false
			}
		}
	}
	return true
}

func (f *finder) isPanic(s *ast.ExprStmt) bool {
	call, ok := s.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	id, ok := call.Fun.(*ast.Ident)
	return ok && f.src.info.Uses[id] == types.Universe.Lookup("panic")
}

func (f *finder) remove(s ast.Stmt, otherwise string) {
	id := f.add(s, "remove "+f.short(s))
	f.wrap(s, fmt.Sprintf("if mutateKeep(%d) { ", id), " }"+otherwise)
}

// exchange runs another statement where operator says what is different there.
func (f *finder) exchange(s ast.Stmt, operator, other string) {
	f.instead(s, f.add(s, f.short(s)+" as "+operator), other)
}

// instead runs another statement for a mutant.
func (f *finder) instead(s ast.Stmt, id int, other string) {
	f.wrap(s, fmt.Sprintf("if mutateOn(%d) { %s } else { ", id, other), " }")
}

// results returns the types that the function at hand returns.
func (f *finder) results() []ast.Expr {
	for _, n := range slices.Backward(f.path) {
		var signature *ast.FuncType
		switch n := n.(type) {
		case *ast.FuncLit:
			signature = n.Type
		case *ast.FuncDecl:
			signature = n.Type
		default:
			continue
		}
		var results []ast.Expr
		if signature.Results != nil {
			for _, field := range signature.Results.List {
				for range max(1, len(field.Names)) {
					results = append(results, field.Type)
				}
			}
		}
		return results
	}
	return nil
}

// zeroResults is a statement that returns the zero values of all results, or
// false where a variable hides the name of a type.
func (f *finder) zeroResults(at token.Pos) (string, bool) {
	var zeros []string
	for _, t := range f.results() {
		if !f.means(t, at) {
			return "", false
		}
		zeros = append(zeros, "*new("+f.source(t)+")")
	}
	return "return " + strings.Join(zeros, ", "), true
}

func (f *finder) returns(s *ast.ReturnStmt) {
	results := f.results()
	switch {
	case len(results) == 0:
		// The last one of a function only says that it ends.
		f.remove(s, "")
	case len(s.Results) == len(results):
		for i := range s.Results {
			f.zero(s, i, results[i])
		}
	default:
		if zeros, ok := f.zeroResults(s.Pos()); ok {
			f.exchange(s, "zero", zeros)
		}
	}
}

// zero returns the zero value in place of one result. The statement without a
// mutant stays as it is: Go does not say when "return v, f(&v)" reads v.
func (f *finder) zero(s *ast.ReturnStmt, i int, result ast.Expr) {
	e := s.Results[i]
	what := f.short(e)
	switch {
	case f.isZero(e) || f.isBool(e) && !f.isConstant(e):
		return // not another value, or negated already
	case f.isBool(e):
		f.instead(s, f.add(e, "return the contrary of "+what), f.with(s, i, "!"+f.source(e)))
	case f.means(result, s.Pos()):
		f.instead(s, f.add(e, "return zero for "+what), f.with(s, i, "*new("+f.source(result)+")"))
	case types.Identical(f.src.info.TypeOf(e), f.src.info.TypeOf(result)):
		// A variable has the name of the type here.
		f.wrap(e, fmt.Sprintf("mutateZero(%d, ", f.add(e, "return zero for "+what)), ")")
	}
}

// with is a return statement with another expression for one result.
func (f *finder) with(s *ast.ReturnStmt, i int, other string) string {
	results := make([]string, len(s.Results))
	for j, e := range s.Results {
		results[j] = f.source(e)
	}
	results[i] = other
	return "return " + strings.Join(results, ", ")
}

// means tells whether a type's expression means the same at another place.
func (f *finder) means(t ast.Expr, at token.Pos) bool {
	same := true
	scope := f.src.pkg.Scope().Innermost(at)
	ast.Inspect(t, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			object := f.src.info.Uses[id]
			if object == nil || object.Parent() == nil {
				return true // a field, or the name after a package's
			}
			_, found := scope.LookupParent(id.Name, at)
			if found != object && object.Parent() != nil && (object.Pkg() == nil || object.Pkg() == f.src.pkg) {
				same = false
			}
		}
		return true
	})
	return same
}
