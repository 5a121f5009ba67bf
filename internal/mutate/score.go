package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// survivor is a mutant that no test noticed.
type survivor struct {
	mutant
	// reached is how many tests come there.
	reached int
}

// score is what came of a package's mutants.
type score struct {
	name      string
	mutants   int
	killed    int
	survivors []survivor
	accepted  map[string]bool
	// names are those of all mutants.
	names map[string]bool
	took  time.Duration
}

// describe says where a survivor is and why.
func (s score) describe(one survivor) string {
	text := one.String()
	switch {
	case s.accepted[one.name]:
		text += " (accepted)"
	case one.reached == 0:
		text += " (no test comes here)"
	}
	return text
}

func (s score) share() float64 {
	if s.mutants == 0 {
		return 100
	}
	return 100 * float64(s.killed) / float64(s.mutants)
}

func (s score) percent() string { return fmt.Sprintf("%.1f %%", s.share()) }

func (s score) String() string {
	return fmt.Sprintf("%s: %d mutants, %d killed, %s, in %s", s.name, s.mutants, s.killed, s.percent(), s.took)
}

// check returns what is wrong with a score: too few mutants killed, or accepted
// survivors that are no mutants.
func (s score) check(o options) error {
	var problems []error
	if s.share() < o.least {
		problems = append(problems, fmt.Errorf("%s: %s of the mutants are killed, not %g %%", s.name, s.percent(), o.least))
	}
	for _, name := range slices.Sorted(maps.Keys(s.accepted)) {
		if !s.names[name] {
			problems = append(problems, fmt.Errorf("%s: accepted as a survivor, but gone: %s", s.name, name))
		}
	}
	return errors.Join(problems...)
}

// surviving are the names of the survivors.
func (s score) surviving() map[string]bool {
	names := map[string]bool{}
	for _, one := range s.survivors {
		names[one.name] = true
	}
	return names
}

// killedAlthough lists the accepted survivors that were killed. It may be that a test
// took too long.
func (s score) killedAlthough() []string {
	survives := s.surviving()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.accepted)) {
		if s.names[name] && !survives[name] {
			names = append(names, name)
		}
	}
	return names
}
