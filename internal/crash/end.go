package crash

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/inprocess"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/pebble"
)

// end describes the unit and all that it is responsible for.
func (l *life[C]) end(ctx context.Context) (string, error) {
	state := map[string]any{}
	l.model.View(func(s *model.State) { inprocess.Describe(s, App, state) })
	for name, daemon := range l.daemons {
		container := daemon.Container(name)
		plan, err := container.Plan(ctx)
		if err != nil {
			return "", err
		}
		services, err := container.Services(ctx)
		if err != nil {
			return "", err
		}
		var running []string
		for service, info := range services {
			running = append(running, fmt.Sprint(service, " ", info.Startup, " ", info.Status))
		}
		slices.Sort(running)
		state["container "+name+" plan"], state["container "+name+" services"] = plan, running
		checks, err := container.Checks(ctx)
		if err != nil {
			return "", err
		}
		var failing []string
		for check, info := range checks {
			if info.Status == pebble.CheckDown {
				failing = append(failing, check)
			}
		}
		slices.Sort(failing)
		state["container "+name+" failing"] = failing
	}
	if l.c.Observe != nil {
		snapshot, err := l.model.Snapshot()
		if err != nil {
			return "", err
		}
		seen, err := l.c.Observe(ctx, &snapshot)
		if err != nil {
			return "", fmt.Errorf("cannot observe the workload: %w", err)
		}
		state["workload"] = seen
	}
	text, err := asText(state)
	return l.named(text), err
}

// named replaces the ids and the contents of the secrets by their names.
func (l *life[C]) named(text string) (named string) {
	l.model.View(func(s *model.State) { named = inprocess.Named(s, text) })
	return named
}

// idle runs one more update-status and returns what it still changed.
func (l *life[C]) idle(ctx context.Context) (wrote []string, err error) {
	l.reaper.Rest()
	for _, proxy := range l.proxies {
		proxy.Reset(nil)
	}
	c, err := hook.New(hook.Options{Model: l.model, Unit: unit, Info: hook.Info{Kind: hook.UpdateStatus}})
	if err != nil {
		return nil, err
	}
	l.reaper.Begin("update-status", func() {})
	err = l.run(ctx, c, hooktool.Record(inprocess.Transport(c), func(r hooktool.Recorded) {
		if inprocess.Changes(r.Call) {
			wrote = append(wrote, fmt.Sprint(r.Call.Tool, r.Call.Args))
		}
	}))
	for name, proxy := range l.proxies {
		for _, request := range proxy.Writes() {
			// A question may be asked by a command.
			if !strings.Contains(request.Path, "/websocket/") && request.Path != "/v1/exec" {
				wrote = append(wrote, name+" "+request.String())
			}
		}
	}
	return wrote, err
}
