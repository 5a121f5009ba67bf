package inprocess

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"sync"

	"github.com/charmkit/charmkit/charm/hooktool"
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

// Reaper counts what a charm does and kills it at the right moment.
type Reaper struct {
	// Cut is where.
	Cut Cut

	mu      sync.Mutex
	hook    string
	calls   []string
	commits []string
	struck  bool // the cut was made
	dead    bool // in the hook that runs
	end     context.CancelFunc
}

// Begin begins a hook, which end ends.
func (r *Reaper) Begin(hook string, end context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hook, r.dead, r.end = hook, false, end
}

// Rest lets everything pass from now on.
func (r *Reaper) Rest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.struck = true
}

// Killed reports whether the hook that ran last was killed.
func (r *Reaper) Killed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dead
}

// Pass counts a call and decides whether it is answered, and if not, whether it
// is done at all.
func (r *Reaper) Pass(what string) (answered, done bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return false, false
	}
	r.calls = append(r.calls, r.hook+": "+what)
	if r.struck || len(r.calls) != r.Cut.Call {
		return true, true
	}
	r.struck, r.dead = true, true
	return false, r.Cut.After
}

// Refuse counts a commit and decides whether it is refused.
func (r *Reaper) Refuse() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commits = append(r.commits, r.hook)
	if r.struck || len(r.commits) != r.Cut.Commit {
		return nil
	}
	r.struck = true
	return fmt.Errorf("the controller refuses this commit")
}

// Transport is one whose calls may be the last.
func (r *Reaper) Transport(inner hooktool.Transport) hooktool.Transport {
	return hooktool.Func(func(ctx context.Context, call hooktool.Call) (hooktool.Result, error) {
		answered, done := r.Pass(call.Tool)
		if answered {
			return inner.Run(ctx, call)
		}
		if done {
			// What comes of it does not matter: nobody hears it.
			_, _ = inner.Run(ctx, call)
		}
		r.End()
		runtime.Goexit() // only what is deferred runs on, and reaches nothing
		return hooktool.Result{}, nil
	})
}

// Pebble is the middleware of requests to Pebbles, of which each may be the last.
func (r *Reaper) Pebble(container string, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		answered, done := r.Pass(container + " " + req.Method + " " + req.URL.Path)
		if answered {
			return next.RoundTrip(req)
		}
		if done {
			if response, err := next.RoundTrip(req); err == nil {
				_ = response.Body.Close()
			}
		}
		r.End()
		return nil, context.Canceled // the charm has no time to do anything about it
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// End ends the hook that runs, since its charm was killed.
func (r *Reaper) End() { r.end() }

// Calls returns the calls so far, each as "HOOK: CALL".
func (r *Reaper) Calls() []string { return r.calls }

// Until returns a reaper with the first calls and commits of this one.
func (r *Reaper) Until(calls, commits int) *Reaper {
	return &Reaper{Cut: r.Cut, calls: r.calls[:calls], commits: r.commits[:commits]}
}

// Commits returns the hooks whose commits have come so far.
func (r *Reaper) Commits() []string { return r.commits }
