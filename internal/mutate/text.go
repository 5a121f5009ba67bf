package main

import (
	"go/ast"
	"go/token"
	"slices"
)

func (f *finder) offset(pos token.Pos) int { return f.src.fset.Position(pos).Offset }

// source returns the text of a node.
func (f *finder) source(n ast.Node) string {
	return string(f.text[f.offset(n.Pos()):f.offset(n.End())])
}

// apply makes edits, of which outer ones come before those within them. Lines
// stay where they are.
func apply(text []byte, edits []edit) []byte {
	type change struct {
		offset, removed int
		text            string
		// order is that of changes at the same offset.
		order int
	}
	var changes []change
	for i, e := range edits {
		// What ends at an offset comes before what begins there; the inner ends
		// first, the outer begins first.
		changes = append(changes, change{offset: e.end, text: e.after, order: -i - 1}, change{offset: e.start, text: e.before, order: i + 1})
		if e.operator != 0 {
			changes = append(changes, change{offset: e.operator, removed: e.replaced, text: e.replacement})
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int {
		if a.offset != b.offset {
			return a.offset - b.offset
		}
		return a.order - b.order
	})
	var changed []byte
	done := 0
	for _, c := range changes {
		changed = append(changed, text[done:c.offset]...)
		changed = append(changed, c.text...)
		done = c.offset + c.removed
	}
	return append(changed, text[done:]...)
}
