package pebble

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/canonical/pebble/client"
)

// ErrNotReady says that nobody answers on a container's socket: its Pebble has not started yet, is restarting, or went
// away during the call. Juju sends pebble-ready once it answers again.
var ErrNotReady = errors.New("not ready")

// ErrDenied says that Pebble refuses this user: only root, Pebble's own user and users with a Pebble identity may write.
var ErrDenied = errors.New("access denied by Pebble")

// NotReadyError is ErrNotReady with its cause, and the name of the container.
type NotReadyError struct {
	Container string
	Err       error
}

func (e *NotReadyError) Error() string {
	return fmt.Sprintf("Pebble is not ready: %v", e.Err)
}

// Is makes it ErrNotReady to errors.Is.
func (e *NotReadyError) Is(target error) bool { return target == ErrNotReady }

func (e *NotReadyError) Unwrap() error { return e.Err }

// PlanError lists what is wrong with a layer, or with the plan that it would make.
type PlanError struct {
	Problems []string
}

func (e *PlanError) Error() string {
	return "layer is invalid: " + strings.Join(e.Problems, "; ")
}

// NotSupportedError says that a container's Pebble is too old for something. Under Juju its version is that of the
// controller's agent, so the remedy is a newer Juju, or doing without.
type NotSupportedError struct {
	Feature string // such as `workload of service "app"`
	Needs   string // the version that has it
	Has     string // the version that answers
}

func (e *NotSupportedError) Error() string {
	return fmt.Sprintf("%s needs Pebble %s, this is %s", e.Feature, e.Needs, e.Has)
}

// ChangeError says that Pebble could not do what it was asked to: start or stop services, or run a command.
type ChangeError struct {
	ChangeID string
	Kind     string // Pebble's kind of change, such as "start", "restart" or "exec"
	Tasks    []TaskError
	message  string
}

// TaskError is the part of a change that failed.
type TaskError struct {
	Service string   // the service, if the task is about one
	Summary string   // such as `Start service "app"`
	Status  string   // Error; or Hold, if something it waits for failed
	Log     []string // what Pebble logged, the service's last lines of output included
}

func (e *ChangeError) Error() string {
	if len(e.Tasks) == 0 {
		return fmt.Sprintf("cannot %s: %s", e.Kind, e.message)
	}
	parts := make([]string, len(e.Tasks))
	for i, task := range e.Tasks {
		what := strings.ToLower(task.Summary[:min(1, len(task.Summary))]) + task.Summary[min(1, len(task.Summary)):]
		parts[i] = fmt.Sprintf("cannot %s: %s", what, strings.Join(task.Log, "\n"))
		if len(task.Log) == 0 {
			parts[i] = fmt.Sprintf("cannot %s (%s)", what, task.Status)
		}
	}
	return strings.Join(parts, "; ")
}

// Services returns the services that the change could not start or stop.
func (e *ChangeError) Services() []string {
	var names []string
	for _, task := range e.Tasks {
		if task.Service != "" {
			names = append(names, task.Service)
		}
	}
	return names
}

// PathKind is Pebble's reason why a file operation failed.
type PathKind string

// The values of PathKind.
const (
	PathNotFound         PathKind = "not-found"
	PathPermissionDenied PathKind = "permission-denied"
	PathFailed           PathKind = "generic-file-error"
)

// PathError says that Pebble could not do something with a path. It is fs.ErrNotExist or fs.ErrPermission to errors.Is if
// Kind says so.
type PathError struct {
	Op      string // push, pull, list, make or remove
	Path    string
	Kind    PathKind
	Message string
}

func (e *PathError) Error() string {
	return fmt.Sprintf("cannot %s %s: %s", e.Op, e.Path, e.Message)
}

// Is implements errors.Is for the errors of io/fs.
func (e *PathError) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return e.Kind == PathNotFound
	case fs.ErrPermission:
		return e.Kind == PathPermissionDenied
	}
	return false
}

// ChownError says that a path was to have an owner that this Pebble cannot give, since it does not run as root.
type ChownError struct {
	Path  string
	Owner string // the owner wanted, as user:group
	User  string // the user that Pebble runs as, if known
}

func (e *ChownError) Error() string {
	who := "is not root"
	if e.User != "" {
		who = "runs as " + e.User
	}
	return fmt.Sprintf("cannot chown %s to %s: Pebble %s", e.Path, e.Owner, who)
}

// ExecError says that a command ran and failed. Only its name is part of the text; neither arguments nor environment are.
type ExecError struct {
	Command  []string
	ExitCode int // -1 if it was killed or did not end in time
	TimedOut bool
	Stdout   string // the last 4 KiB
	Stderr   string // the last 4 KiB
}

func (e *ExecError) Error() string {
	name := ""
	if len(e.Command) > 0 {
		name = e.Command[0]
	}
	text := fmt.Sprintf("cannot run %s: exit code %d", name, e.ExitCode)
	if e.TimedOut {
		text = fmt.Sprintf("cannot run %s: it did not end in time", name)
	}
	if output := e.Output(); output != "" {
		text += ": " + output
	}
	return text
}

// Output returns the end of what the command wrote: its standard error, or else its standard output.
func (e *ExecError) Output() string {
	if output := strings.TrimSpace(e.Stderr); output != "" {
		return output
	}
	return strings.TrimSpace(e.Stdout)
}

// Is makes a command that did not end in time context.DeadlineExceeded to errors.Is.
func (e *ExecError) Is(target error) bool {
	return e.TimedOut && target == context.DeadlineExceeded
}

// ValidationError says that a service's own check refuses the files it was to get. Nothing has been changed.
type ValidationError struct {
	Service string
	Output  string // what the check wrote
	Err     error
}

func (e *ValidationError) Error() string {
	return fmt.Sprintf("service %q refuses its new files: %s", e.Service, e.Output)
}

func (e *ValidationError) Unwrap() error { return e.Err }

// ReloadError says that a service has its files but does not run with them. The next Apply reloads again.
type ReloadError struct {
	Service string
	Want    string // the generation it should report
	Got     string // the generation it reports, if it does
	Err     error
}

func (e *ReloadError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("cannot reload service %q: %v", e.Service, e.Err)
	}
	return fmt.Sprintf("cannot reload service %q: it reports %q instead of %q", e.Service, e.Got, e.Want)
}

func (e *ReloadError) Unwrap() error { return e.Err }

// APIError is any other refusal by Pebble.
type APIError struct {
	StatusCode int
	Kind       string
	Message    string
}

func (e *APIError) Error() string { return e.Message }

// Is makes a refused user ErrDenied, and what is not there fs.ErrNotExist, to errors.Is.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrDenied:
		return e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden
	case fs.ErrNotExist:
		return e.StatusCode == http.StatusNotFound
	}
	return false
}

// apiError turns the client's error for an answer into ours, and leaves other errors alone.
func apiError(err error) error {
	var answer *client.Error
	if !errors.As(err, &answer) {
		return err
	}
	return &APIError{StatusCode: answer.StatusCode, Kind: answer.Kind, Message: answer.Message}
}
