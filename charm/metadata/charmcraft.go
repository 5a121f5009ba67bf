package metadata

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Source returns the folder of a charm's sources as Juju's reader wants it: with
// metadata.yaml, config.yaml, actions.yaml and manifest.yaml. If there is no
// metadata.yaml, but charmcraft.yaml describes the charm, they are what charmcraft
// makes of it; otherwise the folder is returned as it is. A charm that is packed has
// them as files.
func Source(fsys fs.FS) (fs.FS, error) {
	if _, err := fs.Stat(fsys, "metadata.yaml"); !errors.Is(err, fs.ErrNotExist) {
		return fsys, err
	}
	data, err := fs.ReadFile(fsys, "charmcraft.yaml")
	if errors.Is(err, fs.ErrNotExist) {
		return fsys, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the charm's charmcraft.yaml: %w", err)
	}
	files, err := SplitCharmcraft(data)
	if err != nil {
		return nil, err
	}
	return &source{fsys, files}, nil
}

// LoadSource reads the folder of a charm's sources, as [Load] reads its [Source].
func LoadSource(fsys fs.FS) (*Charm, error) {
	source, err := Source(fsys)
	if err != nil {
		return nil, err
	}
	return Load(source)
}

// charmcraftKeys are the keys of charmcraft.yaml that metadata.yaml has too.
var charmcraftKeys = [...]string{
	"name", "summary", "description", "requires", "provides", "peers", "containers", "storage", "devices", "resources",
	"payloads", "subordinate", "extra-bindings", "assumes", "terms", "charm-user", "links",
}

// SplitCharmcraft makes the files that Juju reads, by name, of a charmcraft.yaml
// that describes the whole charm. What only charmcraft reads, such as parts, is left
// out; so is what its extensions would add.
func SplitCharmcraft(data []byte) (map[string][]byte, error) {
	var whole map[string]any
	if err := yaml.Unmarshal(data, &whole); err != nil {
		return nil, fmt.Errorf("cannot parse charmcraft.yaml: %w", err)
	}
	meta := map[string]any{}
	for _, key := range charmcraftKeys {
		if value, ok := whole[key]; ok {
			meta[key] = value
		}
	}
	if title, ok := whole["title"]; ok {
		meta["display-name"] = title
	}
	if len(meta) == 0 {
		return nil, errors.New("cannot make metadata.yaml of charmcraft.yaml: it does not describe the charm")
	}
	contents := map[string]any{"metadata.yaml": meta}
	for key, file := range map[string]string{"config": "config.yaml", "actions": "actions.yaml"} {
		if value, ok := whole[key]; ok {
			contents[file] = value
		}
	}
	var build charmcraftBuild
	if err := yaml.Unmarshal(data, &build); err != nil {
		return nil, fmt.Errorf("cannot parse charmcraft.yaml: %w", err)
	}
	if bases := build.bases(); len(bases) > 0 {
		contents["manifest.yaml"] = Manifest{Bases: bases}
	}
	files := map[string][]byte{}
	for name, content := range contents {
		text, err := yaml.Marshal(content)
		if err != nil {
			return nil, fmt.Errorf("cannot make %s of charmcraft.yaml: %w", name, err)
		}
		files[name] = text
	}
	return files, nil
}

// charmcraftBuild is what charmcraft.yaml says of where the charm runs.
type charmcraftBuild struct {
	// Base is such as ubuntu@24.04. Without it the names of the platforms have it.
	Base string `yaml:"base"`
	// Platforms are architectures, perhaps with a base before them.
	Platforms map[string]yaml.Node `yaml:"platforms"`
	// Bases are those of the first form of the file.
	Bases []struct {
		Base  `yaml:",inline"`
		RunOn []Base `yaml:"run-on"`
	} `yaml:"bases"`
}

func (c charmcraftBuild) bases() []Base {
	var bases []Base
	for _, b := range c.Bases {
		if len(b.RunOn) > 0 {
			bases = append(bases, b.RunOn...)
		} else {
			bases = append(bases, b.Base)
		}
	}
	for _, platform := range slices.Sorted(maps.Keys(c.Platforms)) {
		base, arch, ok := strings.Cut(platform, ":")
		if !ok {
			base, arch = c.Base, platform
		}
		name, channel, _ := strings.Cut(base, "@")
		at := slices.IndexFunc(bases, func(b Base) bool { return b.Name == name && b.Channel == channel })
		if at < 0 {
			bases = append(bases, Base{Name: name, Channel: channel})
			at = len(bases) - 1
		}
		bases[at].Architectures = append(bases[at].Architectures, arch)
	}
	return bases
}

// source is a folder with files that are made of another one.
type source struct {
	fs.FS
	files map[string][]byte
}

// Open implements fs.FS.
func (s *source) Open(name string) (fs.File, error) {
	if data, ok := s.files[name]; ok {
		return &madeFile{bytes.NewReader(data), name}, nil
	}
	return s.FS.Open(name)
}

// madeFile is such a file, and what is known of it.
type madeFile struct {
	*bytes.Reader
	name string
}

var (
	_ fs.File     = (*madeFile)(nil)
	_ fs.FileInfo = (*madeFile)(nil)
	_ io.Reader   = (*madeFile)(nil)
)

func (f *madeFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *madeFile) Close() error               { return nil }
func (f *madeFile) Name() string               { return f.name }
func (f *madeFile) Size() int64                { return f.Reader.Size() }
func (f *madeFile) Mode() fs.FileMode          { return 0o444 }
func (f *madeFile) ModTime() time.Time         { return time.Time{} }
func (f *madeFile) IsDir() bool                { return false }
func (f *madeFile) Sys() any                   { return nil }
