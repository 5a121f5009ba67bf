package controller

import (
	"github.com/juju/juju/rpc/params"
)

// GoalStates follows goalStateRelations and goalStateUnits of the facade.
func (u *uniter) GoalStates(params.Entities) params.GoalStateResults {
	own := applicationOf(u.name)
	gs := &params.GoalState{Units: u.goalUnits(own)}
	for _, r := range u.World.Relations {
		ep := endpoint(r, own)
		if ep == nil {
			continue
		}
		if gs.Relations == nil {
			gs.Relations = map[string]params.UnitsGoalState{}
		}
		if isPeer(r) {
			continue
		}
		other := remote(r, own)
		// The facade keys by the last endpoint that it looked at: the remote
		// one's name while it gathers, the own one's in the result.
		related := gs.Relations[ep.Name]
		if related == nil {
			related = params.UnitsGoalState{}
			gs.Relations[ep.Name] = related
		}
		status := "joined"
		if r.Suspended {
			status = "suspended"
		}
		related[other] = params.GoalStateStatus{Status: status, Since: &Since}
		for name, unit := range u.goalUnits(other) {
			related[name] = unit
		}
	}
	return params.GoalStateResults{Results: []params.GoalStateResult{{Result: gs}}}
}

func (u *uniter) goalUnits(application string) params.UnitsGoalState {
	units := params.UnitsGoalState{}
	for _, name := range u.unitsOf(application) {
		unit := u.World.Units[name]
		if unit.Life == "dead" {
			continue
		}
		status := statusResult(unit.Status).Status
		if unit.Life == "dying" {
			status = "dying"
		}
		units[name] = params.GoalStateStatus{Status: status, Since: &Since}
	}
	return units
}
