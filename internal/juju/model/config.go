package model

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/charmkit/charmkit/charm/metadata"
)

// UnknownOptionError says that a charm has no such configuration option.
type UnknownOptionError struct{ Option string }

func (e *UnknownOptionError) Error() string { return fmt.Sprintf("unknown option %q", e.Option) }

// OptionTypeError says that a value does not suit an option's type.
type OptionTypeError struct {
	Option, Type string
	Value        string
}

func (e *OptionTypeError) Error() string {
	return fmt.Sprintf("option %q expected %s, got %q", e.Option, e.Type, e.Value)
}

// SetConfig sets options of an application from text, as juju config does: all
// of them or, if one is unknown ([UnknownOptionError]) or of the wrong type
// ([OptionTypeError]), none.
func (s *State) SetConfig(application string, values map[string]string) error {
	a, err := s.charmed(application)
	if err != nil {
		return err
	}
	typed := make(map[string]any, len(values))
	for _, name := range sortedKeys(values) {
		option, ok := a.Charm.Config.Options[name]
		if !ok {
			return &UnknownOptionError{Option: name}
		}
		if typed[name], err = parseOption(name, option, values[name]); err != nil {
			return err
		}
	}
	for name, value := range typed {
		put(&a.Config, name, value)
	}
	return nil
}

// ResetConfig gives options of an application back their defaults.
func (s *State) ResetConfig(application string, options ...string) error {
	a, err := s.charmed(application)
	if err != nil {
		return err
	}
	for _, name := range options {
		if _, ok := a.Charm.Config.Options[name]; !ok {
			return &UnknownOptionError{Option: name}
		}
	}
	for _, name := range options {
		delete(a.Config, name)
	}
	return nil
}

func (s *State) charmed(application string) (*Application, error) {
	a, err := s.Application(application)
	if err != nil {
		return nil, err
	}
	if a.Charm == nil {
		return nil, fmt.Errorf("application %q is a stand-in without a charm", application)
	}
	return a, nil
}

func parseOption(name string, o metadata.Option, text string) (any, error) {
	wrong := &OptionTypeError{Option: name, Type: o.Type, Value: text}
	switch o.Type {
	case "int":
		if v, err := strconv.ParseInt(text, 10, 64); err == nil {
			return int(v), nil
		}
	case "float":
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			return v, nil
		}
	case "boolean":
		if v, err := strconv.ParseBool(text); err == nil {
			return v, nil
		}
	case "secret":
		if text == "" || strings.HasPrefix(text, "secret:") {
			return text, nil
		}
	default:
		return text, nil
	}
	return nil, wrong
}

// Config returns the values of all of an application's options as hooks get
// them: what the operator set, else the default, else nil. Numbers are float64,
// because Juju passes them through JSON.
func (s *State) Config(application string) map[string]any {
	a, ok := s.Applications[application]
	if !ok {
		return nil
	}
	values := make(map[string]any, len(a.Config)+8)
	if a.Charm != nil {
		for name, option := range a.Charm.Config.Options {
			values[name] = throughJSON(option.Default)
		}
	}
	for name, value := range a.Config {
		if value != nil {
			values[name] = throughJSON(value)
		}
	}
	return values
}

func throughJSON(value any) any {
	switch v := value.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	}
	return value
}
