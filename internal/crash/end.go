package crash

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
	"github.com/charmkit/charmkit/pebble"
)

// end describes the unit and all that it is responsible for.
func (l *life[C]) end(ctx context.Context) (string, error) {
	state := map[string]any{}
	l.model.View(func(s *model.State) {
		u, a := s.Units[unit], s.Applications[App]
		state["status"] = []string{u.Workload.Current().Status, u.Workload.Current().Message}
		state["application status"] = []string{a.Status.Current().Status, a.Status.Current().Message}
		state["version"], state["ports"], state["state"] = u.WorkloadVersion, u.Ports, u.CharmState
		for id, r := range s.Relations {
			key := fmt.Sprintf("relation %d ", id)
			if r.ApplicationData[App] != nil {
				state[key+"application"] = r.ApplicationData[App].Data
			}
			if r.Units[unit] != nil {
				state[key+"unit"] = r.Units[unit].Data
			}
		}
		for _, secret := range s.Secrets {
			state["secret "+secret.Label] = []any{secret.Owner, secret.Grants, len(secret.Revisions), slices.Sorted(maps.Keys(secret.Latest().Content))}
		}
	})
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
func (l *life[C]) named(text string) string {
	var pairs []string
	l.model.View(func(s *model.State) {
		for id, secret := range s.Secrets {
			pairs = append(pairs, id, "<id of "+secret.Label+">", s.UUID, "<model>")
			for key, value := range secret.Latest().Content {
				if plain, err := base64.StdEncoding.DecodeString(value); err == nil && len(plain) >= 12 {
					pairs = append(pairs, string(plain), "<"+secret.Label+"."+key+">")
				}
			}
		}
	})
	// The digest is that of files with random content. Whether they are those that
	// the service has loaded is for Observe to say.
	return digest.ReplaceAllString(strings.NewReplacer(pairs...).Replace(text), "$1<digest>")
}

var digest = regexp.MustCompile(`(_DIGEST": ")[0-9a-f]+`)

// quiet are the tools that change nothing. The version counts among them: it
// cannot be read, so a charm that knows it says it again.
var quiet = []string{
	"application-version-set", "config-get", "goal-state", "is-leader", "juju-log", "network-get", "opened-ports", "relation-get", "relation-ids", "relation-list",
	"secret-get", "secret-ids", "secret-info-get", "state-get", "status-get", "storage-get", "storage-list", "unit-get",
}

// idle runs one more update-status and returns what it still changed.
func (l *life[C]) idle(ctx context.Context) (wrote []string, err error) {
	l.reaper.rest()
	for _, proxy := range l.proxies {
		proxy.Reset(nil)
	}
	c, err := hook.New(hook.Options{Model: l.model, Unit: unit, Info: hook.Info{Kind: hook.UpdateStatus}})
	if err != nil {
		return nil, err
	}
	l.reaper.begin("update-status", func() {})
	err = l.run(ctx, c, hooktool.Record(inProcess(c), func(r hooktool.Recorded) {
		if !slices.Contains(quiet, r.Call.Tool) {
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
