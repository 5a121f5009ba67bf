package charmtest

import (
	"context"
	"errors"
	"syscall"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/uniter"
	"github.com/charmkit/charmkit/pebble"
)

// Unit is a unit of a [Model].
type Unit struct {
	app   *App
	name  string
	agent *uniter.Uniter
	// charm is the one that the unit has, until it is upgraded.
	charm runner
	// idle says that the agent has found nothing to do since the model has changed.
	idle bool
	// failures counts the failures of the hook that fails.
	failures int
	// pod is the unit's containers, pods how many it has had.
	pod  *pod
	pods int
	// installed says that its agent looks at the containers.
	installed bool
	// events are those of containers that wait for their hook.
	events []*sent
}

// sent is an event of a container, with what came of its hook.
type sent struct {
	info hook.Info
	done <-chan error
}

// runner is a charm as a unit runs it.
type runner interface {
	runHook(ctx context.Context, c *hook.Context, transport hooktool.Transport, containers func(string) *pebble.Container) error
}

func newUnit(a *App, name string) *Unit {
	u := &Unit{app: a, name: name, charm: a.charm}
	u.startPod()
	u.start()
	return u
}

// start starts the unit's agent.
func (u *Unit) start() {
	m := u.app.m
	u.agent = uniter.New(uniter.Options{
		Model: m.model, Unit: u.name, Clock: m.clock, Jitter: func() float64 { return 0.5 },
		Runner: uniter.RunnerFunc(u.run),
		BeforeCommit: func(hook.Info) error {
			if m.reaper == nil {
				return nil
			}
			return m.reaper.Refuse()
		},
	})
	u.idle = false
	for _, e := range u.events {
		e.done = u.agent.Offer(e.info)
	}
}

// Name returns the unit's name.
func (u *Unit) Name() string { return u.name }

// Status returns the unit's status, as juju status shows it.
func (u *Unit) Status() Status {
	var status Status
	u.app.m.view(func(s *model.State) { status = statusOf(s.UnitStatus(u.name)) })
	return status
}

// Leads tells whether the unit leads its application.
func (u *Unit) Leads() (leads bool) {
	u.app.m.view(func(s *model.State) { leads = s.IsLeader(u.name) })
	return leads
}

// Ports returns the open ports, as [State] has them.
func (u *Unit) Ports() (ports []string) {
	u.app.m.view(func(s *model.State) {
		if unit, err := s.Unit(u.name); err == nil {
			ports = portsOf(unit)
		}
	})
	return ports
}

// Stored returns the unit's state at the controller.
func (u *Unit) Stored() (stored map[string]string) {
	u.app.m.view(func(s *model.State) {
		if unit, err := s.Unit(u.name); err == nil {
			stored = clone(unit.CharmState)
		}
	})
	return stored
}

// WorkloadVersion returns what the charm has said of it.
func (u *Unit) WorkloadVersion() (version string) {
	u.app.m.view(func(s *model.State) {
		if unit, err := s.Unit(u.name); err == nil {
			version = unit.WorkloadVersion
		}
	})
	return version
}

// Hooks returns the names of the hooks that have run on the unit, oldest first.
func (u *Unit) Hooks() []string {
	var names []string
	for _, h := range u.app.m.hooks {
		if h.Unit == u.name {
			names = append(names, h.Event.info.Name()+h.Event.info.ActionName)
		}
	}
	return names
}

// KillPod kills the unit's pod. Another one takes its place, with an agent that
// knows what the model knows, and with containers as they were at first.
func (u *Unit) KillPod() {
	m := u.app.m
	m.t.Helper()
	m.update("kill the pod of "+u.name, func(s *model.State) error {
		unit, err := s.Unit(u.name)
		if err == nil {
			unit.Pod++
		}
		return err
	})
	u.startPod()
	u.start()
}

// Send sends an event of one of the unit's containers, such as [PebbleReady]. It is
// sent again until its hook succeeds.
func (u *Unit) Send(e Event) {
	m := u.app.m
	m.t.Helper()
	if !e.info.Kind.IsWorkload() {
		m.t.Fatalf("cannot send %s: containers send events of Pebble only; all others Juju sends by itself", e)
	}
	u.events = append(u.events, &sent{e.info, u.agent.Offer(e.info)})
	u.idle = false
}

// RunAction runs an action and settles the model.
func (u *Unit) RunAction(name string, params map[string]any) Action {
	m := u.app.m
	m.t.Helper()
	var id string
	m.update("run "+name+" on "+u.name, func(s *model.State) error {
		action, err := s.EnqueueAction(u.name, name, params)
		if err == nil {
			id = action.ID
		}
		return err
	})
	m.Settle()
	var result Action
	m.view(func(s *model.State) { result = actionOf(s.Actions[id]) })
	return result
}

// run runs the charm for the agent.
func (u *Unit) run(ctx context.Context, c *hook.Context) hook.Outcome {
	m, info := u.app.m, c.Info()
	if info.Kind == hook.UpgradeCharm || info.Kind == hook.Install {
		u.charm = u.app.charm
	}
	u.installed = u.installed || isInstalled(info)
	if u.charm == nil {
		return hook.Outcome{Missing: true}
	}
	ran := Hook{Unit: u.name, Event: Event{info: info, relation: info.Kind.IsRelation()}}
	transport := hooktool.Record(inprocess.Transport(c), func(r hooktool.Recorded) { ran.Calls = append(ran.Calls, r.Call) })
	var err error
	if m.reaper == nil {
		err = u.charm.runHook(ctx, c, transport, u.pod.container)
	} else {
		ran.Killed, err = u.runMortal(ctx, c, transport)
	}
	outcome := hook.Outcome{}
	switch {
	case ran.Killed:
		outcome.Signal = syscall.SIGKILL
	case err != nil:
		ran.Err = newHookError(ran.Event, err)
		outcome.Code = 1
	}
	m.hooks = append(m.hooks, ran)
	return outcome
}

// runMortal runs the charm where it may be killed.
func (u *Unit) runMortal(ctx context.Context, c *hook.Context, transport hooktool.Transport) (killed bool, err error) {
	m := u.app.m
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m.reaper.Begin(u.name+" "+c.Info().Name()+c.Info().ActionName, cancel)
	finished := make(chan struct{})
	ended := false
	go func() {
		defer close(finished)
		err = u.charm.runHook(pebble.WithMiddleware(ctx, m.reaper.Pebble), c, m.reaper.Transport(transport), u.pod.container)
		ended = true
	}()
	<-finished
	if killed = m.reaper.Killed(); !ended && !killed {
		err = errors.New("the charm has ended its goroutine, as a require that fails does")
	}
	return killed, err
}
