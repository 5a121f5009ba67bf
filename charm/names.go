package charm

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/charm/metadata"
)

// What a name can be the name of.
const (
	nameContainer = "container"
	nameRequires  = "requires"
	nameProvides  = "provides"
	namePeers     = "peers"
	nameOption    = "option"
	nameStorage   = "storage"
	nameAction    = "action"
	nameResource  = "resource"
	nameBinding   = "binding"
	// nameParameter is followed by the name of the action.
	nameParameter = "parameter of action "
)

// names are what the charm uses, by what they name. They are collected while
// the charm is constructed and checked together.
type names map[string]map[string]bool

func (n names) use(what string, values ...string) {
	if n[what] == nil {
		n[what] = map[string]bool{}
	}
	for _, value := range values {
		n[what][value] = true
	}
}

// UndeclaredError tells of names that a charm uses and its files do not
// declare.
type UndeclaredError struct{ Problems []string }

func (e *UndeclaredError) Error() string {
	return "cannot run this charm, its code and its files differ:\n  " + strings.Join(e.Problems, "\n  ")
}

// Check constructs a charm and compares the names it uses with everything its
// files declare: containers, endpoints, storage, resources, bindings, options and
// actions with their parameters, and the actions that nothing handles. It returns an [*UndeclaredError] with all differences.
func Check[C any](newCharm Constructor[C], files *metadata.Charm) error {
	b := newBase(func(string) string { return "" })
	if _, err := newCharm(b); err != nil {
		return fmt.Errorf("cannot construct the charm: %w", err)
	}
	var problems []string
	var undeclared *UndeclaredError
	if errors.As(b.checkMeta(&files.Meta), &undeclared) {
		problems = undeclared.Problems
	}
	problems = append(problems, b.names.missing(nameOption, "config.yaml", slices.Sorted(maps.Keys(files.Config.Options)))...)
	problems = append(problems, b.names.missing(nameAction, "actions.yaml", slices.Sorted(maps.Keys(files.Actions)))...)
	for _, action := range slices.Sorted(maps.Keys(files.Actions)) {
		params := slices.Sorted(maps.Keys(files.Actions[action].Params))
		problems = append(problems, b.names.missing(nameParameter+action, "actions.yaml", params)...)
		if !b.names[nameAction][action] {
			problems = append(problems, fmt.Sprintf("action %q stands in actions.yaml, and nothing handles it", action))
		}
	}
	if len(problems) > 0 {
		return &UndeclaredError{problems}
	}
	return nil
}

// checkMeta compares with metadata.yaml alone.
func (b *Base) checkMeta(meta *metadata.Meta) error {
	n := b.names
	problems := n.missing(nameContainer, "metadata.yaml", slices.Sorted(maps.Keys(meta.Containers)))
	problems = append(problems, n.missing(nameStorage, "metadata.yaml", slices.Sorted(maps.Keys(meta.Storage)))...)
	problems = append(problems, n.missing(nameResource, "metadata.yaml", slices.Sorted(maps.Keys(meta.Resources)))...)
	problems = append(problems, n.missing(nameBinding, "metadata.yaml", slices.Sorted(slices.Values(meta.ExtraBindings)))...)
	for what, declared := range map[string]map[string]metadata.Relation{
		nameRequires: meta.Requires, nameProvides: meta.Provides, namePeers: meta.Peers,
	} {
		problems = append(problems, n.missing(what, "metadata.yaml", slices.Sorted(maps.Keys(declared)))...)
	}
	if b.tracing != nil {
		problems = append(problems, b.tracing.problems(meta)...)
	}
	if len(problems) > 0 {
		slices.Sort(problems)
		return &UndeclaredError{problems}
	}
	return nil
}

// missing describes the names used that are not among those declared.
func (n names) missing(what, file string, declared []string) []string {
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(n[what])) {
		if slices.Contains(declared, name) {
			continue
		}
		there := "there is none"
		if len(declared) > 0 {
			there = "there is " + strings.Join(declared, ", ")
		}
		subject := fmt.Sprintf("%s %q", what, name)
		if action, ok := strings.CutPrefix(what, nameParameter); ok {
			subject = fmt.Sprintf("parameter %q of action %q", name, action)
		}
		problems = append(problems, fmt.Sprintf("%s is not declared in %s: %s", subject, file, there))
	}
	return problems
}
