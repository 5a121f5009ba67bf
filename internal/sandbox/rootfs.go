package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// makeSkeleton makes the directories and links that a fresh system has, in the current root. What a used root has is kept,
// but no link instead of a directory: what is to lie over /proc must not end up elsewhere.
func makeSkeleton() error {
	for _, d := range []struct {
		path string
		mode fs.FileMode
	}{
		{"/dev", 0o755}, {"/etc", 0o755}, {"/home", 0o755}, {"/media", 0o755}, {"/mnt", 0o755}, {"/opt", 0o755},
		{"/proc", 0o755}, {"/root", 0o700}, {"/run", 0o755}, {"/srv", 0o755}, {"/sys", 0o755},
		{"/tmp", 0o777 | fs.ModeSticky}, {"/usr", 0o755}, {"/var", 0o755}, {"/var/cache", 0o755}, {"/var/lib", 0o755},
		{"/var/log", 0o755}, {"/var/spool", 0o755}, {"/var/tmp", 0o777 | fs.ModeSticky},
	} {
		err := os.Mkdir(d.path, d.mode)
		if err == nil {
			err = os.Chmod(d.path, d.mode)
		}
		if info, statErr := os.Lstat(d.path); errors.Is(err, fs.ErrExist) && statErr == nil && info.IsDir() {
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot make directory in root: %w", err)
		}
	}
	return makeLinks(map[string]string{"/var/run": "/run", "/var/lock": "/run/lock"})
}

// hostLinks are the links that a system with all of its programs in /usr has, such as /bin.
func hostLinks() map[string]string {
	links := make(map[string]string)
	for _, path := range systemDirectories() {
		if target, err := os.Readlink(path); err == nil {
			links[path] = target
		}
	}
	return links
}

func makeLinks(links map[string]string) error {
	for path, target := range links {
		if err := os.Symlink(target, path); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("cannot make link in root: %w", err)
		}
	}
	return nil
}
