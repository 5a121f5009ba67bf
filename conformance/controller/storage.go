package controller

import (
	"fmt"
	"strings"

	"github.com/juju/errors"
	"github.com/juju/names/v5"

	apiservererrors "github.com/juju/juju/apiserver/errors"
	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/rpc/params"
)

func (u *uniter) UnitStorageAttachments(params.Entities) params.StorageAttachmentIdsResults {
	var ids []params.StorageAttachmentId
	for _, s := range u.own().Storage {
		ids = append(ids, params.StorageAttachmentId{
			StorageTag: names.NewStorageTag(s.ID).String(), UnitTag: names.NewUnitTag(u.name).String(),
		})
	}
	return params.StorageAttachmentIdsResults{Results: []params.StorageAttachmentIdsResult{{
		Result: params.StorageAttachmentIds{Ids: ids},
	}}}
}

func (u *uniter) StorageAttachments(args params.StorageAttachmentIds) params.StorageAttachmentResults {
	result, err := u.storage(args.Ids[0])
	return params.StorageAttachmentResults{Results: []params.StorageAttachmentResult{{
		Result: result, Error: apiservererrors.ServerError(err),
	}}}
}

func (u *uniter) storage(id params.StorageAttachmentId) (params.StorageAttachment, error) {
	tag, err := names.ParseStorageTag(id.StorageTag)
	if err != nil {
		return params.StorageAttachment{}, err
	}
	for _, s := range u.own().Storage {
		if s.ID != tag.Id() {
			continue
		}
		if err := u.provisioned(tag, s); err != nil {
			return params.StorageAttachment{}, err
		}
		kind := params.StorageKindFilesystem
		if s.Kind == "block" {
			kind = params.StorageKindBlock
		}
		return params.StorageAttachment{
			StorageTag: id.StorageTag, OwnerTag: id.UnitTag, UnitTag: id.UnitTag,
			Kind: kind, Location: s.Location, Life: "alive",
		}, nil
	}
	return params.StorageAttachment{}, errors.NotFoundf("storage attachment %s:%s", tag.Id(), u.name)
}

// provisioned follows storagecommon.StorageAttachmentInfo; on Kubernetes there
// are no block devices. A volume that is not there yet is attached already, and
// only its device has not shown up.
func (u *uniter) provisioned(tag names.StorageTag, s script.Storage) error {
	machines := u.World.Type != "caas"
	if s.Kind == "block" && (s.Location == "" || !machines) {
		return errors.NotProvisionedf("%v", names.ReadableString(tag))
	}
	if s.Location != "" {
		return nil
	}
	var host names.Tag = names.NewUnitTag(u.name)
	if machines {
		host = names.NewMachineTag(u.own().Machine)
	}
	_, number, _ := strings.Cut(s.ID, "/")
	err := errors.NotProvisionedf("filesystem attachment %q on %q", number, names.ReadableString(host))
	return errors.Annotate(err, "getting filesystem attachment info")
}

func (u *uniter) checkStorage(args params.StorageAddParams) error {
	meta := u.Meta(applicationOf(u.name))
	if meta == nil {
		return errors.NotFoundf("storage %q", args.StorageName)
	}
	if _, ok := meta.Storage[args.StorageName]; !ok {
		return errors.NotFoundf("storage %q", args.StorageName)
	}
	if args.Constraints != (params.StorageConstraints{Count: args.Constraints.Count}) {
		return errors.New("only count can be specified")
	}
	if args.Constraints.Count == nil || *args.Constraints.Count == 0 {
		return errors.New("count must be specified")
	}
	return nil
}

// checkCounts follows validateCharmStorageCountChange.
func (u *uniter) checkCounts(added []params.StorageAddParams) error {
	for _, args := range added {
		declared := u.Meta(applicationOf(u.name)).Storage[args.StorageName]
		count, total := int(*args.Constraints.Count), int(*args.Constraints.Count)
		for _, s := range u.own().Storage {
			if name, _, _ := strings.Cut(s.ID, "/"); name == args.StorageName {
				total++
			}
		}
		plural := "s"
		if count == 1 {
			plural = ""
		}
		var err error
		switch {
		case declared.CountMin == 1 && declared.CountMax == 1 && total != 1:
			err = errors.New("cannot attach, storage is singular")
		case total < declared.CountMin:
			err = errors.Errorf("attaching %d storage instance%s brings the total to %d, which is less than the minimum of %d", count, plural, total, declared.CountMin)
		case declared.CountMax >= 0 && total > declared.CountMax:
			err = errors.Errorf("attaching %d storage instance%s brings the total to %d, exceeding the maximum of %d", count, plural, total, declared.CountMax)
		}
		if err != nil {
			return errors.Annotatef(err, "adding %q storage to %s", args.StorageName, u.name)
		}
	}
	return nil
}

// addStorage attaches new instances that are not provisioned yet.
func (u *uniter) addStorage(args params.StorageAddParams) {
	meta := u.Meta(applicationOf(u.name)).Storage[args.StorageName]
	next := 0
	for _, unit := range u.World.Units {
		for _, s := range unit.Storage {
			var n int
			if _, number, ok := strings.Cut(s.ID, "/"); ok {
				fmt.Sscan(number, &n)
			}
			next = max(next, n+1)
		}
	}
	for range *args.Constraints.Count {
		u.own().Storage = append(u.own().Storage, script.Storage{
			ID: fmt.Sprintf("%s/%d", args.StorageName, next), Kind: string(meta.Type),
		})
		next++
	}
}
