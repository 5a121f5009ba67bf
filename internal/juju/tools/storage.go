package tools

import (
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

type storageList struct {
	output
	name string
}

func newStorageList(c *call) command { return &storageList{output: newOutput(c)} }

func (t *storageList) init(args []string) error {
	if len(args) == 0 {
		return nil
	}
	t.name = args[0]
	return noMore(args[1:])
}

func (t *storageList) run() error {
	ids := []string{}
	for _, id := range t.hook.StorageIDs() {
		if t.name == "" || model.StorageName(id) == t.name {
			ids = append(ids, id)
		}
	}
	return t.print(ids)
}

// storageFlag is -s; the default is the hook's storage.
type storageFlag struct {
	hook *hook.Context
	id   string
}

// String implements gnuflag.Value.
func (v *storageFlag) String() string { return v.id }

// Set implements gnuflag.Value. An instance that cannot be used is refused here,
// so that it is exit code 2.
func (v *storageFlag) Set(id string) error {
	if !model.ValidStorageID(id) {
		return fmt.Errorf("invalid storage ID %q", id)
	}
	if _, err := v.hook.Storage(id); err != nil {
		return err
	}
	v.id = id
	return nil
}

type storageGet struct {
	output
	storage storageFlag
	key     string
}

func newStorageGet(c *call) command {
	return &storageGet{output: newOutput(c), storage: storageFlag{hook: c.hook, id: c.hook.HookStorage()}}
}

func (t *storageGet) flags(f flagSet) {
	t.output.flags(f)
	f.Var(&t.storage, "s", "specify a storage instance by id")
}

func (t *storageGet) init(args []string) error {
	if t.storage.id == "" {
		return errors.New("no storage instance specified")
	}
	if len(args) == 0 {
		return nil
	}
	t.key = args[0]
	return noMore(args[1:])
}

func (t *storageGet) run() error {
	instance, err := t.hook.Storage(t.storage.id)
	if err != nil {
		return err
	}
	values := map[string]any{"kind": instance.Kind, "location": instance.Location}
	if t.key == "" {
		return t.print(values)
	}
	if value, ok := values[t.key]; ok {
		return t.print(value)
	}
	return fmt.Errorf("invalid storage attribute %q", t.key)
}

type storageAdd struct {
	*call
	counts map[string]int
}

func newStorageAdd(c *call) command { return &storageAdd{call: c} }

func (t *storageAdd) flags(flagSet) {}

func (t *storageAdd) init(args []string) (err error) {
	if len(args) < 1 {
		return errors.New("storage add requires a storage directive")
	}
	t.counts, err = parseStorageCounts(args)
	return err
}

func (t *storageAdd) run() error {
	t.hook.AddStorage(t.counts)
	return nil
}
