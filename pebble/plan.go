package pebble

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Plan is all layers of a Pebble combined: what it would run now.
type Plan struct {
	Services   map[string]*Service   `yaml:"services,omitempty"`
	Checks     map[string]*Check     `yaml:"checks,omitempty"`
	LogTargets map[string]*LogTarget `yaml:"log-targets,omitempty"`
}

// defaultThreshold is what Pebble writes into a plan for a check that has none.
const defaultThreshold = 3

// ParsePlan reads the plan that a Pebble gives. Keys and values that are not known here, from a newer Pebble, are no error.
func ParsePlan(data []byte) (*Plan, error) {
	plan := &Plan{}
	if err := yaml.Unmarshal(data, plan); err != nil {
		return nil, fmt.Errorf("cannot read plan: %w", err)
	}
	dropEmpty(plan.Services)
	dropEmpty(plan.Checks)
	dropEmpty(plan.LogTargets)
	return plan, nil
}

// Clone returns a copy that shares nothing with the plan.
func (p *Plan) Clone() *Plan {
	return &Plan{Services: cloneAll(p.Services), Checks: cloneAll(p.Checks), LogTargets: cloneAll(p.LogTargets)}
}

func cloneAll[V any, P entry[V]](entries map[string]P) map[string]P {
	if entries == nil {
		return nil
	}
	out := make(map[string]P, len(entries))
	for name, e := range entries {
		out[name] = e.clone()
	}
	return out
}

func dropEmpty[V any](m map[string]*V) {
	maps.DeleteFunc(m, func(_ string, v *V) bool { return v == nil })
}

// Combine merges layers, the lowest first, by Pebble's rules. An entry with override merge keeps what it does not set, gets
// its lists appended and its maps merged; one with override replace takes the other's place. The result must be a valid
// plan, and its checks have a threshold. All problems are returned as one [PlanError].
func Combine(layers ...*Layer) (*Layer, error) {
	out, p := merge(layers)
	if len(p) == 0 {
		out.planProblems(&p)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	return out, nil
}

// Merge merges layers as [Combine] does, but into a layer that still needs others below it: an entry may lack what they have,
// such as its command. Pebble does so with a layer that is added under the label of another.
func Merge(layers ...*Layer) (*Layer, error) {
	out, p := merge(layers)
	if err := p.err(); err != nil {
		return nil, err
	}
	return out, nil
}

func merge(layers []*Layer) (*Layer, problemList) {
	var p problemList
	out := &Layer{
		Services:   map[string]*Service{},
		Checks:     map[string]*Check{},
		LogTargets: map[string]*LogTarget{},
	}
	for i, layer := range layers {
		if problems := layer.problems(); len(problems) > 0 {
			p = append(p, problems...)
			continue
		}
		out.Summary, out.Description = layer.Summary, layer.Description
		number := i + 1
		combine(&p, number, "service", out.Services, layer.Services)
		combine(&p, number, "check", out.Checks, layer.Checks)
		combine(&p, number, "log target", out.LogTargets, layer.LogTargets)
	}
	for _, check := range out.Checks {
		check.normalize()
	}
	return out, p
}

func combine[V any, P entry[V]](p *problemList, number int, kind string, into, from map[string]P) {
	for _, name := range sorted(from) {
		e := from[name]
		switch *e.override() {
		case OverrideMerge:
			if old, exists := into[name]; exists {
				old.merge(e)
				continue
			}
			into[name] = e.clone()
		case OverrideReplace:
			into[name] = e.clone()
		default:
			p.add("layer %d must define override for %s %q", number, kind, name)
		}
	}
}

// planProblems checks the rules that only hold for the combined layers.
func (l *Layer) planProblems(p *problemList) {
	for _, name := range sorted(l.Services) {
		if l.Services[name].Command == "" {
			p.add("service %q has no command", name)
		}
		for _, required := range l.Services[name].Requires {
			if _, ok := l.Services[required]; !ok {
				p.add("service %q requires service %q, which does not exist", name, required)
			}
		}
	}
	for _, name := range sorted(l.Checks) {
		l.Checks[name].planProblems(name, l.Services, p)
	}
	for _, name := range sorted(l.LogTargets) {
		target := l.LogTargets[name]
		if target.Type == "" {
			p.add("log target %q has no type", name)
		}
		if target.Location == "" {
			p.add("log target %q has no location", name)
		}
		for _, service := range target.Services {
			service = strings.TrimPrefix(service, "-")
			if _, ok := l.Services[service]; !ok && service != "all" {
				p.add("log target %q names service %q, which does not exist", name, service)
			}
		}
	}
	if loop := loop(l.Services); len(loop) > 0 {
		p.add("services in a before/after loop: %s", strings.Join(loop, ", "))
	}
}

func (c *Check) planProblems(name string, services map[string]*Service, p *problemList) {
	kinds := 0
	if c.HTTP != nil {
		kinds++
		if c.HTTP.URL == "" {
			p.add("http check %q has no url", name)
		}
	}
	if c.TCP != nil {
		kinds++
		if c.TCP.Port == 0 {
			p.add("tcp check %q has no port", name)
		}
	}
	if c.Exec != nil {
		kinds++
		if c.Exec.Command == "" {
			p.add("exec check %q has no command", name)
		}
		if _, ok := services[c.Exec.ServiceContext]; !ok && c.Exec.ServiceContext != "" {
			p.add("check %q has the context of service %q, which does not exist", name, c.Exec.ServiceContext)
		}
	}
	if kinds != 1 {
		p.add("check %q must have exactly one of http, tcp and exec", name)
	}
}

// loop returns the services that come before themselves by way of another, in order of their names.
func loop(services map[string]*Service) []string {
	next := map[string][]string{}
	for name, s := range services {
		next[name] = append(next[name], s.Before...)
		for _, earlier := range s.After {
			next[earlier] = append(next[earlier], name)
		}
	}
	var loop []string
	for _, start := range sorted(services) {
		seen := map[string]bool{}
		todo := slices.Clone(next[start])
		for len(todo) > 0 {
			name := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			// Pebble lets a service name itself.
			if services[name] == nil || seen[name] || name == start {
				continue
			}
			seen[name] = true
			if slices.Contains(next[name], start) {
				loop = append(loop, start)
				break
			}
			todo = append(todo, next[name]...)
		}
	}
	return loop
}
