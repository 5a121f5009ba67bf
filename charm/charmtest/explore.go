package charmtest

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// ExploreOptions say how a story is explored.
type ExploreOptions struct {
	// Model is how its models are; the seed is not used.
	Model ModelOptions
	// Orders is how many random orders are tried, from seed 1 on; default 10, and
	// none if it is negative.
	Orders int
	// NoCuts leaves killing out.
	NoCuts bool
}

// Explore tells a story of a model, which is a deployment and what the operator
// does, again and again, and holds the charms in it to what each good one does:
//
//   - it settles: hooks do not follow one another for ever, none fails for ever;
//   - reconciling once more writes nothing;
//   - so it is in whatever order the units take turns, at random;
//   - a charm that is killed, before or after any of its calls of a hook tool and
//     requests to a Pebble in memory, or whose commit is refused, any of them, comes
//     to the same end as if it had not been.
//
// Each telling is a subtest, so that one can be told again alone: the story gets its
// T. It should assert only what holds in all of them, and is settled at its end.
func Explore(t *testing.T, o ExploreOptions, story func(*testing.T, *Model)) {
	t.Helper()
	whole := tell(t, o, inprocess.Cut{}, story)
	if t.Failed() {
		return
	}
	if o.Orders == 0 {
		o.Orders = 10
	}
	if text := os.Getenv(seedVariable); text != "" {
		o.Orders, o.NoCuts = -1, true // the seed was told as the whole
	}
	for seed := range max(o.Orders, 0) {
		o.Model.Seed = uint64(seed + 1)
		t.Run(fmt.Sprintf("seed %d", o.Model.Seed), func(t *testing.T) { tell(t, o, inprocess.Cut{}, story) })
	}
	o.Model.Seed = 0
	if o.NoCuts {
		return
	}
	for _, cut := range cuts(whole.reaper) {
		t.Run(cut.String()+" "+placeOf(whole.reaper, cut), func(t *testing.T) {
			if end := tell(t, o, cut, story); end.text != whole.text && !t.Failed() {
				t.Errorf("it comes to another end:\n%s", inprocess.Difference(whole.text, end.text))
			}
		})
	}
}

// ending is what a telling has come to.
type ending struct {
	text   string
	reaper *inprocess.Reaper
}

// tell tells the story once.
func tell(t *testing.T, o ExploreOptions, cut inprocess.Cut, story func(*testing.T, *Model)) ending {
	t.Helper()
	m := NewModel(t, o.Model)
	m.reaper = &inprocess.Reaper{Cut: cut}
	story(t, m)
	m.Settle()
	text, err := m.describe()
	if err != nil {
		t.Fatal(err)
	}
	calls, commits := len(m.reaper.Calls()), len(m.reaper.Commits())
	for _, h := range m.Idle() {
		if h.Err != nil {
			t.Errorf("reconciling %s once more fails: %v", h.Unit, h.Err)
			continue
		}
		t.Errorf("reconciling %s once more still writes:\n%s\n%s", h.Unit, h.Calls, strings.Join(h.Requests, "\n"))
	}
	return ending{text, m.reaper.Until(calls, commits)}
}

// cuts are all that can be made.
func cuts(r *inprocess.Reaper) []inprocess.Cut {
	var all []inprocess.Cut
	for i := range r.Calls() {
		all = append(all, inprocess.Cut{Call: i + 1}, inprocess.Cut{Call: i + 1, After: true})
	}
	for i := range r.Commits() {
		all = append(all, inprocess.Cut{Commit: i + 1})
	}
	return all
}

// placeOf names the place of a cut, for the name of a subtest.
func placeOf(r *inprocess.Reaper, cut inprocess.Cut) string {
	place := ""
	if cut.Commit > 0 {
		place = r.Commits()[cut.Commit-1]
	} else {
		place = r.Calls()[cut.Call-1]
	}
	return strings.ReplaceAll(place, "/", "-")
}

// describe says what the charms have made of the model.
func (m *Model) describe() (string, error) {
	description := map[string]any{}
	named := ""
	var err error
	m.view(func(s *model.State) {
		for name, a := range m.apps {
			if a.charm != nil {
				inprocess.Describe(s, name, description)
			}
		}
		for name, u := range m.units {
			u.pod.describe(name, description)
		}
		var text []byte
		if text, err = json.MarshalIndent(description, "", " "); err == nil {
			named = inprocess.Named(s, string(text))
		}
	})
	return named, err
}
