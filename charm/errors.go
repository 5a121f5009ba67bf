package charm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/internal/bind"
)

// The kinds of failure that charms decide on.
var (
	// ErrAbsent: the relation, its data, or the secret is not there. It is a
	// condition, not a failure: [Status.Check] knows what to say.
	ErrAbsent = errors.New("absent")
	// ErrPending: the secret was made, changed or removed in this hook, and is
	// as it should be only when the hook has succeeded.
	ErrPending = errors.New("pending")

	// ErrNotLeader: only the leader may do this.
	ErrNotLeader = hooktool.ErrNotLeader
	// ErrRelationGone: Juju knows no such relation any more.
	ErrRelationGone = hooktool.ErrRelationGone
	// ErrPermission: the secret, or what else it is, is there and not for this
	// unit.
	ErrPermission = hooktool.ErrPermission
)

// AbsentError tells that an endpoint has no relation. It is [ErrAbsent], and as
// a condition it blocks the unit: the operator must integrate something.
type AbsentError struct{ Endpoint string }

func (e *AbsentError) Error() string { return fmt.Sprintf("no relation on endpoint %q", e.Endpoint) }

// Is matches ErrAbsent.
func (e *AbsentError) Is(target error) bool { return target == ErrAbsent }

// TooManyRelationsError tells that an endpoint has several relations where one
// was asked for. It is a failure: metadata.yaml should have a limit.
type TooManyRelationsError struct {
	Endpoint string
	Count    int
}

func (e *TooManyRelationsError) Error() string {
	return fmt.Sprintf("cannot choose among %d relations on endpoint %q: declare it with \"limit: 1\"", e.Count, e.Endpoint)
}

// WaitingError tells that something exists but has not said all it will. It is
// [ErrAbsent], and as a condition it makes the unit wait.
type WaitingError struct {
	// For is what is waited for, such as "endpoints from database".
	For string
	// Err is what a hook tool said of it; nil if none was refused.
	Err error
}

func (e *WaitingError) Error() string { return "waiting for " + e.For }

// Is matches ErrAbsent.
func (e *WaitingError) Is(target error) bool { return target == ErrAbsent }

func (e *WaitingError) Unwrap() error { return e.Err }

// PendingError tells that a secret is not stored yet. It is [ErrPending].
type PendingError struct{ Label string }

func (e *PendingError) Error() string {
	return fmt.Sprintf("waiting for the secret %q to be stored", e.Label)
}

// Is matches ErrPending.
func (e *PendingError) Is(target error) bool { return target == ErrPending }

// InvalidError tells of data that cannot be used: the configuration, an
// action's parameters, a databag, a secret. As a condition it blocks the unit.
type InvalidError struct {
	// Subject is what is invalid, such as "configuration".
	Subject string
	// Problems name each key and what is wrong with it, never its value.
	Problems []string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("invalid %s: %s", e.Subject, strings.Join(e.Problems, "; "))
}

// validator is a type that knows more of its own validity than its field types
// say. Problems joined by errors.Join are told one by one.
type validator interface{ Validate() error }

// invalid returns an InvalidError if decoding into v met problems, or v itself
// says it is invalid. What v says of keys that could not be read is left out: it
// has only seen zero values of them.
func invalid(subject string, decoding []bind.Problem, v any) error {
	var problems []string
	for _, p := range decoding {
		problems = append(problems, p.String())
	}
	if val, ok := v.(validator); ok {
		for _, err := range flatten(val.Validate()) {
			text := err.Error()
			if !slices.ContainsFunc(decoding, func(p bind.Problem) bool { return mentions(text, p.Key) }) {
				problems = append(problems, text)
			}
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return &InvalidError{subject, problems}
}

// mentions tells whether a text names a key, as a word of its own.
func mentions(text, key string) bool {
	isKey := func(r rune) bool { return r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	return slices.Contains(strings.FieldsFunc(text, func(r rune) bool { return !isKey(r) }), key)
}

// flatten takes errors apart that [errors.Join] has put together. One that
// wraps several and says more than they do stays whole.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	if parts := errors.Join(joined.Unwrap()...); parts == nil || parts.Error() != err.Error() {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}
