package pebble

import (
	"context"
	"io/fs"
	"path"

	"github.com/canonical/pebble/client"
)

// PushDirOptions are the optional parts of pushing a folder.
type PushDirOptions struct {
	Owner Owner // of all that is made
}

// PushDir copies all of a file system into a folder of the container, which is made if need be: pass os.DirFS, an embed.FS,
// or fs.Sub of one. Modes are kept, except that folders can always be used by their owner. Links to files become files. What is
// there already and has the name of a file is replaced; other things stay.
//
// Files are sent as they are read, one after another. An error does not end the copying; all of them are a [CopyError].
func (c *Container) PushDir(ctx context.Context, source fs.FS, dir string, opts *PushDirOptions) (*Copied, error) {
	if opts == nil {
		opts = &PushDirOptions{}
	}
	return c.copyTree(ctx, "push", dir, func(w *copying) {
		// All errors but fs.SkipAll are noted.
		_ = fs.WalkDir(source, ".", func(name string, entry fs.DirEntry, err error) error {
			return w.push(source, name, entry, err, path.Join(dir, name), opts)
		})
	})
}

// push copies one entry.
func (w *copying) push(source fs.FS, name string, entry fs.DirEntry, err error, target string, opts *PushDirOptions) error {
	if err == nil {
		switch {
		case entry.IsDir():
			err = w.pushDir(name, entry, target, opts)
		default:
			err = w.pushEntry(source, name, target, opts)
		}
	}
	switch {
	case err == nil:
		return nil
	case w.failed(name, err):
		return fs.SkipAll
	case entry != nil && entry.IsDir():
		return fs.SkipDir
	}
	return nil
}

func (w *copying) pushDir(name string, entry fs.DirEntry, target string, opts *PushDirOptions) error {
	mode := fs.FileMode(0o755)
	if name != "." {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode = info.Mode().Perm() | 0o700
		w.copied.Dirs++
	}
	return w.pathError("make", target, opts.Owner, w.MakeDir(&client.MakeDirOptions{
		Path:        target,
		MakeParents: true,
		Permissions: mode,
		UserID:      opts.Owner.UserID,
		User:        opts.Owner.User,
		GroupID:     opts.Owner.GroupID,
		Group:       opts.Owner.Group,
	}))
}

func (w *copying) pushEntry(source fs.FS, name, target string, opts *PushDirOptions) error {
	// Stat follows links, which have no type of their own in a container.
	info, err := fs.Stat(source, name)
	if err != nil {
		if link, e := fs.Lstat(source, name); e == nil && link.Mode().Type() == fs.ModeSymlink {
			w.skip(name)
			return nil
		}
		return err
	}
	if !info.Mode().IsRegular() {
		w.skip(name)
		return nil
	}
	file, err := source.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	content := &counted{Reader: file}
	if err := w.session.push(target, content, &PushOptions{Mode: info.Mode().Perm(), Owner: opts.Owner}); err != nil {
		return err
	}
	w.copied.Files++
	w.copied.Bytes += content.n
	return nil
}
