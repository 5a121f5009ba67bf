package tools

import (
	"time"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

type goalState struct{ output }

func newGoalState(c *call) command { return &goalState{newStructuredOutput(c)} }

func (t *goalState) init(args []string) error { return noMore(args) }

// goal is the printed form of one status. Its time is not RFC 3339.
type goal struct {
	Status string `json:"status" yaml:"status"`
	Since  string `json:"since,omitempty" yaml:"since,omitempty"`
}

func (t *goalState) run() error {
	state := t.hook.GoalState()
	relations := make(map[string]map[string]goal, len(state.Relations))
	for endpoint, goals := range state.Relations {
		relations[endpoint] = printedGoals(goals)
	}
	return t.print(struct {
		Units     map[string]goal            `json:"units" yaml:"units"`
		Relations map[string]map[string]goal `json:"relations" yaml:"relations"`
	}{printedGoals(state.Units), relations})
}

func printedGoals(goals map[string]hook.Goal) map[string]goal {
	printed := make(map[string]goal, len(goals))
	for name, g := range goals {
		printed[name] = goal{Status: g.Status, Since: since(g.Since)}
	}
	return printed
}

func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
