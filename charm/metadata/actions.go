package metadata

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Actions is actions.yaml: actions by name.
type Actions map[string]Action

// Action is one action.
type Action struct {
	Description string `yaml:"description"`
	Title       string `yaml:"title"`
	// Params maps each parameter to its JSON schema (draft 4).
	Params   map[string]any `yaml:"params"`
	Required []string       `yaml:"required"`
	Parallel bool           `yaml:"parallel"`
	// ExecutionGroup is the group in which Juju runs one action at a time.
	ExecutionGroup string `yaml:"execution-group"`
	// Schema holds the other keys, which Juju passes into the action's JSON
	// schema; additionalProperties is the usual one.
	Schema map[string]any `yaml:"-"`
}

// UnmarshalYAML decodes an action and keeps the keys that belong to its schema.
func (a *Action) UnmarshalYAML(node *yaml.Node) error {
	type plain Action
	if err := node.Decode((*plain)(a)); err != nil {
		return err
	}
	var all map[string]any
	if err := node.Decode(&all); err != nil {
		return err
	}
	for _, known := range []string{"description", "title", "params", "required", "parallel", "execution-group"} {
		delete(all, known)
	}
	if len(all) > 0 {
		a.Schema = all
	}
	return nil
}

// ParseActions parses the content of actions.yaml. All problems are reported
// together.
func ParseActions(data []byte) (Actions, error) {
	var actions Actions
	if err := yaml.Unmarshal(data, &actions); err != nil {
		return nil, err
	}
	validName := regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`)
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(actions)) {
		if !validName.MatchString(name) {
			problems = append(problems, fmt.Errorf("action name %q is not valid: use lower-case letters, digits and inner hyphens", name))
		}
		if name == "juju" || strings.HasPrefix(name, "juju-") {
			problems = append(problems, fmt.Errorf("action name %q is one that Juju keeps for itself", name))
		}
	}
	return actions, errors.Join(problems...)
}
