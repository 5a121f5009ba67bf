package sandbox

import (
	"fmt"
	"os"
	"strings"
)

// ids are the user and group ids that exist in a user namespace.
type ids struct {
	users, groups []idRange
}

type idRange struct {
	first, count int
}

// HasUser tells whether a user exists for this process. For an ordinary user in a user namespace of his own, all others are
// himself under another number; see [AsOwner].
func HasUser(uid int) (bool, error) {
	own, err := currentIDs()
	return own.hasUser(uid), err
}

// currentIDs reads the ids that exist for this process. For root outside of any user namespace that is all of them; for an
// ordinary user in a namespace of his own it is 0.
func currentIDs() (ids, error) {
	users, err := readIDMap("/proc/self/uid_map")
	if err != nil {
		return ids{}, err
	}
	groups, err := readIDMap("/proc/self/gid_map")
	if err != nil {
		return ids{}, err
	}
	return ids{users: users, groups: groups}, nil
}

func readIDMap(path string) ([]idRange, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read id map: %w", err)
	}
	var ranges []idRange
	for line := range strings.Lines(string(data)) {
		var r idRange
		var outside int
		if _, err := fmt.Sscan(line, &r.first, &outside, &r.count); err != nil {
			return nil, fmt.Errorf("cannot parse %s: %w", path, err)
		}
		ranges = append(ranges, r)
	}
	return ranges, nil
}

func (i ids) hasUser(id int) bool  { return hasID(i.users, id) }
func (i ids) hasGroup(id int) bool { return hasID(i.groups, id) }

// has tells whether a process may become the user and have a file of his. If not, it needs a user namespace to play him.
func (i ids) has(uid, gid int) bool { return i.hasUser(uid) && i.hasGroup(gid) }

func hasID(ranges []idRange, id int) bool {
	for _, r := range ranges {
		if id >= r.first && id-r.first < r.count {
			return true
		}
	}
	return false
}

// existingGroups keeps the groups that exist.
func (i ids) existingGroups(groups []int) []int {
	kept := []int{}
	for _, group := range groups {
		if i.hasGroup(group) {
			kept = append(kept, group)
		}
	}
	return kept
}
