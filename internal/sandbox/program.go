package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// copySelf returns a copy of the running program that nobody can write to, in memory. It is what runs as process 1 of
// containers: /proc/1/exe leads to a process's program, and a container's root might be the host's.
func copySelf() (*os.File, error) {
	file, err := newMemory("supervisor")
	if err != nil {
		return nil, fmt.Errorf("cannot copy program: %w", err)
	}
	program, err := os.Open(self)
	if err == nil {
		_, err = io.Copy(file, program)
		err = errors.Join(err, program.Close())
	}
	if err == nil {
		_, err = unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot copy program: %w", err), file.Close())
	}
	return file, nil
}

func newMemory(name string) (*os.File, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(name, flags|unix.MFD_EXEC)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3 all could be executed
		fd, err = unix.MemfdCreate(name, flags)
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}
