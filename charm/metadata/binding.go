package metadata

import (
	"fmt"
	"maps"
	"slices"

	"gopkg.in/yaml.v3"
)

// Names are the keys of a map whose values mean nothing.
type Names []string

// UnmarshalYAML reads the keys of a map, sorted.
func (n *Names) UnmarshalYAML(node *yaml.Node) error {
	var keys map[string]yaml.Node
	if err := node.Decode(&keys); err != nil {
		return err
	}
	*n = slices.Sorted(maps.Keys(keys))
	return nil
}

// HasBinding reports whether name is an endpoint, an extra binding or juju-info.
func (m *Meta) HasBinding(name string) bool {
	_, endpoint := m.Endpoint(name)
	return endpoint || name == "juju-info" || slices.Contains(m.ExtraBindings, name)
}

func (m *Meta) checkBindings() (problems []error) {
	for _, name := range m.ExtraBindings {
		if _, taken := m.Endpoint(name); taken || name == "" {
			problems = append(problems, fmt.Errorf("extra binding %q must have a name that no endpoint has", name))
		}
	}
	return problems
}
