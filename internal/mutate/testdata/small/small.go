// Package small has mistakes that its tests would notice, and some that they
// would not.
package small

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Limit is a constant: it has no mutants.
const Limit = 2 * 50

// ErrNegative is returned for negative numbers.
var ErrNegative = errors.New("negative")

var words = strings.Fields("some words")

// Clamp is tested at its bounds.
func Clamp(n int) (int, error) {
	if n < 0 {
		return 0, fmt.Errorf("cannot clamp %d: %w", n, ErrNegative)
	}
	if n > Limit {
		return Limit, nil // n may be Limit here: no test can tell
	}
	return n, nil
}

// Sum skips what is odd, and ends at a zero.
func Sum(numbers ...int) (total int) {
	for _, n := range numbers {
		if n == 0 {
			break
		}
		if n%2 != 0 {
			continue
		}
		total += n
	}
	return total
}

// Halve loops for ever with a mutant.
func Halve(n int) int {
	halvings := 0
	for n > 1 {
		n /= 2
		halvings++
	}
	return halvings
}

// Both is tested with both true and both false only.
func Both(a, b bool) bool {
	return a && b
}

// Either evaluates its second operand only if the first is false.
func Either(a bool, b func() bool) bool { return a || b() }

// Decode returns what it decodes together with the error of decoding it.
func Decode(text string) (string, error) {
	var value string
	return value, decode(text, &value)
}

func decode(text string, into *string) error {
	if text == "" {
		return errors.New("nothing to decode")
	}
	*into = strings.ToUpper(text)
	return nil
}

// Find gives up at a negative number: what it returns then is zero still.
func Find(limit int, numbers ...int) (found int, _ error) {
	if limit < 0 {
		return found, ErrNegative
	}
	for _, n := range numbers {
		if n < 0 {
			return found, ErrNegative
		}
		if n > limit {
			found = n
		}
	}
	return found, nil
}

// None returns the zero value of any type.
func None[T any]() (T, bool) {
	var zero T
	return zero, false
}

// Must returns what there is.
func Must(text string) string {
	if text != "" {
		return text
	}
	panic("nothing there")
}

// First has a parameter that hides its result's type.
func First(kind []kind) kind {
	for _, k := range kind {
		return k
	}
	return ""
}

type kind string

// Box is a type with methods.
type Box struct{ n int }

// Put is tested in another process, which has the same mutant.
func (b *Box) Put(n int) { b.n = n }

// Untested has no test.
func Untested() []string { return words }

// Child runs a test's binary again.
func Child() ([]byte, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{"CHILD=1"}
	defer fmt.Fprint(os.Stderr)
	return cmd.Output()
}
