package hooktool

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of failure that callers decide on. An [*Error] matches one of them
// by the text that Juju 3.6.11 prints: its exit codes do not tell them apart.
var (
	// ErrNotLeader: the tool needs leadership, and this unit has none.
	ErrNotLeader = errors.New("this unit is not the leader")
	// ErrRelationGone: Juju knows no such relation (any more).
	ErrRelationGone = errors.New("relation not found")
	// ErrNotFound: the secret, label, key or resource does not exist.
	ErrNotFound = errors.New("not found")
	// ErrPermission: it exists, but is not granted to this unit.
	ErrPermission = errors.New("permission denied")
	// ErrExists: a secret with this label is there already.
	ErrExists = errors.New("already exists")
	// ErrNotValid: what was given has a form that Juju does not take, such as a
	// secret's URI that is none.
	ErrNotValid = errors.New("not valid")
	// ErrNotSupported: this Juju has no such tool, or cannot do it for this kind
	// of model.
	ErrNotSupported = errors.New("not supported by this Juju")
	// ErrNotTrusted: the operator has not given the charm the cloud's credential;
	// "juju trust" does.
	ErrNotTrusted = errors.New("not trusted with the cloud")
	// ErrNoAction: the tool is for actions, and this is a hook.
	ErrNoAction = errors.New("not running an action")
	// ErrTooLarge: more than Juju keeps in one place.
	ErrTooLarge = errors.New("too large")
	// ErrNotProvisioned: the storage is there and cannot be used yet.
	ErrNotProvisioned = errors.New("not provisioned")
)

// Error is a hook tool that ran and failed.
type Error struct {
	Tool string
	// Code is the tool's exit code.
	Code int
	// Message is what it said, without the "ERROR " before it.
	Message string
}

func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("cannot run %s: exit code %d", e.Tool, e.Code)
	}
	return fmt.Sprintf("cannot run %s: %s", e.Tool, e.Message)
}

// Is matches the kinds of failure of this package.
func (e *Error) Is(target error) bool {
	has := func(texts ...string) bool {
		for _, text := range texts {
			if strings.Contains(e.Message, text) {
				return true
			}
		}
		return false
	}
	switch target {
	case ErrNotLeader:
		// relation-set --app says only that it cannot write.
		return has("not the leader", "is not leader of") ||
			e.Tool == "relation-set" && e.Message == "cannot write relation settings"
	case ErrRelationGone:
		return has("relation not found")
	case ErrNotFound:
		return has("not found") && !has("relation not found")
	case ErrPermission:
		return has("permission denied")
	case ErrExists:
		return has("already exists")
	case ErrNotValid:
		return has("not valid")
	case ErrNotSupported:
		return has("not supported")
	case ErrNotTrusted:
		return e.Tool == "credential-get" && has("permission denied")
	case ErrNoAction:
		return has("not running an action")
	case ErrTooLarge:
		return has("too large", "max allowed ")
	case ErrNotProvisioned:
		return has("not provisioned")
	}
	return false
}

// check turns a failed result into an error.
func check(tool string, result Result) error {
	if result.Code == 0 {
		return nil
	}
	message := strings.TrimSpace(string(result.Stderr))
	return &Error{Tool: tool, Code: result.Code, Message: strings.TrimPrefix(message, "ERROR ")}
}
