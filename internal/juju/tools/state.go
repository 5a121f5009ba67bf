package tools

import (
	"fmt"
	"maps"
	"slices"
)

type stateGet struct {
	output
	key    string
	strict bool
}

func newStateGet(c *call) command { return &stateGet{output: newOutput(c)} }

func (t *stateGet) flags(f flagSet) {
	t.output.flags(f)
	f.BoolVar(&t.strict, "strict", false, "Return an error if the requested key does not exist")
}

func (t *stateGet) init(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if t.key = args[0]; t.key == "-" {
		t.key = ""
	}
	return noMore(args[1:])
}

func (t *stateGet) run() error {
	state := t.hook.State()
	if t.key == "" {
		if len(state) == 0 {
			state = nil // an empty state prints null, not {}
		}
		return t.print(state)
	}
	value, ok := state[t.key]
	if !ok && t.strict {
		return fmt.Errorf("%q not found", t.key)
	}
	return t.print(value)
}

type stateSet struct {
	*call
	file   valuesFile
	values map[string]string
}

func newStateSet(c *call) command { return &stateSet{call: c} }

func (t *stateSet) flags(f flagSet) { t.file.flags(f) }

func (t *stateSet) init(args []string) (err error) {
	t.values, err = parseKeyValues(args)
	return err
}

func (t *stateSet) run() error {
	values, err := t.file.merge(t.call, t.values)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := t.hook.SetState(key, values[key]); err != nil {
			return err
		}
	}
	return nil
}

type stateDelete struct {
	*call
	key string
}

func newStateDelete(c *call) command { return &stateDelete{call: c} }

func (t *stateDelete) flags(flagSet) {}

func (t *stateDelete) init(args []string) error {
	if len(args) == 0 {
		return nil
	}
	t.key = args[0]
	return noMore(args[1:])
}

func (t *stateDelete) run() error {
	if t.key != "" {
		t.hook.DeleteState(t.key)
	}
	return nil
}
