package model

import "time"

// Status is one value of a status.
type Status struct {
	// Status is Juju's word, such as active, waiting or error.
	Status  string
	Message string
	Data    map[string]any `json:",omitempty"`
	Since   time.Time
}

// maxHistory bounds how many old values of a status are kept.
const maxHistory = 100

// Statuses is a status with its history, oldest first; the last is current.
type Statuses []Status

// Current returns the current value; it is unknown if nothing was ever set.
func (h Statuses) Current() Status {
	if len(h) == 0 {
		return Status{Status: "unknown"}
	}
	return h[len(h)-1]
}

// Set makes v the current value. Setting what is current already only renews
// its time, as in Juju.
func (h *Statuses) Set(v Status) {
	if n := len(*h); n > 0 && (*h)[n-1].Status == v.Status && (*h)[n-1].Message == v.Message && len(v.Data) == 0 && len((*h)[n-1].Data) == 0 {
		(*h)[n-1].Since = v.Since
		return
	}
	*h = append(*h, v)
	if extra := len(*h) - maxHistory; extra > 0 {
		*h = append(Statuses(nil), (*h)[extra:]...)
	}
}

// SetUnitStatus sets a unit's workload status.
func (s *State) SetUnitStatus(unit, status, message string) error {
	u, err := s.Unit(unit)
	if err != nil {
		return err
	}
	u.Workload.Set(Status{Status: status, Message: message, Since: s.Now()})
	return nil
}

// SetAgentStatus sets a unit's agent status.
func (s *State) SetAgentStatus(unit, status, message string, data map[string]any) error {
	u, err := s.Unit(unit)
	if err != nil {
		return err
	}
	u.Agent.Set(Status{Status: status, Message: message, Data: data, Since: s.Now()})
	return nil
}

// SetApplicationStatus sets an application's status.
func (s *State) SetApplicationStatus(application, status, message string) error {
	a, err := s.Application(application)
	if err != nil {
		return err
	}
	a.Status.Set(Status{Status: status, Message: message, Since: s.Now()})
	return nil
}

// severity orders workload statuses from harmless to grave. Source: Juju
// 3.6.11, which derives an application's status from its worst unit.
func severity(status string) int {
	for i, known := range []string{"", "unknown", "terminated", "active", "waiting", "maintenance", "blocked", "error"} {
		if status == known {
			return i
		}
	}
	return 0
}

// ApplicationStatus returns an application's status: what its leader set, or
// else that of its worst unit.
func (s *State) ApplicationStatus(application string) Status {
	a, ok := s.Applications[application]
	if !ok {
		return Status{Status: "unknown"}
	}
	if len(a.Status) > 0 {
		return a.Status.Current()
	}
	worst := Status{Status: "unknown"}
	for i, name := range s.UnitsOf(application) {
		v := s.UnitStatus(name)
		if i == 0 || severity(v.Status) > severity(worst.Status) {
			worst = v
		}
	}
	return worst
}

// UnitStatus returns a unit's status as juju status shows it: the agent's
// error, if it is in one, hides the workload's.
func (s *State) UnitStatus(unit string) Status {
	u, ok := s.Units[unit]
	if !ok {
		return Status{Status: "unknown"}
	}
	if agent := u.Agent.Current(); agent.Status == "error" {
		return agent
	}
	return u.Workload.Current()
}
