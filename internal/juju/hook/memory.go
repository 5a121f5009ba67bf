package hook

import (
	"maps"
	"slices"
)

// Memory is what a unit's agent remembers of its relations from hook to hook.
// It belongs to one agent and is not safe for concurrent use.
type Memory struct {
	relations map[int]*remembered
}

type remembered struct {
	// members are the units the charm was told of, with their databag once it
	// was read; nil means not read.
	members map[string]map[string]string
}

// NewMemory returns the memory of an agent that just started, which knows the
// units in members, by relation id.
func NewMemory(members map[int][]string) *Memory {
	m := &Memory{relations: map[int]*remembered{}}
	for id, units := range members {
		for _, unit := range units {
			m.of(id).members[unit] = nil
		}
	}
	return m
}

func (m *Memory) of(relation int) *remembered {
	r, ok := m.relations[relation]
	if !ok {
		r = &remembered{members: map[string]map[string]string{}}
		m.relations[relation] = r
	}
	return r
}

// Members returns the units of a relation that the charm was told of, sorted.
func (m *Memory) Members(relation int) []string {
	return slices.Sorted(maps.Keys(m.of(relation).members))
}

// Forget drops all that is known of a relation.
func (m *Memory) Forget(relation int) { delete(m.relations, relation) }

// prepare updates the memory before a hook runs: a joining unit becomes a
// member, a departing one stops being one, and what is known of a unit that
// changed is read again.
func (m *Memory) prepare(i Info) {
	if !i.Kind.IsRelation() {
		return
	}
	r := m.of(i.RelationID)
	switch {
	case i.Kind == RelationBroken:
		clear(r.members)
	case i.RemoteUnit == "":
	case i.Kind == RelationDeparted:
		delete(r.members, i.RemoteUnit)
	default:
		r.members[i.RemoteUnit] = nil
	}
}
