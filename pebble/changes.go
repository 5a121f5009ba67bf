package pebble

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// ChangeKind is what a change is about. A newer Pebble may have others.
type ChangeKind string

// The values of ChangeKind. The first five are what [Container.Begin] can begin.
const (
	KindStart        ChangeKind = "start"
	KindStop         ChangeKind = "stop"
	KindRestart      ChangeKind = "restart"
	KindReplan       ChangeKind = "replan"
	KindAutostart    ChangeKind = "autostart"
	KindExec         ChangeKind = "exec"
	KindPerformCheck ChangeKind = "perform-check" // a check that is up; it never ends well
	KindRecoverCheck ChangeKind = "recover-check" // a check that is down
)

// ChangeStatus is the state of a change or of one of its tasks. A newer Pebble may have others.
type ChangeStatus string

// The values of ChangeStatus.
const (
	ChangeDo      ChangeStatus = "Do"
	ChangeDoing   ChangeStatus = "Doing"
	ChangeDone    ChangeStatus = "Done"
	ChangeAbort   ChangeStatus = "Abort"
	ChangeUndo    ChangeStatus = "Undo"
	ChangeUndoing ChangeStatus = "Undoing"
	ChangeUndone  ChangeStatus = "Undone"
	ChangeHold    ChangeStatus = "Hold" // never done, since what it waits for failed or was aborted
	ChangeWait    ChangeStatus = "Wait"
	ChangeFailed  ChangeStatus = "Error"
)

// Change is something that Pebble does or has done, in tasks. Pebble forgets one that has ended after a while.
type Change struct {
	ID        string                     `json:"id"`
	Kind      ChangeKind                 `json:"kind"`
	Summary   string                     `json:"summary"`
	Status    ChangeStatus               `json:"status"`
	Tasks     []Task                     `json:"tasks"`
	Ready     bool                       `json:"ready"` // it has ended, well or not
	Err       string                     `json:"err"`   // what went wrong, as one text
	SpawnTime time.Time                  `json:"spawn-time"`
	ReadyTime time.Time                  `json:"ready-time"` // zero before the end
	Data      map[string]json.RawMessage `json:"data"`       // differs by kind
}

// Task is a step of a change.
type Task struct {
	ID        string                     `json:"id"`
	Kind      string                     `json:"kind"`
	Summary   string                     `json:"summary"` // such as `Start service "app"`
	Status    ChangeStatus               `json:"status"`
	Log       []string                   `json:"log"` // of a service that failed, with its last lines of output
	Progress  Progress                   `json:"progress"`
	SpawnTime time.Time                  `json:"spawn-time"`
	ReadyTime time.Time                  `json:"ready-time"`
	Data      map[string]json.RawMessage `json:"data"` // differs by kind, such as exit-code for exec
}

// Progress tells how much of a task is done, in steps of its own kind.
type Progress struct {
	Label string `json:"label"`
	Done  int    `json:"done"`
	Total int    `json:"total"`
}

// Failure returns what failed in a change that has ended as a [ChangeError], and nil if nothing did.
func (c *Change) Failure() error {
	if c.Err == "" {
		return nil
	}
	e := &ChangeError{ChangeID: c.ID, Kind: string(c.Kind), message: c.Err}
	for _, task := range c.Tasks {
		if task.Status != ChangeDone {
			e.Tasks = append(e.Tasks, TaskError{
				Service: task.service(),
				Summary: task.Summary,
				Status:  string(task.Status),
				Log:     task.Log,
			})
		}
	}
	return e
}

// ChangeSelect says which changes are wanted.
type ChangeSelect string

// The values of ChangeSelect. Unset is in progress.
const (
	SelectInProgress ChangeSelect = "in-progress"
	SelectReady      ChangeSelect = "ready"
	SelectAll        ChangeSelect = "all"
)

// ChangesOptions limits what Changes returns.
type ChangesOptions struct {
	Select  ChangeSelect
	Service string // only changes that were asked for by the name of this service
}

// Changes returns the changes that Pebble is at, or others that it has not forgotten.
func (c *Container) Changes(ctx context.Context, opts *ChangesOptions) ([]*Change, error) {
	query := url.Values{}
	if opts != nil && opts.Select != "" {
		query.Set("select", string(opts.Select))
	}
	if opts != nil && opts.Service != "" {
		query.Set("for", opts.Service)
	}
	var changes []*Change
	err := c.call(ctx, "read changes", func(s *session) error {
		return s.ask(request{path: "/v1/changes", query: query}, &changes)
	})
	return present(changes), err
}

// Change returns one change. One that Pebble does not know is fs.ErrNotExist.
func (c *Container) Change(ctx context.Context, id string) (*Change, error) {
	change := &Change{}
	err := c.call(ctx, "read change "+id, func(s *session) error {
		return s.askChange(id, request{path: "/v1/changes/" + id}, change)
	})
	return orNil(change, err)
}

// WaitChange waits until a change has ended. That it did not end well is no error here, but [Change.Failure] of it.
func (c *Container) WaitChange(ctx context.Context, id string) (*Change, error) {
	var change *Change
	err := c.call(ctx, "wait for change "+id, func(s *session) (err error) {
		change, err = s.waitChange(id)
		return err
	})
	return change, err
}

// AbortChange asks Pebble to give up a change, and returns it as it is then; waiting for it tells how it ended. One that has
// ended already is refused.
func (c *Container) AbortChange(ctx context.Context, id string) (*Change, error) {
	change := &Change{}
	err := c.call(ctx, "abort change "+id, func(s *session) error {
		body := map[string]string{"action": "abort"}
		return s.askChange(id, request{method: http.MethodPost, path: "/v1/changes/" + id, body: body}, change)
	})
	return orNil(change, err)
}

func (s *session) waitChange(id string) (*Change, error) {
	change := &Change{}
	err := s.askChange(id, request{path: "/v1/changes/" + id + "/wait"}, change)
	return orNil(change, err)
}

func (s *session) askChange(id string, r request, change *Change) error {
	if !identifier.MatchString(id) {
		return errIdentifier
	}
	return s.ask(r, change)
}

func orNil[T any](value *T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return value, nil
}
