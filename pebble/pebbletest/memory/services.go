package memory

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

// service returns a service that was started, with its defaults filled in.
func (p *Pebble) service(name string) (Service, bool) {
	s, ok := p.state.Services[name]
	if !ok {
		return s, false
	}
	if s.Status == "" {
		s.Status = pebble.StatusActive
	}
	if s.Definition == nil {
		s.Definition = p.currentPlan().layer.Services[name]
	}
	if s.Starts == 0 && s.Status == pebble.StatusActive {
		s.Starts = 1
	}
	return s, true
}

func (p *Pebble) setService(name string, s Service) {
	ownMap(p, services, &p.state.Services)[name] = s
}

// keepDefinitions writes down what services were started with, before the plan changes.
func (p *Pebble) keepDefinitions() {
	for _, name := range sorted(p.state.Services) {
		if p.state.Services[name].Definition == nil {
			s, _ := p.service(name)
			p.setService(name, s)
		}
	}
}

func (p *Pebble) getServices(r *request) answer {
	names := commaSeparated(r, "names")
	planned := p.currentPlan().layer.Services
	buf := append(make([]byte, 0, 64+96*len(planned)), resultBegin...)
	buf = append(buf, '[')
	for _, name := range sorted(planned) {
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		startup, status, since := pebble.StartupDisabled, pebble.StatusInactive, time.Time{}
		if planned[name].Startup == pebble.StartupEnabled {
			startup = pebble.StartupEnabled
		}
		if s, ok := p.state.Services[name]; ok {
			status, since = cmp.Or(s.Status, pebble.StatusActive), s.Since
			if since.IsZero() {
				since = Epoch
			}
		}
		if buf[len(buf)-1] != '[' {
			buf = append(buf, ',')
		}
		buf = append(buf, `{"name":`...)
		buf = appendString(buf, name)
		buf = append(buf, `,"startup":"`...)
		buf = append(buf, startup...)
		buf = append(buf, `","current":"`...)
		buf = append(buf, status...)
		if !since.IsZero() {
			buf = append(buf, `","current-since":"`...)
			buf = since.AppendFormat(buf, time.RFC3339Nano)
		}
		buf = append(buf, `"}`...)
	}
	return answer{http.StatusOK, append(buf, `]}`...)}
}

func (p *Pebble) postServices(r *request) answer {
	var payload struct {
		Action   string   `json:"action"`
		Services []string `json:"services"`
	}
	if err := decode(r, &payload); err != nil {
		return badRequest("cannot decode data from request body: %v", err)
	}
	names := payload.Services
	planned := p.currentPlan().layer.Services
	switch payload.Action {
	case "replan", "autostart":
		if len(names) > 0 {
			return badRequest("%s accepts no service names", payload.Action)
		}
	default:
		if len(names) == 0 {
			return badRequest("must specify services for %s action", payload.Action)
		}
	}
	var stop, start []string // to be stopped and started, in order
	var err error
	switch payload.Action {
	case "autostart":
		for _, name := range sorted(planned) {
			if planned[name].Startup == pebble.StartupEnabled {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			return failure(http.StatusBadRequest, "no-default-services", "no default services")
		}
		names, err = order(planned, names, false)
		start = names
	case "start":
		start, err = order(planned, names, false)
	case "stop":
		stop, err = order(planned, names, true)
	case "restart":
		if stop, err = order(planned, names, true); err == nil {
			stop = slices.DeleteFunc(stop, func(name string) bool { return !slices.Contains(names, name) })
			start, err = order(planned, names, false)
		}
	case "replan":
		stop, start, err = p.replan()
		names = slices.Compact(slices.Sorted(slices.Values(slices.Concat(stop, start))))
	default:
		return badRequest("invalid action %q", payload.Action)
	}
	if err != nil {
		return badRequest("cannot %s services: %v", payload.Action, err)
	}
	count := len(start)
	if payload.Action == "stop" {
		count = len(stop)
	}
	if payload.Action == "replan" {
		count = len(names)
		p.startChecks(sorted(p.currentPlan().layer.Checks), false)
	}
	return accepted(p.runServices(payload.Action, names, count, stop, start), nil)
}

// replan returns the services to stop and to start because of what has changed in the plan.
func (p *Pebble) replan() (stop, start []string, err error) {
	planned := p.currentPlan().layer.Services
	var changed []string
	for _, name := range sorted(p.state.Services) {
		s, _ := p.service(name)
		if config := planned[name]; config != nil && !sameDefinition(config, s.Definition) {
			changed = append(changed, name)
			s.Definition = config
			p.setService(name, s)
		}
	}
	start = slices.Clone(changed)
	for _, name := range sorted(planned) {
		if planned[name].Startup == pebble.StartupEnabled && !slices.Contains(start, name) {
			start = append(start, name)
		}
	}
	if stop, err = order(planned, changed, true); err != nil {
		return nil, nil, err
	}
	start, err = order(planned, start, false)
	return stop, start, err
}

// sameDefinition compares what services are started with.
func sameDefinition(a, b *pebble.Service) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil {
		return false
	}
	return reflect.DeepEqual(a, b)
}

// runServices does a whole change at once, and returns its id.
func (p *Pebble) runServices(action string, names []string, count int, stop, start []string) string {
	planned := p.currentPlan().layer.Services
	title := strings.ToUpper(action[:1]) + action[1:]
	if len(stop)+len(start) == 0 {
		c := p.newChange(action, title+" - no services")
		p.finish(c)
		p.notifyChange(c, 2)
		return c.ID
	}
	summary := fmt.Sprintf("%s service %q", title, names[0])
	if count != 1 {
		summary = fmt.Sprintf("%s service %q and %d more", title, names[0], count-1)
	}
	var tasks []Task
	var lane []int // of each task
	add := func(kind, verb string, ordered []string) {
		for _, group := range lanes(ordered, planned) {
			for _, name := range group {
				tasks = append(tasks, Task{Kind: kind, Summary: fmt.Sprintf("%s service %q", verb, name)})
				lane = append(lane, len(tasks))
				if len(group) > 0 && name != group[0] {
					lane[len(lane)-1] = lane[len(lane)-2]
				}
			}
		}
	}
	add("stop", "Stop", stop)
	add("start", "Start", start)
	c := p.newChange(action, summary, tasks...)
	c.Services = slices.Clone(names)
	failed := map[int]bool{}
	occurrences := 3 // begun, doing, done
	for i := range c.Tasks {
		t := &c.Tasks[i]
		if failed[lane[i]] {
			t.Status = statusHold
			continue
		}
		quoted := strings.TrimPrefix(t.Summary, map[string]string{"stop": "Stop service ", "start": "Start service "}[t.Kind])
		name, _ := strconv.Unquote(quoted)
		t.Status = statusDone
		if t.Kind == "stop" {
			p.stopService(t, name)
		} else if problem := p.startService(t, name); problem != "" {
			t.Status, failed[lane[i]] = statusError, true
			p.log(t, "ERROR", problem)
			// The change is aborted on the way, and what was done in this lane is seen to be past undoing.
			occurrences = max(occurrences, 4)
			if i > 0 && lane[i-1] == lane[i] {
				occurrences = 6
			}
		}
	}
	p.finish(c)
	p.notifyChange(c, occurrences)
	return c.ID
}

// stopService stops a service, and says in the task's log if there was nothing to stop.
func (p *Pebble) stopService(t *Task, name string) {
	s, ok := p.service(name)
	switch {
	case !ok:
		p.log(t, "INFO", fmt.Sprintf("Service %q has never been started.", name))
		return
	case s.Status == pebble.StatusInactive:
		p.log(t, "INFO", fmt.Sprintf("Service %q already stopped.", name))
		return
	case s.Status == pebble.StatusError:
		p.log(t, "INFO", fmt.Sprintf("Service %q had already exited.", name))
	}
	p.transition(&s, pebble.StatusInactive)
	s.Due = time.Time{}
	p.setService(name, s)
}

func (p *Pebble) transition(s *Service, status pebble.ServiceStatus) {
	if s.Status != status {
		s.Status, s.Since = status, p.tick()
	}
}

// startService starts a service and lets the first second of it pass, in which it may fail.
func (p *Pebble) startService(t *Task, name string) (problem string) {
	s, known := p.service(name)
	s.Definition = p.currentPlan().layer.Services[name]
	if known && s.Status == pebble.StatusActive {
		p.log(t, "INFO", fmt.Sprintf("Service %q already started.", name))
		p.setService(name, s)
		return ""
	}
	s.Backoffs, s.Backoff = 0, 0
	if !known {
		// One that is new and cannot be started was never anything else.
		s.Status = pebble.StatusInactive
	}
	if problem := p.launch(name, &s); problem != "" {
		p.transition(&s, pebble.StatusInactive)
		if s.Since.IsZero() {
			s.Since = p.tick()
		}
		p.setService(name, s)
		return problem
	}
	process := p.state.Processes[name]
	if !process.Exits || process.After >= okayDelay {
		p.setService(name, s)
		return ""
	}
	action := actionOf(s.Definition, process.Code)
	p.log(t, "INFO", "Most recent service output:\n"+lastLines(process.Output))
	p.exited(name, &s, process.Code)
	p.setService(name, s)
	return fmt.Sprintf("service start attempt: exited quickly with code %d, will %s", process.Code, action)
}

// outputLines is how many lines of a service's output go into the log of a task.
const outputLines = 20

func lastLines(output []string) string {
	if len(output) > outputLines {
		output = append([]string{"(...)"}, output[len(output)-outputLines:]...)
	}
	return "    " + strings.Join(output, "\n    ")
}

// commaSeparated returns the values of a query, each of which may be a list.
func commaSeparated(r *request, key string) []string {
	if !strings.Contains(r.URL.RawQuery, key+"=") {
		return nil
	}
	var out []string
	for _, value := range r.URL.Query()[key] {
		for _, item := range strings.Split(value, ",") {
			if item = strings.TrimSpace(item); item != "" {
				out = append(out, item)
			}
		}
	}
	return out
}

// StartedWith returns the environment that the process of a service has: Pebble's, with what the service adds.
func (p *Pebble) StartedWith(service string) map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	env := p.baseEnvironment()
	if s, ok := p.service(service); ok && s.Definition != nil {
		maps.Copy(env, s.Definition.Environment)
	}
	return env
}
