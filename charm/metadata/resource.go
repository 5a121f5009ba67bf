package metadata

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// The types of resource.
const (
	File     = "file"
	OCIImage = "oci-image"
)

// Resource is one resource declaration.
type Resource struct {
	// Type is file or oci-image; a file that leaves it out means file.
	Type string `yaml:"type"`
	// Filename is the name that resource-get gives the file. Images have none.
	Filename    string `yaml:"filename"`
	Description string `yaml:"description"`
}

// UnmarshalYAML fills in the default type.
func (r *Resource) UnmarshalYAML(node *yaml.Node) error {
	type plain Resource
	if err := node.Decode((*plain)(r)); err != nil {
		return err
	}
	if r.Type == "" {
		r.Type = File
	}
	return nil
}

func (m *Meta) checkResources() (problems []error) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for _, name := range slices.Sorted(maps.Keys(m.Resources)) {
		switch r := m.Resources[name]; {
		case r.Type != File && r.Type != OCIImage:
			problem("resource %q has type %q: it must be file or oci-image", name, r.Type)
		case r.Type == File && r.Filename == "":
			problem("resource %q has no filename", name)
		case strings.Contains(r.Filename, "/"):
			problem("resource %q has filename %q, which must not contain a slash", name, r.Filename)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Devices)) {
		if d := m.Devices[name]; d.Type == "" || d.CountMin < 0 || d.CountMax < 0 {
			problem("device %q needs a type, and counts that are not negative", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Payloads)) {
		if m.Payloads[name].Type == "" {
			problem("payload %q has no type", name)
		}
	}
	return problems
}

// Device is a device, such as a GPU, that a charm asks for.
type Device struct {
	Type        string `yaml:"type"`
	Description string `yaml:"description"`
	CountMin    int    `yaml:"countmin"`
	CountMax    int    `yaml:"countmax"`
}

// Payload is a class of payloads that a charm may register. Juju 4.0 has none.
type Payload struct {
	Type string `yaml:"type"`
}
