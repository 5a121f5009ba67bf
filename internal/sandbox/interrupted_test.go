package sandbox

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestInterruptedCallIsMadeAgain(t *testing.T) {
	for _, test := range []struct {
		name    string
		answers []error
		want    error
	}{
		{"at once", []error{nil}, nil},
		{"after signals", []error{unix.EINTR, fmt.Errorf("cannot poll: %w", unix.EINTR), nil}, nil},
		{"failed", []error{unix.EINTR, unix.ENOENT}, unix.ENOENT},
	} {
		t.Run(test.name, func(t *testing.T) {
			calls := 0
			err := uninterrupted(func() error { calls++; return test.answers[calls-1] })
			require.ErrorIs(t, err, test.want)
			require.Len(t, test.answers, calls)
		})
	}
}
