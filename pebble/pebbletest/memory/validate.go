package memory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/pebble"
)

// The texts here are Pebble's own, up to the first problem. Where Pebble walks over entries in any order, this is the order of
// their names.

func sorted[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// commandProblems are Pebble's words for those of package pebble.
var commandProblems = map[string]string{
	"a quote is not closed":                 "EOF found when expecting closing quote",
	"nothing follows the last backslash":    "EOF found after escape character",
	"it begins with a [ ... ] group":        "cannot start command with [ ... ] group",
	"a ] stands outside of a [ ... ] group": "cannot have ] outside of [ ... ] group",
	"there is more than one [ ... ] group":  "cannot nest [ ... ] groups",
	"something follows the [ ... ] group":   "cannot have any arguments after [ ... ] group",
}

// commandProblem returns what is wrong with a command.
func commandProblem(layer *pebble.Layer, command string) string {
	for _, problem := range problems(layer) {
		if _, text, ok := strings.Cut(problem, "command is invalid: "); ok {
			// A second group inside of the first is told apart from one behind it.
			if _, behind, _ := strings.Cut(command, " ]"); strings.Contains(text, "more than one") && strings.Contains(behind, "[") {
				text = "something follows the [ ... ] group"
			}
			return commandProblems[text]
		}
	}
	return ""
}

func problems(layer *pebble.Layer) []string {
	if invalid, ok := layer.Validate().(*pebble.PlanError); ok {
		return invalid.Problems
	}
	return nil
}

// layerProblem checks a layer by itself.
func layerProblem(label string, layer *pebble.Layer, targets []pebble.LogTargetType) string {
	if strings.HasPrefix(label, "pebble-") {
		return `cannot use reserved label prefix "pebble-"`
	}
	for _, name := range sorted(layer.Services) {
		if problem := serviceProblem(name, layer.Services[name]); problem != "" {
			return problem
		}
	}
	for _, name := range sorted(layer.Checks) {
		if problem := checkProblem(name, layer.Checks[name]); problem != "" {
			return problem
		}
	}
	for _, name := range sorted(layer.LogTargets) {
		target := layer.LogTargets[name]
		for _, label := range sorted(target.Labels) {
			if strings.HasPrefix(label, "pebble_") {
				return fmt.Sprintf(`log target %q: label %q uses reserved prefix "pebble_"`, name, label)
			}
		}
		if target.Type != "" && !slices.Contains(targets, target.Type) {
			return fmt.Sprintf("log target %q has unsupported type %q, must be %s", name, target.Type, either(targets))
		}
	}
	return ""
}

// either writes "a" or "b", or "a", "b" or "c".
func either(targets []pebble.LogTargetType) string {
	var text strings.Builder
	for i, target := range targets {
		switch {
		case i > 0 && i == len(targets)-1:
			text.WriteString(" or ")
		case i > 0:
			text.WriteString(", ")
		}
		fmt.Fprintf(&text, "%q", target)
	}
	return text.String()
}

func serviceProblem(name string, s *pebble.Service) string {
	switch {
	case name == "":
		return "cannot use empty string as service name"
	case name == "pebble":
		return fmt.Sprintf("cannot use reserved service name %q", name)
	case strings.HasPrefix(name, "-"):
		return fmt.Sprintf(`cannot use service name %q: starting with "-" not allowed`, name)
	}
	alone := &pebble.Layer{Services: map[string]*pebble.Service{name: {Command: s.Command}}}
	if problem := commandProblem(alone, s.Command); problem != "" {
		return fmt.Sprintf("plan service %q command invalid: cannot parse service %q command: %s", name, name, problem)
	}
	if !validAction(s.OnSuccess, pebble.ActionFailureShutdown) {
		return fmt.Sprintf("plan service %q on-success action %q invalid", name, s.OnSuccess)
	}
	if !validAction(s.OnFailure, pebble.ActionSuccessShutdown) {
		return fmt.Sprintf("plan service %q on-failure action %q invalid", name, s.OnFailure)
	}
	for _, check := range sorted(s.OnCheckFailure) {
		if action := s.OnCheckFailure[check]; !validAction(action, pebble.ActionSuccessShutdown) {
			return fmt.Sprintf("plan service %q on-check-failure action %q invalid", name, action)
		}
	}
	if s.BackoffFactor != 0 && s.BackoffFactor < 1 {
		return fmt.Sprintf("plan service %q backoff-factor must be 1.0 or greater, not %g", name, s.BackoffFactor)
	}
	return ""
}

func validAction(action, also pebble.Action) bool {
	switch action {
	case "", pebble.ActionRestart, pebble.ActionShutdown, pebble.ActionIgnore, also:
		return true
	}
	return false
}

func checkProblem(name string, c *pebble.Check) string {
	switch {
	case name == "":
		return "cannot use empty string as check name"
	case c.Level != "" && c.Level != pebble.LevelAlive && c.Level != pebble.LevelReady:
		return fmt.Sprintf(`plan check %q level must be "alive" or "ready"`, name)
	case c.Startup != "" && c.Startup != pebble.StartupEnabled && c.Startup != pebble.StartupDisabled:
		return fmt.Sprintf(`plan check %q startup must be "enabled" or "disabled"`, name)
	case c.Period == pebble.NewDuration(0):
		return fmt.Sprintf("plan check %q period must not be zero", name)
	case c.Timeout == pebble.NewDuration(0):
		return fmt.Sprintf("plan check %q timeout must not be zero", name)
	}
	if c.Exec != nil {
		alone := &pebble.Layer{Checks: map[string]*pebble.Check{name: {Exec: &pebble.ExecCheck{Command: c.Exec.Command}}}}
		if problem := commandProblem(alone, c.Exec.Command); problem != "" {
			return fmt.Sprintf("plan check %q command invalid: %s", name, problem)
		}
		if (c.Exec.Group != "" || c.Exec.GroupID != nil) && c.Exec.User == "" && c.Exec.UserID == nil {
			return fmt.Sprintf("plan check %q has invalid user/group: must specify user, not just group", name)
		}
	}
	return ""
}

// userProblem checks the accounts that a layer names.
func (p *Pebble) userProblem(layer *pebble.Layer) string {
	for _, name := range sorted(layer.Checks) {
		if exec := layer.Checks[name].Exec; exec != nil {
			if _, _, err := p.account(exec.UserID, exec.GroupID, exec.User, exec.Group); err != nil {
				return fmt.Sprintf("plan check %q has invalid user/group: %v", name, err)
			}
		}
	}
	return ""
}

// overrideProblem checks what only matters when a layer is combined.
func overrideProblem(label string, layer *pebble.Layer) string {
	check := func(kind, name string, override pebble.Override) string {
		switch override {
		case pebble.OverrideMerge, pebble.OverrideReplace:
			return ""
		case "":
			return fmt.Sprintf(`layer %q must define "override" for %s %q`, label, kind, name)
		}
		return fmt.Sprintf(`layer %q has invalid "override" value for %s %q`, label, kind, name)
	}
	for _, name := range sorted(layer.Services) {
		if problem := check("service", name, layer.Services[name].Override); problem != "" {
			return problem
		}
	}
	for _, name := range sorted(layer.Checks) {
		if problem := check("check", name, layer.Checks[name].Override); problem != "" {
			return problem
		}
	}
	for _, name := range sorted(layer.LogTargets) {
		if problem := check("log target", name, layer.LogTargets[name].Override); problem != "" {
			return problem
		}
	}
	return ""
}

// planProblem checks combined layers.
func planProblem(l *pebble.Layer, targets []pebble.LogTargetType) string {
	for _, name := range sorted(l.Services) {
		if l.Services[name].Command == "" {
			return fmt.Sprintf(`plan must define "command" for service %q`, name)
		}
	}
	for _, name := range sorted(l.Checks) {
		if problem := combinedCheckProblem(name, l.Checks[name], l.Services); problem != "" {
			return problem
		}
	}
	for _, name := range sorted(l.LogTargets) {
		target := l.LogTargets[name]
		if target.Type == "" {
			return fmt.Sprintf(`plan must define "type" (%s) for log target %q`, either(targets), name)
		}
		for _, service := range target.Services {
			service = strings.TrimPrefix(service, "-")
			if _, ok := l.Services[service]; !ok && service != "all" {
				return fmt.Sprintf("log target %q specifies unknown service %q", name, service)
			}
		}
		if target.Location == "" {
			return fmt.Sprintf(`plan must define "location" for log target %q`, name)
		}
	}
	if _, err := order(l.Services, sorted(l.Services), false); err != nil {
		return err.Error()
	}
	return ""
}

func combinedCheckProblem(name string, c *pebble.Check, services map[string]*pebble.Service) string {
	kinds := 0
	if c.HTTP != nil {
		kinds++
		if c.HTTP.URL == "" {
			return fmt.Sprintf(`plan must set "url" for http check %q`, name)
		}
	}
	if c.TCP != nil {
		kinds++
		if c.TCP.Port == 0 {
			return fmt.Sprintf(`plan must set "port" for tcp check %q`, name)
		}
	}
	if c.Exec != nil {
		kinds++
		if c.Exec.Command == "" {
			return fmt.Sprintf(`plan must set "command" for exec check %q`, name)
		}
		if _, ok := services[c.Exec.ServiceContext]; !ok && c.Exec.ServiceContext != "" {
			return fmt.Sprintf("plan check %q service context specifies non-existent service %q", name, c.Exec.ServiceContext)
		}
	}
	if kinds != 1 {
		return fmt.Sprintf(`plan must specify one of "http", "tcp", or "exec" for check %q`, name)
	}
	return ""
}
