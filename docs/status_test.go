package docs_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/webapp/nginx"
)

// ellipsis stands for what a message is filled in with.
const ellipsis = "…"

func TestStatusListsTheMessages(t *testing.T) {
	t.Parallel()
	want := map[string]string{}
	for _, dir := range []string{"charm", "interfaces/postgresql", "webapp", "unleash"} {
		for _, file := range parse(t, dir) {
			ast.Inspect(file, func(n ast.Node) bool {
				if level, message := conditionIn(n); message != "" && message != ellipsis {
					want[message] = level
				}
				return true
			})
		}
	}
	require.NotEmpty(t, want)
	// Only charms that ask for them can say these.
	for _, what := range []string{
		"an address of this unit", "an ingress address of this unit", "certificates on …", "ports to be closed", "resource …", "storage …",
	} {
		delete(want, "waiting for "+what)
	}
	// What errors say of themselves.
	want[(&charm.PendingError{Label: ellipsis}).Error()] = "waiting"
	for _, subject := range []string{"configuration", "data from …", "data on relation …", `secret "…"`} {
		want[(&charm.InvalidError{Subject: subject, Problems: []string{ellipsis}}).Error()] = "blocked"
	}
	prefix, _, _ := strings.Cut(nginx.Config{}.Validate().Error(), ": ")
	want[prefix+": "+ellipsis] = "blocked"

	got := map[string]string{}
	for _, row := range read(t, "docs/reference/status.md").table(t, "Status", "Message", "What it means", "What to do") {
		got[row[1]] = row[0]
	}
	require.Equal(t, want, got)
}

// conditionIn returns the level and the message of a condition that is made at
// a place in the code: by a function, as a value, or as an error.
func conditionIn(n ast.Node) (level, message string) {
	switch n := n.(type) {
	case *ast.CallExpr:
		selector, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return "", ""
		}
		levels := map[string]string{"Blocked": "blocked", "Waiting": "waiting", "Maintenance": "maintenance", "Progress": "maintenance"}
		for _, arg := range n.Args {
			if literal, ok := arg.(*ast.BasicLit); ok && levels[selector.Sel.Name] != "" {
				return levels[selector.Sel.Name], shape(literal)
			}
		}
	case *ast.CompositeLit:
		switch name := typeOf(n.Type); {
		case name == "Condition":
			for _, element := range n.Elts {
				switch pair := element.(*ast.KeyValueExpr); fmt.Sprint(pair.Key) {
				case "Level":
					level = strings.ToLower(strings.TrimPrefix(fmt.Sprint(pair.Value), "Level"))
				case "Message":
					message = shape(pair.Value)
				}
			}
			return level, message
		case name == "WaitingError" && len(n.Elts) > 0:
			for _, element := range n.Elts {
				if pair, ok := element.(*ast.KeyValueExpr); ok && fmt.Sprint(pair.Key) == "For" {
					return "waiting", (&charm.WaitingError{For: shape(pair.Value)}).Error()
				}
			}
		}
	}
	return "", ""
}

func typeOf(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}

var formatVerb = regexp.MustCompile(`%[a-z]`)

// shape is the text of an expression, as far as it is in the code.
func shape(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return formatVerb.ReplaceAllString(strings.ReplaceAll(text, "%q", `"`+ellipsis+`"`), ellipsis)
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return shape(e.X) + shape(e.Y)
		}
	case *ast.CallExpr:
		if selector, ok := e.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == "Sprintf" {
			return shape(e.Args[0])
		}
	}
	return ellipsis
}
