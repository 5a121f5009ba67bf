package metadata

import (
	"errors"
	"fmt"
	"io/fs"
)

// Charm is everything a charm's files say.
type Charm struct {
	Meta     Meta
	Config   Config
	Actions  Actions
	Manifest Manifest
}

// Load reads metadata.yaml, config.yaml, actions.yaml and manifest.yaml from the
// root of fsys. Only metadata.yaml must exist. All problems are reported together.
func Load(fsys fs.FS) (*Charm, error) {
	var c Charm
	var problems []error
	c.Meta, problems = collect(problems, fsys, "metadata.yaml", true, ParseMeta)
	c.Config, problems = collect(problems, fsys, "config.yaml", false, ParseConfig)
	c.Actions, problems = collect(problems, fsys, "actions.yaml", false, ParseActions)
	c.Manifest, problems = collect(problems, fsys, "manifest.yaml", false, ParseManifest)
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return &c, nil
}

// collect reads one file and adds what is wrong with it to problems.
func collect[T any](problems []error, fsys fs.FS, name string, required bool, parse func([]byte) (T, error)) (T, []error) {
	var zero T
	data, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return zero, problems
	}
	if err != nil {
		return zero, append(problems, fmt.Errorf("cannot read the charm's %s: %w", name, err))
	}
	v, err := parse(data)
	if err != nil {
		return zero, append(problems, fmt.Errorf("cannot parse %s: %w", name, err))
	}
	return v, problems
}
