package tools

import (
	"fmt"
	"strings"
)

type isLeader struct{ output }

func newIsLeader(c *call) command { return &isLeader{newOutput(c)} }

func (t *isLeader) init(args []string) error { return noMore(args) }

func (t *isLeader) run() error { return t.print(t.hook.IsLeader()) }

type leaderGet struct {
	output
	key string
}

func newLeaderGet(c *call) command { return &leaderGet{output: newOutput(c)} }

func (t *leaderGet) init(args []string) error {
	if len(args) == 0 {
		return nil
	}
	switch t.key = args[0]; {
	case t.key == "-":
		t.key = ""
	case strings.Contains(t.key, "="):
		return fmt.Errorf("invalid key %q", t.key)
	}
	return noMore(args[1:])
}

func (t *leaderGet) run() error {
	settings := t.hook.LeaderSettings()
	if t.key == "" {
		return t.print(settings)
	}
	if value, ok := settings[t.key]; ok {
		return t.print(value)
	}
	return t.print(nil)
}

type leaderSet struct {
	*call
	settings map[string]string
}

func newLeaderSet(c *call) command { return &leaderSet{call: c} }

func (t *leaderSet) flags(flagSet) {}

func (t *leaderSet) init(args []string) (err error) {
	t.settings, err = parseKeyValues(args)
	return err
}

func (t *leaderSet) run() error {
	if err := t.hook.SetLeaderSettings(t.ctx, t.settings); err != nil {
		return fmt.Errorf("cannot write leadership settings: %w", err)
	}
	return nil
}
