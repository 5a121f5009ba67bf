package model

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/charmkit/charmkit/charm/metadata"
)

// Storage is one storage instance, made for one unit.
type Storage struct {
	// ID is NAME/N, with N counted over the whole model.
	ID string
	// Kind is filesystem or block.
	Kind string
	// For is the unit that the instance was made for. On Kubernetes a later unit
	// of that name takes up what was left.
	For string
	// Unit is the unit that it is attached to, empty after it was detached.
	Unit string
	// Life is the attachment's.
	Life Life
	// Provisioned says that the attachment is there for the unit to use.
	Provisioned bool
	// Location is the mount point of a filesystem, the path of a block device.
	Location string
}

// storageDir is where filesystems without a location are mounted.
const storageDir = "/var/lib/juju/storage"

// StorageName returns the declared name in the id of an instance.
func StorageName(id string) string { return id[:max(strings.LastIndex(id, "/"), 0)] }

// ValidStorageID reports whether Juju takes the text for the id of an instance:
// a name and a number without leading zeros.
func ValidStorageID(id string) bool {
	name, number := StorageName(id), id[strings.LastIndex(id, "/")+1:]
	if name == "" || name[0] < 'a' || name[0] > 'z' || number == "" || number[0] == '0' && number != "0" || !digits(number) {
		return false
	}
	letters := false
	for part := range strings.SplitSeq(name, "-") {
		letters = strings.Trim(part, "0123456789") != ""
		if part == "" || !letters || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			return false
		}
	}
	return letters
}

// StorageOf returns a unit's attached instances in the order they were made.
func (s *State) StorageOf(unit string) []*Storage {
	var all []*Storage
	for _, instance := range s.Storage {
		if instance.Unit == unit {
			all = append(all, instance)
		}
	}
	slices.SortFunc(all, func(a, b *Storage) int { return cmp.Compare(storageNumber(a.ID), storageNumber(b.ID)) })
	return all
}

func storageNumber(id string) int {
	n, err := strconv.Atoi(id[strings.LastIndex(id, "/")+1:])
	if err != nil {
		return -1
	}
	return n
}

// Attachment returns a unit's attachment of an instance, or a [NotFoundError].
func (s *State) Attachment(id, unit string) (*Storage, error) {
	if instance, ok := s.Storage[id]; ok && instance.Unit == unit {
		return instance, nil
	}
	return nil, notFound("storage attachment %s:%s", id, unit)
}

// NotProvisionedError says that an attachment is not there yet. Its text is
// Juju's.
type NotProvisionedError struct {
	// ID is the instance's, Kind its kind.
	ID, Kind string
	// Host is what it is attached to, such as "unit myapp/0" or "machine 0".
	Host string
}

func (e *NotProvisionedError) Error() string {
	if e.Kind == metadata.Block {
		return fmt.Sprintf("storage %s not provisioned", e.ID)
	}
	return fmt.Sprintf("getting filesystem attachment info: filesystem attachment %q on %q not provisioned",
		strconv.Itoa(storageNumber(e.ID)), e.Host)
}

// ProvisionedStorage returns a unit's attachment of an instance that is there to
// be used; else the error is a [NotFoundError] or a [NotProvisionedError].
func (s *State) ProvisionedStorage(id, unit string) (*Storage, error) {
	instance, err := s.Attachment(id, unit)
	if err != nil || instance.Provisioned {
		return instance, err
	}
	host := "unit " + unit
	if u := s.Units[unit]; u != nil && s.Type == Machines {
		host = "machine " + u.Machine
	}
	return nil, &NotProvisionedError{ID: id, Kind: instance.Kind, Host: host}
}

// ProvisionStorage makes all of a unit's storage usable, as Juju does when the
// unit's pod or machine is there. Kubernetes has no block devices.
func (s *State) ProvisionStorage(unit string) error {
	if _, err := s.Unit(unit); err != nil {
		return err
	}
	for _, instance := range s.StorageOf(unit) {
		instance.Provisioned = instance.Kind != metadata.Block || s.Type == Machines
	}
	return nil
}

// addStorage makes what the charm asks for, for a new unit: the counts that the
// operator gave, or else the least.
func (s *State) addStorage(unit string) {
	a := s.Applications[ApplicationOf(unit)]
	if a == nil || a.Charm == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(a.Charm.Meta.Storage)) {
		count, _ := a.Charm.Meta.Storage[name].Count()
		if given, ok := a.StorageCounts[name]; ok {
			count = given
		}
		left := 0
		for _, instance := range s.Storage {
			if instance.For == unit && instance.Unit == "" && StorageName(instance.ID) == name && left < count {
				instance.Unit, instance.Life, instance.Provisioned = unit, Alive, false
				left++
			}
		}
		for range count - left {
			s.newStorage(unit, name, a.Charm.Meta.Storage[name])
		}
	}
}

func (s *State) newStorage(unit, name string, declared metadata.Storage) {
	id := fmt.Sprintf("%s/%d", name, s.NextStorage)
	s.NextStorage++
	put(&s.Storage, id, &Storage{
		ID: id, Kind: declared.Type, For: unit, Unit: unit, Life: Alive, Location: StorageLocation(id, declared),
	})
}

// StorageLocation is where an instance is mounted: in a place of its own below the
// declared one, unless no second instance can be there. A block device is a loop
// device, as Juju makes them unless it is told otherwise.
func StorageLocation(id string, declared metadata.Storage) string {
	_, most := declared.Count()
	switch {
	case declared.Type == metadata.Block:
		return "/dev/loop" + strconv.Itoa(storageNumber(id))
	case declared.Location != "" && most == 1:
		return declared.Location
	case declared.Location != "":
		return path.Join(declared.Location, id)
	default:
		return path.Join(storageDir, id)
	}
}

// AddStorage makes more instances of a storage for a unit, if
// [State.CheckAddStorage] does not refuse them.
func (s *State) AddStorage(unit, name string, count int) error {
	if err := s.CheckAddStorage(unit, name, count); err != nil {
		return err
	}
	declared := s.Applications[ApplicationOf(unit)].Charm.Meta.Storage[name]
	for range count {
		s.newStorage(unit, name, declared)
	}
	return nil
}

// CheckAddStorage refuses instances that would leave the range that the charm
// declares.
func (s *State) CheckAddStorage(unit, name string, count int) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("adding %q storage to %s: %w", name, unit, fmt.Errorf(format, args...))
	}
	u, err := s.Unit(unit)
	if err != nil {
		return err
	}
	a, err := s.charmed(u.Application)
	if err != nil {
		return err
	}
	if u.Life.Gone() {
		return fail("unit is not found or not alive")
	}
	declared, ok := a.Charm.Meta.Storage[name]
	if !ok {
		return fail("charm storage %q not found", name)
	}
	plural := "s"
	if count == 1 {
		plural = ""
	}
	least, most := declared.Count()
	switch total := s.storageCount(unit, name) + count; {
	case least == 1 && most == 1 && total != 1:
		return fail("cannot attach, storage is singular")
	case total < least:
		return fail("attaching %d storage instance%s brings the total to %d, which is less than the minimum of %d", count, plural, total, least)
	case most >= 0 && total > most:
		return fail("attaching %d storage instance%s brings the total to %d, exceeding the maximum of %d", count, plural, total, most)
	}
	return nil
}

func (s *State) storageCount(unit, name string) int {
	n := 0
	for _, instance := range s.Storage {
		if instance.Unit == unit && StorageName(instance.ID) == name {
			n++
		}
	}
	return n
}

// DetachStorage begins the removal of one attachment: the unit's agent lets the
// charm know and then calls [State.StorageDetached].
func (s *State) DetachStorage(id string) error {
	instance, ok := s.Storage[id]
	if !ok || instance.Unit == "" {
		return notFound("storage %q", id)
	}
	if !instance.Life.Gone() {
		instance.Life = Dying
	}
	return nil
}

// StorageDetached takes an instance from its unit. The instance stays.
func (s *State) StorageDetached(id string) {
	if instance, ok := s.Storage[id]; ok {
		instance.Unit, instance.Provisioned, instance.Life = "", false, Alive
	}
}

func (s *State) checkStorage(charm *metadata.Charm, counts map[string]int) error {
	for _, name := range slices.Sorted(maps.Keys(charm.Meta.Storage)) {
		if charm.Meta.Storage[name].Shared {
			return fmt.Errorf("charm %q store %q: shared storage support not implemented", charm.Meta.Name, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		declared, ok := charm.Meta.Storage[name]
		if !ok {
			return fmt.Errorf("charm %q has no store called %q", charm.Meta.Name, name)
		}
		least, most := declared.Count()
		var problem string
		switch count := counts[name]; {
		case least == 1 && most == 1 && count != 1:
			problem = fmt.Sprintf("storage is singular, %d specified", count)
		case count < least:
			problem = fmt.Sprintf("%d instances required, %d specified", least, count)
		case most >= 0 && count > most:
			problem = fmt.Sprintf("at most %d instances supported, %d specified", most, count)
		default:
			continue
		}
		return fmt.Errorf("charm %q store %q: %s", charm.Meta.Name, name, problem)
	}
	return nil
}
