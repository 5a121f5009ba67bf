package metadata

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Containers are workload containers by name.
type Containers map[string]Container

// UnmarshalYAML refuses a container of which nothing is said, as Juju does: it wants
// a map, if only an empty one.
func (c *Containers) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.MappingNode {
		for i := 1; i < len(node.Content); i += 2 {
			if name, value := node.Content[i-1], node.Content[i]; value.Kind == yaml.ScalarNode && value.Tag == "!!null" {
				return fmt.Errorf("line %d: container %q is empty: write {} if there is nothing to say of it", name.Line, name.Value)
			}
		}
	}
	return node.Decode((*map[string]Container)(c))
}

// Container is one workload container.
type Container struct {
	// Resource names the oci-image resource that the container runs.
	Resource string  `yaml:"resource"`
	Mounts   []Mount `yaml:"mounts"`
	// UID and GID are the user and group of the workload, since Juju 3.5; Juju
	// keeps 1000 to 9999 for itself.
	UID *int `yaml:"uid"`
	GID *int `yaml:"gid"`
}

// Mount places a storage in a container.
type Mount struct {
	Storage  string `yaml:"storage"`
	Location string `yaml:"location"`
}

func (m *Meta) checkContainers() (problems []error) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for _, name := range slices.Sorted(maps.Keys(m.Containers)) {
		c := m.Containers[name]
		switch {
		case name == "charm" || name == "charm-init":
			problem("container %q has a name that Juju keeps for itself", name)
		case !isLabel(name):
			problem("container %q has a name that Kubernetes does not take: it must be at most 63 lower-case letters, digits and inner hyphens", name)
		}
		if c.Resource != "" && m.Resources[c.Resource].Type != OCIImage {
			problem("container %q names resource %q, which is not an oci-image resource", name, c.Resource)
		}
		for _, mount := range c.Mounts {
			if _, ok := m.Storage[mount.Storage]; !ok {
				problem("container %q mounts storage %q, which is not declared", name, mount.Storage)
			}
			if mount.Location == "" {
				problem("container %q mounts storage %q without a location", name, mount.Storage)
			}
		}
		for what, id := range map[string]*int{"uid": c.UID, "gid": c.GID} {
			if id != nil && (*id < 0 || *id >= 1000 && *id < 10000) {
				problem("container %q has %s %d: it must not be negative or in 1000-9999, which Juju keeps for itself", name, what, *id)
			}
		}
	}
	return problems
}

// isLabel tells whether Kubernetes takes the name for a container: Juju itself
// reads any (charm v12), and the pod then cannot be made.
func isLabel(name string) bool {
	return name != "" && len(name) <= 63 && strings.Trim(name, "-") == name &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
