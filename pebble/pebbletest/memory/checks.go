package memory

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/pebble"
)

// The kinds of the changes that checks run as.
const (
	performCheck = "perform-check"
	recoverCheck = "recover-check"
)

func (p *Pebble) setCheck(name string, c Check) {
	ownMap(p, checks, &p.state.Checks)[name] = c
}

// bootChecks begins the checks that the state does not have, and gives those that it says to run the changes that they must have.
func (p *Pebble) bootChecks() {
	planned := p.currentPlan().layer.Checks
	for _, name := range sorted(planned) {
		switch check, known := p.state.Checks[name]; {
		case !known && planned[name].Startup == pebble.StartupDisabled:
			p.setCheck(name, Check{Status: pebble.CheckInactive})
		case !known:
			p.beginCheck(name, planned[name])
		case check.ChangeID == "" && check.Status != pebble.CheckInactive:
			p.adoptCheck(name, check, planned[name])
		}
	}
}

// planChanged ends, begins and begins anew the checks that a new plan has changed, and begins those that were stopped.
func (p *Pebble) planChanged() {
	planned := p.currentPlan().layer.Checks
	for _, name := range sorted(planned) {
		check, config := p.state.Checks[name], planned[name]
		disabled := config.Startup == pebble.StartupDisabled
		switch {
		case check.ChangeID == "" && disabled:
			p.setCheck(name, Check{Status: pebble.CheckInactive})
		case check.ChangeID == "":
			p.beginCheck(name, config)
		case reflect.DeepEqual(p.merged(config), check.Definition):
		case disabled && check.Definition.Startup != pebble.StartupDisabled:
			// It runs on as it was.
		default:
			p.abort(check.ChangeID)
			p.beginCheck(name, config)
		}
	}
}

// adoptCheck gives a check that a test says to be up or down the change that it must have.
func (p *Pebble) adoptCheck(name string, given Check, config *pebble.Check) {
	kind, verb := performCheck, "Perform"
	given.Status = cmp.Or(given.Status, pebble.CheckUp)
	if given.Status == pebble.CheckDown {
		kind, verb = recoverCheck, "Recover"
		given.Failures = max(given.Failures, config.Threshold)
	}
	given.ChangeID, given.Definition = p.checkChange(kind, verb, name, config), p.merged(config)
	p.setCheck(name, given)
}

func (p *Pebble) beginCheck(name string, config *pebble.Check) {
	id := p.checkChange(performCheck, "Perform", name, config)
	p.setCheck(name, Check{Status: pebble.CheckUp, ChangeID: id, Definition: p.merged(config)})
}

func (p *Pebble) checkChange(kind, verb, name string, config *pebble.Check) (id string) {
	how := "HTTP"
	switch {
	case config.TCP != nil:
		how = "TCP"
	case config.Exec != nil:
		how = "exec"
	}
	summary := fmt.Sprintf("%s %s check %q", verb, how, name)
	c := p.newChange(kind, summary, Task{Kind: kind, Summary: summary})
	c.Status, c.Tasks[0].Status = statusDoing, statusDoing
	p.notifyChange(c, 2)
	return c.ID
}

// merged returns a check with what its service context brings.
func (p *Pebble) merged(config *pebble.Check) *pebble.Check {
	if config == nil || config.Exec == nil || config.Exec.ServiceContext == "" {
		return config
	}
	service := p.currentPlan().layer.Services[config.Exec.ServiceContext]
	out, exec := *config, *config.Exec
	out.Exec = &exec
	exec.Environment = mergedEnvironment(service.Environment, exec.Environment)
	exec.User, exec.Group = cmp.Or(exec.User, service.User), cmp.Or(exec.Group, service.Group)
	exec.UserID, exec.GroupID = cmp.Or(exec.UserID, service.UserID), cmp.Or(exec.GroupID, service.GroupID)
	exec.WorkingDir = cmp.Or(exec.WorkingDir, service.WorkingDir)
	return &out
}

// PerformChecks lets all checks that run, or those of some names, be performed once.
func (p *Pebble) PerformChecks(names ...string) {
	p.update(func() {
		for _, name := range sorted(p.state.Checks) {
			if p.state.Unreachable {
				return
			}
			if len(names) == 0 || slices.Contains(names, name) {
				p.perform(name)
			}
		}
	})
}

// FailCheck makes a check fail from its next performance on.
func (p *Pebble) FailCheck(name string, failure Failure) {
	p.update(func() { ownMap(p, failing, &p.state.Failing)[name] = failure })
}

// PassCheck makes a check succeed from its next performance on.
func (p *Pebble) PassCheck(name string) {
	p.update(func() { delete(ownMap(p, failing, &p.state.Failing), name) })
}

// perform performs a check once, and returns its error.
func (p *Pebble) perform(name string) (problem string) {
	check := p.state.Checks[name]
	failure := p.state.Failing[name]
	problem = failure.String()
	if check.ChangeID == "" {
		return problem
	}
	c := p.change(check.ChangeID)
	t := &c.Tasks[0]
	threshold := check.Definition.Threshold
	switch {
	case problem == "" && c.Kind == performCheck:
		if check.Failures > 0 {
			p.log(t, "INFO", "succeeded after "+failures(check.Failures))
		}
		check.Failures = 0
		check.Successes++
	case problem == "":
		t.Status = statusDone
		p.finish(c)
		p.notifyChange(c, 1)
		check.PrevChangeID = check.ChangeID
		check.Status, check.Failures, check.Successes = pebble.CheckUp, 0, 1
		check.ChangeID = p.checkChange(performCheck, "Perform", name, check.Definition)
	case c.Kind == performCheck && check.Failures+1 >= threshold:
		check.Failures++
		t.Status = statusError
		if p.atLeast(20) {
			p.log(t, "ERROR", problem)
		} else {
			p.log(t, "ERROR", failure.Error)
		}
		p.checkFailed(name)
		p.finish(c)
		p.notifyChange(c, 2) // it is aborted on the way
		check.PrevChangeID = check.ChangeID
		check.Status = pebble.CheckDown
		check.ChangeID = p.checkChange(recoverCheck, "Recover", name, check.Definition)
	default:
		check.Failures++
		p.log(t, "ERROR", problem)
	}
	p.setCheck(name, check)
	return problem
}

func failures(n int) string {
	if n == 1 {
		return "1 failure"
	}
	return fmt.Sprintf("%d failures", n)
}

// checkFailed does to services what they have for a check that is down.
func (p *Pebble) checkFailed(check string) {
	for _, name := range sorted(p.state.Services) {
		s, _ := p.service(name)
		if s.Status == pebble.StatusInactive || s.Definition == nil {
			continue
		}
		switch action := s.Definition.OnCheckFailure[check]; action {
		case pebble.ActionRestart:
			if s.Status != pebble.StatusBackoff {
				p.backOff(&s)
				p.setService(name, s)
			}
		case pebble.ActionShutdown, pebble.ActionSuccessShutdown:
			p.end(fmt.Sprintf("service %q: on-check-failure of %q is %s", name, check, action))
		}
	}
}

type checkJSON struct {
	Name         string         `json:"name"`
	Level        pebble.Level   `json:"level,omitempty"`
	Startup      pebble.Startup `json:"startup"`
	Status       string         `json:"status"`
	Successes    *int           `json:"successes,omitempty"`
	Failures     int            `json:"failures,omitempty"`
	Threshold    int            `json:"threshold"`
	ChangeID     string         `json:"change-id,omitempty"`
	PrevChangeID string         `json:"prev-change-id,omitempty"`
}

func (p *Pebble) checkJSON(name string) checkJSON {
	check, config := p.state.Checks[name], p.currentPlan().layer.Checks[name]
	if check.Definition != nil && check.ChangeID != "" {
		config = check.Definition
	}
	out := checkJSON{
		Name: name, Level: config.Level, Startup: cmp.Or(config.Startup, pebble.StartupEnabled), Status: string(check.Status),
		Failures: check.Failures, Threshold: config.Threshold, ChangeID: check.ChangeID,
	}
	if p.atLeast(23) {
		out.Successes, out.PrevChangeID = &check.Successes, check.PrevChangeID
	}
	return out
}

func (p *Pebble) getChecks(r *request) answer {
	level := pebble.Level(r.URL.Query().Get("level"))
	if level != "" && level != pebble.LevelAlive && level != pebble.LevelReady {
		return badRequest(`level must be "alive" or "ready"`)
	}
	names := commaSeparated(r, "names")
	list := []checkJSON{}
	for _, name := range sorted(p.currentPlan().layer.Checks) {
		info := p.checkJSON(name)
		if (level == "" || info.Level == level) && (len(names) == 0 || slices.Contains(names, name)) {
			list = append(list, info)
		}
	}
	return result(list)
}

func (p *Pebble) postChecks(r *request) answer {
	var payload struct {
		Action string   `json:"action"`
		Checks []string `json:"checks"`
	}
	if err := decode(r, &payload); err != nil {
		return badRequest("cannot decode data from request body: %v", err)
	}
	if len(payload.Checks) == 0 {
		return badRequest("must specify checks for %s action", payload.Action)
	}
	if payload.Action != "start" && payload.Action != "stop" {
		return badRequest("invalid action %q", payload.Action)
	}
	planned := p.currentPlan().layer.Checks
	var missing []string
	for _, name := range payload.Checks {
		if planned[name] == nil {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return badRequest("cannot %s checks: cannot find checks in plan: %s", payload.Action, strings.Join(missing, ", "))
	}
	var changed []string
	if payload.Action == "start" {
		changed = p.startChecks(payload.Checks, true)
	} else {
		changed = p.stopChecks(payload.Checks)
	}
	slices.Sort(changed)
	if changed == nil && p.atLeast(20) {
		changed = []string{}
	}
	return result(map[string][]string{"changed": changed})
}

// startChecks starts those checks that do not run, disabled ones too if asked for.
func (p *Pebble) startChecks(names []string, disabled bool) (started []string) {
	planned := p.currentPlan().layer.Checks
	for _, name := range names {
		config := planned[name]
		if p.state.Checks[name].ChangeID != "" || config.Startup == pebble.StartupDisabled && !disabled {
			continue
		}
		p.beginCheck(name, config)
		started = append(started, name)
	}
	return started
}

func (p *Pebble) stopChecks(names []string) (stopped []string) {
	for _, name := range names {
		check := p.state.Checks[name]
		if check.ChangeID == "" {
			continue
		}
		p.abort(check.ChangeID)
		check.Status, check.ChangeID, check.Definition = pebble.CheckInactive, "", nil
		p.setCheck(name, check)
		stopped = append(stopped, name)
	}
	return stopped
}

// refreshCheck performs a check at once.
func (p *Pebble) refreshCheck(r *request) answer {
	var payload struct {
		Name string `json:"name"`
	}
	if err := decode(r, &payload); err != nil {
		return badRequest("cannot decode data from request body: %v", err)
	}
	if payload.Name == "" {
		return badRequest("must specify check name")
	}
	if p.currentPlan().layer.Checks[payload.Name] == nil {
		return failure(http.StatusNotFound, "", fmt.Sprintf("cannot find check with name %q", payload.Name))
	}
	problem := p.perform(payload.Name)
	return result(struct {
		Info  checkJSON `json:"info"`
		Error string    `json:"error,omitempty"`
	}{p.checkJSON(payload.Name), problem})
}
