package charmtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// InconsistentError tells that a state and an event cannot be in any Juju model, or
// not with this charm.
type InconsistentError struct {
	// Problems say where something is, what is wrong with it, and what to write
	// instead.
	Problems []string
}

func (e *InconsistentError) Error() string {
	return "cannot run this test, its own input is wrong:\n  " + strings.Join(e.Problems, "\n  ")
}

// Check tells what [Run] would refuse of a state and an event: names that the
// charm's files do not declare, and what Juju itself would never let come about. All
// of it is in one [*InconsistentError].
func Check[C any](c Charm[C], state State, event Event) error {
	files, err := c.load()
	if err != nil {
		return err
	}
	return check(files, c.cache, &state, event)
}

// check looks twice: places are written only if there is something to say of one.
func check(files *metadata.Charm, cache *memory.Cache, state *State, event Event) error {
	c := checker{files: files, cache: cache, state: state, event: &event, unit: state.unit(files), quick: true}
	c.all()
	if !c.found {
		return nil
	}
	c.quick = false
	c.all()
	return &InconsistentError{c.problems}
}

func (c *checker) all() {
	state := c.state
	c.app = model.ApplicationOf(c.unit)
	c.release = model.ParseRelease(state.Version)
	if state.Version == "" {
		c.release = model.ParseRelease(model.JujuVersion)
	}
	c.checkUnit()
	c.checkConfig()
	c.checkRelations()
	c.checkSecrets()
	c.checkContainers()
	c.checkStorage()
	c.checkRest()
	c.checkEvent("the event", *c.event)
}

// checker looks for what is wrong with a state and an event.
type checker struct {
	files     *metadata.Charm
	cache     *memory.Cache
	state     *State
	event     *Event
	unit, app string
	release   model.Release
	// quick says that it is enough to know whether anything is found.
	quick, found bool
	problems     []string
}

// problem notes what is wrong somewhere, with advice.
func (c *checker) problem(where, format string, args ...any) {
	if c.found = true; c.quick {
		return
	}
	c.problems = append(c.problems, where+": "+fmt.Sprintf(format, args...))
}

// undeclared notes a name that is none of those declared in a file.
func (c *checker) undeclared(where, what, name, file string, declared []string) {
	c.problem(where, "%s has no %s %q%s", file, what, name, instead(name, declared))
}

func (c *checker) checkUnit() {
	s := c.state
	if s.Unit != "" && !model.ValidUnitName(s.Unit) {
		c.problem("State.Unit", "%q is no unit's name: write %q", s.Unit, c.files.Meta.Name+"/0")
	}
	if !validVersion(s.Version) {
		c.problem("State.Version", "%q is no version of Juju: write %q", s.Version, model.JujuVersion)
	}
	for i, peer := range s.Peers {
		where := c.at("State.Peers", i)
		switch {
		case !model.ValidUnitName(peer) || model.ApplicationOf(peer) != c.app:
			c.problem(where, "%q is no unit of %s: write %q", peer, c.app, c.app+"/1")
		case peer == c.unit:
			c.problem(where, "%q is the unit under test itself: leave it out", peer)
		case slices.Contains(s.Peers[:i], peer):
			c.problem(where, "%q is there already: leave one out", peer)
		}
	}
	c.checkStatus("State.Status", s.Status, "error")
	c.checkStatus("State.AppStatus", s.AppStatus)
}

func (c *checker) checkStatus(where string, status Status, more ...string) {
	known := append([]string{"active", "waiting", "blocked", "maintenance", "unknown"}, more...)
	if status.Status == "" && status.Message != "" {
		c.problem(where, "it has a message and no status: write charmtest.Active(%q), or another one", status.Message)
	} else if status.Status != "" && !slices.Contains(known, status.Status) {
		c.problem(where, "Juju has no status %q%s", status.Status, instead(status.Status, known))
	}
}

// validVersion tells whether a text may be a version of Juju, such as 3.6.11 or
// 4.0-beta2; the empty one is the default.
func validVersion(text string) bool {
	if text == "" {
		return true
	}
	major, rest, ok := strings.Cut(text, ".")
	return ok && rest != "" && isNumber(major) && rest[0] >= '0' && rest[0] <= '9' &&
		strings.Trim(rest, "0123456789abcdefghijklmnopqrstuvwxyz.-") == ""
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// since tells whether the model's Juju is of that release or a later one.
func (c *checker) since(major, minor int) bool {
	return !c.release.Before(model.Release{Major: major, Minor: minor})
}

// at is the place of an element of a list.
func (c *checker) at(list string, i int) string {
	if c.quick {
		return ""
	}
	return fmt.Sprintf("%s[%d]", list, i)
}

// under is the place of a value of a map.
func (c *checker) under(m, key string) string {
	if c.quick {
		return ""
	}
	return fmt.Sprintf("%s[%q]", m, key)
}

// instead is the advice to write a name that exists.
func instead(name string, declared []string) string {
	if len(declared) == 0 {
		return ", nor any other"
	}
	declared = slices.Sorted(slices.Values(declared))
	if near := nearest(name, declared); near != "" {
		return fmt.Sprintf(": write %q", near)
	}
	return ": there is " + strings.Join(declared, ", ")
}

// nearest returns the name that was probably meant; empty if none is near.
func nearest(name string, declared []string) string {
	best, least := "", len(name)/2+1
	for _, other := range declared {
		if d := distance(name, other); d < least {
			best, least = other, d
		}
	}
	return best
}

// distance is how many letters are to be added, left out or changed to make one
// word of another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// names are the keys of a map.
func names[V any](m map[string]V) []string { return slices.Collect(maps.Keys(m)) }

// sortedKeys are the keys of a map, in order, so that problems are.
func sortedKeys[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(m))
}
