package docs_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/charmbox"
)

func TestConfigurationIsThatOfConfigYAML(t *testing.T) {
	t.Parallel()
	p := read(t, "docs/reference/configuration.md")
	var want [][]string
	options := declared(t).Config.Options
	for _, name := range slices.Sorted(maps.Keys(options)) {
		want = append(want, []string{name, options[name].Type, shown(options[name].Default)})
	}
	var got [][]string
	for _, row := range p.table(t, "Option", "Type", "Default", "Allowed", "Takes effect by") {
		got = append(got, row[:3])
	}
	require.ElementsMatch(t, want, got)
	for name := range options {
		require.Contains(t, p.text, "\n`"+name+"`\n: ", "an option without a description")
	}
}

// shown is how a table shows a default.
func shown(value any) string {
	switch value {
	case nil:
		return "–"
	case "":
		return "empty"
	}
	return fmt.Sprint(value)
}

func TestActionsAreThoseOfActionsYAML(t *testing.T) {
	t.Parallel()
	p := read(t, "docs/reference/actions.md")
	for name, action := range declared(t).Actions {
		var want [][]string
		for parameter, schema := range action.Params {
			properties := schema.(map[string]any)
			required := "no"
			if slices.Contains(action.Required, parameter) {
				required = "yes"
			}
			want = append(want, []string{parameter, properties["type"].(string), required, shown(properties["default"])})
		}
		var got [][]string
		for _, row := range p.section(t, "## "+name).table(t, "Parameter", "Type", "Required", "Default", "Meaning") {
			got = append(got, row[:4])
		}
		require.ElementsMatch(t, want, got, name)
	}
}

func TestIntegrationsAreThoseOfMetadataYAML(t *testing.T) {
	t.Parallel()
	var want [][]string
	meta := declared(t).Meta
	for _, endpoints := range []map[string]metadata.Relation{meta.Requires, meta.Provides, meta.Peers} {
		for name, r := range endpoints {
			needed := "yes"
			if r.Optional {
				needed = "no"
			}
			want = append(want, []string{name, string(r.Role), r.Interface, fmt.Sprint(r.Limit), needed})
		}
	}
	var got [][]string
	p := read(t, "docs/reference/integrations.md")
	for _, row := range p.table(t, "Endpoint", "Role", "Interface", "Limit", "Needed", "What for") {
		got = append(got, row[:5])
		require.Contains(t, p.text, "\n## "+row[0]+"\n")
	}
	require.ElementsMatch(t, want, got)
}

func TestKeysOfImagesAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	var want []string
	image := reflect.TypeFor[charmbox.Image]()
	for i := range image.NumField() {
		want = append(want, image.Field(i).Tag.Get("yaml"))
	}
	got := column(read(t, "docs/reference/charmbox.md").section(t, "## Images").table(t, "Key", "Meaning"), 0)
	require.ElementsMatch(t, want, got)
}
