package memory

import (
	"fmt"
	"maps"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

// Pebble's own times, and its defaults for what a service leaves out.
const (
	okayDelay     = time.Second
	backoffDelay  = 500 * time.Millisecond
	backoffFactor = 2.0
	backoffLimit  = 30 * time.Second
)

// launch starts the process of a service.
func (p *Pebble) launch(name string, s *Service) (problem string) {
	d := s.Definition
	if _, _, err := p.account(d.UserID, d.GroupID, d.User, d.Group); err != nil {
		return err.Error()
	}
	process := p.state.Processes[name]
	if process.StartError != "" {
		return "cannot start service: " + process.StartError
	}
	p.transition(s, pebble.StatusActive)
	s.Starts++
	s.Due = time.Time{}
	if process.Exits {
		s.Due = p.now().Add(process.After)
	}
	p.write(name, process.Output...)
	return ""
}

func (p *Pebble) write(service string, lines ...string) {
	if len(lines) == 0 {
		return
	}
	ownSlice(p, logs, &p.state.Logs)
	for _, line := range lines {
		p.state.Logs = append(p.state.Logs, LogEntry{Time: p.tick(), Service: service, Message: line})
	}
	p.happened()
}

func actionOf(d *pebble.Service, code int) pebble.Action {
	action := d.OnFailure
	if code == 0 {
		action = d.OnSuccess
	}
	if action == "" {
		action = pebble.ActionRestart
	}
	return action
}

// exited does what is to be done when the process of a service has ended by itself.
func (p *Pebble) exited(name string, s *Service, code int) {
	s.Due = time.Time{}
	switch action := actionOf(s.Definition, code); action {
	case pebble.ActionRestart:
		p.backOff(s)
	case pebble.ActionIgnore:
		if code == 0 {
			p.transition(s, pebble.StatusInactive)
		} else {
			p.transition(s, pebble.StatusError)
		}
	default:
		onType := "on-failure"
		if code == 0 {
			onType = "on-success"
		}
		p.transition(s, pebble.StatusError)
		p.end(fmt.Sprintf("service %q exited with code %d: %s is %s", name, code, onType, action))
	}
}

// end ends Pebble itself.
func (p *Pebble) end(why string) {
	p.state.Ended, p.state.Unreachable = why, true
}

// backOff makes a service wait before it is started again.
func (p *Pebble) backOff(s *Service) {
	d := s.Definition
	delay, limit, factor := backoffDelay, backoffLimit, backoffFactor
	if value, ok := d.BackoffDelay.Value(); ok {
		delay = value
	}
	if value, ok := d.BackoffLimit.Value(); ok {
		limit = value
	}
	if d.BackoffFactor != 0 {
		factor = d.BackoffFactor
	}
	switch {
	case s.Backoff == 0:
		s.Backoff = delay
	case s.Backoff >= limit:
		s.Backoff = limit
	default:
		s.Backoff = min(time.Duration(s.Backoff.Seconds()*factor*float64(time.Second)), limit)
	}
	s.Backoffs++
	p.transition(s, pebble.StatusBackoff)
	s.Due = p.now().Add(s.Backoff)
}

// Advance lets time pass: processes exit when they have to, and services in backoff are started again. Checks are performed
// only by [Pebble.PerformChecks].
func (p *Pebble) Advance(d time.Duration) {
	p.update(func() {
		until := p.now().Add(d)
		for !p.state.Unreachable {
			name, due := p.nextDue()
			if name == "" || due.After(until) {
				break
			}
			if due.After(p.now()) {
				p.state.Time = due
			}
			p.due(name)
		}
		if until.After(p.now()) {
			p.state.Time = until
		}
	})
}

// nextDue returns the service to which something happens next.
func (p *Pebble) nextDue() (name string, due time.Time) {
	for _, candidate := range sorted(p.state.Services) {
		s := p.state.Services[candidate]
		if !s.Due.IsZero() && (name == "" || s.Due.Before(due)) {
			name, due = candidate, s.Due
		}
	}
	return name, due
}

// due does what a service has waited for.
func (p *Pebble) due(name string) {
	s, _ := p.service(name)
	if s.Status == pebble.StatusBackoff {
		if problem := p.launch(name, &s); problem != "" {
			// Pebble gives up silently, and the service stays in backoff.
			s.Due = time.Time{}
		}
	} else {
		p.resetBackoff(&s)
		p.exited(name, &s, p.state.Processes[name].Code)
	}
	p.setService(name, s)
}

// resetBackoff forgets earlier restarts of a service that has run for long enough.
func (p *Pebble) resetBackoff(s *Service) {
	limit := backoffLimit
	if value, ok := s.Definition.BackoffLimit.Value(); ok {
		limit = value
	}
	if p.now().Sub(s.Since) >= limit {
		s.Backoffs, s.Backoff = 0, 0
	}
}

// Exit ends the process of a running service with an exit code, as a crash would.
func (p *Pebble) Exit(service string, code int) {
	p.update(func() {
		if s, ok := p.service(service); ok && s.Status == pebble.StatusActive {
			p.resetBackoff(&s)
			p.exited(service, &s, code)
			p.setService(service, s)
		}
	})
}

// SetProcess says how the command of a service behaves from its next start on.
func (p *Pebble) SetProcess(service string, process Process) {
	p.update(func() { ownMap(p, processes, &p.state.Processes)[service] = process })
}

// WriteLog makes a service write lines.
func (p *Pebble) WriteLog(service string, lines ...string) {
	p.update(func() { p.write(service, lines...) })
}

// baseEnvironment returns the environment of Pebble itself.
func (p *Pebble) baseEnvironment() map[string]string {
	user := p.userByID(p.state.UserID)
	env := map[string]string{
		"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"LANG": "C.UTF-8",
		"HOME": "/",
	}
	if user != nil {
		env["HOME"], env["USER"] = user.Home, user.Name
	}
	maps.Copy(env, p.state.Environment)
	return env
}
