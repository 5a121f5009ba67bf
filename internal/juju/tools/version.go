package tools

import (
	"errors"
)

type versionSet struct {
	*call
	version string
}

func newVersionSet(c *call) command { return &versionSet{call: c} }

func (t *versionSet) flags(flagSet) {}

func (t *versionSet) init(args []string) error {
	if len(args) < 1 {
		return errors.New("no version specified")
	}
	t.version = args[0]
	return noMore(args[1:])
}

func (t *versionSet) run() error { return t.hook.SetWorkloadVersion(t.ctx, t.version) }
