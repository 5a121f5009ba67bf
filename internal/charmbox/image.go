package charmbox

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"gopkg.in/yaml.v3"
)

// ImageFile is the name of the file that describes an image.
const ImageFile = "image.yaml"

// Image is what a container's image adds to the /usr of the machine. It stands
// in for an OCI image, from the same files:
//
//	user: _daemon_
//	mounts:       # read-only; "from" is relative to the file
//	  - {from: node_modules, to: /app/node_modules}
//	directories:  # made at start, owned by the user
//	  - {path: /var/lib/app, mode: "0700"}
type Image struct {
	// User is whom the container runs as: a name of this machine or one of
	// Juju's, or a number; empty is root.
	User        string           `yaml:"user"`
	Mounts      []ImageMount     `yaml:"mounts"`
	Directories []ImageDirectory `yaml:"directories"`
}

// ImageMount is a file or folder of the image.
type ImageMount struct {
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

// ImageDirectory is a folder that the image has, empty.
type ImageDirectory struct {
	Path string `yaml:"path"`
	Mode string `yaml:"mode"`
}

// LoadImage reads an image's description: the file, or a folder with an
// image.yaml in it. Paths in the result are absolute, and what they name exists.
func LoadImage(path string) (*Image, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, ImageFile)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the image: %w", err)
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read the image: there is no %s; give a folder with an %s, or that file", path, ImageFile)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the image: %w", err)
	}
	var image Image
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&image); err != nil {
		return nil, fmt.Errorf("cannot parse %s: %w", path, err)
	}
	for i, m := range image.Mounts {
		if !filepath.IsAbs(m.From) {
			m.From = filepath.Join(filepath.Dir(path), m.From)
		}
		if _, err := os.Stat(m.From); err != nil {
			return nil, fmt.Errorf("cannot use the image %s: %w", path, err)
		}
		image.Mounts[i] = m
	}
	for _, d := range image.Directories {
		if _, err := d.mode(); err != nil {
			return nil, fmt.Errorf("cannot parse %s: %w", path, err)
		}
	}
	if _, err := image.account(); err != nil {
		return nil, fmt.Errorf("cannot use the image %s: %w", path, err)
	}
	return &image, nil
}

func (d ImageDirectory) mode() (fs.FileMode, error) {
	if d.Mode == "" {
		return 0o755, nil
	}
	mode, err := strconv.ParseUint(d.Mode, 8, 12)
	if err != nil {
		return 0, fmt.Errorf("mode %q of %s is not octal, such as \"0755\"", d.Mode, d.Path)
	}
	return fs.FileMode(mode), nil
}

// account is a user of a container.
type account struct {
	uid, gid int
	home     string
}

// jujuAccounts are those that rocks and Juju's own images have.
var jujuAccounts = map[string]account{
	"root":     {0, 0, "/root"},
	"_daemon_": {584792, 584792, "/"},
	"juju":     {170, 170, "/var/lib/juju"},
	"sjuju":    {171, 171, "/var/lib/juju"},
}

func (i *Image) account() (account, error) {
	if i.User == "" {
		return jujuAccounts["root"], nil
	}
	if a, ok := jujuAccounts[i.User]; ok {
		return a, nil
	}
	if id, err := strconv.Atoi(i.User); err == nil {
		return account{id, id, "/"}, nil
	}
	u, err := user.Lookup(i.User)
	if err != nil {
		return account{}, fmt.Errorf("user %q: %w", i.User, err)
	}
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	return account{uid, gid, u.HomeDir}, errors.Join(uidErr, gidErr)
}
