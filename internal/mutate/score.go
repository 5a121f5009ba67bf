package main

import (
	"errors"
	"fmt"
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
	took      time.Duration
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

// check returns what is wrong with a score: too few mutants killed, or
// accepted survivors that are none.
func (s score) check(o options) error {
	var problems []error
	if s.share() < o.least {
		problems = append(problems, fmt.Errorf("%s: %s of the mutants are killed, not %g %%", s.name, s.percent(), o.least))
	}
	survives := map[string]bool{}
	for _, one := range s.survivors {
		survives[one.name] = true
	}
	var wrong []string
	for name := range s.accepted {
		if !survives[name] {
			wrong = append(wrong, name)
		}
	}
	slices.Sort(wrong)
	for _, name := range wrong {
		problems = append(problems, fmt.Errorf("%s: accepted as a survivor, but killed or gone: %s", s.name, name))
	}
	return errors.Join(problems...)
}
