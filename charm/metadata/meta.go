package metadata

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Role is the side of a relation that an endpoint takes.
type Role string

// The roles of an endpoint.
const (
	Requires Role = "requires"
	Provides Role = "provides"
	Peer     Role = "peer"
)

// Meta is metadata.yaml.
type Meta struct {
	Name        string `yaml:"name"`
	DisplayName string `yaml:"display-name"`
	Summary     string `yaml:"summary"`
	Description string `yaml:"description"`
	// Who to ask, and where; Juju itself reads none of these. What stands under
	// maintainer and links is among them.
	Maintainers Lines               `yaml:"maintainers"`
	Website     Lines               `yaml:"website"`
	Source      Lines               `yaml:"source"`
	Issues      Lines               `yaml:"issues"`
	Docs        Lines               `yaml:"docs"`
	Requires    map[string]Relation `yaml:"requires"`
	Provides    map[string]Relation `yaml:"provides"`
	Peers       map[string]Relation `yaml:"peers"`
	Containers  Containers          `yaml:"containers"`
	Storage     map[string]Storage  `yaml:"storage"`
	Devices     map[string]Device   `yaml:"devices"`
	Resources   map[string]Resource `yaml:"resources"`
	Payloads    map[string]Payload  `yaml:"payloads"`
	Subordinate bool                `yaml:"subordinate"`
	// ExtraBindings are names that network-get takes besides endpoints.
	ExtraBindings Names    `yaml:"extra-bindings"`
	Assumes       []Assume `yaml:"assumes"`
	Categories    []string `yaml:"categories"`
	Tags          []string `yaml:"tags"`
	Terms         []string `yaml:"terms"`
	// MinJujuVersion is what Assumes has taken the place of.
	MinJujuVersion string `yaml:"min-juju-version"`
	// Series is of the first format of metadata; a charm with it is no sidecar.
	Series []string `yaml:"series"`
	// CharmUser is root, sudoer or non-root; empty means root. Since Juju 3.6.
	CharmUser string `yaml:"charm-user"`
}

// Lines are texts that may be given alone or as a list. Juju does not read them,
// so anything else is no error, and none.
type Lines []string

// UnmarshalYAML accepts a text and a list of texts.
func (l *Lines) UnmarshalYAML(node *yaml.Node) error {
	*l = nil
	if node.Kind == yaml.ScalarNode && node.Tag != "!!null" {
		*l = Lines{node.Value}
	}
	if node.Kind != yaml.SequenceNode {
		return nil
	}
	for _, element := range node.Content {
		if element.Kind == yaml.ScalarNode {
			*l = append(*l, element.Value)
		}
	}
	return nil
}

// Relation is one endpoint.
type Relation struct {
	// Role is set from the map that the endpoint stands in.
	Role      Role   `yaml:"-"`
	Interface string `yaml:"interface"`
	// Limit is how many relations the endpoint takes; 0 is no limit.
	Limit    int  `yaml:"limit"`
	Optional bool `yaml:"optional"`
	// Scope is global or container; empty means global.
	Scope string `yaml:"scope"`
}

// UnmarshalYAML accepts both forms of an endpoint: the name of its interface,
// and a map.
func (r *Relation) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		r.Interface = node.Value
		return nil
	}
	type plain Relation
	return node.Decode((*plain)(r))
}

// ParseMeta parses the content of metadata.yaml. All problems are reported
// together.
func ParseMeta(data []byte) (Meta, error) {
	var m parsedMeta
	if err := yaml.Unmarshal(data, &m); err != nil {
		return Meta{}, err
	}
	m.addLinks()
	m.setRoles()
	return m.Meta, m.validate()
}

// parsedMeta is metadata.yaml with what may stand in other places than Meta says.
type parsedMeta struct {
	Meta       `yaml:",inline"`
	Maintainer Lines     `yaml:"maintainer"`
	Links      yaml.Node `yaml:"links"`
}

// addLinks adds what stands there. Links of another form are left out: Juju does
// not read them.
func (m *parsedMeta) addLinks() {
	var links struct{ Contact, Website, Source, Issues, Documentation Lines }
	_ = m.Links.Decode(&links)
	m.Maintainers = slices.Concat(m.Maintainer, m.Maintainers, links.Contact)
	m.Website = slices.Concat(m.Website, links.Website)
	m.Source = slices.Concat(m.Source, links.Source)
	m.Issues = slices.Concat(m.Issues, links.Issues)
	m.Docs = slices.Concat(m.Docs, links.Documentation)
}

// Endpoint returns the endpoint of that name, of whatever role.
func (m *Meta) Endpoint(name string) (Relation, bool) {
	for _, relations := range []map[string]Relation{m.Requires, m.Provides, m.Peers} {
		if r, ok := relations[name]; ok {
			return r, true
		}
	}
	return Relation{}, false
}

// Endpoints returns the names of all endpoints, sorted.
func (m *Meta) Endpoints() []string {
	var names []string
	for _, relations := range []map[string]Relation{m.Requires, m.Provides, m.Peers} {
		names = slices.AppendSeq(names, maps.Keys(relations))
	}
	slices.Sort(names)
	return names
}

func (m *Meta) setRoles() {
	for role, relations := range map[Role]map[string]Relation{Requires: m.Requires, Provides: m.Provides, Peer: m.Peers} {
		for name, r := range relations {
			r.Role = role
			relations[name] = r
		}
	}
}

func (m *Meta) validate() error {
	var problems []error
	problem := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf(format, args...))
	}
	for _, field := range []struct{ name, value string }{{"name", m.Name}, {"summary", m.Summary}, {"description", m.Description}} {
		if field.value == "" {
			problem("%s is missing", field.name)
		}
	}
	seen := map[string]bool{}
	for _, name := range m.Endpoints() {
		if seen[name] {
			problem("endpoint %q stands more than once in requires, provides and peers", name)
		}
		seen[name] = true
		r, _ := m.Endpoint(name)
		if r.Interface == "" {
			problem("endpoint %q has no interface", name)
		}
		if r.Scope != "" && r.Scope != "global" && r.Scope != "container" {
			problem("endpoint %q has scope %q: it must be global or container", name, r.Scope)
		}
		if r.Role != Requires && (name == "juju" || strings.HasPrefix(name, "juju-")) {
			problem("endpoint %q has a name that Juju keeps for itself", name)
		}
	}
	problems = append(problems, m.checkContainers()...)
	problems = append(problems, m.checkStorage()...)
	problems = append(problems, m.checkResources()...)
	problems = append(problems, m.checkBindings()...)
	switch m.CharmUser {
	case "", "root", "sudoer", "non-root":
	default:
		problem("charm-user is %q: it must be root, sudoer or non-root", m.CharmUser)
	}
	return errors.Join(problems...)
}
