package metadata

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// Assume is one thing that a charm assumes of the model it is deployed to: a
// feature, perhaps of some version, or a choice of several.
type Assume struct {
	// Feature is juju, k8s-api or another name; empty in a choice.
	Feature string
	// Operator is >= or <, or empty if any version will do.
	Operator, Version string
	// AnyOf and AllOf are the parts of a choice.
	AnyOf, AllOf []Assume
}

var featurePattern = pattern(`^\s*([a-z][a-z0-9-]*)\s*(?:(>=|<)\s*([0-9][0-9a-z.-]*))?\s*$`)

// UnmarshalYAML accepts "FEATURE", "FEATURE >= VERSION", "FEATURE < VERSION",
// and maps with any-of or all-of.
func (a *Assume) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		m := featurePattern().FindStringSubmatch(node.Value)
		if m == nil {
			return fmt.Errorf("line %d: malformed feature expression %q: only >= and < compare versions", node.Line, node.Value)
		}
		a.Feature, a.Operator, a.Version = m[1], m[2], m[3]
		return nil
	}
	var choice struct {
		AnyOf []Assume `yaml:"any-of"`
		AllOf []Assume `yaml:"all-of"`
	}
	if err := node.Decode(&choice); err != nil {
		return err
	}
	if (len(choice.AnyOf) > 0) == (len(choice.AllOf) > 0) {
		return fmt.Errorf("line %d: an assumption is a feature, any-of or all-of", node.Line)
	}
	a.AnyOf, a.AllOf = choice.AnyOf, choice.AllOf
	return nil
}
