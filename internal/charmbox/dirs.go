package charmbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// dirs are the places of one model on the host.
type dirs struct{ root string }

func (d dirs) store() string  { return filepath.Join(d.root, "model.json") }
func (d dirs) socket() string { return filepath.Join(d.root, "daemon.sock") }
func (d dirs) log() string    { return filepath.Join(d.root, "daemon.log") }
func (d dirs) lock() string   { return filepath.Join(d.root, "daemon.lock") }
func (d dirs) charms() string { return filepath.Join(d.root, "charms") }
func (d dirs) units() string  { return filepath.Join(d.root, "units") }

// bin is /charm/bin of every charm container.
func (d dirs) bin() string { return filepath.Join(d.root, "bin") }

// charm is where a revision of a charm is unpacked.
func (d dirs) charm(application string, revision int) string {
	return filepath.Join(d.charms(), application+"-"+strconv.Itoa(revision))
}

// stored tells whether there is a model.
func (d dirs) stored() bool {
	_, err := os.Stat(d.store())
	return err == nil
}

// remove takes the model away, and its folder if nothing else is in it: a person
// may have named one that has other things. Whoever calls it holds the lock.
func (d dirs) remove() error {
	// The model goes first, so that no half of it can be opened, and the lock
	// last.
	paths, _ := filepath.Glob(d.store() + ".*.tmp")
	paths = append([]string{d.store()}, paths...)
	for _, path := range append(paths, d.units(), d.charms(), d.bin(), d.socket(), d.log(), d.lock()) {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	if left, err := os.ReadDir(d.root); err != nil || len(left) > 0 {
		return ignoreMissing(err)
	}
	err := os.Remove(d.root)
	if errors.Is(err, syscall.ENOTEMPTY) {
		// Somebody has just taken a lock of his own, and removes the folder.
		return nil
	}
	return ignoreMissing(err)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// unit are the places of one pod of a unit.
func (d dirs) unit(name string) unitDirs {
	return unitDirs{root: filepath.Join(d.units(), UnitTag(name)), tag: UnitTag(name)}
}

// UnitTag is the unit's name where a slash cannot stand, such as unit-wiki-0.
func UnitTag(unit string) string { return "unit-" + strings.ReplaceAll(unit, "/", "-") }

// unitDirs are the places of a unit's pod: on the host below root, in the charm
// container where Juju 3.6 has them.
type unitDirs struct{ root, tag string }

// juju is /var/lib/juju.
func (u unitDirs) juju() string { return filepath.Join(u.root, "juju") }

// agent is the agent's directory, on the host.
func (u unitDirs) agent() string { return filepath.Join(u.juju(), "agents", u.tag) }

func (u unitDirs) charm() string { return filepath.Join(u.agent(), "charm") }
func (u unitDirs) tools() string { return filepath.Join(u.juju(), "tools", u.tag) }

// agentSocket is the hook tools' socket, on the host.
func (u unitDirs) agentSocket() string { return filepath.Join(u.agent(), "agent.socket") }

// shared is the folder that the charm and a workload have in common:
// /charm/containers/NAME and /charm/container.
func (u unitDirs) shared(container string) string { return filepath.Join(u.root, "shared", container) }

// rootfs is a container's root.
func (u unitDirs) rootfs(container string) string { return filepath.Join(u.root, "root", container) }

// identities is the file that lets the charm's user administer the Pebbles.
func (u unitDirs) identities() string { return filepath.Join(u.root, "identities.yaml") }

// Places inside a charm container.
const (
	insideJuju       = "/var/lib/juju"
	insideBin        = "/charm/bin"
	insideContainers = "/charm/containers"
	insideContainer  = "/charm/container"
	insideIdentities = "/charm/etc/pebble/identities.yaml"
)

func (u unitDirs) insideAgent() string { return insideJuju + "/agents/" + u.tag }
func (u unitDirs) insideTools() string { return insideJuju + "/tools/" + u.tag }
