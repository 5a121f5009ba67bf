package pebble

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// problemList collects what is wrong, so that a person can repair everything at once.
type problemList []string

func (p *problemList) add(format string, args ...any) {
	*p = append(*p, fmt.Sprintf(format, args...))
}

// err returns the problems as one error, or nil.
func (p problemList) err() error {
	if len(p) == 0 {
		return nil
	}
	return &PlanError{Problems: p}
}

// sorted returns the keys of a map in order, for problems and requests that come out the same each time.
func sorted[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// oneOf reports whether value is unset or one of the known ones.
func oneOf[T ~string](value T, known ...T) bool {
	return value == "" || slices.Contains(known, value)
}

// Validate checks a single layer by Pebble 1.32.1's rules, which may leave out what a layer below sets, and returns all
// problems as one [PlanError]. It is stricter than Pebble in one thing: an unknown startup of a service, which Pebble takes
// for disabled, is a problem. Whether users and groups exist is known to the container only.
func (l *Layer) Validate() error {
	return problemList(l.problems()).err()
}

func (l *Layer) problems() []string {
	var p problemList
	for _, name := range sorted(l.Services) {
		switch {
		case name == "":
			p.add("a service has no name")
		case name == "pebble":
			p.add(`service name "pebble" is reserved`)
		case strings.HasPrefix(name, "-"):
			p.add(`service name %q must not begin with "-"`, name)
		}
		if s := l.Services[name]; s == nil {
			p.add("service %q is empty", name)
		} else {
			s.problems(name, &p)
		}
	}
	for _, name := range sorted(l.Checks) {
		if name == "" {
			p.add("a check has no name")
		}
		if c := l.Checks[name]; c == nil {
			p.add("check %q is empty", name)
		} else {
			c.problems(name, &p)
		}
	}
	for _, name := range sorted(l.LogTargets) {
		if t := l.LogTargets[name]; t == nil {
			p.add("log target %q is empty", name)
		} else {
			t.problems(name, &p)
		}
	}
	return p
}

func (s *Service) problems(name string, p *problemList) {
	if !oneOf(s.Override, OverrideMerge, OverrideReplace) {
		p.add("service %q: override %q is neither merge nor replace", name, s.Override)
	}
	if !oneOf(s.Startup, StartupEnabled, StartupDisabled) {
		p.add("service %q: startup %q is neither enabled nor disabled", name, s.Startup)
	}
	if err := checkServiceCommand(s.Command); err != nil {
		p.add("service %q: command is invalid: %v", name, err)
	}
	if !oneOf(s.OnSuccess, ActionRestart, ActionShutdown, ActionIgnore, ActionFailureShutdown) {
		p.add("service %q: on-success action %q is invalid", name, s.OnSuccess)
	}
	if !oneOf(s.OnFailure, ActionRestart, ActionShutdown, ActionIgnore, ActionSuccessShutdown) {
		p.add("service %q: on-failure action %q is invalid", name, s.OnFailure)
	}
	for _, check := range sorted(s.OnCheckFailure) {
		action := s.OnCheckFailure[check]
		if !oneOf(action, ActionRestart, ActionShutdown, ActionIgnore, ActionSuccessShutdown) {
			p.add("service %q: on-check-failure action %q for check %q is invalid", name, action, check)
		}
	}
	if s.BackoffFactor != 0 && !(s.BackoffFactor >= 1) {
		p.add("service %q: backoff-factor %g is below 1", name, s.BackoffFactor)
	}
}

func (c *Check) problems(name string, p *problemList) {
	if !oneOf(c.Override, OverrideMerge, OverrideReplace) {
		p.add("check %q: override %q is neither merge nor replace", name, c.Override)
	}
	if !oneOf(c.Level, LevelAlive, LevelReady) {
		p.add("check %q: level %q is neither alive nor ready", name, c.Level)
	}
	if !oneOf(c.Startup, StartupEnabled, StartupDisabled) {
		p.add("check %q: startup %q is neither enabled nor disabled", name, c.Startup)
	}
	if c.Period == NewDuration(0) {
		p.add("check %q: period is zero", name)
	}
	if c.Timeout == NewDuration(0) {
		p.add("check %q: timeout is zero", name)
	}
	if c.Exec != nil {
		if _, err := splitCommand(c.Exec.Command); err != nil {
			p.add("check %q: command is invalid: %v", name, err)
		}
		if c.Exec.Group != "" || c.Exec.GroupID != nil {
			if c.Exec.User == "" && c.Exec.UserID == nil {
				p.add("check %q: a group needs a user", name)
			}
		}
	}
}

func (t *LogTarget) problems(name string, p *problemList) {
	if !oneOf(t.Override, OverrideMerge, OverrideReplace) {
		p.add("log target %q: override %q is neither merge nor replace", name, t.Override)
	}
	if !oneOf(t.Type, LogTargetLoki, LogTargetSyslog, LogTargetOpenTelemetry) {
		p.add("log target %q: type %q is none of loki, syslog, opentelemetry", name, t.Type)
	}
	for _, label := range sorted(t.Labels) {
		if strings.HasPrefix(label, "pebble_") {
			p.add(`log target %q: label %q begins with the reserved "pebble_"`, name, label)
		}
	}
}
