package charmfile

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxUnpacked bounds what an archive may become on disk, in bytes.
const maxUnpacked = 1 << 30

// Unpack unpacks an archive into a directory, which it makes. What is not a
// regular file, a directory or a link, or would lie or lead outside, is refused.
func Unpack(path, dir string) error {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("cannot read the charm %s: %w", path, err)
	}
	defer archive.Close()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot unpack the charm: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("cannot unpack the charm: %w", err)
	}
	defer root.Close()
	left := int64(maxUnpacked)
	for _, file := range archive.File {
		n, err := unpack(root, file, left)
		if err != nil {
			return fmt.Errorf("cannot unpack %q of the charm %s: %w", file.Name, path, err)
		}
		left -= n
	}
	return nil
}

func unpack(root *os.Root, file *zip.File, limit int64) (int64, error) {
	mode := file.Mode()
	if mode.IsDir() {
		return 0, root.MkdirAll(filepath.Clean(file.Name), 0o755)
	}
	if !mode.IsRegular() && mode.Type() != fs.ModeSymlink {
		return 0, errors.New("it is neither a file, nor a directory, nor a link")
	}
	if err := makeParent(root, file.Name); err != nil {
		return 0, err
	}
	source, err := file.Open()
	if err != nil {
		return 0, err
	}
	defer source.Close()
	if mode.Type() == fs.ModeSymlink {
		return 0, link(root, file.Name, source)
	}
	// Juju keeps the executable bit, and no other.
	perm := os.FileMode(0o644)
	if mode&0o100 != 0 {
		perm = 0o755
	}
	target, err := root.OpenFile(file.Name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, perm)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(target, io.LimitReader(source, limit+1))
	if closeErr := target.Close(); err == nil {
		err = closeErr
	}
	if err == nil && n > limit {
		err = fmt.Errorf("the archive is larger than %d bytes when unpacked", maxUnpacked)
	}
	return n, err
}

// makeParent makes the folders that a name lies in. None of them may be a link:
// a link in it would lead from elsewhere.
func makeParent(root *os.Root, name string) error {
	parent := filepath.Dir(name)
	if parent == "." {
		return nil
	}
	if err := root.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	for ; parent != "."; parent = filepath.Dir(parent) {
		info, err := root.Lstat(parent)
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return fmt.Errorf("%q is a link", parent)
		}
	}
	return nil
}

// maxLink bounds the target of a link, in bytes, as the system does.
const maxLink = 4095

// link makes a link, whose target is the content of its file in the archive, as
// long as it stays inside: the hooks of many charms are links to dispatch. A step
// back after another one may be back from where a second link leads to, so it is
// refused too.
func link(root *os.Root, name string, content io.Reader) error {
	data, err := io.ReadAll(io.LimitReader(content, maxLink+1))
	if err != nil {
		return err
	}
	target := string(data)
	plain := filepath.Clean(target) == strings.TrimSuffix(target, "/")
	if len(data) > maxLink || !plain || filepath.IsAbs(target) || !filepath.IsLocal(filepath.Join(filepath.Dir(name), target)) {
		return errors.New("it is a link that leads, or may lead, outside")
	}
	return root.Symlink(target, name)
}
