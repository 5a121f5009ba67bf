package sandbox

import (
	"errors"

	"golang.org/x/sys/unix"
)

// uninterrupted makes a system call again for as long as a signal interrupts it. Go's runtime sends signals to its own
// threads, and some calls, poll among them, are never begun again by the kernel.
func uninterrupted(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
