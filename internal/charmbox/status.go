package charmbox

import (
	"fmt"
	"maps"
	"slices"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// agentLost is the agent status of a unit that has no pod.
const agentLost = "lost"

// status makes a Status of the model.
func status(s *model.State) Status {
	out := Status{
		Model:        ModelStatus{Name: s.Name, Type: string(s.Type), Cloud: "charmbox", Version: s.Version},
		Applications: map[string]ApplicationStatus{},
	}
	for name, a := range s.Applications {
		app := ApplicationStatus{
			Charm: a.CharmURL, CharmRevision: a.CharmRevision, Scale: a.Scale,
			Status: statusInfo(s.ApplicationStatus(name)), Relations: relations(s, name), Units: map[string]UnitStatus{},
		}
		if a.Charm != nil {
			app.CharmName = a.Charm.Meta.Name
		}
		for _, unitName := range s.UnitsOf(name) {
			unit := s.Units[unitName]
			info := UnitStatus{
				Workload: statusInfo(s.UnitStatus(unitName)), Agent: statusInfo(unit.Agent.Current()),
				Leader: s.IsLeader(unitName), Address: unit.Address,
			}
			if info.Agent.Current == agentLost {
				// What the charm said last is not true any more.
				info.Workload = StatusInfo{Current: "unknown", Message: "agent lost: " + info.Agent.Message, Since: info.Agent.Since}
				info.Address = ""
			}
			for _, port := range unit.Ports {
				info.Ports = append(info.Ports, port.Range.String())
			}
			if unit.WorkloadVersion != "" {
				app.Version = unit.WorkloadVersion
			}
			app.Units[unitName] = info
		}
		out.Applications[name] = app
	}
	return out
}

func statusInfo(s model.Status) StatusInfo {
	return StatusInfo{Current: s.Status, Message: s.Message, Since: s.Since}
}

// relations are the other applications at each endpoint.
func relations(s *model.State, application string) map[string][]Related {
	out := map[string][]Related{}
	for _, id := range s.RelationsOf(application) {
		r := s.Relations[id]
		if own, ok := r.Endpoint(application); ok && !r.IsPeer() {
			remote := r.Remote(application)
			out[own.Name] = append(out[own.Name], Related{remote.Application, remote.Name, own.Interface, string(own.Role)})
		}
	}
	return out
}

// Settled tells whether the applications, or all if none are given, are active
// and their agents idle.
func (s Status) Settled(applications ...string) bool { return s.Unsettled(applications...) == "" }

// Unsettled names the first thing that is not settled yet, and is empty if all
// is.
func (s Status) Unsettled(applications ...string) string {
	if len(applications) == 0 {
		applications = slices.Sorted(maps.Keys(s.Applications))
	}
	for _, name := range applications {
		app, ok := s.Applications[name]
		if !ok {
			return "there is no application " + name
		}
		for _, unitName := range slices.Sorted(maps.Keys(app.Units)) {
			unit := app.Units[unitName]
			if unit.Workload.Current != "active" || unit.Agent.Current != "idle" {
				return fmt.Sprintf("%s is %s", unitName, unit.Summary())
			}
		}
		if len(app.Units) != app.Scale || app.Status.Current != "active" {
			return fmt.Sprintf("%s has %d of %d units and is %s", name, len(app.Units), app.Scale, app.Status.Current)
		}
	}
	return ""
}

// Summary is the unit's status in one line.
func (u UnitStatus) Summary() string {
	text := u.Workload.Current
	if u.Workload.Message != "" {
		text += ": " + u.Workload.Message
	}
	switch u.Agent.Current {
	case "executing", "allocating":
		if u.Agent.Message != "" {
			text += " (" + u.Agent.Message + ")"
		}
	}
	return text
}
