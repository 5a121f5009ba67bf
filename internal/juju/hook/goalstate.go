package hook

import (
	"time"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// Goal is the status of one unit or relation in a [GoalState].
type Goal struct {
	Status string
	Since  time.Time
}

// GoalState is what goal-state tells: the application's own units, and per
// endpoint the remote application with its units; one of another model without
// them, by its offer. Peer relations are not in it.
type GoalState struct {
	Units     map[string]Goal
	Relations map[string]map[string]Goal
}

// GoalState returns what the model is to become.
func (c *Context) GoalState() GoalState {
	g := GoalState{Units: map[string]Goal{}, Relations: map[string]map[string]Goal{}}
	c.model.View(func(s *model.State) {
		addUnits(s, c.app, g.Units)
		for _, id := range s.RelationsOf(c.app) {
			r := s.Relations[id]
			if r.IsPeer() {
				continue
			}
			own, _ := r.Endpoint(c.app)
			remote := r.Remote(c.app).Application
			goals := g.Relations[own.Name]
			if goals == nil {
				goals = map[string]Goal{}
				g.Relations[own.Name] = goals
			}
			shown := remote
			if a, ok := s.Applications[remote]; ok && a.Remote != nil {
				shown = a.Remote.OfferURL
			}
			goals[shown] = Goal{Status: r.Status(), Since: r.Since}
			addUnits(s, remote, goals)
		}
	})
	return g
}

func addUnits(s *model.State, application string, goals map[string]Goal) {
	for _, name := range s.UnitsOf(application) {
		u := s.Units[name]
		status := s.UnitStatus(name)
		goal := Goal{Status: status.Status, Since: status.Since}
		switch u.Life {
		case model.Dead:
			continue
		case model.Dying:
			goal.Status = "dying"
		}
		goals[name] = goal
	}
}
