package uniter

import (
	"context"
	"slices"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

// StorageSnapshot is one of the unit's storage attachments.
type StorageSnapshot struct {
	ID, Kind, Location string
	Dying, Provisioned bool
}

// nextStorage runs storage-attached for what is there to be used, once for each
// instance, and storage-detaching for what was and is to go.
//
// On Kubernetes storage may be there only after the unit has started; so its
// hooks wait for what is queued before that. Later they may overtake a queued
// hook, which then does not run: Juju 3.6.11 has one place for what comes next.
// On machines the install hook waits for all storage.
func nextStorage(l *Local, r *Snapshot) Operation {
	switch {
	case l.Failed != nil:
		return Operation{}
	case r.Machine && !l.Installed:
	case !l.Installed, l.Queued != nil && (r.Machine || !l.Started):
		return Operation{}
	}
	pending := false
	for _, instance := range r.Storage {
		attached := slices.Contains(l.Attached, instance.ID)
		switch {
		case instance.Dying && attached:
			return run(instance.info(hook.StorageDetaching))
		case instance.Dying || attached:
		case instance.Provisioned:
			return run(instance.info(hook.StorageAttached))
		default:
			pending = true
		}
	}
	if pending && r.Machine && !l.Installed && !r.Dying {
		return Operation{Kind: Wait}
	}
	return Operation{}
}

func (instance StorageSnapshot) info(kind hook.Kind) hook.Info {
	i := hook.Info{Kind: kind, StorageID: instance.ID, StorageName: model.StorageName(instance.ID)}
	if instance.Provisioned {
		i.StorageKind, i.StorageLocation = instance.Kind, instance.Location
	}
	return i
}

func storageOf(s *model.State, unit string, dying bool) []StorageSnapshot {
	var all []StorageSnapshot
	for _, instance := range s.StorageOf(unit) {
		all = append(all, StorageSnapshot{
			ID: instance.ID, Kind: instance.Kind, Location: instance.Location,
			Dying: dying || instance.Life.Gone(), Provisioned: instance.Provisioned,
		})
	}
	return all
}

// dropStorage takes away the attachments that are to go and that the charm was
// never told of.
func (u *Uniter) dropStorage(ctx context.Context, snap *Snapshot) error {
	drop := func(instance StorageSnapshot) bool {
		return instance.Dying && !slices.Contains(u.local.Attached, instance.ID) && !u.local.inStorageHook(instance.ID)
	}
	if !slices.ContainsFunc(snap.Storage, drop) {
		return nil
	}
	return u.o.Model.Update(ctx, func(s *model.State) error {
		for _, instance := range snap.Storage {
			if drop(instance) {
				s.StorageDetached(instance.ID)
			}
		}
		snap.Storage = slices.DeleteFunc(snap.Storage, drop)
		return nil
	})
}

// inStorageHook reports whether a hook of the instance failed or was killed, and
// is to be run again.
func (l *Local) inStorageHook(id string) bool {
	for _, i := range []*hook.Info{l.Failed, l.Queued} {
		if i != nil && i.Kind.IsStorage() && i.StorageID == id {
			return true
		}
	}
	return false
}

func (l *Local) storageDone(i hook.Info, s *model.State) {
	switch i.Kind {
	case hook.StorageAttached:
		l.Attached = append(l.Attached, i.StorageID)
	case hook.StorageDetaching:
		l.Attached = slices.DeleteFunc(l.Attached, func(id string) bool { return id == i.StorageID })
		s.StorageDetached(i.StorageID)
	}
}
