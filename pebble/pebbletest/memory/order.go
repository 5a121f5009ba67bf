package memory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmkit/charmkit/pebble"
)

// order returns the services that have to be started, or stopped, with those of some names, in the order to do so. Starting
// takes what they require along, stopping takes what requires them. Before and after only put in order what is there anyway.
func order(services map[string]*pebble.Service, names []string, stop bool) ([]string, error) {
	var dependants map[string][]string
	if stop {
		dependants = map[string][]string{}
		for _, name := range sorted(services) {
			for _, required := range services[name].Requires {
				dependants[required] = append(dependants[required], name)
			}
		}
	}
	earlier := map[string][]string{} // by service, those that come before it
	for todo := slices.Clone(names); len(todo) > 0; todo = todo[1:] {
		name := todo[0]
		if _, seen := earlier[name]; seen {
			continue
		}
		service, ok := services[name]
		if !ok {
			return nil, fmt.Errorf("service %q does not exist", name)
		}
		earlier[name] = nil
		if stop {
			todo = append(todo, dependants[name]...)
		} else {
			todo = append(todo, service.Requires...)
		}
	}
	all := sorted(earlier)
	for _, name := range all {
		after, before := services[name].After, services[name].Before
		if stop {
			after, before = before, after
		}
		for _, other := range after {
			if _, there := earlier[other]; there {
				earlier[name] = append(earlier[name], other)
			}
		}
		for _, other := range before {
			if _, there := earlier[other]; there {
				earlier[other] = append(earlier[other], name)
			}
		}
	}
	if loop := findLoop(all, earlier); loop != nil {
		return nil, fmt.Errorf("services in before/after loop: %s", strings.Join(loop, ", "))
	}
	return depthFirst(all, earlier), nil
}

// depthFirst returns all names, each behind those that come earlier.
func depthFirst(all []string, earlier map[string][]string) []string {
	out := make([]string, 0, len(all))
	seen := make(map[string]bool, len(all))
	var visit func(name string)
	visit = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		for _, other := range earlier[name] {
			visit(other)
		}
		out = append(out, name)
	}
	for _, name := range all {
		visit(name)
	}
	return out
}

// findLoop returns, sorted, the services of the first loop of more than one.
func findLoop(all []string, earlier map[string][]string) []string {
	reach := func(from string) map[string]bool {
		seen := map[string]bool{}
		for todo := slices.Clone(earlier[from]); len(todo) > 0; todo = todo[1:] {
			if !seen[todo[0]] {
				seen[todo[0]] = true
				todo = append(todo, earlier[todo[0]]...)
			}
		}
		return seen
	}
	for _, name := range all {
		if len(earlier[name]) == 0 {
			continue
		}
		mine := reach(name)
		var loop []string
		for _, other := range all {
			if other == name || mine[other] && reach(other)[name] {
				loop = append(loop, other)
			}
		}
		if len(loop) > 1 {
			return loop
		}
	}
	return nil
}

// lanes puts services into lanes as Pebble does. Those of one lane go one after the other, and after a failure the rest of it
// is not tried. A service shares the lane of what it requires, and sometimes, since lanes are counted on from the last one
// used, that of a stranger.
func lanes(names []string, services map[string]*pebble.Service) [][]string {
	laneOf := map[string]int{}
	last, highest := -1, 0
	for _, name := range names {
		lane, known := laneOf[name]
		if !known {
			for _, required := range services[name].Requires {
				if lane, known = laneOf[required]; known {
					break
				}
			}
		}
		if !known {
			lane = last + 1
		}
		laneOf[name] = lane
		for _, required := range services[name].Requires {
			laneOf[required] = lane
		}
		last, highest = lane, max(highest, lane)
	}
	out := make([][]string, highest+1)
	for _, name := range names {
		out[laneOf[name]] = append(out[laneOf[name]], name)
	}
	return out
}
