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

// names are what the charm uses, and what each names. They are collected while the
// charm is constructed and checked together; there are few.
type names []name

type name struct{ what, value string }

func (n *names) use(what string, values ...string) {
	for _, value := range values {
		if !n.has(what, value) {
			*n = append(*n, name{what, value})
		}
	}
}

func (n *names) has(what, value string) bool { return slices.Contains(*n, name{what, value}) }

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
	b := newBase(nowhere)
	if _, err := newCharm(b); err != nil {
		return fmt.Errorf("cannot construct the charm: %w", err)
	}
	var problems []string
	var undeclared *UndeclaredError
	if errors.As(b.checkMeta(&files.Meta), &undeclared) {
		problems = undeclared.Problems
	}
	problems = append(problems, missing(b.names, nameOption, "config.yaml", files.Config.Options)...)
	problems = append(problems, missing(b.names, nameAction, "actions.yaml", files.Actions)...)
	for _, action := range slices.Sorted(maps.Keys(files.Actions)) {
		problems = append(problems, missing(b.names, nameParameter+action, "actions.yaml", files.Actions[action].Params)...)
		if !b.names.has(nameAction, action) {
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
	const file = "metadata.yaml"
	n := b.names
	problems := missing(n, nameContainer, file, meta.Containers)
	problems = append(problems, missing(n, nameStorage, file, meta.Storage)...)
	problems = append(problems, missing(n, nameResource, file, meta.Resources)...)
	problems = append(problems, missing(n, nameRequires, file, meta.Requires)...)
	problems = append(problems, missing(n, nameProvides, file, meta.Provides)...)
	problems = append(problems, missing(n, namePeers, file, meta.Peers)...)
	if len(meta.ExtraBindings) > 0 || slices.ContainsFunc(n, func(name name) bool { return name.what == nameBinding }) {
		bindings := map[string]bool{}
		for _, name := range meta.ExtraBindings {
			bindings[name] = true
		}
		problems = append(problems, missing(n, nameBinding, file, bindings)...)
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
func missing[V any](n names, what, file string, declared map[string]V) (problems []string) {
	for _, used := range n {
		if used.what != what {
			continue
		}
		name := used.value
		if _, ok := declared[name]; ok {
			continue
		}
		there := "there is none"
		if len(declared) > 0 {
			there = "there is " + strings.Join(slices.Sorted(maps.Keys(declared)), ", ")
		}
		subject := fmt.Sprintf("%s %q", what, name)
		if action, ok := strings.CutPrefix(what, nameParameter); ok {
			subject = fmt.Sprintf("parameter %q of action %q", name, action)
		}
		problems = append(problems, fmt.Sprintf("%s is not declared in %s: %s", subject, file, there))
	}
	slices.Sort(problems)
	return problems
}
