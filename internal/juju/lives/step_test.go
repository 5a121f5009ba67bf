package lives_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// step is one thing that happens to a model. N chooses what the step leaves
// open: the unit, the application, the value, what a charm does in its hook.
type step struct {
	Do string
	N  int
}

// weights says how often each kind of step comes.
var weights = []struct {
	do     string
	weight int
}{
	{"agent", 150}, // one operation of one unit's agent
	{"settle", 15}, // agents go on until they wait
	{"deploy", 4},
	{"remove application", 1},
	{"scale", 4},
	{"integrate", 5},
	{"remove relation", 3},
	{"suspend", 2},
	{"config", 6},
	{"refresh", 3},
	{"resolve", 4},
	{"leader", 3},
	{"pod", 3},     // a new one; on machines only its agent starts again
	{"restart", 4}, // of an agent
	{"action", 3},
	{"secret", 4}, // an operator's or a charm's own, changed from outside
	{"storage", 5},
	{"time", 8},
	{"crash", 3}, // of the process that holds the model, at its next writes
}

// generate makes a sequence; that of an even seed is on machines.
func generate(seed uint64, length int) []step {
	rng := rand.New(rand.NewPCG(seed, 7))
	total := 0
	for _, w := range weights {
		total += w.weight
	}
	steps := []step{{"deploy", 0}, {"deploy", 1}, {"integrate", 0}}
	if seed%2 == 0 {
		steps = append([]step{{"machines", 0}}, steps...)
	}
	for len(steps) < length {
		at := rng.IntN(total)
		for _, w := range weights {
			if at -= w.weight; at < 0 {
				steps = append(steps, step{w.do, rng.IntN(1 << 20)})
				break
			}
		}
	}
	return steps
}

// shrink leaves out of a sequence what is not needed for it to fail, as long as
// the budget of runs lasts.
func shrink(steps []step, fails func([]step) bool, budget int) []step {
	for size := len(steps) / 2; size > 0; {
		shorter := false
		for from := 0; from+size <= len(steps) && budget > 0; {
			rest := append(append([]step(nil), steps[:from]...), steps[from+size:]...)
			budget--
			if fails(rest) {
				steps, shorter = rest, true
			} else {
				from += size
			}
		}
		if !shorter || size > len(steps) {
			size /= 2
		}
	}
	return steps
}

func printed(steps []step) string {
	lines := make([]string, len(steps))
	for i, s := range steps {
		lines[i] = fmt.Sprintf("{%q, %d},", s.Do, s.N)
	}
	return strings.Join(lines, "\n")
}
