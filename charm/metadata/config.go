package metadata

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"gopkg.in/yaml.v3"
)

// Config is config.yaml.
type Config struct {
	Options map[string]Option `yaml:"options"`
}

// Option is one configuration option.
type Option struct {
	// Type is string, int, float, boolean or secret; a file that leaves it out
	// means string.
	Type        string `yaml:"type"`
	Description string `yaml:"description"`
	// Default is nil, or a string, int, float64 or bool as Type says.
	Default any `yaml:"default"`
}

// ParseConfig parses the content of config.yaml. All problems are reported
// together.
func ParseConfig(data []byte) (Config, error) {
	var c Config
	if err := yaml.Unmarshal(data, &c); err != nil {
		return Config{}, err
	}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(c.Options)) {
		o := c.Options[name]
		if o.Type == "" {
			o.Type = "string"
		}
		value, err := o.convert(o.Default)
		if err != nil {
			problems = append(problems, fmt.Errorf("option %q: %w", name, err))
		}
		o.Default = value
		c.Options[name] = o
	}
	return c, errors.Join(problems...)
}

// convert turns a YAML default into the Go type of the option.
func (o Option) convert(value any) (any, error) {
	switch o.Type {
	case "string", "secret":
		if s, ok := value.(string); ok {
			return s, nil
		}
	case "int":
		if i, ok := value.(int); ok {
			return i, nil
		}
	case "float":
		switch v := value.(type) {
		case float64:
			return v, nil
		case int:
			return float64(v), nil
		}
	case "boolean":
		if b, ok := value.(bool); ok {
			return b, nil
		}
	default:
		return nil, fmt.Errorf("unknown type %q: it must be string, int, float, boolean or secret", o.Type)
	}
	if value == nil {
		return nil, nil
	}
	return nil, fmt.Errorf("default %v is not of type %s", value, o.Type)
}
