package tools

import (
	"fmt"
	"maps"
	"strings"

	"gopkg.in/yaml.v2"
)

// parseKeyValues parses KEY=VALUE arguments. White space around keys and values
// is dropped, and an empty argument is skipped.
func parseKeyValues(args []string) (map[string]string, error) {
	values := make(map[string]string, len(args))
	for _, arg := range args {
		if arg == "" {
			continue
		}
		key, value, ok := strings.Cut(arg, "=")
		key = strings.TrimSpace(key)
		value = strings.TrimSpace(value)
		switch {
		case !ok:
			return nil, fmt.Errorf(`expected "key=value", got %q`, arg)
		case key == "":
			return nil, fmt.Errorf(`expected "key=value", got "=%s"`, value)
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("key %q specified more than once", key)
		}
		values[key] = value
	}
	return values, nil
}

// valuesFile is the --file flag of relation-set and state-set: a YAML map, or -
// for the standard input.
type valuesFile struct{ path string }

func (v *valuesFile) flags(f flagSet) {
	f.StringVar(&v.path, "file", "", "file containing key-value pairs")
}

// merge returns what the file holds, overridden by the arguments.
func (v *valuesFile) merge(c *call, args map[string]string) (map[string]string, error) {
	if v.path == "" {
		return args, nil
	}
	var data []byte
	var err error
	if v.path == "-" {
		data, err = c.stdin()
	} else {
		data, err = c.readFile(c.path(v.path), 0)
	}
	if err != nil {
		return nil, err
	}
	values, err := parseYAMLValues(data)
	if err != nil {
		return nil, err
	}
	maps.Copy(values, args)
	return values, nil
}

// parseYAMLValues reads a map of scalars as the text that they are written in.
func parseYAMLValues(data []byte) (map[string]string, error) {
	values := map[string]string{}
	if err := yaml.Unmarshal(data, values); err != nil {
		return nil, err
	}
	return values, nil
}
