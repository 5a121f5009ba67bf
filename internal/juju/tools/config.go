package tools

import (
	"fmt"
)

type configGet struct {
	output
	key string
	all bool
}

func newConfigGet(c *call) command { return &configGet{output: newOutput(c)} }

func (t *configGet) flags(f flagSet) {
	t.output.flags(f)
	f.BoolVar(&t.all, "a", false, "print all keys")
	f.BoolVar(&t.all, "all", false, "")
}

func (t *configGet) init(args []string) error {
	if len(args) == 0 {
		return nil
	}
	t.key = args[0]
	if t.key != "" && t.all {
		return fmt.Errorf("cannot use argument --all together with key %q", t.key)
	}
	return noMore(args[1:])
}

func (t *configGet) run() error {
	config := t.hook.Config()
	if t.key != "" {
		return t.print(config[t.key])
	}
	values := make(map[string]any, len(config))
	for name, value := range config {
		if t.all || value != nil {
			values[name] = value
		}
	}
	return t.print(values)
}
