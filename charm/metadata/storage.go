package metadata

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// The types of storage.
const (
	Filesystem = "filesystem"
	Block      = "block"
)

// Storage is one storage declaration.
type Storage struct {
	// Type is filesystem or block.
	Type        string `yaml:"type"`
	Description string `yaml:"description"`
	// Location is the mount point of a filesystem. If several instances are
	// possible, each is mounted below it, at Location/NAME/N.
	Location string `yaml:"location"`
	Shared   bool   `yaml:"shared"`
	ReadOnly bool   `yaml:"read-only"`
	// MinimumSize is a number with one of the letters MGTPEZY; empty means 1G.
	MinimumSize string   `yaml:"minimum-size"`
	Properties  []string `yaml:"properties"`
	Multiple    Multiple `yaml:"multiple"`
}

// Multiple says how many instances of a storage a unit may have.
type Multiple struct {
	// Range is N, N-M, N+ or N-; empty means exactly one.
	Range Range `yaml:"range"`
}

// Range is a range of numbers as metadata.yaml writes it.
type Range string

// pattern compiles when it is first used, which no hook does.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

var rangePattern = pattern(`^([0-9]+)([-+]|-[0-9]+)?$`)

// UnmarshalYAML accepts a number and a string.
func (r *Range) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode || !rangePattern().MatchString(node.Value) {
		return fmt.Errorf("line %d: range %q does not match N, N-M, N+ or N-", node.Line, node.Value)
	}
	*r = Range(node.Value)
	return nil
}

// Unlimited is the maximum of a storage that may have any number of instances.
const Unlimited = -1

// Count returns how many instances of the storage a unit has at least and at
// most; the maximum may be [Unlimited].
func (s Storage) Count() (least, most int) {
	m := rangePattern().FindStringSubmatch(string(s.Multiple.Range))
	if m == nil {
		return 1, 1
	}
	least, _ = strconv.Atoi(m[1])
	switch rest := strings.TrimPrefix(m[2], "-"); {
	case m[2] == "":
		return least, least
	case rest == "" || rest == "+":
		return least, Unlimited
	default:
		most, _ = strconv.Atoi(rest)
		return least, most
	}
}

var sizePattern = pattern(`^[0-9]+(\.[0-9]+)?[MGTPEZY]?(i?B)?$`)

func (m *Meta) checkStorage() (problems []error) {
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for _, name := range slices.Sorted(maps.Keys(m.Storage)) {
		s := m.Storage[name]
		if s.Type != Filesystem && s.Type != Block {
			problem("storage %q has type %q: it must be filesystem or block", name, s.Type)
		}
		if s.Type == Block && s.Location != "" {
			problem("storage %q is of type block and must not have a location", name)
		}
		if least, most := s.Count(); most == 0 || most > 0 && most < least {
			problem("storage %q cannot have %s instances", name, s.Multiple.Range)
		}
		if s.MinimumSize != "" && !sizePattern().MatchString(s.MinimumSize) {
			problem("storage %q has minimum-size %q: it must be a number and one of the letters MGTPEZY", name, s.MinimumSize)
		}
		for _, property := range s.Properties {
			if property != "transient" {
				problem("storage %q has property %q: it must be transient", name, property)
			}
		}
	}
	return problems
}
