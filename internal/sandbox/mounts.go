package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// systemDirectories are the host's, besides /usr. On most systems all of them are links into /usr.
func systemDirectories() []string {
	return []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}
}

// devices are the nodes that every container has in /dev.
func devices() []string {
	return []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}
}

// hostMounts are what all containers see of the host.
func hostMounts() []Mount {
	paths := []string{"/usr"}
	for _, path := range append(systemDirectories(), "/sys/devices/system") {
		if info, err := os.Lstat(path); err == nil && info.IsDir() {
			paths = append(paths, path)
		}
	}
	var mounts []Mount
	for _, path := range paths {
		mounts = append(mounts, Mount{Source: path, Target: path, ReadOnly: true})
	}
	return mounts
}

// mountAll makes s.Root the root of this process, with everything mounted that belongs there. Targets are made and looked
// up only after the change of root, so that no link in a used root can lead to the host.
func (s initSpec) mountAll() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cannot make mounts private: %w", err)
	}
	nodes, err := openTrees(deviceMounts(), 0)
	if err != nil {
		return err
	}
	mounts, err := openTrees(s.Mounts, unix.MOUNT_ATTR_NODEV)
	if err != nil {
		return err
	}
	etc, err := s.makeEtc()
	if err != nil {
		return err
	}
	links := hostLinks()
	leave, err := changeRoot(s.Root)
	if err != nil {
		return err
	}
	if err := errors.Join(makeSkeleton(), makeLinks(links)); err != nil {
		return err
	}
	if err := mountKernel(); err != nil { // the kernel wants the old /proc in sight
		return err
	}
	for _, tree := range slices.Concat(nodes, []tree{etc}, mounts) {
		if err := tree.attach(); err != nil {
			return err
		}
	}
	if err := guardProc(); err != nil {
		return err
	}
	return leave()
}

func deviceMounts() []Mount {
	var mounts []Mount
	for _, path := range devices() {
		mounts = append(mounts, Mount{Source: path, Target: path})
	}
	return mounts
}

// tree is a copy of mounts that is attached nowhere yet.
type tree struct {
	fd     int
	target string
}

func openTrees(mounts []Mount, attributes uint64) ([]tree, error) {
	var trees []tree
	for _, m := range mounts {
		wanted := attributes
		if m.ReadOnly {
			wanted |= unix.MOUNT_ATTR_RDONLY
		}
		t, err := openTree(m.Source, m.Target, wanted)
		if err != nil {
			return nil, err
		}
		trees = append(trees, t)
	}
	return trees, nil
}

func openTree(source, target string, attributes uint64) (tree, error) {
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | unix.AT_RECURSIVE)
	var fd int
	err := uninterrupted(func() (err error) { fd, err = unix.OpenTree(unix.AT_FDCWD, source, flags); return err })
	if err != nil {
		return tree{}, fmt.Errorf("cannot take %s: %w", source, err)
	}
	if attributes != 0 {
		err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: attributes})
		if err != nil {
			return tree{}, fmt.Errorf("cannot restrict %s: %w", source, err)
		}
	}
	return tree{fd: fd, target: target}, nil
}

// attach mounts the tree at its target, which is made if missing.
func (t tree) attach() error {
	if err := t.makeTarget(); err != nil {
		return fmt.Errorf("cannot make mount point: %w", err)
	}
	if err := unix.MoveMount(t.fd, "", unix.AT_FDCWD, t.target, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("cannot mount %s: %w", t.target, err)
	}
	return unix.Close(t.fd)
}

func (t tree) makeTarget() error {
	var stat unix.Stat_t
	if err := unix.Fstat(t.fd, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT == unix.S_IFDIR {
		return os.MkdirAll(t.target, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(t.target), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(t.target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// changeRoot makes the directory the process's root. The old root can be used by the kernel, and by nobody else, until
// leave is called.
func changeRoot(root string) (leave func() error, err error) {
	t, err := openTree(root, root, unix.MOUNT_ATTR_NODEV)
	if err != nil {
		return nil, err
	}
	old, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open old root: %w", err)
	}
	if err := unix.MoveMount(t.fd, "", unix.AT_FDCWD, root, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return nil, fmt.Errorf("cannot mount root: %w", err)
	}
	if err := unix.Fchdir(t.fd); err != nil {
		return nil, fmt.Errorf("cannot enter root: %w", err)
	}
	if err := unix.PivotRoot(".", "."); err != nil { // the old root now lies over the new one
		return nil, fmt.Errorf("cannot change root: %w", err)
	}
	return func() error {
		if err := unix.Fchdir(old); err != nil {
			return fmt.Errorf("cannot return to old root: %w", err)
		}
		if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
			return fmt.Errorf("cannot unmount old root: %w", err)
		}
		return errors.Join(unix.Chdir("/"), unix.Close(old), unix.Close(t.fd))
	}, nil
}

// mountKernel mounts the file systems that come from the kernel alone.
func mountKernel() error {
	const restricted = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	for _, m := range []struct {
		kind, target string
		flags        uintptr
		data         string
	}{
		{"proc", "/proc", restricted, ""},
		{"tmpfs", "/dev", unix.MS_NOSUID | unix.MS_NOEXEC, "mode=0755"},
		{"devpts", "/dev/pts", unix.MS_NOSUID | unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"},
		{"tmpfs", "/dev/shm", restricted, "mode=1777"},
		{"tmpfs", "/tmp", unix.MS_NOSUID | unix.MS_NODEV, "mode=1777"},
		{"tmpfs", "/run", unix.MS_NOSUID | unix.MS_NODEV, "mode=0755"},
	} {
		if err := os.MkdirAll(m.target, 0o755); err != nil { // for those in /dev
			return fmt.Errorf("cannot make mount point: %w", err)
		}
		if err := unix.Mount(m.kind, m.target, m.kind, m.flags, m.data); err != nil {
			return fmt.Errorf("cannot mount %s: %w", m.target, err)
		}
	}
	for path, target := range map[string]string{
		"/dev/ptmx": "pts/ptmx", "/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0",
		"/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(target, path); err != nil {
			return fmt.Errorf("cannot make device link: %w", err)
		}
	}
	if err := os.Mkdir("/run/lock", 0o777); err != nil {
		return fmt.Errorf("cannot make /run/lock: %w", err)
	}
	return os.Chmod("/run/lock", 0o777|fs.ModeSticky)
}

// guardProc keeps what is not of the container's own in /proc from being written, or, as Docker does, from being read.
// Without it a program that runs as the host's root could configure the host's kernel.
func guardProc() error {
	hide := func(path string) (tree, error) { return openTree("/dev/null", path, unix.MOUNT_ATTR_RDONLY) }
	protect := func(path string) (tree, error) { return openTree(path, path, unix.MOUNT_ATTR_RDONLY) }
	for path, guard := range map[string]func(string) (tree, error){
		"/proc/sys": protect, "/proc/irq": protect, "/proc/bus": protect, "/proc/fs": protect,
		"/proc/sysrq-trigger": protect, "/proc/acpi": protect, "/proc/scsi": protect,
		"/proc/kcore": hide, "/proc/keys": hide, "/proc/timer_list": hide, "/proc/latency_stats": hide,
	} {
		if _, err := os.Lstat(path); err != nil {
			continue // not of this kernel
		}
		t, err := guard(path)
		if err != nil {
			return err
		}
		if err := t.attach(); err != nil {
			return err
		}
	}
	return nil
}
