package tools

import (
	"errors"
	"fmt"
	"slices"

	"github.com/charmkit/charmkit/internal/juju/model"
)

type statusSet struct {
	*call
	application     bool
	status, message string
}

func newStatusSet(c *call) command { return &statusSet{call: c} }

func (t *statusSet) flags(f flagSet) {
	f.BoolVar(&t.application, "application", false, "set the status of the application; only the leader may")
}

func (t *statusSet) init(args []string) error {
	if len(args) < 1 {
		return errors.New("invalid args, require <status> [message]")
	}
	known := []string{"maintenance", "blocked", "waiting", "active"}
	if !slices.Contains(known, args[0]) {
		return fmt.Errorf("invalid status %q, expected one of %v", args[0], known)
	}
	t.status = args[0]
	if len(args) == 1 {
		return nil
	}
	t.message = args[1]
	return noMore(args[2:])
}

func (t *statusSet) run() error {
	if t.application {
		return t.hook.SetApplicationStatus(t.ctx, t.status, t.message)
	}
	return t.hook.SetStatus(t.ctx, t.status, t.message)
}

type statusGet struct {
	output
	data        bool
	application bool
}

func newStatusGet(c *call) command { return &statusGet{output: newOutput(c)} }

func (t *statusGet) flags(f flagSet) {
	t.output.flags(f)
	f.BoolVar(&t.data, "include-data", false, "print all of the status")
	f.BoolVar(&t.application, "application", false, "print the status of the application and its units; only the leader may")
}

func (t *statusGet) init(args []string) error { return noMore(args) }

func (t *statusGet) run() error {
	if !t.application {
		status := t.hook.Status()
		if t.brief() {
			return t.print(status.Status)
		}
		return t.print(t.details(status))
	}
	application, units, err := t.hook.ApplicationStatus()
	if err != nil {
		return fmt.Errorf("finding application status: %w", err)
	}
	if t.brief() {
		return t.print(application.Status)
	}
	all := map[string]any{}
	for name, status := range units {
		all[name] = t.details(status)
	}
	details := t.details(application)
	details["units"] = all
	return t.print(map[string]any{"application-status": details})
}

func (t *statusGet) brief() bool { return !t.data && t.format == "smart" }

func (t *statusGet) details(s model.Status) map[string]any {
	details := map[string]any{"status": s.Status}
	if t.data {
		data := s.Data
		if data == nil {
			data = map[string]any{}
		}
		details["message"], details["status-data"] = s.Message, data
	}
	return details
}
