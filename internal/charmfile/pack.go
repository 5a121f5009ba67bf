package charmfile

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/charmkit/charmkit/charm/metadata"
)

// PackOptions describe a charm to be packed.
type PackOptions struct {
	// Dir holds charmcraft.yaml, metadata.yaml and perhaps config.yaml,
	// actions.yaml, README.md, LICENSE and icon.svg; the first may have in it what
	// is in the next three.
	Dir string
	// Dispatch is the path of the hook binary.
	Dispatch string
	// Arch is the architecture of the binary, such as amd64.
	Arch string
}

// assets are copied as they are, if they are there.
var assets = [...]string{"metadata.yaml", "config.yaml", "actions.yaml", "README.md", "LICENSE", "icon.svg"}

// manifest is manifest.yaml. Juju refuses a charm without bases in it.
type manifest struct {
	Analysis  analysis       `yaml:"analysis"`
	Bases     []manifestBase `yaml:"bases"`
	StartedAt string         `yaml:"charmcraft-started-at"`
	Version   string         `yaml:"charmcraft-version"`
}

type analysis struct {
	Attributes []attribute `yaml:"attributes"`
}

type attribute struct {
	Name   string `yaml:"name"`
	Result string `yaml:"result"`
}

type manifestBase struct {
	Name          string   `yaml:"name"`
	Channel       string   `yaml:"channel"`
	Architectures []string `yaml:"architectures,flow"`
}

// Pack writes the archive to w. The charm's files are read first, so that
// nothing that Juju would refuse is packed. The same input gives the same
// bytes.
func Pack(w io.Writer, options PackOptions) error {
	charm, err := metadata.Source(os.DirFS(options.Dir))
	if err != nil {
		return fmt.Errorf("cannot pack the charm: %w", err)
	}
	if _, err := metadata.Load(charm); err != nil {
		return fmt.Errorf("cannot pack the charm: %w", err)
	}
	manifest, err := manifestFor(options)
	if err != nil {
		return fmt.Errorf("cannot pack the charm: %w", err)
	}
	archive := zip.NewWriter(w)
	dispatch := os.DirFS(filepath.Dir(options.Dispatch))
	if err := add(archive, "dispatch", dispatch, filepath.Base(options.Dispatch), 0o755); err != nil {
		return fmt.Errorf("cannot pack the hook binary: %w", err)
	}
	for _, name := range assets {
		err := add(archive, name, charm, name, 0o644)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot pack the charm: %w", err)
		}
	}
	file, err := archive.CreateHeader(header("manifest.yaml", 0o644))
	if err != nil {
		return fmt.Errorf("cannot pack the charm: %w", err)
	}
	if _, err := file.Write(manifest); err != nil {
		return fmt.Errorf("cannot pack the charm: %w", err)
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("cannot pack the charm: %w", err)
	}
	return nil
}

// manifestFor takes the base from charmcraft.yaml.
func manifestFor(options PackOptions) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(options.Dir, "charmcraft.yaml"))
	if err != nil {
		return nil, err
	}
	var charmcraft struct {
		Base string `yaml:"base"`
	}
	if err := yaml.Unmarshal(data, &charmcraft); err != nil {
		return nil, fmt.Errorf("cannot parse charmcraft.yaml: %w", err)
	}
	name, channel, ok := strings.Cut(charmcraft.Base, "@")
	if !ok {
		return nil, fmt.Errorf("cannot tell the base: charmcraft.yaml says %q, not something like ubuntu@24.04", charmcraft.Base)
	}
	return yaml.Marshal(manifest{
		Analysis:  analysis{[]attribute{{"language", "unknown"}, {"framework", "unknown"}}},
		Bases:     []manifestBase{{name, channel, []string{options.Arch}}},
		StartedAt: epoch.Format(time.RFC3339),
		Version:   "4.4.0",
	})
}

// epoch is the time of everything in an archive: zip knows none before 1980.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func header(name string, mode fs.FileMode) *zip.FileHeader {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: epoch}
	h.SetMode(mode)
	return h
}

func add(archive *zip.Writer, name string, from fs.FS, path string, mode fs.FileMode) error {
	source, err := from.Open(path)
	if err != nil {
		return err
	}
	defer source.Close()
	file, err := archive.CreateHeader(header(name, mode))
	if err != nil {
		return err
	}
	_, err = io.Copy(file, source)
	return err
}
