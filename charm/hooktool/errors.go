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
	// ErrNotProvisioned: the storage instance is not there yet.
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
	case ErrNotProvisioned:
		return has("not provisioned")
	case ErrNotValid:
		return has("not valid")
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
