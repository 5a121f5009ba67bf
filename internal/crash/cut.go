package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"runtime"
	"sync"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// Cut says where a life is disturbed. The zero value is nowhere.
type Cut struct {
	// Call is the number, from 1, of the hook-tool call or Pebble request at
	// which the charm is killed.
	Call int
	// After lets that call be done; only its answer is lost.
	After bool
	// Commit is the number, from 1, of the commit that is refused.
	Commit int
}

func (c Cut) String() string {
	switch {
	case c.Commit > 0:
		return fmt.Sprintf("commit %d refused", c.Commit)
	case c.After:
		return fmt.Sprintf("killed after call %d", c.Call)
	default:
		return fmt.Sprintf("killed before call %d", c.Call)
	}
}

// reaper counts what a charm does and kills it at the right moment.
type reaper struct {
	cut Cut

	mu      sync.Mutex
	hook    string
	calls   []string
	commits []string
	struck  bool // the cut was made
	dead    bool // in the hook that runs
	end     context.CancelFunc
}

// begin begins a hook, which end ends.
func (r *reaper) begin(hook string, end context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hook, r.dead, r.end = hook, false, end
}

// rest lets everything pass from now on.
func (r *reaper) rest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.struck = true
}

// killed reports whether the hook that ran last was killed.
func (r *reaper) killed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dead
}

// pass counts a call and decides whether it is answered, and if not, whether it
// is done at all.
func (r *reaper) pass(what string) (answered, done bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return false, false
	}
	r.calls = append(r.calls, r.hook+": "+what)
	if r.struck || len(r.calls) != r.cut.Call {
		return true, true
	}
	r.struck, r.dead = true, true
	return false, r.cut.After
}

// refuse counts a commit and decides whether it is refused.
func (r *reaper) refuse() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commits = append(r.commits, r.hook)
	if r.struck || len(r.commits) != r.cut.Commit {
		return nil
	}
	r.struck = true
	return fmt.Errorf("the controller refuses this commit")
}

// transport is one whose calls may be the last.
func (r *reaper) transport(inner hooktool.Transport) hooktool.Transport {
	return hooktool.Func(func(ctx context.Context, call hooktool.Call) (hooktool.Result, error) {
		answered, done := r.pass(call.Tool)
		if answered {
			return inner.Run(ctx, call)
		}
		if done {
			// What comes of it does not matter: nobody hears it.
			_, _ = inner.Run(ctx, call)
		}
		r.end()
		runtime.Goexit() // only what is deferred runs on, and reaches nothing
		return hooktool.Result{}, nil
	})
}

// gate is that of a container's Pebble.
func (r *reaper) gate(container string) func(pebbletest.Request) (answered, reached bool) {
	return func(request pebbletest.Request) (bool, bool) {
		answered, done := r.pass(container + " " + request.String())
		if !answered {
			r.end()
		}
		return answered, done
	}
}

// varying is what differs between two calls of a kind.
var varying = regexp.MustCompile(`^[^:]*: |\d+|\?.*`)

// kinds returns the first call of each kind, and the last.
func kinds(calls []string) []int {
	seen := map[string]bool{}
	var first []int
	for i, call := range calls {
		kind := varying.ReplaceAllString(call, "")
		if !seen[kind] || i == len(calls)-1 {
			seen[kind] = true
			first = append(first, i+1)
		}
	}
	return first
}

// asText is for comparing.
func asText(v any) (string, error) {
	text, err := json.MarshalIndent(v, "", " ")
	return string(text), err
}
