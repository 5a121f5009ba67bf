package tools

import (
	"errors"
	"slices"
)

type relationIDs struct {
	output
	endpoint string
}

func newRelationIDs(c *call) command {
	t := &relationIDs{output: newOutput(c)}
	if r, ok := c.hook.HookRelation(); ok {
		t.endpoint = r.Endpoint
	}
	return t
}

func (t *relationIDs) init(args []string) error {
	if len(args) == 0 {
		if t.endpoint == "" {
			return errors.New("no endpoint name specified")
		}
		return nil
	}
	t.endpoint = args[0]
	return noMore(args[1:])
}

func (t *relationIDs) run() error {
	ids := []string{}
	hidden := !t.hook.Release().Before(juju36) // 3.5 lists broken relations too
	for _, r := range t.hook.Relations() {
		if r.Endpoint == t.endpoint && !(hidden && r.Broken()) {
			ids = append(ids, r.Name())
		}
	}
	slices.Sort(ids)
	return t.print(ids)
}
