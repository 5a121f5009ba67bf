package lives_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing/fstest"
	"time"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/uniter"
)

// The applications that may be in a model: a chain of three.
var charmFiles = map[string]string{
	"lb":  "requires: {site: {interface: http}}\npeers: {lbs: {interface: lbs}}",
	"web": "requires: {db: {interface: database}}\nprovides: {site: {interface: http}}\npeers: {webs: {interface: webs}}\nstorage: {data: {type: filesystem}, logs: {type: filesystem, multiple: {range: 0-3}}}",
	"pg":  "provides: {database: {interface: database}}\nstorage: {disk: {type: filesystem}}",
}

var applications = []string{"web", "pg", "lb"}

func loadCharm(name string) (*metadata.Charm, error) {
	return metadata.Load(fstest.MapFS{
		"metadata.yaml": {Data: []byte("name: " + name + "\nsummary: s\ndescription: d\n" + charmFiles[name])},
		"config.yaml":   {Data: []byte("options: {value: {type: int, default: 0}}")},
		"actions.yaml":  {Data: []byte("act: {}")},
	})
}

// world is a model and the agents of its units, in one process that may die.
type world struct {
	ctx    context.Context
	store  *dyingStore
	clock  *inprocess.Clock
	model  *model.Model
	agents map[string]*uniter.Uniter
	// units are what the charms of each unit saw, by name.
	units map[string]*life
	// calm lets all hooks succeed and write nothing, and nothing crash.
	calm bool
	// n chooses what the charm does in the hook that runs.
	n int
	// problem is the first broken guarantee.
	problem error
	// hooks counts those that ran.
	hooks int
}

func newWorld(ctx context.Context) (*world, error) {
	w := &world{
		ctx: ctx, store: &dyingStore{}, clock: inprocess.NewClock(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)),
		agents: map[string]*uniter.Uniter{}, units: map[string]*life{},
	}
	return w, w.open()
}

// open takes the model up from its store, as a new process does.
func (w *world) open() error {
	m, err := model.Open(w.ctx, model.State{Name: "lives", UUID: "b6ad6b7c-3d3c-4b9e-8a57-6d5c7f4f0a11", Settings: model.Settings{UpdateStatusInterval: 10 * time.Minute}}, model.Options{Store: w.store, Now: w.clock.Now})
	if err != nil {
		return err
	}
	w.model = m
	w.agents = map[string]*uniter.Uniter{}
	return nil
}

// survive is what comes after the death of the process: what was acknowledged
// is there, or what was being saved.
func (w *world) survive() error {
	w.store.revive()
	if err := w.open(); err != nil {
		return err
	}
	var found []byte
	var err error
	w.model.View(func(s *model.State) { found, err = json.Marshal(s) })
	if err == nil && string(found) != string(w.store.acknowledged) && string(found) != string(w.store.trying) {
		err = errors.New("C-119: after a crash the model is neither what was acknowledged nor what was being saved")
	}
	return err
}

// update changes the model as an operator does; a refusal is as good.
func (w *world) update(fn func(*model.State) error) error {
	if err := w.model.Update(w.ctx, fn); errors.Is(err, errDied) {
		return w.survive()
	}
	return nil
}

func (w *world) names() []string {
	var names []string
	w.model.View(func(s *model.State) { names = slices.Sorted(maps.Keys(s.Units)) })
	return names
}

func (w *world) agent(unit string) *uniter.Uniter {
	if _, ok := w.agents[unit]; !ok {
		w.agents[unit] = uniter.New(uniter.Options{
			Model: w.model, Unit: unit, Clock: w.clock, Jitter: func() float64 { return 0.5 },
			Runner:       uniter.RunnerFunc(w.charm),
			BeforeCommit: func(hook.Info) error { return w.refuse() },
		})
	}
	return w.agents[unit]
}

// agentDied is the panic of an agent that dies in the middle of a hook.
type agentDied struct{}

// step lets one agent do one thing. busy says that it did.
func (w *world) step(unit string, n int) (busy bool, err error) {
	w.n = n
	op, err := w.operate(unit)
	switch {
	case errors.Is(err, errDied):
		return true, w.surviveStep(unit, op)
	case err != nil:
		return false, err
	case w.problem != nil:
		return false, w.problem
	}
	l := w.lifeOf(unit)
	switch op.Kind {
	case uniter.Finish:
		delete(w.agents, unit)
		delete(w.units, unit)
	case uniter.SkipHook:
		err = l.succeeded(op.Info)
	case uniter.RunHook:
		if op.Info.Kind == hook.Action {
			break
		}
		if !w.succeeded(unit, op) {
			if after := w.recorded(unit); l.ran && after != l.before && !l.committed {
				err = fmt.Errorf("C-024: the failed hook %s of %s left what it had recorded:\n%s\n%s", op.Info.Name(), unit, l.before, after)
			}
		} else if l.ran {
			err = errors.Join(l.succeeded(op.Info), w.checkWritten(unit, l))
		}
	}
	return op.Kind != uniter.Nothing && op.Kind != uniter.Finish, err
}

// surviveStep is survive after an agent's step. What it did may have been stored
// although it was not told so.
func (w *world) surviveStep(unit string, op uniter.Operation) error {
	if err := w.survive(); err != nil {
		return err
	}
	l := w.lifeOf(unit)
	switch op.Kind {
	case uniter.Finish:
		if !slices.Contains(w.names(), unit) {
			delete(w.units, unit)
		}
	case uniter.SkipHook, uniter.RunHook:
		if op.Info.Kind != hook.Action && (l.ran || op.Kind == uniter.SkipHook) && w.succeeded(unit, op) {
			return l.succeeded(op.Info)
		}
	}
	return nil
}

// operate is Step, but for agents that die.
func (w *world) operate(unit string) (op uniter.Operation, err error) {
	l := w.lifeOf(unit)
	l.ran, l.committed, l.wrote = false, false, nil
	defer func() {
		if fault := recover(); fault != nil {
			if _, ok := fault.(agentDied); !ok {
				panic(fault)
			}
			delete(w.agents, unit)
			op, err = uniter.Operation{}, nil
		}
	}()
	return w.agent(unit).Step(w.ctx)
}

// succeeded reports whether the hook that an operation ran counts as done.
func (w *world) succeeded(unit string, op uniter.Operation) (done bool) {
	w.model.View(func(s *model.State) {
		u, err := s.Unit(unit)
		if err != nil {
			done = true
			return
		}
		var local uniter.Local
		if json.Unmarshal(u.AgentState, &local) == nil {
			done = local.Running == nil && local.Failed == nil && (local.Queued == nil || local.Queued.Kind != op.Info.Kind)
		}
	})
	return done
}

// settle steps all agents until none has anything to do.
func (w *world) settle(rounds int) (atRest bool, err error) {
	for range rounds {
		busy := false
		for _, unit := range w.names() {
			did, err := w.step(unit, w.n+1)
			if err != nil {
				return false, err
			}
			busy = busy || did
		}
		if !busy {
			return true, nil
		}
	}
	return false, nil
}
