package hooktool

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// GoalState is what the operator has asked for, whether it is there or not.
type GoalState struct {
	// Units are those of the own application, this one included.
	Units map[string]Goal `json:"units"`
	// Relations are, by endpoint, the remote applications and their units. Peer
	// relations are not in it.
	Relations map[string]map[string]Goal `json:"relations"`
}

// Goal is how far a unit or a relation has come.
type Goal struct {
	// Status of a unit is its workload's, or dying; that of an application is
	// its relation's: joining, joined, suspended, broken and so on.
	Status string
	Since  time.Time
}

// UnmarshalJSON reads the tool's own form of a time, which has a blank where
// RFC 3339 has a T.
func (g *Goal) UnmarshalJSON(data []byte) error {
	var raw struct{ Status, Since string }
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	g.Status, g.Since = raw.Status, time.Time{}
	if raw.Since == "" {
		return nil
	}
	since, err := time.Parse("2006-01-02 15:04:05Z07:00", raw.Since)
	if err != nil {
		return fmt.Errorf("cannot read a time: %w", err)
	}
	g.Since = since
	return nil
}

// Planned returns how many units the application is to have: those that are not
// on their way out.
func (g GoalState) Planned() int {
	planned := 0
	for _, unit := range g.Units {
		if unit.Status != "dying" {
			planned++
		}
	}
	return planned
}

// GoalState returns what the operator has asked for.
func (c *Client) GoalState(ctx context.Context) (GoalState, error) {
	return get[GoalState](ctx, c, "goal-state")
}
