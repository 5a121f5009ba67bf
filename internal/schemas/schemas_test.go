package schemas_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/charmkit/charmkit/internal/schemas"
)

const root = "../.."

func load(t *testing.T, path string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	var document map[string]any
	require.NoError(t, yaml.Unmarshal(data, &document))
	return document
}

func validate(t *testing.T, schema []byte, fragment string, document map[string]any) error {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	require.NoError(t, compiler.AddResource("schema.json", parsed))
	compiled, err := compiler.Compile("schema.json" + fragment)
	require.NoError(t, err)
	return compiled.Validate(document)
}

// merged is what charmcraft makes of charmcraft.yaml and the three keys that it
// takes from metadata.yaml.
func merged(t *testing.T) map[string]any {
	document := load(t, "charmcraft.yaml")
	metadata := load(t, "metadata.yaml")
	for _, key := range []string{"name", "summary", "description"} {
		document[key] = metadata[key]
	}
	return document
}

func TestCharmcraftFile(t *testing.T) {
	t.Parallel()
	require.NoError(t, validate(t, schemas.Charmcraft, "#/$defs/PlatformCharm", merged(t)))

	broken := merged(t)
	broken["nosuch"] = 1
	require.Error(t, validate(t, schemas.Charmcraft, "#/$defs/PlatformCharm", broken))
}

// Whatever of Juju's facts stood in charmcraft.yaml beside a metadata.yaml
// would be validated and then dropped.
func TestCharmcraftFileHoldsOnlyBuildKeys(t *testing.T) {
	t.Parallel()
	allowed := []string{"type", "base", "build-base", "platforms", "parts", "analysis"}
	metadata := load(t, "metadata.yaml")
	for _, key := range slices.Sorted(maps.Keys(load(t, "charmcraft.yaml"))) {
		require.Contains(t, allowed, key)
		require.NotContains(t, metadata, key)
	}
}

func TestRockcraftFiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"nginx", "app"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document := load(t, filepath.Join("rock", name, "rockcraft.yaml"))
			require.NoError(t, validate(t, schemas.Rockcraft, "", document))
			require.Equal(t, "_daemon_", document["run-user"])
			require.NotContains(t, document, "services", "the charm owns the plan")

			document["entrypoint"] = "x"
			require.Error(t, validate(t, schemas.Rockcraft, "", document))
		})
	}
}
