package charmtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// Model is a Juju model whose applications run the charms under test, or are
// stand-ins for others. Its methods are those of an operator. They only ask;
// [Model.Settle] lets the units' agents do what they were asked to, hook by hook.
// What is wrong with what is asked fails the test.
type Model struct {
	t     testing.TB
	o     ModelOptions
	model *model.Model
	clock *inprocess.Clock
	rng   *rand.Rand
	// turn is whose turn it was last, without rng.
	turn   string
	apps   map[string]*App
	units  map[string]*Unit
	reaper *inprocess.Reaper
	hooks  []Hook
	// cache keeps the layers that were parsed.
	cache *memory.Cache
}

// ModelOptions say how a model differs from the usual one.
type ModelOptions struct {
	// Seed makes an order at random in which the units take turns; it is told when
	// the test fails. With 0 they take turns by name. The environment variable
	// CHARMTEST_SEED is instead of any.
	Seed uint64
	// Version is Juju's; default 3.6.11. Machine makes the model one of machines.
	Version string
	Machine bool
	// Container returns how a unit's container is when its pod starts; nil is one
	// whose Pebble has just started, in memory. Its BootID is the model's to choose.
	Container func(unit, container string) Container
	// Hooks is how many hooks [Model.Settle] runs at most; default 10000.
	Hooks int
}

// Hook is a hook or an action that has run.
type Hook struct {
	Unit  string
	Event Event
	// Err is a [*HookError] if the charm has failed, or nil. Killed tells that it was
	// killed, as in [Explore].
	Err    error
	Killed bool
	Calls  Calls
	// Requests are those that would change a container; only [Model.Idle] tells them.
	Requests []string
}

// String names the unit and the event.
func (h Hook) String() string { return h.Unit + " " + h.Event.String() }

// seedVariable is the environment variable for ModelOptions.Seed.
const seedVariable = "CHARMTEST_SEED"

// NewModel returns an empty model.
func NewModel(t testing.TB, o ModelOptions) *Model {
	t.Helper()
	if text := os.Getenv(seedVariable); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("cannot read %s: %v", seedVariable, err)
		}
		o.Seed = seed
	}
	if !validVersion(o.Version) {
		t.Fatalf("ModelOptions.Version: %q is no version of Juju: write %q", o.Version, model.JujuVersion)
	}
	if o.Hooks == 0 {
		o.Hooks = 10000
	}
	m := &Model{
		t: t, o: o, clock: inprocess.NewClock(time.Now().Truncate(time.Second)),
		apps: map[string]*App{}, units: map[string]*Unit{}, cache: &memory.Cache{},
	}
	state := model.State{Name: "test", UUID: ModelUUID, Version: o.Version}
	if o.Machine {
		state.Type = model.Machines
	}
	m.model = model.New(state, model.Options{Now: m.clock.Now})
	if o.Seed != 0 {
		m.rng = rand.New(rand.NewPCG(o.Seed, 1))
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("the units took turns as seed %d has it: %s=%d go test -run '^%s$'", o.Seed, seedVariable, o.Seed, t.Name())
			}
		})
	}
	return m
}

// Deployable is a charm of any type.
type Deployable interface {
	// Metadata returns what the charm's files say.
	Metadata() (*metadata.Charm, error)
	runner
}

// DeployOptions are what juju deploy takes besides the charm.
type DeployOptions struct {
	// Units is how many there are; default 1.
	Units int
	// Config holds the values of options, in the types of config.yaml.
	Config map[string]any
	Trust  bool
	// Resources holds what is attached, by resource, Storage how many instances a
	// unit is to have; default the least.
	Resources map[string]string
	Storage   map[string]int
}

// Deploy deploys a charm.
func (m *Model) Deploy(name string, c Deployable, o DeployOptions) *App {
	m.t.Helper()
	files, err := c.Metadata()
	if err != nil {
		m.t.Fatalf("cannot load the charm of %s: %v", name, err)
	}
	return m.deploy(name, c, files, o)
}

// StandIn adds an application in the place of one whose charm is not under test. It
// has endpoints with their interfaces and as many units as asked for; what it says
// to others the test writes, with [Integration.Write] and [App.Share].
func (m *Model) StandIn(name string, endpoints Endpoints, units int) *App {
	m.t.Helper()
	meta := metadata.Meta{Name: name, Requires: map[string]metadata.Relation{}, Provides: map[string]metadata.Relation{}}
	for endpoint, name := range endpoints.Requires {
		meta.Requires[endpoint] = metadata.Relation{Role: metadata.Requires, Interface: name}
	}
	for endpoint, name := range endpoints.Provides {
		meta.Provides[endpoint] = metadata.Relation{Role: metadata.Provides, Interface: name}
	}
	return m.deploy(name, nil, &metadata.Charm{Meta: meta}, DeployOptions{Units: units})
}

// Endpoints are those of a stand-in, with their interfaces.
type Endpoints struct{ Requires, Provides map[string]string }

func (m *Model) deploy(name string, c runner, files *metadata.Charm, o DeployOptions) *App {
	m.t.Helper()
	m.update("deploy "+name, func(s *model.State) error {
		return s.Deploy(name, files, model.DeployOptions{
			Units: max(o.Units, 1), Config: asText(o.Config), Trust: o.Trust, Resources: o.Resources, Storage: o.Storage,
			ServiceAddress: fmt.Sprintf("10.152.183.%d", len(m.apps)+1),
		})
	})
	a := &App{m: m, name: name, charm: c, files: files}
	m.apps[name] = a
	m.meetUnits()
	return a
}

// meetUnits gives agents to the units that are new.
func (m *Model) meetUnits() {
	var names []string
	m.view(func(s *model.State) {
		for name, u := range s.Units {
			if m.units[name] == nil && m.apps[u.Application] != nil {
				names = append(names, name)
			}
		}
	})
	slices.Sort(names)
	for _, name := range names {
		m.units[name] = newUnit(m.apps[model.ApplicationOf(name)], name)
		m.update("address "+name, func(s *model.State) error {
			s.Units[name].Address = fmt.Sprintf("10.1.%d.%d", len(m.units)>>8&255, len(m.units)&255)
			return s.ProvisionStorage(name)
		})
	}
}

// Integration is a relation between two applications.
type Integration struct {
	m  *Model
	id int
}

// Integrate relates two applications, each given as its name or, if that is not
// clear, as NAME:ENDPOINT.
func (m *Model) Integrate(a, b string) *Integration {
	m.t.Helper()
	i := &Integration{m: m}
	ours, theirs := m.endpoints(a), m.endpoints(b)
	m.update("integrate "+a+" and "+b, func(s *model.State) error {
		r, err := s.Integrate(a, b)
		if err != nil {
			return fmt.Errorf("%w: %s, and %s", err, ours, theirs)
		}
		i.id = r.ID
		return nil
	})
	return i
}

// endpoints tells which endpoints the application of one side of a relation has.
func (m *Model) endpoints(side string) string {
	m.t.Helper()
	name, _, _ := strings.Cut(side, ":")
	meta := &m.App(name).files.Meta
	var all []string
	for _, endpoint := range meta.Endpoints() {
		if r, _ := meta.Endpoint(endpoint); r.Role != metadata.Peer {
			all = append(all, fmt.Sprintf("%s %s (%s)", r.Role, endpoint, r.Interface))
		}
	}
	if len(all) == 0 {
		return name + " has no endpoints"
	}
	return name + " " + strings.Join(all, ", ")
}

// ID is the relation's number.
func (i *Integration) ID() int { return i.id }

// Remove removes the relation.
func (i *Integration) Remove() {
	i.m.t.Helper()
	i.m.update(fmt.Sprintf("remove relation %d", i.id), func(s *model.State) error { return s.RemoveRelation(i.id) })
}

// Databag returns what others see of the databag of a unit or an application; nil if
// it has none, or the relation is gone.
func (i *Integration) Databag(owner string) map[string]string {
	var data map[string]string
	i.m.view(func(s *model.State) {
		r, ok := s.Relations[i.id]
		if !ok {
			return
		}
		if ru := r.Units[owner]; ru != nil {
			data = clone(ru.Data)
		} else if bag := r.ApplicationData[owner]; bag != nil {
			data = clone(bag.Data)
		}
	})
	return data
}

// Write writes values into the databag of a stand-in or one of its units, which
// must have entered the relation; an empty value deletes its key.
func (i *Integration) Write(owner string, values map[string]string) {
	i.m.t.Helper()
	i.m.standIn(owner)
	i.m.update("write the databag of "+owner, func(s *model.State) error {
		r, ok := s.Relations[i.id]
		switch {
		case !ok:
			return fmt.Errorf("relation %d is gone", i.id)
		case !strings.Contains(owner, "/"):
			r.AppData(owner).Merge(values)
		case !r.InScope(owner):
			return fmt.Errorf("%s is not in relation %d: call Settle first", owner, i.id)
		default:
			r.Units[owner].Merge(values)
		}
		return nil
	})
}

// standIn fails the test if an application, or that of a unit, runs a charm.
func (m *Model) standIn(owner string) *App {
	m.t.Helper()
	a := m.apps[model.ApplicationOf(owner)]
	if a == nil || a.charm != nil {
		m.t.Fatalf("cannot speak for %s: it is no stand-in", owner)
	}
	return a
}

// App returns an application.
func (m *Model) App(name string) *App {
	m.t.Helper()
	a, ok := m.apps[name]
	if !ok {
		m.t.Fatalf("the model has no application %q%s", name, instead(name, names(m.apps)))
	}
	return a
}

// Unit returns a unit.
func (m *Model) Unit(name string) *Unit {
	m.t.Helper()
	u, ok := m.units[name]
	if !ok {
		m.t.Fatalf("the model has no unit %q%s", name, instead(name, names(m.units)))
	}
	return u
}

// Advance lets time pass: secrets expire or are to be rotated, units that have
// nothing to do get update-status every five minutes, checks of containers are
// performed.
func (m *Model) Advance(d time.Duration) {
	m.clock.Advance(d)
	for _, u := range m.units {
		u.pod.advance(d)
	}
	m.wake()
}

// Hooks returns the hooks that have run so far, oldest first.
func (m *Model) Hooks() []Hook { return slices.Clone(m.hooks) }

// Logs returns what was logged.
func (m *Model) Logs() []Log {
	var logs []Log
	for _, r := range m.model.Logs() {
		logs = append(logs, Log{r.Level, r.Unit + ": " + r.Message})
	}
	return logs
}

// view reads the state of the model.
func (m *Model) view(fn func(*model.State)) { m.model.View(fn) }

// update does what an operator asks for.
func (m *Model) update(what string, fn func(*model.State) error) {
	m.t.Helper()
	if err := m.model.Update(noContext, fn); err != nil {
		m.t.Fatalf("cannot %s: %v", what, err)
	}
	for _, u := range m.units {
		u.idle = false
	}
}

func clone(data map[string]string) map[string]string {
	other := make(map[string]string, len(data))
	for key, value := range data {
		other[key] = value
	}
	return other
}

// asText writes values of options as an operator does.
func asText(config map[string]any) map[string]string {
	text := make(map[string]string, len(config))
	for name, value := range config {
		text[name] = fmt.Sprint(value)
	}
	return text
}
