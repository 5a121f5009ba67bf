package memory

import (
	"errors"
	"fmt"

	"gopkg.in/yaml.v3"
)

// RockLayer returns the layer that a rock has, given its rockcraft.yaml: the services and checks in it, under the rock's name.
// Rocks of the bases ubuntu and bare have no other.
func RockLayer(rockcraft []byte) (Layer, error) {
	var rock struct {
		Name  string
		Layer struct {
			Summary     string         `yaml:"summary,omitempty"`
			Description string         `yaml:"description,omitempty"`
			Services    map[string]any `yaml:"services,omitempty"`
			Checks      map[string]any `yaml:"checks,omitempty"`
		} `yaml:",inline"`
	}
	if err := yaml.Unmarshal(rockcraft, &rock); err != nil {
		return Layer{}, fmt.Errorf("cannot parse rockcraft.yaml: %w", err)
	}
	if rock.Name == "" {
		return Layer{}, errors.New("cannot use rockcraft.yaml: it has no name")
	}
	text, err := yaml.Marshal(rock.Layer)
	if err != nil {
		return Layer{}, fmt.Errorf("cannot write the layer of rock %q: %w", rock.Name, err)
	}
	return Layer{Label: rock.Name, YAML: string(text)}, nil
}
