package charmtest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/recording"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// Container is a workload container. The zero value is one whose Pebble has just
// started, in memory.
type Container struct {
	// Pebble is the container and its Pebble as data: files, layers, services. After
	// a hook it is what the charm has made of it.
	Pebble memory.State
	// Commands are the executables that the charm may run there.
	Commands []memory.Command

	// Socket is where a Pebble daemon listens, one of package pebbletest say. It is
	// instead of one in memory.
	Socket string
	// Recorded is what a Pebble has answered to a hook that was recorded, as the
	// lines of the recording; see package recording. It is instead of a Pebble.
	Recorded string
}

// pebbles are the Pebbles of a unit's containers.
type pebbles struct {
	containers map[string]Container
	cache      *memory.Cache
	// running are the Pebbles in memory that somebody has asked for.
	running map[string]*memory.Pebble
}

// memory returns a container's Pebble in memory, or nil if it has none.
func (p *pebbles) memory(name string) *memory.Pebble {
	if running, ok := p.running[name]; ok {
		return running
	}
	c, ok := p.containers[name]
	if !ok || c.Socket != "" || c.Recorded != "" {
		return nil
	}
	if p.running == nil {
		p.running = map[string]*memory.Pebble{}
	}
	p.running[name] = memory.New(c.Pebble, memory.Options{Commands: c.Commands, Cache: p.cache})
	return p.running[name]
}

// container is what [charm.Options.Pebble] asks for.
func (p *pebbles) container(name string) *pebble.Container {
	if inMemory := p.memory(name); inMemory != nil {
		return inMemory.Container(name)
	}
	switch c := p.containers[name]; {
	case c.Socket != "":
		return pebble.NewContainer(name, c.Socket)
	case c.Recorded != "":
		return pebble.NewContainerOver(name, played(name, c.Recorded))
	}
	return pebble.NewContainerOver(name, silence{})
}

// after returns the containers as they are now.
func (p *pebbles) after() map[string]Container {
	if p.containers == nil {
		return nil
	}
	after := make(map[string]Container, len(p.containers))
	for name, c := range p.containers {
		if running, ok := p.running[name]; ok {
			c.Pebble = running.State()
		}
		after[name] = c
	}
	return after
}

// silence is the way to a Pebble that is not there.
type silence struct{}

var errSilence = errors.New("the state has no such container")

func (silence) RoundTrip(*http.Request) (*http.Response, error) { return nil, errSilence }

func (silence) Dial(context.Context) (net.Conn, error) { return nil, errSilence }

// recorded is a Pebble that answers as one has answered before.
type recorded struct{ http.RoundTripper }

func (recorded) Dial(context.Context) (net.Conn, error) {
	return nil, errors.New("a recording does not tell what a command has said")
}

func played(name, lines string) pebble.Transport {
	entries, err := recording.ReadEntries(strings.NewReader(lines))
	if err != nil {
		return silence{} // the checker has told
	}
	return recorded{recording.NewPlayer(entries, &recording.Redactor{}).RoundTripper(name)}
}

// checkPebble checks a container's Pebble, and that the event can be of it.
func (c *checker) checkPebble(name string, container Container) {
	where := c.under("State.Containers", name)
	if container.Socket != "" || container.Pebble.Unreachable {
		return
	}
	if container.Recorded != "" {
		if _, err := recording.ReadEntries(strings.NewReader(container.Recorded)); err != nil {
			c.problem(where+".Recorded", "%v", err)
		}
		return
	}
	i := &c.event.info
	if len(container.Pebble.Layers) == 0 && i.Workload != name {
		return
	}
	plan, err := memory.New(container.Pebble, memory.Options{Cache: c.cache}).Plan()
	if err != nil {
		c.problem(where+".Pebble.Layers", "%v", err)
		return
	}
	if i.Workload != name {
		return
	}
	if i.CheckName != "" && i.CheckName != charm.CheckWakeUp && plan.Checks[i.CheckName] == nil {
		c.problem(where+".Pebble.Layers", "%s is of the check %q, which the plan does not have%s", i.Name(), i.CheckName, instead(i.CheckName, names(plan.Checks)))
	}
	if i.NoticeID == "" {
		return
	}
	for _, n := range container.Pebble.Notices {
		if n.ID == i.NoticeID {
			if n.Key != i.NoticeKey {
				c.problem(where+".Pebble.Notices", "notice %s has the key %q, and the event %q: make them agree", n.ID, n.Key, i.NoticeKey)
			}
			return
		}
	}
	c.problem(where+".Pebble.Notices", "%s is of notice %s, which is not there: add it", i.Name(), i.NoticeID)
}
