package charmtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// checkPeriod is how often Pebble performs a check that says nothing of it.
const checkPeriod = 10 * time.Second

// pod is the workload containers of a unit, and what its agent has seen of them.
type pod struct {
	pebbles
	seen map[string]*seen
}

// seen is what the agent knows of a container: the start of Pebble that it has told
// the charm of, and the time of the last notice.
type seen struct {
	boot   string
	notice time.Time
}

// startPod gives the unit the containers of a new pod.
func (u *Unit) startPod() {
	m := u.app.m
	u.pods++
	u.pod = &pod{pebbles: pebbles{containers: map[string]Container{}, cache: m.cache}, seen: map[string]*seen{}}
	if u.app.charm == nil {
		return
	}
	for name := range u.app.files.Meta.Containers {
		var c Container
		if m.o.Container != nil {
			c = m.o.Container(u.name, name)
		}
		c.Pebble.BootID = fmt.Sprintf("pod-%d", u.pods)
		// What wakes a charm up is a check that always fails.
		c.Pebble.Failing = maps.Clone(c.Pebble.Failing)
		if c.Pebble.Failing == nil {
			c.Pebble.Failing = map[string]memory.Failure{}
		}
		c.Pebble.Failing[charm.CheckWakeUp] = memory.Failure{Error: "dial tcp 127.0.0.1:1: connect: connection refused"}
		u.pod.containers[name], u.pod.seen[name] = c, &seen{}
	}
}

// Pebble returns the Pebble in memory of one of the unit's containers: to look at
// what the charm has made of it, to let a check fail, a service exit, or the
// container start again. What follows from that for the charm, [Model.Settle] lets
// it handle.
func (u *Unit) Pebble(container string) *memory.Pebble {
	u.app.m.t.Helper()
	p := u.pod.memory(container)
	if p == nil {
		u.app.m.t.Fatalf("%s has no Pebble in memory for container %q%s", u.name, container, instead(container, names(u.pod.containers)))
	}
	return p
}

// poll lets all agents look at the containers of their units, and tells whether
// there was news.
func (m *Model) poll() (news bool) {
	for _, name := range sortedKeys(m.units) {
		news = m.units[name].poll() || news
	}
	return news
}

// poll does what the unit's agent does: it asks for the start of Pebble, and for
// notices. What a hook has not taken comes again by itself.
func (u *Unit) poll() (news bool) {
	if !u.installed {
		return false
	}
	for _, name := range sortedKeys(u.pod.containers) {
		p := u.pod.memory(name)
		if p == nil {
			continue
		}
		state, seen := p.State(), u.pod.seen[name]
		if state.Unreachable {
			continue
		}
		if seen.boot != state.BootID {
			seen.boot, news = state.BootID, true
			u.Send(PebbleReady(name))
		}
		notices := slices.Clone(state.Notices)
		slices.SortStableFunc(notices, func(a, b memory.Notice) int { return a.LastRepeated.Compare(b.LastRepeated) })
		for _, n := range notices {
			if !n.LastRepeated.After(seen.notice) {
				continue
			}
			seen.notice = n.LastRepeated
			if e, ok := eventOf(name, n, state.Changes); ok {
				news = true
				u.Send(e)
			}
		}
	}
	return news
}

// eventOf returns the event of a notice, if it has one.
func eventOf(container string, n memory.Notice, changes []memory.Change) (Event, bool) {
	status := func() string {
		for _, c := range changes {
			if c.ID == n.Key {
				return c.Status
			}
		}
		return ""
	}
	check := n.LastData["check-name"]
	switch {
	case n.Type == pebble.NoticeCustom:
		return PebbleCustomNotice(container, n.ID, n.Key), true
	case n.Type != pebble.NoticeChangeUpdate:
	case n.LastData["kind"] == "perform-check" && status() == "Error":
		return PebbleCheckFailed(container, check), true
	case n.LastData["kind"] == "recover-check" && status() == "Done":
		return PebbleCheckRecovered(container, check), true
	}
	return Event{}, false
}

// advance lets time pass in the containers: services exit and start again, checks
// are performed as often as they are due.
func (p *pod) advance(d time.Duration) {
	for name := range p.containers {
		running := p.memory(name)
		if running == nil {
			continue
		}
		running.Advance(d)
		plan, err := running.Plan()
		if err != nil {
			continue
		}
		for _, check := range sortedKeys(plan.Checks) {
			period, set := plan.Checks[check].Period.Value()
			if !set {
				period = checkPeriod
			}
			// More often than its threshold says nothing new.
			for range min(int(d/max(period, time.Second)), plan.Checks[check].Threshold+1) {
				running.PerformChecks(check)
			}
		}
	}
}

// describe puts into a description what the charm has made of the containers.
func (p *pod) describe(unit string, into map[string]any) {
	for name := range p.containers {
		running := p.memory(name)
		if running == nil {
			continue
		}
		state, key := running.State(), unit+" container "+name
		plan, err := running.Plan()
		if err != nil {
			into[key] = err.Error()
			continue
		}
		services, checks := map[string]pebble.ServiceStatus{}, map[string]bool{}
		for service, s := range state.Services {
			services[service] = s.Status
		}
		for check, c := range state.Checks {
			checks[check] = c.Status != pebble.CheckInactive
		}
		into[key+" plan"], into[key+" services"], into[key+" checks"] = plan, services, checks
		files := map[string]string{}
		for path, f := range state.Files {
			files[path] = fmt.Sprintf("%s %d:%d %s%s", f.Mode, f.UID, f.GID, f.Link, f.Content)
		}
		into[key+" files"] = files
	}
}

// copied returns the containers as they are, apart from these.
func (p *pod) copied() *pebbles { return &pebbles{containers: p.after(), cache: p.cache} }

// watching returns what notes the requests that change a container. A command may
// only ask something.
func watching(requests *[]string) pebble.Middleware {
	return func(container string, next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodGet && !strings.HasPrefix(r.URL.Path, "/v1/exec") {
				*requests = append(*requests, container+" "+r.Method+" "+r.URL.Path)
			}
			return next.RoundTrip(r)
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// isInstalled tells whether a hook says that the unit's agent has begun its work.
func isInstalled(info hook.Info) bool { return info.Kind == hook.Install || info.Kind == hook.Start }
