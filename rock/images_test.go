package rock_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// locked is one package of a lock file.
type locked struct {
	Version, Integrity, Resolved string
}

func lockFile(t *testing.T) map[string]locked {
	t.Helper()
	data, err := os.ReadFile("app/package-lock.json")
	require.NoError(t, err)
	var lock struct{ Packages map[string]locked }
	require.NoError(t, json.Unmarshal(data, &lock))
	return lock.Packages
}

// A digest says what is to be installed, from wherever it comes.
func TestLockFile(t *testing.T) {
	t.Parallel()
	for name, p := range lockFile(t) {
		require.Empty(t, p.Resolved, name)
		if name != "" {
			require.NotEmpty(t, p.Integrity, name)
		}
	}
}

// rockcraft is the part of rockcraft.yaml that differs from release to release.
type rockcraft struct {
	Version string
	Parts   map[string]struct {
		BuildEnvironment []map[string]string `yaml:"build-environment"`
		OverrideBuild    string              `yaml:"override-build"`
	}
}

func loadYAML[T any](t *testing.T, path string) (document T) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(data, &document))
	return document
}

// Both images hold files of one release of Unleash.
func TestRocksHoldTheLockedUnleash(t *testing.T) {
	t.Parallel()
	app, nginx := loadYAML[rockcraft](t, "app/rockcraft.yaml"), loadYAML[rockcraft](t, "nginx/rockcraft.yaml")
	unleash := lockFile(t)["node_modules/unleash-server"]
	require.Equal(t, unleash.Version, app.Version)
	require.Equal(t, unleash.Version, nginx.Version)
	require.Equal(t, []map[string]string{{"UNLEASH_VERSION": unleash.Version}, {"UNLEASH_INTEGRITY": unleash.Integrity}},
		nginx.Parts["static"].BuildEnvironment)
}

// What the sandbox puts into the app container is what the rock packs.
func TestImagesAreTheRocks(t *testing.T) {
	t.Parallel()
	type image struct {
		User   string
		Mounts []struct{ From, To string }
	}
	rock := loadYAML[rockcraft](t, "app/rockcraft.yaml").Parts["unleash"].OverrideBuild
	for name, folder := range map[string]string{"app": "/app/", "nginx": "/srv/"} {
		i := loadYAML[image](t, filepath.Join(name, "image.yaml"))
		require.Equal(t, "_daemon_", i.User)
		require.NotEmpty(t, i.Mounts)
		for _, mount := range i.Mounts {
			_, err := os.Stat(filepath.Join(name, mount.From))
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(mount.To, folder), mount.To)
			if name == "app" {
				require.Contains(t, strings.Fields(rock), mount.From)
				require.Equal(t, folder+mount.From, mount.To)
			}
		}
	}
}
