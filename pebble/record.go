package pebble

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A record is what Apply has to remember about a label and Pebble does not tell: the entries that the label has had (a plan
// does not say which layer an entry is from), and what is still to be done after the layer was added (nor does it say with
// which definition a process was started).
//
// It is kept in the plan, as the description of a disabled service charmkit-LABEL that nothing ever starts. There it changes
// in one step with the layer, and is lost exactly when the layer is: when Pebble restarts.
type record struct {
	Services   []string `json:"services,omitempty"`
	Checks     []string `json:"checks,omitempty"`
	LogTargets []string `json:"log-targets,omitempty"`

	// Restart, Stop and StopChecks are still to be done.
	Restart    []string `json:"restart,omitempty"`
	Stop       []string `json:"stop,omitempty"`
	StopChecks []string `json:"stop-checks,omitempty"`

	// Once are the services with on-success ignore that were started. Newer Pebbles forget after a while that a service has
	// ended.
	Once []string `json:"once,omitempty"`

	// Loaded is the generation that a service was last told to load, for those that do not report it.
	Loaded map[string]string `json:"loaded,omitempty"`

	// Hidden are digests of entries ("service NAME") that another layer on top of this one changes.
	Hidden map[string]string `json:"hidden,omitempty"`
}

func recordName(label string) string {
	return "charmkit-" + label
}

// readRecord returns the record of a label. An unreadable one, which somebody must have written by hand, counts as none.
func readRecord(plan *Plan, label string) record {
	var r record
	if service := plan.Services[recordName(label)]; service != nil {
		if err := json.Unmarshal([]byte(service.Description), &r); err != nil {
			return record{}
		}
	}
	return r
}

// service returns the entry that holds the record.
func (r record) service(label string) (*Service, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("cannot write the record of layer %q: %w", label, err)
	}
	return &Service{
		Override:    OverrideReplace,
		Startup:     StartupDisabled,
		Summary:     fmt.Sprintf("What charmkit has applied as layer %q; do not start it", label),
		Description: string(data),
		Command:     "true",
	}, nil
}

// union returns the sorted names that are in any of the lists.
func union(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}
