package sandbox

import (
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Files are the files of a running container, as one of its users may use them.
type Files struct {
	container *Container
	as        Credentials
}

// Files returns the container's files for a user. Where the user does not exist, as for an ordinary user's program, they are
// this process's own user's.
func (c *Container) Files(as Credentials) *Files { return &Files{c, as} }

// Open opens a regular file for reading. The name is an absolute path inside; links lead nowhere else.
func (f *Files) Open(name string) (*os.File, error) {
	return f.open(name, unix.O_RDONLY, 0)
}

// Create makes or empties a regular file, as [os.Create] does.
func (f *Files) Create(name string) (*os.File, error) {
	return f.open(name, unix.O_RDWR|unix.O_CREAT|unix.O_TRUNC, 0o644)
}

func (f *Files) open(name string, flags int, mode uint64) (*os.File, error) {
	fail := func(err error) (*os.File, error) { return nil, &fs.PathError{Op: "open", Path: name, Err: err} }
	root, err := os.OpenFile(fmt.Sprintf("/proc/%d/root", f.container.cmd.Process.Pid), unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return fail(ErrStopped)
	}
	defer root.Close()
	own, err := currentIDs()
	if err != nil {
		return fail(err)
	}
	var fd int
	err = onLastingThread(func() error {
		if err := f.as.access(own); err != nil {
			return err
		}
		// What looks at the path is this process: without these limits a link would lead it out of the container, and a
		// pipe would make it wait.
		how := unix.OpenHow{
			Flags:   uint64(flags | unix.O_CLOEXEC | unix.O_NONBLOCK),
			Mode:    mode,
			Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
		}
		return uninterrupted(func() (err error) { fd, err = unix.Openat2(int(root.Fd()), name, &how); return err })
	})
	if err != nil {
		return fail(err)
	}
	file := os.NewFile(uintptr(fd), name)
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		file.Close()
		return fail(unix.EINVAL)
	}
	return file, nil
}

// access makes this thread, and no other, use files as the user. The thread is of no other use any more.
func (c Credentials) access(own ids) error {
	if c.UID == 0 || !own.has(c.UID, c.GID) {
		return nil
	}
	groups := []uint32{uint32(c.GID)}
	for _, group := range own.existingGroups(c.Groups) {
		groups = append(groups, uint32(group))
	}
	// The functions of package syscall would change all threads.
	if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0])), 0); errno != 0 {
		return fmt.Errorf("cannot take the user's groups: %w", errno)
	}
	if err := unix.Setfsgid(c.GID); err != nil {
		return fmt.Errorf("cannot take the user's group: %w", err)
	}
	if err := unix.Setfsuid(c.UID); err != nil {
		return fmt.Errorf("cannot take the user's id: %w", err)
	}
	return nil
}
