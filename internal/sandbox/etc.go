package sandbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// leftOut are files in /etc that containers get for themselves, that say too much about the host, or that only serve to
// run it.
func leftOut() []string {
	return []string{
		"hostname", "hosts", "resolv.conf", "passwd", "passwd-", "group", "group-",
		"crypttab", "fstab", "machine-id", "mtab", "subgid", "subgid-", "subuid", "subuid-",
		"apt", "cloud", "init.d", "netplan", "network", "NetworkManager", "ssh", "sudoers.d", "systemd",
	}
}

// makeEtc makes a file system with what everybody on the host may read of /etc, so nothing secret; with accounts; and with
// the container's names. It is in memory: hundreds of small files take a disk longer than all the rest of a container.
func (s initSpec) makeEtc() (tree, error) {
	fd, err := newTmpfs()
	if err != nil {
		return tree{}, fmt.Errorf("cannot make /etc: %w", err)
	}
	etc := fmt.Sprintf("/proc/self/fd/%d", fd)
	if err := copyTree(etc, "/etc", leftOut()); err != nil {
		return tree{}, fmt.Errorf("cannot copy /etc: %w", err)
	}
	passwd, group, err := accounts(s.Users)
	if err != nil {
		return tree{}, err
	}
	for _, file := range []struct {
		name, content string
		mode          fs.FileMode
	}{
		{"passwd", passwd, 0o644},
		{"group", group, 0o644},
		{"sudoers", sudoers, 0o440},
		{"hostname", s.Hostname + "\n", 0o644},
		{"hosts", fmt.Sprintf("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n%s\t%s\n", s.Addr, s.Hostname), 0o644},
		{"resolv.conf", "", 0o644}, // there is no resolver to ask
	} {
		if err := os.WriteFile(filepath.Join(etc, file.name), []byte(file.content), file.mode); err != nil {
			return tree{}, fmt.Errorf("cannot write in /etc: %w", err)
		}
	}
	return tree{fd: fd, target: "/etc"}, nil
}

// newTmpfs makes a file system in memory that is mounted nowhere.
func newTmpfs() (int, error) {
	configuration, err := unix.Fsopen("tmpfs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return 0, err
	}
	defer unix.Close(configuration)
	if err := unix.FsconfigSetString(configuration, "mode", "0755"); err != nil {
		return 0, err
	}
	if err := unix.FsconfigCreate(configuration); err != nil {
		return 0, err
	}
	return unix.Fsmount(configuration, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV)
}

// copyTree copies what is readable by all.
func copyTree(target, source string, except []string) error {
	entries, err := os.ReadDir(source)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if slices.Contains(except, entry.Name()) {
			continue
		}
		err := copyEntry(filepath.Join(target, entry.Name()), filepath.Join(source, entry.Name()), entry)
		// The host's files may change meanwhile, and a user namespace keeps some from being read.
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}

func copyEntry(target, source string, entry fs.DirEntry) error {
	if entry.Type() == fs.ModeSymlink {
		link, err := os.Readlink(source)
		if err != nil {
			return err
		}
		return os.Symlink(link, target)
	}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	switch mode := info.Mode().Perm(); {
	case info.IsDir() && mode&0o005 == 0o005:
		if err := os.Mkdir(target, mode); err != nil {
			return err
		}
		return copyTree(target, source, nil)
	case info.Mode().IsRegular() && mode&0o004 != 0:
		return copyFile(target, source, mode)
	}
	return nil
}

func copyFile(target, source string, mode fs.FileMode) error {
	from, err := os.Open(source)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}
