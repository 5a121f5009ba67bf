package charmbox_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/charmbox"
	"github.com/charmkit/charmkit/internal/testenv"
)

func TestLoadImage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "server"), nil, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, charmbox.ImageFile), []byte(`
user: _daemon_
mounts: [{from: server, to: /app/server}]
directories: [{path: /var/lib/app, mode: "0700"}]
`), 0o644))
	want := &charmbox.Image{
		User:        "_daemon_",
		Mounts:      []charmbox.ImageMount{{From: filepath.Join(dir, "server"), To: "/app/server"}},
		Directories: []charmbox.ImageDirectory{{Path: "/var/lib/app", Mode: "0700"}},
	}
	for _, path := range []string{dir, filepath.Join(dir, charmbox.ImageFile)} {
		image, err := charmbox.LoadImage(path)
		require.NoError(t, err)
		require.Equal(t, want, image)
	}
}

func TestLoadImageRefusesWhatCannotRun(t *testing.T) {
	t.Parallel()
	for content, problem := range map[string]string{
		"users: root":                        `(?s)cannot parse .*image\.yaml: .*field users not found`,
		"[":                                  `cannot parse .*image\.yaml: `,
		"mounts: [{from: nosuch, to: /app}]": `cannot use the image .*image\.yaml: stat .*/nosuch: no such file or directory`,
		"directories: [{path: /data, mode: rwx}]":   `cannot parse .*image\.yaml: mode "rwx" of /data is not octal, such as "0755"`,
		"directories: [{path: /data, mode: \"9\"}]": `mode "9" of /data is not octal`,
		"user: nosuchuser":                          `cannot use the image .*image\.yaml: user "nosuchuser": .*unknown user`,
	} {
		path := filepath.Join(t.TempDir(), charmbox.ImageFile)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		_, err := charmbox.LoadImage(path)
		require.Error(t, err, content)
		require.Regexp(t, problem, err.Error(), content)
	}
	_, err := charmbox.LoadImage(filepath.Join(t.TempDir(), "nosuch"))
	require.ErrorContains(t, err, "give a folder with an image.yaml, or that file")
}

// The images of this repository can be used once the app's modules are there.
func TestImagesOfTheRepository(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"rock/app", "rock/nginx"} {
		_, err := charmbox.LoadImage(filepath.Join(testenv.Root(t), filepath.FromSlash(folder)))
		require.NoError(t, err)
	}
}
