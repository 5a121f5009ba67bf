package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// crashCase is an Apply that is cut, and the ones around it.
type crashCase struct {
	name   string
	before func(*server) pebble.Want // is applied first
	cut    func(*server) pebble.Want // is cut
	after  func(*server) pebble.Want // has to make all good; what was cut, if nil
	loaded string                    // what the service has loaded in the end
}

var crashCases = []crashCase{{
	name:   "first",
	cut:    func(s *server) pebble.Want { return s.want("a", "1") },
	loaded: "a1",
}, {
	// Files, validation, a restart, a start, and a service and a check to be retired.
	name:   "everything",
	before: crashBefore,
	cut:    crashAfter,
	loaded: "b2",
}, {
	// The process may run with the new definition although the plan has the old one again.
	name:   "everything and back",
	before: crashBefore,
	cut:    crashAfter,
	after:  crashBefore,
	loaded: "a1",
}, {
	name:   "reload",
	before: func(s *server) pebble.Want { return s.want("a", "1") },
	cut:    func(s *server) pebble.Want { return s.want("b", "1") },
	loaded: "b1",
}, {
	name:   "reload of a service that does not tell",
	before: func(s *server) pebble.Want { return silent(s.want("a", "1")) },
	cut:    func(s *server) pebble.Want { return silent(s.want("b", "1")) },
	loaded: "b1",
}, {
	name:   "disable",
	before: func(s *server) pebble.Want { return s.want("a", "1") },
	cut: func(s *server) pebble.Want {
		want := s.want("a", "1")
		want.Layer.Services["server"].Startup = pebble.StartupDisabled
		return want
	},
	loaded: "a1",
}}

func crashBefore(s *server) pebble.Want {
	want := s.want("a", "1")
	want.Layer.Services["old"] = sleeper()
	want.Layer.Checks = map[string]*pebble.Check{"old": {
		Level: pebble.LevelReady,
		Exec:  &pebble.ExecCheck{Command: "true"},
	}}
	return want
}

func crashAfter(s *server) pebble.Want {
	want := s.want("b", "2")
	want.Layer.Services["new"] = sleeper()
	want.Reloads[0].Validate = func(staged func(string) string) pebble.Command {
		return pebble.Command{Args: []string{"grep", "-q", "b", staged(s.path("reloaded"))}}
	}
	return want
}

// silent takes away the means to ask the service.
func silent(want pebble.Want) pebble.Want {
	want.Reloads[0].Loaded, want.Reloads[0].Generation = nil, ""
	return want
}

// crash is a daemon to be lost.
type crash struct {
	crashCase
	daemon *pebbletest.Daemon
	proxy  *pebbletest.Proxy
	server *server
}

func newCrash(t *testing.T, version string, test crashCase) *crash {
	t.Helper()
	if test.after == nil {
		test.after = test.cut
	}
	d := start(t, version)
	return &crash{crashCase: test, daemon: d, proxy: d.Proxy(t), server: newServer(t)}
}

// prepare applies what there is before.
func (c *crash) prepare(ctx context.Context) error {
	if c.before == nil {
		return nil
	}
	_, err := c.proxy.Container("app").Apply(ctx, c.before(c.server))
	return err
}

// uncut returns the requests of the Apply that will be cut, and the state in the end.
func (c *crash) uncut(ctx context.Context) (requests []pebbletest.Request, state string, err error) {
	if err := c.prepare(ctx); err != nil {
		return nil, "", err
	}
	c.proxy.Reset(nil)
	if _, err := c.proxy.Container("app").Apply(ctx, c.crashCase.cut(c.server)); err != nil {
		return nil, "", err
	}
	requests = c.proxy.Requests()
	if _, err := c.proxy.Container("app").Apply(ctx, c.after(c.server)); err != nil {
		return nil, "", err
	}
	state, err = c.state(ctx)
	return requests, state, err
}

// run cuts the Apply, and checks that the next one comes to the same end and the one after that has nothing to do.
func (c *crash) run(ctx context.Context, cut pebbletest.Cut, want string) error {
	if err := c.prepare(ctx); err != nil {
		return err
	}
	container := c.proxy.Container("app")
	c.proxy.Reset(&cut)
	if _, err := container.Apply(ctx, c.crashCase.cut(c.server)); !errors.Is(err, pebble.ErrNotReady) {
		return fmt.Errorf("the cut Apply returned %w", err)
	}
	c.proxy.Reset(nil)
	if _, err := container.Apply(ctx, c.after(c.server)); err != nil {
		return fmt.Errorf("the next Apply returned %w", err)
	}
	state, err := c.state(ctx)
	if err != nil {
		return err
	}
	if state != want {
		return fmt.Errorf("not converged: %s instead of %s", state, want)
	}
	c.proxy.Reset(nil)
	applied, err := container.Apply(ctx, c.after(c.server))
	if err != nil {
		return err
	}
	if applied.Changed() || len(c.proxy.Writes()) > 0 {
		return fmt.Errorf("one more Apply still did %+v by %v", applied, c.proxy.Writes())
	}
	return nil
}

// state describes all that an Apply is responsible for.
func (c *crash) state(ctx context.Context) (string, error) {
	container := c.daemon.Container("app")
	services, err := container.Services(ctx)
	if err != nil {
		return "", err
	}
	checks, err := container.Checks(ctx)
	if err != nil {
		return "", err
	}
	// A service that does not tell what it has loaded may need a moment more.
	var loaded string
	for deadline := time.Now().Add(wait); loaded != c.loaded && time.Now().Before(deadline); time.Sleep(poll) {
		loaded, _ = c.server.loaded(ctx)
	}
	entries, err := os.ReadDir(c.server.dir)
	if err != nil {
		return "", err
	}
	var state []string
	for name, s := range services {
		// A service that was retired is as good as one that was never there.
		if s.Startup != pebble.StartupDisabled || s.Status != pebble.StatusInactive {
			state = append(state, fmt.Sprintf("%s %s %s", name, s.Startup, s.Status))
		}
	}
	for name, check := range checks {
		state = append(state, fmt.Sprintf("%s %s %s %s", name, check.Startup, check.Level, check.Status))
	}
	for _, e := range entries {
		// The server is about to rename this one.
		if e.Name() != ".loaded" {
			state = append(state, e.Name())
		}
	}
	slices.Sort(state)
	return fmt.Sprint(loaded, " ", state), nil
}

// cuts returns the places to cut that differ in what Pebble has got and done: before everything, after each request that is
// more than a question, and after the end of each change that was waited for.
func cuts(requests []pebbletest.Request) []pebbletest.Cut {
	cuts := []pebbletest.Cut{{After: 0}}
	for i, r := range requests {
		switch {
		case r.Write() || strings.Contains(r.Path, "/websocket/"):
			cuts = append(cuts, pebbletest.Cut{After: i, Reach: true})
		case strings.HasSuffix(r.Path, "/wait") && i+1 < len(requests):
			cuts = append(cuts, pebbletest.Cut{After: i + 1})
		}
	}
	return cuts
}

// An Apply that is cut at any of its requests is completed by the next.
func TestApplyCrashAnywhere(t *testing.T) {
	eachVersion(t, func(t *testing.T, version string) {
		for _, test := range crashCases {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				requests, state, err := newCrash(t, version, test).uncut(t.Context())
				require.NoError(t, err)
				require.Regexp(t, "^"+test.loaded+` \[`, state)
				require.NotContains(t, state, "staged")

				// They mostly wait for Pebble, which watches each service for a second, so all run at once.
				var wg sync.WaitGroup
				cuts := cuts(requests)
				failures := make([]error, len(cuts))
				for i, cut := range cuts {
					c := newCrash(t, version, test)
					wg.Go(func() {
						if err := c.run(t.Context(), cut, state); err != nil {
							failures[i] = fmt.Errorf("cut %+v of %v: %w", cut, requests, err)
						}
					})
				}
				wg.Wait()
				require.NoError(t, errors.Join(failures...))
			})
		}
	})
}
