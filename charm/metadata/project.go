package metadata

import (
	"errors"
	"fmt"
	"io/fs"

	"gopkg.in/yaml.v3"
)

// LoadProject reads the folder that a charm is packed from. It differs from a
// charm's own in that charmcraft.yaml may have the content of metadata.yaml, and
// those of config.yaml and actions.yaml under the keys config and actions; packing
// then makes the files. What both have is a problem, as it is for charmcraft. What
// an extension of charmcraft would add is not there.
func LoadProject(fsys fs.FS) (*Charm, error) {
	data, err := fs.ReadFile(fsys, "charmcraft.yaml")
	if errors.Is(err, fs.ErrNotExist) {
		return Load(fsys)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the charm's charmcraft.yaml: %w", err)
	}
	var project struct {
		Name    string    `yaml:"name"`
		Config  yaml.Node `yaml:"config"`
		Actions yaml.Node `yaml:"actions"`
	}
	if err := yaml.Unmarshal(data, &project); err != nil {
		return nil, fmt.Errorf("cannot parse charmcraft.yaml: %w", err)
	}
	var c Charm
	var problems []error
	inProject := func(name string, given bool) bool {
		if _, err := fs.Stat(fsys, name); given && err == nil {
			problems = append(problems, fmt.Errorf("cannot load the charm: %s and charmcraft.yaml both have what belongs into one of them", name))
		}
		return given
	}
	if inProject("metadata.yaml", project.Name != "") {
		if c.Meta, err = ParseMeta(data); err != nil {
			problems = append(problems, fmt.Errorf("cannot parse charmcraft.yaml: %w", err))
		}
	} else {
		c.Meta, problems = collect(problems, fsys, "metadata.yaml", true, ParseMeta)
	}
	if inProject("config.yaml", !project.Config.IsZero()) {
		c.Config, problems = inline(problems, "config", &project.Config, ParseConfig)
	} else {
		c.Config, problems = collect(problems, fsys, "config.yaml", false, ParseConfig)
	}
	if inProject("actions.yaml", !project.Actions.IsZero()) {
		c.Actions, problems = inline(problems, "actions", &project.Actions, ParseActions)
	} else {
		c.Actions, problems = collect(problems, fsys, "actions.yaml", false, ParseActions)
	}
	c.Manifest, problems = collect(problems, fsys, "manifest.yaml", false, ParseManifest)
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return &c, nil
}

// inline parses what stands under a key of charmcraft.yaml.
func inline[T any](problems []error, key string, node *yaml.Node, parse func([]byte) (T, error)) (T, []error) {
	var zero T
	data, err := yaml.Marshal(node)
	if err == nil {
		zero, err = parse(data)
	}
	if err != nil {
		problems = append(problems, fmt.Errorf("cannot parse %s in charmcraft.yaml: %w", key, err))
	}
	return zero, problems
}
