package memory

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"
)

// maxLinks is how many symbolic links are followed.
const maxLinks = 40

// lookup returns what lies at a clean absolute path, without following a link there.
func (p *Pebble) lookup(name string) (File, bool) {
	if file, ok := p.state.Files[name]; ok {
		return file.withDefaults(), true
	}
	switch name {
	case "/", "/bin", "/dev", "/etc", "/home", "/lib", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/usr",
		"/usr/bin", "/usr/local", "/usr/local/bin", "/usr/sbin", "/usr/share", "/var", "/var/lib", "/var/log", "/var/www":
		mode := fs.FileMode(0o755)
		if name == "/root" {
			mode = 0o700
		}
		return File{Mode: fs.ModeDir | mode, ModTime: Epoch}, true
	case "/tmp", "/var/tmp":
		return File{Mode: fs.ModeDir | fs.ModeSticky | 0o777, ModTime: Epoch}, true
	case "/proc/self":
		return File{Mode: fs.ModeDir | 0o555, UID: p.state.UserID, GID: p.state.GroupID, ModTime: Epoch}, true
	}
	below := name + "/"
	for other := range p.state.Files {
		if strings.HasPrefix(other, below) {
			return File{Mode: fs.ModeDir | 0o755, ModTime: Epoch}, true
		}
	}
	return File{}, false
}

func (f File) withDefaults() File {
	if f.Link != "" {
		f.Mode = fs.ModeSymlink | 0o777
	}
	if f.Mode.Perm() == 0 {
		switch {
		case f.Mode.IsDir():
			f.Mode |= 0o755
		case f.Mode.IsRegular():
			f.Mode |= 0o644
		}
	}
	if f.ModTime.IsZero() {
		f.ModTime = Epoch
	}
	return f
}

// resolve follows the links on the way to a path, and at its end if wanted. It returns where that is, even if nothing is there,
// as long as its folder is.
func (p *Pebble) resolve(name string, followLast bool) (string, File, error) {
	rest, at, links := path.Clean(name), "/", 0
	file, _ := p.lookup("/")
	for rest = strings.TrimPrefix(rest, "/"); rest != ""; {
		if !file.Mode.IsDir() {
			return at, File{}, syscall.ENOTDIR
		}
		if !p.may(file, 1) {
			return at, File{}, syscall.EACCES
		}
		part, tail, more := strings.Cut(rest, "/")
		next := path.Join(at, part)
		found, ok := p.lookup(next)
		if !ok {
			if more {
				return next, File{}, syscall.ENOENT
			}
			return next, File{}, errNothing
		}
		if found.Link != "" && (more || followLast) {
			if links++; links > maxLinks {
				return next, File{}, syscall.ELOOP
			}
			target := found.Link
			if !path.IsAbs(target) {
				target = path.Join(at, target)
			}
			rest, at = strings.TrimPrefix(path.Join(target, tail), "/"), "/"
			file, _ = p.lookup("/")
			continue
		}
		at, file, rest = next, found, tail
	}
	return at, file, nil
}

// errNothing says that nothing is there, but its folder is.
var errNothing = nothing{}

type nothing struct{}

func (nothing) Error() string        { return syscall.ENOENT.Error() }
func (nothing) Is(target error) bool { return target == fs.ErrNotExist }

// may reports whether Pebble may do something with a file: 4 to read, 2 to write, 1 to search.
func (p *Pebble) may(f File, what fs.FileMode) bool {
	switch {
	case p.state.UserID == 0:
		return true
	case f.UID == p.state.UserID:
		return f.Mode.Perm()>>6&what == what
	case f.GID == p.state.GroupID:
		return f.Mode.Perm()>>3&what == what
	}
	return f.Mode.Perm()&what == what
}

// mayChange reports whether Pebble may make or remove something in a folder.
func (p *Pebble) mayChange(dir File, old *File) bool {
	sticky := dir.Mode&fs.ModeSticky != 0 && old != nil && p.state.UserID != 0
	return p.may(dir, 3) && !(sticky && old.UID != p.state.UserID && dir.UID != p.state.UserID)
}

// children returns the names in a folder, sorted.
func (p *Pebble) children(dir string) []string {
	prefix := dir + "/"
	if dir == "/" {
		prefix = "/"
	}
	var names []string
	add := func(file string) {
		if rest, ok := strings.CutPrefix(file, prefix); ok && rest != "" {
			name, _, _ := strings.Cut(rest, "/")
			names = append(names, name)
		}
	}
	for file := range p.state.Files {
		add(file)
	}
	for _, file := range skeleton {
		add(file)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// skeleton is what is in every container.
var skeleton = []string{
	"/bin", "/dev", "/etc", "/home", "/lib", "/mnt", "/opt", "/proc/self", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr/bin",
	"/usr/local/bin", "/usr/sbin", "/usr/share", "/var/lib", "/var/log", "/var/tmp", "/var/www",
}

// put writes a file, whose folder must be there.
func (p *Pebble) put(name string, f File) {
	p.keepParent(name)
	f.ModTime = p.tick()
	ownMap(p, files, &p.state.Files)[name] = f
}

// keepParent makes a folder that is only there because of what is in it one of its own.
func (p *Pebble) keepParent(name string) {
	parent := path.Dir(name)
	if _, ok := p.state.Files[parent]; ok || parent == "/" || slices.Contains(skeleton, parent) {
		return
	}
	if dir, ok := p.lookup(parent); ok {
		for _, base := range skeleton {
			if strings.HasPrefix(base, parent+"/") {
				return
			}
		}
		ownMap(p, files, &p.state.Files)[parent] = dir
	}
}

// mountOf returns the mount point that a path is on, or "".
func (p *Pebble) mountOf(name string) string {
	for ; name != "/" && name != "."; name = path.Dir(name) {
		if p.state.Files[name].Mount {
			return name
		}
	}
	return ""
}
