package pebble

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/canonical/pebble/client"
)

// PullDir copies all that is in a folder of the container into a local folder, such as os.OpenRoot opens. Nothing outside of
// it is written, whatever names and links the container comes up with: only folders and regular files are made, and links to
// files become files. Permissions are kept, except that the charm can always use what it gets; owners and times are not.
//
// Files are written as they come, beside their place and renamed once complete. An error does not end the copying; all of
// them are a [CopyError]. How much there is to copy is the container's to say.
func (c *Container) PullDir(ctx context.Context, dir string, target *os.Root) (*Copied, error) {
	return c.copyTree(ctx, "pull", dir, func(w *copying) {
		if err := w.checkDir(dir); err != nil {
			w.failed(dir, err)
			return
		}
		w.pullDir(dir, target, ".")
	})
}

// checkDir refuses what is not a folder, which Pebble would list as itself.
func (w *copying) checkDir(dir string) error {
	info, err := w.stat(dir)
	if err == nil && !info.Mode.IsDir() {
		err = &PathError{Op: w.op, Path: dir, Kind: PathFailed, Message: "it is not a folder"}
	}
	return err
}

// maxPath is Linux's limit for paths, and so one for the depth of folders.
const maxPath = 4096

// pullDir copies what is in a folder, and reports whether there is no use in going on.
func (w *copying) pullDir(dir string, root *os.Root, local string) (stop bool) {
	infos, err := w.list(&client.ListFilesOptions{Path: dir})
	if err != nil {
		return w.failed(dir, err)
	}
	for _, info := range infos {
		name := path.Base(info.Path)
		source := path.Join(dir, name)
		var err error
		switch {
		case !fs.ValidPath(name) || name == "." || strings.ContainsRune(name, 0) || len(source) > maxPath:
			err = fmt.Errorf("%q is not a path", info.Path)
		case !info.Mode.IsDir():
			err = w.pullEntry(info, source, root, path.Join(local, name))
		default:
			if err = makeLocal(root, path.Join(local, name), info.Mode); err == nil {
				w.copied.Dirs++
				stop = w.pullDir(source, root, path.Join(local, name))
			}
		}
		if stop || err != nil && w.failed(source, err) {
			return true
		}
	}
	return false
}

func makeLocal(root *os.Root, name string, mode fs.FileMode) error {
	err := root.Mkdir(name, mode.Perm()|0o700)
	if errors.Is(err, fs.ErrExist) {
		if info, e := root.Lstat(name); e == nil && info.IsDir() {
			return nil
		}
	}
	return err
}

func (w *copying) pullEntry(info *FileInfo, source string, root *os.Root, local string) error {
	if info.Mode.Type() == fs.ModeSymlink {
		target, err := w.stat(source)
		if errors.Is(err, fs.ErrNotExist) {
			w.skip(source)
			return nil
		}
		if err != nil {
			return err
		}
		info = target
	}
	if !info.Mode.IsRegular() {
		w.skip(source)
		return nil
	}
	n, err := w.pullFile(source, info.Mode, root, local)
	if err == nil {
		w.copied.Files++
		w.copied.Bytes += n
	}
	return err
}

// pullFile writes a file under a name that nothing else has, and renames it. A link of that name is thereby replaced, not
// followed.
func (w *copying) pullFile(source string, mode fs.FileMode, root *os.Root, local string) (n int64, err error) {
	partial := path.Join(path.Dir(local), ".charmkit-"+rand.Text())
	file, err := root.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = root.Remove(partial)
		}
	}()
	content := &countedWriter{Writer: file}
	err = w.pull(source, content)
	if content.err != nil {
		err = content.err
	}
	if err == nil {
		err = file.Chmod(mode.Perm() | 0o600)
	}
	if e := file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return 0, err
	}
	return content.n, root.Rename(partial, local)
}

// counted counts what is read.
type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// countedWriter counts what is written, and remembers that writing failed.
type countedWriter struct {
	io.Writer
	n   int64
	err error
}

func (c *countedWriter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += int64(n)
	c.err = err
	return n, err
}
