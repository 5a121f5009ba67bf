package crash

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/internal/juju/uniter"
	"github.com/charmkit/charmkit/pebble"
	"github.com/charmkit/charmkit/pebble/pebbletest"
)

// The model has the application under test, with one unit, which leads.
const (
	App  = "app"
	unit = App + "/0"
)

// patience is how long a unit may take to become what it should.
const patience = time.Minute

// life is the life of one unit.
type life[C any] struct {
	t      testing.TB
	c      Case[C]
	reaper *inprocess.Reaper
	model  *model.Model
	clock  *inprocess.Clock
	agent  *uniter.Uniter

	daemons map[string]*pebbletest.Daemon
	proxies map[string]*pebbletest.Proxy
	// told are the notices and the checks that the unit was told of.
	told map[string]string
	// wrong is what [Case.Always] has said.
	wrong []string
}

// outcome is what a life was.
type outcome struct {
	// Calls and Commits are what the charm did, in order.
	Calls, Commits []string
	// End is the state at the end, as text.
	End string
	// Idle is what one more hook still wrote.
	Idle []string
	// Problem is what went wrong.
	Problem string
}

// live lives a life to its end.
func live[C any](t testing.TB, c Case[C], cut Cut) (o outcome) {
	t.Helper()
	l := &life[C]{
		t: t, c: c, reaper: &inprocess.Reaper{Cut: cut}, clock: inprocess.NewClock(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)),
		daemons: map[string]*pebbletest.Daemon{}, proxies: map[string]*pebbletest.Proxy{}, told: map[string]string{},
	}
	err := l.live(t.Context())
	if err == nil {
		o.End, err = l.end(t.Context())
	}
	o.Calls, o.Commits = l.reaper.Calls(), l.reaper.Commits()
	if err == nil {
		o.Idle, err = l.idle(t.Context())
	}
	if err != nil {
		l.wrong = append(l.wrong, err.Error())
	}
	o.Problem = strings.Join(l.wrong, "\n")
	return o
}

func (l *life[C]) live(ctx context.Context) error {
	files, err := l.c.Charm.Metadata()
	if err != nil {
		return err
	}
	l.model = model.New(model.State{Name: "crash", Settings: model.Settings{UpdateStatusInterval: -1}}, model.Options{Now: l.clock.Now})
	err = l.model.Update(ctx, func(s *model.State) error {
		return s.Deploy(App, files, model.DeployOptions{Units: 1, ServiceAddress: "10.1.0.1"})
	})
	if err != nil {
		return err
	}
	err = l.model.Update(ctx, func(s *model.State) error {
		s.Units[unit].Address = "127.0.0.1"
		return nil
	})
	if err != nil {
		return err
	}
	l.agent = uniter.New(uniter.Options{
		Model: l.model, Unit: unit, Clock: l.clock, Jitter: func() float64 { return 0.5 },
		Runner:       uniter.RunnerFunc(l.hook),
		BeforeCommit: func(hook.Info) error { return l.reaper.Refuse() },
	})
	if err := l.settle(ctx); err != nil {
		return err
	}
	for _, name := range l.c.Containers {
		l.daemons[name] = pebbletest.Start(l.t, pebbletest.Options{User: l.c.User})
		proxy := l.daemons[name].Proxy(l.t)
		proxy.Gate(gate(l.reaper, name))
		l.proxies[name] = proxy
		if err := l.workload(ctx, hook.Info{Kind: hook.PebbleReady, Workload: name}); err != nil {
			return err
		}
	}
	for _, step := range l.c.Story {
		if err := l.take(ctx, step); err != nil {
			return fmt.Errorf("cannot %s: %w", step.Name, err)
		}
		if err := l.rest(ctx, step.Status); err != nil {
			return fmt.Errorf("after the step %q: %w", step.Name, err)
		}
	}
	return nil
}

// take makes a step of the story.
func (l *life[C]) take(ctx context.Context, step Step) error {
	if step.Action == nil {
		return l.model.Update(ctx, step.Do)
	}
	for range 3 {
		var action *model.Action
		err := l.model.Update(ctx, func(s *model.State) (err error) {
			action, err = s.EnqueueAction(unit, step.Action.Name, step.Action.Params)
			return err
		})
		if err != nil {
			return err
		}
		if err := errors.Join(l.settle(ctx), l.always(ctx)); err != nil {
			return err
		}
		var status, message string
		l.model.View(func(s *model.State) {
			status, message = s.Actions[action.ID].Status, s.Actions[action.ID].Message
		})
		if status == model.ActionCompleted {
			return nil
		}
		l.t.Logf("action %s: %s: %s", step.Action.Name, status, message)
	}
	return fmt.Errorf("the action does not complete:\n%s", l.logs())
}

// always asks what is wrong now.
func (l *life[C]) always(ctx context.Context) error {
	if l.c.Always == nil {
		return nil
	}
	stored, err := l.model.Snapshot()
	if err != nil {
		return err
	}
	return l.c.Always(ctx, &stored)
}

// hook runs the charm.
func (l *life[C]) hook(ctx context.Context, c *hook.Context) hook.Outcome {
	name := c.Info().Name() + c.Info().ActionName
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l.reaper.Begin(name, cancel)
	var err error
	var ended bool
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		err = l.run(ctx, c, l.reaper.Transport(inprocess.Transport(c)))
		ended = true
	}()
	<-finished
	if err := l.always(context.WithoutCancel(ctx)); err != nil {
		l.wrong = append(l.wrong, fmt.Sprintf("after %s: %v", name, err))
	}
	switch {
	case l.reaper.Killed() || !ended:
		return hook.Outcome{Signal: syscall.SIGKILL}
	case err != nil:
		c.LogPlain("ERROR", err.Error())
		return hook.Outcome{Code: 1}
	}
	return hook.Outcome{}
}

func (l *life[C]) run(ctx context.Context, c *hook.Context, transport hooktool.Transport) error {
	_, err := charm.Run(ctx, l.c.Charm.Constructor(), charm.Options{
		Getenv:    inprocess.Getenv(c),
		Transport: transport,
		Files:     l.c.Charm.Files(),
		Pebble:    l.pebble,
	})
	return err
}

// pebble is a container, whose Pebble may not have started.
func (l *life[C]) pebble(name string) *pebble.Container {
	if proxy, ok := l.proxies[name]; ok {
		return pebble.NewContainer(name, proxy.Socket)
	}
	return pebble.NewContainer(name, "/nonexistent/pebble.socket")
}

// settle lets the agent work until it waits, and no hook has failed.
func (l *life[C]) settle(ctx context.Context) error {
	for range 200 {
		op, err := l.agent.Step(ctx)
		if err != nil {
			return err
		}
		if op.Kind != uniter.Nothing {
			continue
		}
		if l.agentStatus() != "error" {
			return nil
		}
		l.clock.Advance(5 * time.Minute) // the failed hook waits for that
	}
	return fmt.Errorf("the unit does not settle:\n%s", l.logs())
}

func (l *life[C]) agentStatus() (status string) {
	l.model.View(func(s *model.State) { status = s.Units[unit].Agent.Current().Status })
	return status
}

func (l *life[C]) status() (status model.Status) {
	l.model.View(func(s *model.State) { status = s.Units[unit].Workload.Current() })
	return status
}

func (l *life[C]) logs() string {
	var text strings.Builder
	for _, r := range l.model.Logs() {
		fmt.Fprintf(&text, "%s %s\n", r.Level, r.Message)
	}
	return text.String()
}

// workload sends an event of a container's Pebble, as often as it takes.
func (l *life[C]) workload(ctx context.Context, info hook.Info) error {
	for range 5 {
		done := l.agent.Offer(info)
		if err := l.settle(ctx); err != nil {
			return err
		}
		select {
		case err := <-done:
			if err == nil {
				return nil
			}
		default:
			return fmt.Errorf("the unit does not take the event %s:\n%s", info.Name(), l.logs())
		}
	}
	return fmt.Errorf("the unit cannot take the event %s:\n%s", info.Name(), l.logs())
}

// rest lets time pass until the unit has a status and there is no more event.
func (l *life[C]) rest(ctx context.Context, status string) error {
	for deadline := time.Now().Add(patience); ; {
		if err := l.settle(ctx); err != nil {
			return err
		}
		told, err := l.tell(ctx)
		switch {
		case err != nil:
			return err
		case told:
			// Some more hooks may come of it.
		case l.status().Status == status:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("the status is %q and not %s:\n%s", l.status(), status, l.logs())
		default:
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// tell sends the events that the containers have for the unit: custom notices,
// and checks that failed or recovered.
func (l *life[C]) tell(ctx context.Context) (told bool, err error) {
	for name, daemon := range l.daemons {
		container := daemon.Container(name)
		notices, err := container.Notices(ctx, nil)
		if err != nil {
			return told, err
		}
		for _, n := range notices {
			if n.Type != pebble.NoticeCustom || !l.news(name+" notice "+n.ID, n.LastRepeated.String()) {
				continue
			}
			told = true
			if err := l.workload(ctx, hook.Info{
				Kind: hook.PebbleCustomNotice, Workload: name, NoticeID: n.ID, NoticeType: "custom", NoticeKey: n.Key,
			}); err != nil {
				return told, err
			}
		}
		checks, err := container.Checks(ctx)
		if err != nil {
			return told, err
		}
		for check, info := range checks {
			before := l.told[name+" check "+check]
			if !l.news(name+" check "+check, string(info.Status)) {
				continue
			}
			kind := hook.PebbleCheckFailed
			switch {
			case info.Status == pebble.CheckDown:
			case info.Status == pebble.CheckUp && before == string(pebble.CheckDown):
				kind = hook.PebbleCheckRecovered
			default:
				continue
			}
			told = true
			if err := l.workload(ctx, hook.Info{Kind: kind, Workload: name, CheckName: check}); err != nil {
				return told, err
			}
		}
	}
	return told, nil
}

// news notes something and reports whether it is new.
func (l *life[C]) news(what, is string) bool {
	if l.told[what] == is {
		return false
	}
	l.told[what] = is
	return true
}
