package metadata

import (
	"errors"
	"fmt"

	"gopkg.in/yaml.v3"
)

// Manifest is manifest.yaml: where the charm runs. A charm without one, or with
// series in metadata.yaml, is of the first format, which has no containers.
type Manifest struct {
	Bases []Base `yaml:"bases"`
}

// Base is an operating system that a charm runs on.
type Base struct {
	Name          string   `yaml:"name"`
	Channel       string   `yaml:"channel"`
	Architectures []string `yaml:"architectures,omitempty"`
}

// ParseManifest parses the content of manifest.yaml. All problems are reported
// together.
func ParseManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := yaml.Unmarshal(data, &m); err != nil {
		return Manifest{}, err
	}
	var problems []error
	if len(m.Bases) == 0 {
		problems = append(problems, errors.New("bases is missing"))
	}
	for i, b := range m.Bases {
		if b.Name == "" || b.Channel == "" {
			problems = append(problems, fmt.Errorf("base %d needs a name and a channel", i))
		}
	}
	return m, errors.Join(problems...)
}

// FormatV2 reports whether the charm is of the second format, as all sidecar
// charms are.
func (c *Charm) FormatV2() bool {
	return len(c.Meta.Containers) > 0 || len(c.Manifest.Bases) > 0 && len(c.Meta.Series) == 0
}
