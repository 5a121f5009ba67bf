package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/charmkit/charmkit/charm/metadata"
)

// ValidationError says that an action's schema refuses parameters.
type ValidationError struct {
	// Problems are one line each.
	Problems []string
}

func (e *ValidationError) Error() string {
	return "validation failed: " + strings.Join(e.Problems, " : ")
}

// CheckParams returns what an action's schema refuses of parameters, a
// [ValidationError], under a version of Juju.
func CheckParams(version, name string, spec metadata.Action, params map[string]any) error {
	s := State{Version: version}
	_, err := s.completeParams(name, spec, params)
	return err
}

// completeParams checks an action's parameters and fills in the defaults.
func (s *State) completeParams(name string, spec metadata.Action, params map[string]any) (map[string]any, error) {
	schema := map[string]any{"type": "object", "title": name, "description": spec.Description}
	if s.features().strictParameters {
		schema["additionalProperties"] = false
	}
	maps.Copy(schema, spec.Schema)
	if len(spec.Params) > 0 {
		schema["properties"] = spec.Params
	}
	if len(spec.Required) > 0 {
		schema["required"] = spec.Required
	}
	plain, err := plainJSON(schema)
	if err != nil {
		return nil, fmt.Errorf("cannot read the schema of action %q: %w", name, err)
	}
	values, err := plainJSON(params)
	if err != nil {
		return nil, fmt.Errorf("cannot read the parameters of action %q: %w", name, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	const location = "action.json"
	if err := compiler.AddResource(location, plain); err != nil {
		return nil, fmt.Errorf("cannot read the schema of action %q: %w", name, err)
	}
	compiled, err := compiler.Compile(location)
	if err != nil {
		return nil, fmt.Errorf("invalid params schema for action schema %s: %w", name, err)
	}
	if err := compiled.Validate(values); err != nil {
		return nil, &ValidationError{Problems: problems(err)}
	}
	fillDefaults(plain, values)
	return values, nil
}

// plainJSON turns what YAML or a caller made into what JSON has, so that
// numbers compare alike.
func plainJSON(value map[string]any) (map[string]any, error) {
	if value == nil {
		return map[string]any{}, nil
	}
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var plain map[string]any
	return plain, json.Unmarshal(data, &plain)
}

// fillDefaults sets what the schema has a default for and the parameters do not
// give, into nested objects too.
func fillDefaults(schema, values map[string]any) {
	properties, _ := schema["properties"].(map[string]any)
	for name, p := range properties {
		property, ok := p.(map[string]any)
		if !ok {
			continue
		}
		value, given := values[name]
		if !given {
			if d, ok := property["default"]; ok {
				values[name] = d
			} else if _, ok := property["properties"]; ok {
				inner := map[string]any{}
				if fillDefaults(property, inner); len(inner) > 0 {
					values[name] = inner
				}
			}
			continue
		}
		if inner, ok := value.(map[string]any); ok {
			fillDefaults(property, inner)
		}
	}
}

// problems lists what a schema refused, one line each.
func problems(err error) []string {
	v, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return []string{err.Error()}
	}
	if len(v.Causes) == 0 {
		where := strings.Join(append([]string{"(root)"}, v.InstanceLocation...), ".")
		text := v.Error()
		if i := strings.LastIndex(text, ": "); i >= 0 {
			text = text[i+2:]
		}
		return []string{where + " : " + text}
	}
	var lines []string
	for _, cause := range v.Causes {
		lines = append(lines, problems(cause)...)
	}
	return lines
}
