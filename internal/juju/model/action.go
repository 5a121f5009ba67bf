package model

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Action is one run of an action.
type Action struct {
	// ID is the task id, a decimal number.
	ID   string
	Name string
	Unit string
	// Params are complete: the schema's defaults are filled in.
	Params map[string]any
	// Status is pending, running, completed, failed, aborted, aborting or
	// cancelled.
	Status  string
	Message string
	Results map[string]any
	Log     []ActionMessage

	Enqueued  time.Time
	Started   *time.Time
	Completed *time.Time
}

// The statuses of an action, in Juju's words.
const (
	ActionPending   = "pending"
	ActionRunning   = "running"
	ActionCompleted = "completed"
	ActionFailed    = "failed"
	ActionAborting  = "aborting"
	ActionAborted   = "aborted"
	ActionCancelled = "cancelled"
)

// ActionMessage is what action-log reported.
type ActionMessage struct {
	Time    time.Time
	Message string
}

// UndefinedActionError says that a unit's charm has no such action.
type UndefinedActionError struct{ Action, Unit string }

func (e *UndefinedActionError) Error() string {
	return fmt.Sprintf("action %q not defined on unit %q", e.Action, e.Unit)
}

// EnqueueAction queues an action for a unit. Unknown names give an
// [UndefinedActionError], parameters that the schema refuses a
// [ValidationError].
func (s *State) EnqueueAction(unit, name string, params map[string]any) (*Action, error) {
	if _, err := s.Unit(unit); err != nil {
		return nil, err
	}
	a, err := s.charmed(ApplicationOf(unit))
	if err != nil {
		return nil, err
	}
	spec, ok := a.Charm.Actions[name]
	if !ok {
		return nil, &UndefinedActionError{Action: name, Unit: unit}
	}
	complete, err := s.completeParams(name, spec, params)
	if err != nil {
		return nil, err
	}
	return s.AddAction(unit, name, complete), nil
}

// AddAction queues an action unchecked, with the parameters as they are.
func (s *State) AddAction(unit, name string, params map[string]any) *Action {
	s.NextAction++
	action := &Action{
		ID: strconv.Itoa(s.NextAction), Name: name, Unit: unit, Params: params,
		Status: ActionPending, Enqueued: s.Now(),
	}
	put(&s.Actions, action.ID, action)
	return action
}

// Action returns an action, or a [NotFoundError].
func (s *State) Action(id string) (*Action, error) {
	if a, ok := s.Actions[id]; ok {
		return a, nil
	}
	return nil, notFound("action %q", id)
}

// PendingActions returns the ids of a unit's waiting actions, oldest first.
func (s *State) PendingActions(unit string) []string {
	var ids []string
	for id, a := range s.Actions {
		if a.Unit == unit && a.Status == ActionPending {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return x - y
	})
	return ids
}

// CancelAction cancels a waiting action, or asks for a running one to be
// killed.
func (s *State) CancelAction(id string) error {
	a, err := s.Action(id)
	if err != nil {
		return err
	}
	switch a.Status {
	case ActionPending:
		s.finish(a, ActionCancelled)
	case ActionRunning:
		a.Status = ActionAborting
	}
	return nil
}

// BeginAction notes that an action runs.
func (s *State) BeginAction(id string) error {
	a, err := s.Action(id)
	if err != nil {
		return err
	}
	now := s.Now()
	a.Status, a.Started = ActionRunning, &now
	return nil
}

// FinishAction notes an action's end. An action that was being cancelled and
// failed is aborted.
func (s *State) FinishAction(id, status, message string, results map[string]any) error {
	a, err := s.Action(id)
	if err != nil {
		return err
	}
	if a.Status == ActionAborting && status == ActionFailed {
		status = ActionAborted
	}
	a.Message, a.Results = message, results
	s.finish(a, status)
	return nil
}

func (s *State) finish(a *Action, status string) {
	now := s.Now()
	a.Status, a.Completed = status, &now
}
