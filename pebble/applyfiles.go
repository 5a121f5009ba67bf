package pebble

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/canonical/pebble/client"
)

// readFiles finds the files that are not as they should be, and copies that an Apply could not remove any more.
func (a *application) readFiles() error {
	for i := range a.Files {
		f := &a.Files[i]
		infos, err := a.s.list(&client.ListFilesOptions{Path: path.Dir(f.Path), Pattern: "*" + escapePattern(path.Base(f.Path)) + "*"})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		var file *FileInfo
		for _, info := range infos {
			switch path.Base(info.Path) {
			case path.Base(f.Path):
				file = info
			case path.Base(stagedPath(f.Path)):
				a.left = append(a.left, stagedPath(f.Path))
			}
		}
		same, err := a.s.sameFile(f, file)
		if err != nil {
			return err
		}
		if !same {
			a.stale = append(a.stale, f)
		}
	}
	return nil
}

// escapePattern makes a name a pattern that only matches itself.
func escapePattern(name string) string {
	var out strings.Builder
	for _, r := range name {
		if strings.ContainsRune(`*?[\`, r) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// sameFile reports whether a file, of which there may be none, is as it should be.
func (s *session) sameFile(f *File, info *FileInfo) (bool, error) {
	if info == nil || !info.Mode.IsRegular() || info.Mode.Perm() != f.Mode || info.Size != int64(len(f.Content)) || !info.ownedBy(f.Owner) {
		return false, nil
	}
	var content bytes.Buffer
	if err := s.pull(f.Path, &content); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, err
	}
	return bytes.Equal(content.Bytes(), f.Content), nil
}

// ownedBy reports whether a file has the parts of an owner that are given.
func (i *FileInfo) ownedBy(o Owner) bool {
	sameID := func(want, have *int) bool { return want == nil || have != nil && *want == *have }
	sameName := func(want, have string) bool { return want == "" || want == have }
	return sameName(o.User, i.User) && sameID(o.UserID, i.UserID) && sameName(o.Group, i.Group) && sameID(o.GroupID, i.GroupID)
}

// canChown refuses owners that this Pebble cannot give, before anything is written.
func (a *application) canChown() error {
	if !slices.ContainsFunc(a.stale, func(f *File) bool { return !f.Owner.isZero() }) {
		return nil
	}
	// The folder of a process belongs to the user that it runs as. Where there is no /proc, writing will tell.
	pebble, err := a.s.stat("/proc/self")
	var missing *PathError
	switch {
	case errors.As(err, &missing):
		return nil
	case err != nil:
		return err
	case pebble.UserID != nil && *pebble.UserID == 0:
		return nil
	}
	for _, f := range a.stale {
		if !pebble.ownedBy(f.Owner) {
			return &ChownError{Path: f.Path, Owner: f.Owner.String(), User: nameOrID(pebble.User, pebble.UserID)}
		}
	}
	return nil
}

// push writes the files that are not as they should be.
func (a *application) push() error {
	for _, path := range a.left {
		if err := a.s.remove(path, true); err != nil {
			return err
		}
	}
	for _, f := range a.stale {
		if err := a.s.pushFile(f, f.Path, f.Content); err != nil {
			return err
		}
		a.applied.Pushed = append(a.applied.Pushed, f.Path)
	}
	slices.Sort(a.applied.Pushed)
	return nil
}

func (s *session) pushFile(f *File, path string, content []byte) error {
	return s.push(path, bytes.NewReader(content), &PushOptions{Mode: f.Mode, Owner: f.Owner, MakeDirs: true})
}

// validate has the services with new files check them, while they lie beside the old ones.
func (a *application) validate() error {
	for i := range a.Reloads {
		r := &a.Reloads[i]
		concerns := func(f *File) bool {
			return slices.Contains(f.Reloads, r.Service) || slices.Contains(f.Restarts, r.Service)
		}
		if r.Validate == nil || !slices.ContainsFunc(a.stale, concerns) {
			continue
		}
		var files []*File
		for j := range a.Files {
			if concerns(&a.Files[j]) {
				files = append(files, &a.Files[j])
			}
		}
		if err := a.validateService(r, files); err != nil {
			return err
		}
	}
	return nil
}

func (a *application) validateService(r *Reload, files []*File) (err error) {
	copies := map[string]string{}
	for _, f := range files {
		copies[f.Path] = stagedPath(f.Path)
	}
	defer func() {
		for _, f := range files {
			// A copy that was never written is not there to be removed.
			if e := a.s.remove(copies[f.Path], true); err == nil {
				err = e
			}
		}
	}()
	for _, f := range files {
		if err := a.s.pushFile(f, copies[f.Path], mentionCopies(f.Content, copies)); err != nil {
			return err
		}
	}
	cmd := r.Validate(func(path string) string {
		if staged, ok := copies[path]; ok {
			return staged
		}
		return path
	})
	if cmd.Timeout == 0 {
		cmd.Timeout = defaultValidation
	}
	_, err = a.container.Exec(a.ctx, cmd)
	var failed *ExecError
	if errors.As(err, &failed) {
		return &ValidationError{Service: r.Service, Output: failed.Output(), Err: err}
	}
	return err
}

// stagedPath is where the copy of a file lies: in the same folder, so that what it names relative to itself is found, and
// hidden, so that patterns such as *.conf do not.
func stagedPath(file string) string {
	return path.Join(path.Dir(file), "."+path.Base(file)+".charmkit-staged")
}

// mentionCopies replaces paths of files by those of their copies, where they are not a part of a longer path.
func mentionCopies(content []byte, copies map[string]string) []byte {
	var out bytes.Buffer
	for i := 0; i < len(content); {
		begins := content[i] == '/' && (i == 0 || !pathByte(content[i-1]))
		end := i + 1
		for begins && end < len(content) && pathByte(content[end]) {
			end++
		}
		word := string(content[i:end])
		if staged, ok := copies[word]; ok {
			word = staged
		}
		out.WriteString(word)
		i = end
	}
	return out.Bytes()
}

// pathByte reports whether a byte is usually a part of a path.
func pathByte(b byte) bool {
	return b >= 0x80 || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || strings.IndexByte("/._-+@~%", b) >= 0
}
