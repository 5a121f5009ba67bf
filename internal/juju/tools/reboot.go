package tools

import (
	"errors"
)

type reboot struct {
	*call
	now bool
}

func newReboot(c *call) command { return &reboot{call: c} }

func (t *reboot) flags(f flagSet) {
	f.BoolVar(&t.now, "now", false, "reboot at once, and run the hook again after that")
}

func (t *reboot) init(args []string) error { return noMore(args) }

func (t *reboot) run() error {
	if _, err := t.hook.ActionParams(); err == nil {
		//lint:ignore ST1005 the full stop is Juju's.
		return errors.New("juju-reboot is not supported when running an action.")
	}
	if t.now {
		return t.hook.RequestRebootNow()
	}
	t.hook.RequestReboot()
	return nil
}
