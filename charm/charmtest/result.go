package charmtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/tracing"
)

// Result is what came of an event.
type Result[C any] struct {
	// State is the state after the event.
	State State
	// Charm is the charm that handled it.
	Charm C
	// Err is why the hook has failed, a [*HookError]; nil if it has not. A
	// refused commit is a failure too.
	Err error
	// Statuses and AppStatuses are all values that the unit's and the application's
	// status had, from before the hook to its end. AppVersions are the versions of the
	// workload that the charm has told.
	Statuses, AppStatuses []Status
	WorkloadVersions      []string
	// Logs are what the charm logged.
	Logs []Log
	// Calls are the hook tools that were run, in order.
	Calls Calls
	// Written are the databags that differ after the hook. It has none after a hook
	// that has failed.
	Written []Write
	// Action is what became of the action, if it was one.
	Action Action
	// Spans are those of the charm's trace, if it is traced.
	Spans []tracing.SpanData
	// Reboot says that the hook asked for a reboot of its machine, which would
	// come now.
	Reboot bool
}

// Log is one record of the log.
type Log struct{ Level, Message string }

// Write is what a hook has changed in a databag.
type Write struct {
	// Relation is the relation's id, such as "database:3"; Databag whose it is, the
	// unit or its application.
	Relation, Databag string
	// Set are the keys that are new or have another value.
	Set map[string]string
	// Deleted are the keys that are gone, sorted.
	Deleted []string
}

// Action is what became of an action.
type Action struct {
	// Status is completed or failed.
	Status string
	// Message is why it has failed.
	Message string
	Results map[string]any
	// Log is what the action told while it ran.
	Log []string
}

// Calls are runs of hook tools.
type Calls []hooktool.Call

// Of returns the calls of a tool.
func (c Calls) Of(tool string) Calls {
	var calls Calls
	for _, call := range c {
		if call.Tool == tool {
			calls = append(calls, call)
		}
	}
	return calls
}

// Count tells how often a tool was run.
func (c Calls) Count(tool string) int { return len(c.Of(tool)) }

// Without returns the calls of all other tools.
func (c Calls) Without(tools ...string) Calls {
	return slices.DeleteFunc(slices.Clone(c), func(call hooktool.Call) bool { return slices.Contains(tools, call.Tool) })
}

// Counts tells how often each tool was run.
func (c Calls) Counts() map[string]int {
	counts := map[string]int{}
	for _, call := range c {
		counts[call.Tool]++
	}
	return counts
}

// Tools are the names of the tools, in the order of the calls.
func (c Calls) Tools() []string {
	names := make([]string, len(c))
	for i, call := range c {
		names[i] = call.Tool
	}
	return names
}

// String has a line for each call, as a shell would have it.
func (c Calls) String() string {
	lines := make([]string, len(c))
	for i, call := range c {
		lines[i] = fmt.Sprintf("%3d  %s", i+1, strings.Join(append([]string{call.Tool}, call.Args...), " "))
		if call.Stdin != nil {
			lines[i] += " <<< " + strings.TrimSpace(string(call.Stdin))
		}
	}
	return strings.Join(lines, "\n")
}

// CostsAtMost fails the test, with the list of the calls, if the event took more
// runs of hook tools. Logging costs too.
func (r Result[C]) CostsAtMost(t testing.TB, calls int) Result[C] {
	t.Helper()
	r.Calls.atMost(t, calls)
	return r
}

func (c Calls) atMost(t testing.TB, budget int) {
	t.Helper()
	if len(c) > budget {
		t.Errorf("the event may cost %d tool calls and took %d:\n%s", budget, len(c), c)
	}
}

// Wrote returns what the hook has changed in a databag: that of this unit or its
// application, in the relation of an id such as "database:3" or the first one of an
// endpoint.
func (r Result[C]) Wrote(relation, databag string) Write {
	i := slices.IndexFunc(r.Written, func(w Write) bool {
		endpoint, _, _ := strings.Cut(w.Relation, ":")
		return w.Databag == databag && (w.Relation == relation || endpoint == relation)
	})
	if i < 0 {
		return Write{}
	}
	return r.Written[i]
}
