package pebble

import (
	"fmt"
	"time"

	"gopkg.in/yaml.v3"
)

// Duration is an optional span of time in a layer, written as Pebble writes it ("5s", "1m30s"). The zero value is unset,
// which is not the same as 0s: a service without kill-delay gets 5 seconds, one with 0s none.
type Duration struct {
	value time.Duration
	set   bool
}

// NewDuration returns a Duration that is set.
func NewDuration(d time.Duration) Duration {
	return Duration{value: d, set: true}
}

// Value returns the span and whether it is set.
func (d Duration) Value() (time.Duration, bool) {
	return d.value, d.set
}

// String returns Pebble's form, or "" if d is unset.
func (d Duration) String() string {
	if !d.set {
		return ""
	}
	return d.value.String()
}

// IsZero reports whether d is unset; YAML then leaves the key out.
func (d Duration) IsZero() bool {
	return !d.set
}

// MarshalYAML implements yaml.Marshaler.
func (d Duration) MarshalYAML() (any, error) {
	if !d.set {
		return nil, nil
	}
	return d.value.String(), nil
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	value, err := time.ParseDuration(node.Value)
	if node.Kind != yaml.ScalarNode || err != nil {
		// A type error is collected with the layer's other problems instead of hiding them.
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: invalid duration %q", node.Line, node.Value)}}
	}
	*d = NewDuration(value)
	return nil
}
