package tools

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

type actionGet struct {
	output
	path []string
}

func newActionGet(c *call) command { return &actionGet{output: newOutput(c)} }

func (t *actionGet) init(args []string) error {
	if len(args) == 0 {
		return nil
	}
	t.path = strings.Split(args[0], ".")
	return noMore(args[1:])
}

func (t *actionGet) run() error {
	params, err := t.hook.ActionParams()
	if err != nil {
		return err
	}
	if params == nil {
		params = map[string]any{}
	}
	var value any = params
	for _, key := range t.path {
		inner, _ := value.(map[string]any)
		value = inner[key]
	}
	return t.print(value)
}

type actionSet struct {
	*call
	paths  [][]string
	values []string
}

func newActionSet(c *call) command { return &actionSet{call: c} }

var actionKey = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`)

func (t *actionSet) flags(flagSet) {}

func (t *actionSet) init(args []string) error {
	reserved := []string{"stdout", "stdout-encoding", "stderr", "stderr-encoding"}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return fmt.Errorf("argument %q must be of the form key...=value", arg)
		}
		path := strings.Split(key, ".")
		for _, segment := range path {
			if !actionKey.MatchString(segment) {
				return fmt.Errorf("key %q must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens", segment)
			}
			if slices.Contains(reserved, segment) {
				return fmt.Errorf("cannot set reserved action key %q", segment)
			}
		}
		t.paths, t.values = append(t.paths, path), append(t.values, value)
	}
	return nil
}

func (t *actionSet) run() error {
	for i, path := range t.paths {
		if err := t.hook.SetActionResult(path, t.values[i]); err != nil {
			return err
		}
	}
	return nil
}

type actionFail struct {
	*call
	message string
}

func newActionFail(c *call) command { return &actionFail{call: c} }

func (t *actionFail) flags(flagSet) {}

func (t *actionFail) init(args []string) error {
	if len(args) == 0 {
		t.message = "action failed without reason given, check action for errors"
		return nil
	}
	t.message = args[0]
	return noMore(args[1:])
}

func (t *actionFail) run() error { return t.hook.FailAction(t.message) }

type actionLog struct {
	*call
	message string
}

func newActionLog(c *call) command { return &actionLog{call: c} }

func (t *actionLog) flags(flagSet) {}

func (t *actionLog) init(args []string) error {
	if len(args) == 0 {
		return errors.New("no message specified")
	}
	t.message = strings.Join(args, " ")
	return nil
}

func (t *actionLog) run() error { return t.hook.LogAction(t.ctx, t.message) }
