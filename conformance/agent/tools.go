package agent

import (
	"bytes"

	"github.com/juju/cmd/v3"
	"github.com/juju/gnuflag"

	"github.com/juju/juju/api/agent/uniter"
	"github.com/juju/juju/charmkit-conformance/controller"
	"github.com/juju/juju/charmkit-conformance/script"
	"github.com/juju/juju/internal/worker/uniter/runner/jujuc"
	"github.com/juju/names/v5"
)

// Tool is one hook tool.
type Tool struct {
	// Flags are the names in the command's own flag set.
	Flags []string
	// Help is what --help prints.
	Help string
}

// Tools returns all of Juju's hook tools, by name.
func Tools() (map[string]Tool, error) {
	w := &script.World{
		Name: "m", UUID: "b6ad6b7c-3d3c-4b9e-8a57-6d5c7f4f0a11", Type: "caas",
		Applications: map[string]*script.Application{"a": {Leader: "a/0"}},
		Units:        map[string]*script.Unit{"a/0": {}},
		Actions:      map[string]*script.Action{"1": {Name: "act", Unit: "a/0"}},
	}
	c, err := controller.New(w)
	if err != nil {
		return nil, err
	}
	caller := c.Connect("a/0")
	tag := names.NewUnitTag("a/0")
	a := &agent{
		controller: c, caller: caller, state: uniter.NewState(caller, tag), unit: tag, logs: newLogs(),
		hook: script.Hook{Unit: "a/0", Info: script.Info{Kind: "action", ActionID: "1"}},
	}
	ctx, err := a.context()
	if err != nil {
		return nil, err
	}
	tools := map[string]Tool{}
	for _, name := range jujuc.CommandNames() {
		command, err := jujuc.NewCommand(ctx, name)
		if err != nil {
			return nil, err
		}
		var t Tool
		flags := gnuflag.NewFlagSet(name, gnuflag.ContinueOnError)
		command.SetFlags(flags)
		flags.VisitAll(func(f *gnuflag.Flag) { t.Flags = append(t.Flags, f.Name) })
		if command, err = jujuc.NewCommand(ctx, name); err != nil {
			return nil, err
		}
		var out, errs bytes.Buffer
		cmd.Main(command, &cmd.Context{Dir: "/", Stdout: &out, Stderr: &errs}, []string{"--help"})
		t.Help = out.String()
		tools[name] = t
	}
	return tools, nil
}
