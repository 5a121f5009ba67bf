package pebble

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/canonical/pebble/client"
)

// Owner is the owner of a file or folder. Only a Pebble that runs as root can give any; the zero Owner is Pebble's own user.
// A user alone brings its default group; a group needs a user.
type Owner struct {
	User    string
	UserID  *int
	Group   string
	GroupID *int
}

func (o Owner) isZero() bool { return o == Owner{} }

func (o Owner) String() string {
	return nameOrID(o.User, o.UserID) + ":" + nameOrID(o.Group, o.GroupID)
}

func nameOrID(name string, id *int) string {
	if name == "" && id != nil {
		return strconv.Itoa(*id)
	}
	return name
}

// FileInfo is a file, folder or other entry in a container.
type FileInfo struct {
	Path    string
	Mode    fs.FileMode // type and permissions
	Size    int64       // in bytes, of a regular file
	ModTime time.Time   // to the second
	UserID  *int
	User    string // empty if the container has no name for UserID
	GroupID *int
	Group   string
}

// PushOptions are the optional parts of pushing a file.
type PushOptions struct {
	Mode     fs.FileMode // permissions; 0644 if zero
	Owner    Owner
	MakeDirs bool // make missing parents, with mode 0755 and the same owner
}

// Push writes a file: beside it first, then renamed, so that nobody sees half of it. A mount point can therefore not be
// pushed to. The owner and mode of a file that it replaces do not live on.
func (c *Container) Push(ctx context.Context, path string, content io.Reader, opts *PushOptions) error {
	if opts == nil {
		opts = &PushOptions{}
	}
	return c.call(ctx, "push a file", func(s *session) error { return s.push(path, content, opts) })
}

func (s *session) push(path string, content io.Reader, opts *PushOptions) error {
	if strings.ContainsAny(path, "\r\n") {
		// It would end up as a header of its own in the request.
		return &PathError{Op: "push", Path: strconv.Quote(path), Kind: PathFailed, Message: "Pebble takes no path with a line break"}
	}
	source := &source{Reader: content}
	err := s.Push(&client.PushOptions{
		Source:      source,
		Path:        path,
		MakeDirs:    opts.MakeDirs,
		Permissions: opts.Mode.Perm(),
		UserID:      opts.Owner.UserID,
		User:        opts.Owner.User,
		GroupID:     opts.Owner.GroupID,
		Group:       opts.Owner.Group,
	})
	if source.err != nil {
		s.forgive()
		return fmt.Errorf("cannot read the content of %s: %w", path, source.err)
	}
	return s.pathError("push", path, opts.Owner, err)
}

// source remembers that reading failed, which otherwise looks like a broken connection.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Pull returns the content of a regular file.
func (c *Container) Pull(ctx context.Context, path string) ([]byte, error) {
	var content bytes.Buffer
	if err := c.PullTo(ctx, path, &content); err != nil {
		return nil, err
	}
	return content.Bytes(), nil
}

// PullTo copies the content of a regular file to a writer, which may have got a part of it if there is an error.
func (c *Container) PullTo(ctx context.Context, path string, w io.Writer) error {
	return c.call(ctx, "pull a file", func(s *session) error { return s.pull(path, w) })
}

func (s *session) pull(path string, w io.Writer) error {
	err := s.Pull(&client.PullOptions{Path: path, Target: w})
	return s.pathError("pull", path, Owner{}, err)
}

// Stat describes one path. Symbolic links are followed.
func (c *Container) Stat(ctx context.Context, path string) (*FileInfo, error) {
	var info *FileInfo
	err := c.call(ctx, "look at a file", func(s *session) (err error) {
		info, err = s.stat(path)
		return err
	})
	return info, err
}

func (s *session) stat(path string) (*FileInfo, error) {
	infos, err := s.list(&client.ListFilesOptions{Path: path, Itself: true})
	if err != nil {
		return nil, err
	}
	if len(infos) != 1 {
		return nil, fmt.Errorf("cannot stat %s: Pebble lists %d entries instead of one", path, len(infos))
	}
	return infos[0], nil
}

// List describes the entries of a folder whose names match a pattern such as "*.conf"; all of them, if it is empty.
func (c *Container) List(ctx context.Context, path, pattern string) ([]*FileInfo, error) {
	var infos []*FileInfo
	err := c.call(ctx, "list files", func(s *session) (err error) {
		infos, err = s.list(&client.ListFilesOptions{Path: path, Pattern: pattern})
		return err
	})
	return infos, err
}

func (s *session) list(opts *client.ListFilesOptions) ([]*FileInfo, error) {
	answer, err := s.ListFiles(opts)
	if err != nil {
		return nil, s.pathError("list", opts.Path, Owner{}, err)
	}
	infos := make([]*FileInfo, len(answer))
	for i, info := range answer {
		infos[i] = &FileInfo{
			Path:    info.Path(),
			Mode:    info.Mode(),
			Size:    info.Size(),
			ModTime: info.ModTime(),
			UserID:  info.UserID(),
			User:    info.User(),
			GroupID: info.GroupID(),
			Group:   info.Group(),
		}
	}
	return infos, nil
}

// MakeDirOptions are the optional parts of making a folder.
type MakeDirOptions struct {
	Mode    fs.FileMode // permissions; 0755 if zero
	Owner   Owner
	Parents bool // make missing parents too; the folder may then exist already
}

// MakeDir makes a folder.
func (c *Container) MakeDir(ctx context.Context, path string, opts *MakeDirOptions) error {
	if opts == nil {
		opts = &MakeDirOptions{}
	}
	return c.call(ctx, "make a folder", func(s *session) error {
		err := s.MakeDir(&client.MakeDirOptions{
			Path:        path,
			MakeParents: opts.Parents,
			Permissions: opts.Mode.Perm(),
			UserID:      opts.Owner.UserID,
			User:        opts.Owner.User,
			GroupID:     opts.Owner.GroupID,
			Group:       opts.Owner.Group,
		})
		return s.pathError("make", path, opts.Owner, err)
	})
}

// RemoveOptions are the optional parts of removing.
type RemoveOptions struct {
	Recursive bool // remove a folder with all in it; nothing there is then no error
}

// Remove removes a file or a folder, which must be empty unless Recursive is set.
func (c *Container) Remove(ctx context.Context, path string, opts *RemoveOptions) error {
	if opts == nil {
		opts = &RemoveOptions{}
	}
	return c.call(ctx, "remove a file", func(s *session) error { return s.remove(path, opts.Recursive) })
}

func (s *session) remove(path string, recursive bool) error {
	err := s.RemovePath(&client.RemovePathOptions{Path: path, Recursive: recursive})
	return s.pathError("remove", path, Owner{}, err)
}

// pathError turns the client's error about a path into a PathError or, if it is the owner that failed, a ChownError.
func (s *session) pathError(op, path string, owner Owner, err error) error {
	err = s.explain(err)
	var api *APIError
	if !errors.As(err, &api) || errors.Is(err, ErrDenied) && api.Kind != string(PathPermissionDenied) {
		return err
	}
	if !owner.isZero() && strings.Contains(api.Message, "operation not permitted") {
		return &ChownError{Path: path, Owner: owner.String()}
	}
	kind := PathKind(api.Kind)
	if kind == "" {
		kind = PathFailed
	}
	return &PathError{Op: op, Path: path, Kind: kind, Message: api.Message}
}
