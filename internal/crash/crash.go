package crash

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// Case is a charm and its life.
type Case[C any] struct {
	Charm charmtest.Charm[C]
	// Containers are those of metadata.yaml. Their Pebbles start once the unit
	// has, one after another.
	Containers []string
	// Sample is about how many cuts are made if there are containers, unless all
	// are asked for; default 32.
	Sample int
	// User runs them; nil is the test's own.
	User *pebbletest.User
	// Prepare makes the files of the images; nil if there are none. It may change
	// all below /app, /srv and /var/lib, which are the pod's own.
	Prepare func(testing.TB)
	// Story is what happens then.
	Story []Step
	// Observe says what the workload has loaded, in the end; nil if nothing.
	Observe func(context.Context, *model.State) (map[string]string, error)
	// Always says what is wrong when a hook has run and its commit has not come, and
	// when an action has ended: the model is what is stored then. Nil if there is
	// nothing to say.
	Always func(context.Context, *model.State) error
}

// Step changes the model as an operator does, or as other applications do.
type Step struct {
	Name string
	Do   func(*model.State) error
	// Action is run instead of Do, and again if it was cut, until it has completed.
	Action *Action
	// Status is that which the unit then gets.
	Status string
}

// Action is an action that the operator runs.
type Action struct {
	Name   string
	Params map[string]any
}

// together is how many lives go on at once: they mostly wait for Pebble, which
// watches each service for a second.
const together = 8

// Test lets the charm live, undisturbed and with each cut.
func Test[C any](t *testing.T, c Case[C]) {
	if inPod() {
		c.child(t)
		return
	}
	uncut := c.life(t, Cut{})
	if uncut.Problem != "" || len(uncut.Idle) > 0 {
		t.Fatalf("the undisturbed life: %s\nleft over: %s", uncut.Problem, uncut.Idle)
	}
	began := time.Now()
	cuts := c.cuts(uncut)
	t.Logf("%d calls, %d commits, %d cuts", len(uncut.Calls), len(uncut.Commits), len(cuts))
	var wg sync.WaitGroup
	tokens := make(chan struct{}, together)
	for _, cut := range cuts {
		tokens <- struct{}{}
		wg.Go(func() {
			defer func() { <-tokens }()
			o := c.life(t, cut)
			if problem := o.differs(uncut); problem != "" {
				t.Errorf("%s, %s: %s", cut, uncut.at(cut), problem)
			}
		})
	}
	wg.Wait()
	t.Logf("%d lives in %s", len(cuts), time.Since(began).Round(time.Millisecond))
}

// cuts chooses them. A sample is of the first calls of each kind, spread evenly,
// and of commits.
func (c Case[C]) cuts(uncut outcome) []Cut {
	calls, every := kinds(uncut.Calls), 1
	all := len(c.Containers) == 0 || os.Getenv("CRASH") == "all"
	if all {
		calls = nil
		for i := range uncut.Calls {
			calls = append(calls, i+1)
		}
	} else {
		sample := c.Sample
		if sample == 0 {
			sample = 32
		}
		every = max(1, (len(calls)+len(uncut.Commits))/sample)
	}
	var cuts []Cut
	for i, call := range calls {
		// The world is the same before a call and after the one before it.
		if all || i%(2*every) == 0 {
			cuts = append(cuts, Cut{Call: call})
		}
		if all || i%(2*every) == every {
			cuts = append(cuts, Cut{Call: call, After: true})
		}
	}
	for i := 0; i < len(uncut.Commits); i += every {
		cuts = append(cuts, Cut{Commit: i + 1})
	}
	return cuts
}

// at names the place of a cut.
func (o outcome) at(cut Cut) string {
	if cut.Commit > 0 {
		return o.Commits[cut.Commit-1]
	}
	return o.Calls[cut.Call-1]
}

// differs says what a life has that the undisturbed one has not.
func (o outcome) differs(uncut outcome) string {
	switch {
	case o.Problem != "":
		return o.Problem
	case o.End != uncut.End:
		return "another end:\n" + inprocess.Difference(uncut.End, o.End)
	case len(o.Idle) > 0:
		return fmt.Sprintf("something was left for later: %s", o.Idle)
	}
	return ""
}
