package memory

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

// DefaultVersion is the Pebble of Juju 3.6.11.
const DefaultVersion = "1.19.2"

// Epoch is when a container's clock starts, unless its State says otherwise.
var Epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Options are what is not data.
type Options struct {
	// Commands are the executables that can be run by exec.
	Commands []Command

	// Cache keeps what was parsed, for others that meet the same layers. Nil makes one for this Pebble alone.
	Cache *Cache
}

// Pebble is a Pebble with its container. It is a [pebble.Transport], and its methods may be called from several goroutines.
type Pebble struct {
	commands []Command
	cache    *Cache

	mu      sync.Mutex
	state   State
	owned   part // those parts of state that are nobody else's
	booted  bool
	plan    *plan // of state.Layers, or nil
	execs   map[string]*execution
	waiters chan struct{} // closed with the next thing that happens, if somebody waits
}

// New returns a Pebble in that state.
func New(state State, options Options) *Pebble {
	cache := options.Cache
	if cache == nil {
		cache = &Cache{}
	}
	return &Pebble{commands: options.Commands, cache: cache, state: state}
}

// Container returns a container of that name whose Pebble this is.
func (p *Pebble) Container(name string) *pebble.Container {
	return pebble.NewContainerOver(name, p)
}

// State returns the state as it is now.
func (p *Pebble) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.boot()
	// From here on, all parts are the caller's as well.
	p.owned = 0
	return p.state
}

// part is a map or slice of a State.
type part uint16

const (
	services part = 1 << iota
	processes
	checks
	failing
	changes
	notices
	files
	identities
	layers
	logs
	signals
	execs
)

// ownMap returns a map that may be written to.
func ownMap[V any](p *Pebble, which part, m *map[string]V) map[string]V {
	if p.owned&which == 0 || *m == nil {
		p.owned |= which
		if *m = maps.Clone(*m); *m == nil {
			*m = map[string]V{}
		}
	}
	return *m
}

// ownSlice makes a slice one that may be written to.
func ownSlice[V any](p *Pebble, which part, s *[]V) {
	if p.owned&which == 0 {
		p.owned |= which
		*s = slices.Clone(*s)
	}
}

// now returns the container's time.
func (p *Pebble) now() time.Time {
	if p.state.Time.IsZero() {
		return Epoch
	}
	return p.state.Time
}

// tick lets a microsecond pass, so that no two things happen at the same time, and returns the time after it.
func (p *Pebble) tick() time.Time {
	p.state.Time = p.now().Add(time.Microsecond)
	return p.state.Time
}

// happened wakes up those who wait for something.
func (p *Pebble) happened() {
	if p.waiters != nil {
		close(p.waiters)
		p.waiters = nil
	}
}

// wait returns a channel that is closed when something has happened.
func (p *Pebble) wait() <-chan struct{} {
	if p.waiters == nil {
		p.waiters = make(chan struct{})
	}
	return p.waiters
}

func (p *Pebble) version() string {
	if p.state.Version == "" {
		return DefaultVersion
	}
	return p.state.Version
}

// atLeast reports whether this is Pebble 1.minor or newer.
func (p *Pebble) atLeast(minor int) bool {
	var major, have int
	rest := p.version()
	major, rest = number(rest)
	have, _ = number(rest)
	return major > 1 || have >= minor
}

// number reads a number from the beginning of a version, and returns what follows its dot.
func number(s string) (int, string) {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(s[:end])
	return n, s[min(end+1, len(s)):]
}

func (p *Pebble) bootID() string {
	if p.state.BootID == "" {
		return "boot-1"
	}
	return p.state.BootID
}

// boot does what Pebble does at its start, as far as the state does not have it already: it reads the plan and begins the checks.
func (p *Pebble) boot() {
	if p.booted || p.state.Unreachable {
		return
	}
	p.booted = true
	if len(p.state.Layers) == 0 {
		return
	}
	if problem := p.currentPlan().problem; problem != "" {
		p.end("cannot start: " + problem)
		return
	}
	p.bootChecks()
}

// update runs a test's change to the state, when nothing else does.
func (p *Pebble) update(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.boot()
	change()
	p.happened()
}

// SetUnreachable says whether Pebble answers.
func (p *Pebble) SetUnreachable(unreachable bool) {
	p.update(func() { p.state.Unreachable = unreachable })
}

// Plan returns the combined layers, or the [pebble.PlanError] that keeps Pebble from starting with them.
func (p *Pebble) Plan() (*pebble.Plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	combined := p.currentPlan()
	if combined.problem != "" {
		return nil, &pebble.PlanError{Problems: []string{combined.problem}}
	}
	return combined.plan.Clone(), nil
}
