package model

import (
	"errors"
	"fmt"
)

// ErrPermission is Juju's answer to a unit that asks for what it may not see.
var ErrPermission = errors.New("permission denied")

// NotFoundError says that the model has no such thing. Its text is Juju's.
type NotFoundError struct {
	// What names the thing, such as `secret "9m4e2mr0ui3e8a215n4g"`.
	What string
}

func (e *NotFoundError) Error() string { return e.What + " not found" }

func notFound(format string, args ...any) error {
	return &NotFoundError{What: fmt.Sprintf(format, args...)}
}

// ExistsError says that the model already has such a thing. Its text is Juju's.
type ExistsError struct {
	// What names the thing, such as `application "db"`.
	What string
}

func (e *ExistsError) Error() string { return e.What + " already exists" }

// NotLeaderError says that a unit did what only its application's leader may.
type NotLeaderError struct {
	Unit, Application string
}

func (e *NotLeaderError) Error() string {
	return fmt.Sprintf("%q is not leader of %q", e.Unit, e.Application)
}
