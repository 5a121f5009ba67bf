package charm

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/pebble"
)

// Base is what a charm embeds: it gives handles for the things a charm uses,
// and keeps what is registered on them. A Base lives for one hook and is not
// safe for concurrent use.
type Base struct {
	// On registers handlers of the unit's own events.
	On On
	// Log writes to the unit's log, from level Info on unless [Base.LogFrom] says
	// otherwise: every record costs a call. Secrets that the hook has read are
	// left out.
	Log *slog.Logger

	// component is the part of the charm that this base was made for; see
	// [Base.Component].
	component string
	*core
}

// core is what the bases of a charm and of its components share.
type core struct {
	names       names
	handlers    map[trigger][]handler
	deferrers   map[deferKey]deferrer
	reconcilers []reconciler
	// appReconcilers are those that only the leader runs.
	appReconcilers []reconciler
	priorities     map[string]int
	wants          map[string]bool
	actions        map[string]*Action
	containers     map[string]*Container
	endpoints      map[string]*Endpoint
	waker          *Container
	pebble         func(container string) *pebble.Container
	logFrom        slog.Level
	record         *RecordOptions
	tracing        *tracer
	run            *run
}

// handler handles an event.
type handler func(context.Context, *event) error

func newBase(pebbleOf func(container string) *pebble.Container) *Base {
	return newBaseOn(&core{
		handlers:   map[trigger][]handler{},
		deferrers:  map[deferKey]deferrer{},
		priorities: map[string]int{},
		wants:      map[string]bool{},
		actions:    map[string]*Action{},
		containers: map[string]*Container{},
		endpoints:  map[string]*Endpoint{},
		pebble:     pebbleOf,
	}, "")
}

func newBaseOn(c *core, component string) *Base {
	b := &Base{component: component, core: c}
	b.On = On{b}
	b.Log = slog.New(&logHandler{b: b})
	return b
}

// Reconcile registers a function that reads the world and makes it so. It runs
// after the handlers of every event but stop and remove, and after an action
// that asks for it. Several run in the order in which they were registered, and
// share the status.
func (b *Base) Reconcile(f func(context.Context, *Status) error) {
	b.reconcilers = append(b.reconcilers, reconciler{b.component, f})
}

// Unit returns the name of this unit, such as "wiki/0".
func (b *Base) Unit() string { return b.run.unit }

// App returns the name of this unit's application.
func (b *Base) App() string {
	app, _, _ := strings.Cut(b.run.unit, "/")
	return app
}

// Model returns the name of the model.
func (b *Base) Model() string { return b.run.model }

// Metadata returns what metadata.yaml says.
func (b *Base) Metadata() metadata.Meta { return *b.run.meta }

// Files returns the charm directory, with what was packed into the charm.
func (b *Base) Files() fs.FS { return b.run.files }

// Tools returns the client of the hook tools, for what the framework has no
// better name for.
func (b *Base) Tools() *hooktool.Client { return b.run.tools }

// IsLeader tells whether this unit leads its application. Juju's answer holds
// for 30 seconds; within them it is asked once.
func (b *Base) IsLeader(ctx context.Context) (bool, error) {
	l := &b.run.leader
	if l.known && (!l.is || time.Since(l.asked) < 30*time.Second) {
		return l.is, nil
	}
	asked := time.Now()
	is, err := b.run.tools.IsLeader(ctx)
	if err != nil {
		return false, err
	}
	*l = leadership{known: true, is: is, asked: asked}
	return is, nil
}

// SetWorkloadVersion says which version of the workload runs; `juju status`
// shows it.
func (b *Base) SetWorkloadVersion(ctx context.Context, version string) error {
	return b.run.tools.ApplicationVersionSet(ctx, version)
}

// declareOnce panics on a name that was registered twice where that makes no
// sense: it is a mistake in the program.
func declareOnce[V any](registered map[string]V, kind, name string) {
	if _, ok := registered[name]; ok {
		panic(fmt.Sprintf("charm: %s %q is registered twice", kind, name))
	}
}
