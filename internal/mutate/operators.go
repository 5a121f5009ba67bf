package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// exchanges are the operators that take one another's place, and the function of
// switch.go.txt that does so.
var exchanges = map[token.Token]struct {
	other    token.Token
	function string
}{
	token.LSS: {token.LEQ, "mutateLess"},
	token.LEQ: {token.LSS, "mutateLessEqual"},
	token.GTR: {token.GEQ, "mutateGreater"},
	token.GEQ: {token.GTR, "mutateGreaterEqual"},
	token.ADD: {token.SUB, "mutateAdd"},
	token.SUB: {token.ADD, "mutateSubtract"},
	token.MUL: {token.QUO, "mutateMultiply"},
	token.QUO: {token.MUL, "mutateDivide"},
}

// visit makes the mutants of one node.
func (f *finder) visit(n ast.Node) {
	switch n := n.(type) {
	case ast.Expr:
		if f.isConstant(n) {
			return
		}
		f.negate(n)
		if b, ok := n.(*ast.BinaryExpr); ok {
			f.binary(b)
		}
	case ast.Stmt:
		if f.inList() {
			f.statement(n)
		}
	}
}

func (f *finder) isConstant(e ast.Expr) bool { return f.src.info.Types[e].Value != nil }

// basic returns what the type of an expression is made of, if it is a typed
// basic type.
func (f *finder) basic(e ast.Expr) types.BasicInfo {
	t := f.src.info.TypeOf(e)
	if t == nil {
		return 0
	}
	b, ok := types.Unalias(t).Underlying().(*types.Basic)
	if !ok || b.Info()&types.IsUntyped != 0 {
		return 0
	}
	return b.Info()
}

// isBool also has what comparisons yield, which has no type yet.
func (f *finder) isBool(e ast.Expr) bool {
	tv := f.src.info.Types[e]
	if !tv.IsValue() || tv.Type == nil {
		return false
	}
	b, ok := types.Unalias(tv.Type).Underlying().(*types.Basic)
	return ok && b.Info()&types.IsBoolean != 0
}

// negate negates a condition. "!x" and "(x)" are the same mutants as x.
func (f *finder) negate(e ast.Expr) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return
		}
	}
	if !f.isBool(e) || !f.isCondition(e) {
		return
	}
	id := f.add(e, "negate "+f.short(e))
	f.wrap(e, fmt.Sprintf("mutateNot(%d, ", id), ")")
}

// isCondition tells whether something is decided by an expression.
func (f *finder) isCondition(e ast.Expr) bool {
	if _, ok := e.(*ast.BinaryExpr); ok {
		return true
	}
	i := len(f.path) - 2
	child := ast.Node(e)
	for ; i >= 0; i-- {
		if u, ok := f.path[i].(*ast.UnaryExpr); ok && u.Op == token.NOT {
			child = u
			continue
		}
		if p, ok := f.path[i].(*ast.ParenExpr); ok {
			child = p
			continue
		}
		break
	}
	switch parent := f.path[i].(type) {
	case *ast.IfStmt:
		return parent.Cond == child
	case *ast.ForStmt:
		return parent.Cond == child
	case *ast.BinaryExpr:
		return parent.Op == token.LAND || parent.Op == token.LOR
	case *ast.ReturnStmt:
		return true
	case *ast.CaseClause:
		s, ok := f.path[i-2].(*ast.SwitchStmt)
		return ok && s.Tag == nil
	}
	return false
}

// binary puts another operator in the place of one.
func (f *finder) binary(b *ast.BinaryExpr) {
	what := fmt.Sprintf("%s as ", f.short(b))
	switch b.Op {
	case token.LAND:
		id := f.add(b, what+"||")
		// Without a function b.Y is evaluated only when it is asked for:
		// x || y is !(!x && !y).
		e := f.wrap(b, fmt.Sprintf("((mutateNot(%d, ", id), fmt.Sprintf(") != mutateOn(%d)) != mutateOn(%d))", id, id))
		f.replace(e, b, ") && (")
	case token.LOR:
		id := f.add(b, what+"&&")
		e := f.wrap(b, fmt.Sprintf("((mutateNot(%d, ", id), fmt.Sprintf(") != mutateOn(%d)) != mutateOn(%d))", id, id))
		f.replace(e, b, ") || (")
	default:
		x, ok := exchanges[b.Op]
		if !ok {
			return
		}
		needs := types.IsNumeric
		switch b.Op {
		case token.LSS, token.LEQ, token.GTR, token.GEQ:
			needs = types.IsOrdered
		}
		if (f.basic(b.X)|f.basic(b.Y))&needs == 0 {
			return
		}
		id := f.add(b, what+x.other.String())
		e := f.wrap(b, fmt.Sprintf("%s(%d, ", x.function, id), ")")
		f.replace(e, b, ",")
	}
}

func (f *finder) replace(e *edit, b *ast.BinaryExpr, text string) {
	e.operator, e.replaced, e.replacement = f.offset(b.OpPos), len(b.Op.String()), text
}
