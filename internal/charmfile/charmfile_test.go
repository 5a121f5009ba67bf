package charmfile_test

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/charmfile"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
}

func charmDir(t *testing.T) (dir, binary string) {
	t.Helper()
	dir = t.TempDir()
	write(t, dir, map[string]string{
		"metadata.yaml":   "name: wiki\nsummary: A wiki.\ndescription: Pages.\n",
		"charmcraft.yaml": "type: charm\nbase: ubuntu@24.04\n",
		"config.yaml":     "options: {}\n",
	})
	binary = filepath.Join(t.TempDir(), "wiki")
	require.NoError(t, os.WriteFile(binary, []byte("#!/bin/sh\n"), 0o600))
	return dir, binary
}

func TestPackAndUnpack(t *testing.T) {
	t.Parallel()
	dir, binary := charmDir(t)
	var first, second bytes.Buffer
	options := charmfile.PackOptions{Dir: dir, Dispatch: binary, Arch: "amd64"}
	require.NoError(t, charmfile.Pack(&first, options))
	require.NoError(t, charmfile.Pack(&second, options))
	require.Equal(t, first.Bytes(), second.Bytes(), "the same charm packs to the same bytes")

	file := filepath.Join(t.TempDir(), "wiki.charm")
	require.NoError(t, os.WriteFile(file, first.Bytes(), 0o600))
	out := filepath.Join(t.TempDir(), "charm")
	require.NoError(t, charmfile.Unpack(file, out))

	info, err := os.Stat(filepath.Join(out, "dispatch"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o755), info.Mode())
	manifest, err := os.ReadFile(filepath.Join(out, "manifest.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(manifest), `channel: "24.04"`)
	require.Contains(t, string(manifest), "architectures: [amd64]")
	require.FileExists(t, filepath.Join(out, "config.yaml"))
	require.NoFileExists(t, filepath.Join(out, "charmcraft.yaml"))
}

func TestPackRefusesWhatJujuWould(t *testing.T) {
	t.Parallel()
	dir, binary := charmDir(t)
	write(t, dir, map[string]string{"config.yaml": "options: {a: {type: list}}"})
	err := charmfile.Pack(new(bytes.Buffer), charmfile.PackOptions{Dir: dir, Dispatch: binary, Arch: "amd64"})
	require.ErrorContains(t, err, `option "a"`)
}

func TestUnpackTrustsNothing(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]fs.FileMode{
		"../outside":     0o644,
		"/etc/outside":   0o644,
		"a/../../b":      0o644,
		"socket":         fs.ModeSocket | 0o777,
		"device":         fs.ModeDevice | 0o644,
		"dir/../../down": fs.ModeDir | 0o755,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var data bytes.Buffer
			archive := zip.NewWriter(&data)
			header := &zip.FileHeader{Name: name}
			header.SetMode(mode)
			_, err := archive.CreateHeader(header)
			require.NoError(t, err)
			require.NoError(t, archive.Close())
			file := filepath.Join(t.TempDir(), "hostile.charm")
			require.NoError(t, os.WriteFile(file, data.Bytes(), 0o600))
			require.ErrorContains(t, charmfile.Unpack(file, filepath.Join(t.TempDir(), "x", "charm")), "cannot unpack")
		})
	}
}

// charmcraft makes the hooks of Python charms links to dispatch.
func TestUnpackLinks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		entries []string // names and contents; those of links begin with ->
		refused string
	}{
		"hook":              {entries: []string{"dispatch", "#!/bin/sh", "hooks/install", "->../dispatch"}},
		"absolute":          {[]string{"link", "->/etc/passwd"}, `"link"`},
		"outside":           {[]string{"hooks/link", "->../../passwd"}, `"hooks/link"`},
		"back from a link":  {[]string{"a/here", "->..", "b", "->a/here/../../passwd"}, `"b"`},
		"through a link":    {[]string{"a/here", "->..", "a/here/b", "->../../passwd"}, `"a/here/b"`},
		"file over a link":  {[]string{"link", "->dispatch", "link", "x"}, ""},
		"too long a target": {[]string{"link", "->" + strings.Repeat("x/", 3000)}, `"link"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var data bytes.Buffer
			archive := zip.NewWriter(&data)
			for pair := range slices.Chunk(test.entries, 2) {
				header := &zip.FileHeader{Name: pair[0]}
				header.SetMode(0o755)
				content, link := strings.CutPrefix(pair[1], "->")
				if link {
					header.SetMode(fs.ModeSymlink | 0o777)
				}
				w, err := archive.CreateHeader(header)
				require.NoError(t, err)
				_, err = io.WriteString(w, content)
				require.NoError(t, err)
			}
			require.NoError(t, archive.Close())
			file, dir := filepath.Join(t.TempDir(), "x.charm"), filepath.Join(t.TempDir(), "charm")
			require.NoError(t, os.WriteFile(file, data.Bytes(), 0o600))
			err := charmfile.Unpack(file, dir)
			if test.refused != "" {
				require.ErrorContains(t, err, "cannot unpack "+test.refused)
				return
			}
			require.NoError(t, err)
			info, err := os.Lstat(filepath.Join(dir, test.entries[2]))
			require.NoError(t, err)
			require.Equal(t, fs.ModeSymlink, info.Mode().Type())
		})
	}
}

func TestPackOfCharmcraftAlone(t *testing.T) {
	t.Parallel()
	dir, binary := charmDir(t)
	require.NoError(t, os.Remove(filepath.Join(dir, "metadata.yaml")))
	require.NoError(t, os.Remove(filepath.Join(dir, "config.yaml")))
	write(t, dir, map[string]string{
		"charmcraft.yaml": "base: ubuntu@24.04\nname: wiki\nsummary: A wiki.\ndescription: Pages.\nconfig: {options: {a: {type: int}}}\n",
	})
	var archive bytes.Buffer
	require.NoError(t, charmfile.Pack(&archive, charmfile.PackOptions{Dir: dir, Dispatch: binary, Arch: "amd64"}))
	packed, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	require.NoError(t, err)
	charm, err := metadata.Load(packed)
	require.NoError(t, err)
	require.Equal(t, "wiki", charm.Meta.Name)
	require.Contains(t, charm.Config.Options, "a")
}
