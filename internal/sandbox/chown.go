package sandbox

import (
	"fmt"
	"os"
)

// Chown gives a file or directory on the host to a user of a pod's containers. As with [MakeDirectory], nothing is done for
// an ordinary user.
func Chown(path string, uid, gid int) error {
	own, err := currentIDs()
	if err != nil {
		return err
	}
	if !own.has(uid, gid) {
		return nil
	}
	if err := os.Lchown(path, uid, gid); err != nil {
		return fmt.Errorf("cannot change the owner: %w", err)
	}
	return nil
}

// ChownIn does the same for what has that name in a directory. It follows no
// link.
func ChownIn(directory *os.Root, name string, uid, gid int) error {
	own, err := currentIDs()
	if err != nil {
		return err
	}
	if !own.has(uid, gid) {
		return nil
	}
	if err := directory.Lchown(name, uid, gid); err != nil {
		return fmt.Errorf("cannot change the owner: %w", err)
	}
	return nil
}
