package memory

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// permissions reads three octal digits.
func permissions(text string, unset fs.FileMode) (fs.FileMode, error) {
	if text == "" {
		return unset, nil
	}
	mode, err := strconv.ParseUint(text, 8, 32)
	if err != nil || len(text) != 3 {
		return 0, fmt.Errorf("permissions must be a 3-digit octal string, got %q", text)
	}
	return fs.FileMode(mode), nil
}

// ownedBy gives a file an owner, or Pebble's own.
func (p *Pebble) ownedBy(f File, uid, gid *int) (File, error) {
	f.UID, f.GID = p.state.UserID, p.state.GroupID
	if uid == nil || gid == nil {
		return f, nil
	}
	if p.state.UserID != 0 && (*uid != f.UID || *gid != f.GID) {
		return f, syscall.EPERM
	}
	f.UID, f.GID = *uid, *gid
	return f, nil
}

// writeFile writes one file: beside it first, then renamed.
func (p *Pebble) writeFile(item fileItem, content string) error {
	if !path.IsAbs(item.Path) {
		return notAbsolute(item.Path)
	}
	uid, gid, err := p.account(item.UserID, item.GroupID, item.User, item.Group)
	if err != nil {
		return fmt.Errorf("cannot look up user and group: %w", err)
	}
	if item.MakeDirs {
		if err := p.makeDirs(path.Dir(item.Path), 0o755, uid, gid, true); err != nil {
			return fmt.Errorf("cannot create directory: %w", err)
		}
	}
	mode, err := permissions(item.Permissions, 0o644)
	if err != nil {
		return err
	}
	if p.atLeast(20) && strings.Contains(path.Base(item.Path), "*") {
		return fmt.Errorf("cannot create tempfile for filename containing '*': %q", path.Base(item.Path))
	}
	temporary := item.Path + ".0~"
	dir, dirFile, err := p.resolve(path.Dir(item.Path), true)
	if err == nil && !dirFile.Mode.IsDir() {
		err = syscall.ENOTDIR
	}
	if err == nil && !p.mayChange(dirFile, nil) {
		err = syscall.EACCES
	}
	if err != nil {
		return pathError("open", temporary, err)
	}
	file, err := p.ownedBy(File{Mode: mode, Content: content}, uid, gid)
	if err != nil {
		return err // Pebble does not say of what
	}
	target := path.Join(dir, path.Base(item.Path))
	if old, ok := p.lookup(target); ok {
		var refused error
		switch {
		case old.Mount:
			refused = syscall.EBUSY
		case old.Mode.IsDir():
			refused = syscall.EEXIST
		case !p.mayChange(dirFile, &old):
			refused = syscall.EPERM
		}
		if refused != nil {
			return &os.LinkError{Op: "rename", Old: temporary, New: item.Path, Err: refused}
		}
	}
	p.put(target, file)
	return nil
}

func (p *Pebble) makeDir(item fileItem) error {
	if !path.IsAbs(item.Path) {
		return notAbsolute(item.Path)
	}
	mode, err := permissions(item.Permissions, 0o755)
	if err != nil {
		return err
	}
	uid, gid, err := p.account(item.UserID, item.GroupID, item.User, item.Group)
	if err != nil {
		return fmt.Errorf("cannot look up user and group: %w", err)
	}
	name := path.Clean(item.Path)
	if !item.MakeParents {
		if file, err := p.stat(name); err == nil {
			if !file.Mode.IsDir() {
				return pathError("mkdir", name, syscall.ENOTDIR)
			}
			return pathError("mkdir", name, syscall.EEXIST)
		}
	}
	return p.makeDirs(name, mode, uid, gid, item.MakeParents)
}

// makeDirs makes a folder, with its parents if wanted, unless it is there.
func (p *Pebble) makeDirs(name string, mode fs.FileMode, uid, gid *int, parents bool) error {
	if file, err := p.stat(name); err == nil {
		if !file.Mode.IsDir() {
			return pathError("mkdir", name, syscall.ENOTDIR)
		}
		return nil
	}
	if parent := path.Dir(name); parents && parent != "/" {
		if err := p.makeDirs(parent, mode, uid, gid, true); err != nil {
			return err
		}
	}
	candidate := name + ".mkdir-new"
	dir, dirFile, err := p.resolve(path.Dir(name), true)
	if err == nil && !dirFile.Mode.IsDir() {
		err = syscall.ENOTDIR
	}
	if err == nil && !p.mayChange(dirFile, nil) {
		err = syscall.EACCES
	}
	if err != nil {
		return pathError("mkdir", candidate, err)
	}
	file, err := p.ownedBy(File{Mode: fs.ModeDir | mode}, uid, gid)
	if err != nil {
		return err
	}
	p.put(path.Join(dir, path.Base(name)), file)
	return nil
}

func (p *Pebble) remove(item fileItem) error {
	if !path.IsAbs(item.Path) {
		return notAbsolute(item.Path)
	}
	name, file, err := p.resolve(item.Path, false)
	if err != nil {
		if !item.Recursive {
			return pathError("remove", item.Path, err)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		// Pebble opens the folder that it removes from.
		if _, _, err := p.resolve(path.Dir(item.Path), true); err != nil {
			return pathError("open", path.Dir(item.Path), err)
		}
		return pathError("unlinkat", item.Path, err)
	}
	_, dir, _ := p.resolve(path.Dir(item.Path), true)
	children := []string(nil)
	if file.Mode.IsDir() {
		children = p.children(name)
	}
	op := "remove"
	if item.Recursive {
		op = "unlinkat"
	}
	_, explicit := p.state.Files[name]
	switch {
	case name == "/":
		return pathError(op, item.Path, syscall.EBUSY)
	case len(children) > 0 && !item.Recursive:
		return pathError(op, item.Path, syscall.ENOTEMPTY)
	case !p.mayChange(dir, &file):
		return pathError(op, item.Path, syscall.EACCES)
	}
	busy := !explicit && len(children) == 0
	p.keepParent(name)
	all := ownMap(p, files, &p.state.Files)
	maps.DeleteFunc(all, func(other string, f File) bool {
		if other != name && !strings.HasPrefix(other, name+"/") {
			return false
		}
		busy = busy || f.Mount
		return !f.Mount
	})
	p.tick()
	if _, still := p.lookup(name); still || busy {
		return pathError(op, item.Path, syscall.EBUSY)
	}
	return nil
}
