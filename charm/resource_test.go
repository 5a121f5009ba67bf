package charm_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
)

func TestResources(t *testing.T) {
	t.Parallel()
	attached := filepath.Join(t.TempDir(), "attached")
	require.NoError(t, os.WriteFile(attached, []byte("read me"), 0o600))
	c := wiki(func(b *charm.Base) {
		manual, backend := b.Resource("manual"), b.Resource("backend")
		require.Equal(t, "manual", manual.Name())
		b.On.Start(func(ctx context.Context, _ *charm.StartEvent) error {
			path, err := manual.Path(ctx)
			require.NoError(t, err)
			require.Equal(t, "manual.pdf", filepath.Base(path))
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, "read me", string(data))
			image, err := backend.Image(ctx)
			require.NoError(t, err)
			require.Equal(t, charm.Image{Path: "registry.example/wiki:1"}, image)
			return nil
		})
		b.On.Stop(func(ctx context.Context, _ *charm.StopEvent) error {
			_, err := manual.Path(ctx)
			require.ErrorIs(t, err, charm.ErrAbsent)
			require.ErrorIs(t, err, hooktool.ErrNotFound)
			_, err = backend.Image(ctx)
			require.EqualError(t, err, "waiting for resource backend")
			return nil
		})
	})
	succeed(t, c, charmtest.State{Resources: map[string]string{"manual": attached, "backend": "registry.example/wiki:1"}}, charmtest.Start())
	succeed(t, c, charmtest.State{}, charmtest.Stop())
}

func TestAnImagesPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "content.yaml")
	answered(t, always(file), func(ctx context.Context, b *charm.Base) {
		require.NoError(t, os.WriteFile(file, []byte("registrypath: r/w:1\nusername: u\npassword: s3cret\n"), 0o600))
		image, err := b.Resource("backend").Image(ctx)
		require.NoError(t, err)
		require.Equal(t, [3]string{"r/w:1", "u", "s3cret"}, [3]string{image.Path, image.Username, image.Password})
		for _, shown := range []string{fmt.Sprint(image), fmt.Sprintf("%#v", image), fmt.Sprintf("%+v", []charm.Image{image}), image.LogValue().String()} {
			require.NotContains(t, shown, "s3cret")
			require.Contains(t, shown, "r/w:1")
		}

		require.NoError(t, os.WriteFile(file, []byte("password: [s3cret"), 0o600))
		_, err = b.Resource("backend").Image(ctx)
		require.EqualError(t, err, `cannot read resource "backend": it is no description of an image`)
		require.NoError(t, os.Remove(file))
		_, err = b.Resource("backend").Image(ctx)
		require.ErrorIs(t, err, os.ErrNotExist)
	})
}
