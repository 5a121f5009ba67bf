package tools

import (
	"errors"
	"fmt"
)

type resourceGet struct {
	*call
	name string
}

func newResourceGet(c *call) command { return &resourceGet{call: c} }

func (t *resourceGet) flags(flagSet) {}

func (t *resourceGet) init(args []string) error {
	if len(args) < 1 {
		return errors.New("missing required resource name")
	}
	t.name = args[0]
	return noMore(args[1:])
}

// run prints the path without a newline.
func (t *resourceGet) run() error {
	path, err := t.hook.Resource(t.name)
	if err != nil {
		return fmt.Errorf("could not download resource: %w", err)
	}
	t.stdout.WriteString(path)
	return nil
}
