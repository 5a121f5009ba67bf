package sandbox

import (
	"fmt"
	"io/fs"
	"os"
)

// Directory is one that has to exist, in a container or on the host.
type Directory struct {
	Path     string
	Mode     fs.FileMode // permissions, with fs.ModeSetgid and fs.ModeSticky; 0755 if zero
	UID, GID int
}

// MakeDirectory makes a directory on the host, with its parents, and gives it its mode and owner whether it existed or not.
// The directory that a charm and a workload share through [Mount], for example, belongs to the group 170 that the pod's
// processes have in common:
//
//	sandbox.MakeDirectory(sandbox.Directory{Path: path, Mode: 0o770 | fs.ModeSetgid, GID: 170})
//
// For an ordinary user, to whom such ids are not there to give, the owner remains himself.
func MakeDirectory(d Directory) error {
	own, err := currentIDs()
	if err != nil {
		return err
	}
	return d.make(own)
}

func (d Directory) make(own ids) error {
	mode := d.Mode
	if mode == 0 {
		mode = 0o755
	}
	err := os.MkdirAll(d.Path, 0o755)
	if err == nil && own.has(d.UID, d.GID) {
		err = os.Chown(d.Path, d.UID, d.GID)
	}
	if err == nil {
		err = os.Chmod(d.Path, mode)
	}
	if err != nil {
		return fmt.Errorf("cannot make directory: %w", err)
	}
	return nil
}
