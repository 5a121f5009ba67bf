package controller

import (
	apiservererrors "github.com/juju/juju/apiserver/errors"
	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/core/status"
	"github.com/juju/juju/rpc/params"
)

func statusResult(s script.Status) params.StatusResult {
	if s.Status == "" {
		s.Status = string(status.Unknown)
	}
	return params.StatusResult{Status: s.Status, Info: s.Message, Data: map[string]any{}, Since: &Since}
}

func (u *uniter) UnitStatus(params.Entities) params.StatusResults {
	return params.StatusResults{Results: []params.StatusResult{statusResult(u.own().Status)}}
}

func (u *uniter) SetUnitStatus(args params.SetStatus) params.ErrorResults {
	u.own().Status = script.Status{Status: args.Entities[0].Status, Message: args.Entities[0].Info}
	return one(nil)
}

func (u *uniter) SetAgentStatus(params.SetStatus) params.ErrorResults { return one(nil) }

func (u *uniter) SetApplicationStatus(args params.SetStatus) params.ErrorResults {
	if !u.isLeader(u.name) {
		return one(apiservererrors.ErrPerm)
	}
	u.app().Status = script.Status{Status: args.Entities[0].Status, Message: args.Entities[0].Info}
	return one(nil)
}

// ApplicationStatus follows status.go of the facade: the application's own
// status if the leader set one, else the worst of its units'.
func (u *uniter) ApplicationStatus(params.Entities) params.ApplicationStatusResults {
	result := params.ApplicationStatusResult{Units: map[string]params.StatusResult{}}
	if !u.isLeader(u.name) {
		result.Error = apiservererrors.ServerError(apiservererrors.ErrPerm)
		return params.ApplicationStatusResults{Results: []params.ApplicationStatusResult{result}}
	}
	var all []status.StatusInfo
	for _, name := range u.unitsOf(applicationOf(u.name)) {
		s := statusResult(u.World.Units[name].Status)
		result.Units[name] = s
		all = append(all, status.StatusInfo{Status: status.Status(s.Status), Message: s.Info, Data: s.Data, Since: s.Since})
	}
	result.Application = statusResult(u.app().Status)
	if u.app().Status.Status == "" {
		worst := status.DeriveStatus(all)
		result.Application = params.StatusResult{
			Status: string(worst.Status), Info: worst.Message, Data: worst.Data, Since: worst.Since,
		}
	}
	return params.ApplicationStatusResults{Results: []params.ApplicationStatusResult{result}}
}
