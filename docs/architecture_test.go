package docs_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/unleash"
)

func TestArchitectureListsTheHandlers(t *testing.T) {
	t.Parallel()
	events, err := charm.Events(unleash.New)
	require.NoError(t, err)
	handled := read(t, "docs/reference/charm-architecture.md").table(t, "Event", "When Juju sends it", "What the handler does")
	require.ElementsMatch(t, events, column(handled, 0))
}

// All events that can come, but for those that only end the unit, are in one
// of the two tables.
func TestArchitectureListsAllEvents(t *testing.T) {
	t.Parallel()
	want := []string{"install", "start", "config-changed", "update-status", "upgrade-charm", "leader-elected", "secret-changed"}
	meta := declared(t).Meta
	for container := range meta.Containers {
		for _, kind := range []string{"ready", "check-failed", "check-recovered"} {
			want = append(want, container+"-pebble-"+kind)
		}
	}
	for _, endpoint := range meta.Endpoints() {
		for _, kind := range []string{"created", "joined", "changed", "departed", "broken"} {
			want = append(want, endpoint+"-relation-"+kind)
		}
	}
	p := read(t, "docs/reference/charm-architecture.md")
	got := column(p.table(t, "Event", "When Juju sends it", "What the handler does"), 0)
	got = append(got, column(p.table(t, "Event", "What has changed for the charm"), 0)...)
	require.ElementsMatch(t, want, got)
}

func TestArchitectureListsServicesAndChecks(t *testing.T) {
	t.Parallel()
	p := read(t, "docs/reference/charm-architecture.md")
	constants := constantsOf(t, "webapp")
	services := p.table(t, "Container", "Service", "Port", "What it does")
	checks := p.table(t, "Check", "Container", "Level", "What it asks", "What happens when it fails")
	require.ElementsMatch(t, withPrefix(constants, "Service"), column(services, 1))
	require.ElementsMatch(t, withPrefix(constants, "Port"), column(services, 2))
	require.ElementsMatch(t, append(withPrefix(constants, "Check"), charm.CheckWakeUp), column(checks, 0))
	containers := withPrefix(constants, "Container")
	require.Subset(t, containers, column(services, 0))
	require.Subset(t, containers, column(checks, 1))

	ports := column(read(t, "docs/explanation/security.md").table(t, "Port", "Who listens", "For whom"), 0)
	require.ElementsMatch(t, append(withPrefix(constants, "Port"), constants["portStatus"]), ports)
}

// constantsOf returns the constants of a package that are plain literals.
func constantsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, file := range parse(t, dir) {
		for _, declaration := range file.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				v := spec.(*ast.ValueSpec)
				if len(v.Values) != 1 {
					continue
				}
				literal, ok := v.Values[0].(*ast.BasicLit)
				if !ok {
					continue
				}
				text := literal.Value
				if unquoted, err := strconv.Unquote(text); err == nil {
					text = unquoted
				}
				values[v.Names[0].Name] = text
			}
		}
	}
	return values
}

func withPrefix(constants map[string]string, prefix string) []string {
	var values []string
	for name, value := range constants {
		if strings.HasPrefix(name, prefix) {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	return values
}
