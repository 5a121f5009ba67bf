package tools

import (
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/internal/juju/model"
)

type relationGet struct {
	output
	id  relationFlag
	app bool
	key string
	// from is the unit whose databag is read or, with app, the application.
	from string
}

func newRelationGet(c *call) command {
	return &relationGet{output: newOutput(c), id: newRelationFlag(c)}
}

func (t *relationGet) flags(f flagSet) {
	t.output.flags(f)
	t.id.flags(f, "Specify a relation by id")
	f.BoolVar(&t.app, "app", false, "Get the databag of the application, not of a unit")
}

func (t *relationGet) init(args []string) error {
	if _, err := t.id.relation(); err != nil {
		return err
	}
	if len(args) > 0 {
		if t.key = args[0]; t.key == "-" {
			t.key = ""
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return t.chooseDefault()
	}
	if err := t.choose(args[0]); err != nil {
		return err
	}
	return noMore(args[1:])
}

// choose takes the name that the caller gave.
func (t *relationGet) choose(name string) error {
	t.from = name
	switch {
	case t.app && model.ValidUnitName(name):
		t.from = model.ApplicationOf(name)
	case t.app && !model.ValidApplicationName(name):
		t.from = "" // Juju takes any name here, and refuses it later
	case t.app:
	case model.ValidApplicationName(name):
		return fmt.Errorf("expected unit name, got application name %q", name)
	case !model.ValidUnitName(name):
		return fmt.Errorf("invalid unit name %q", name)
	}
	return nil
}

// chooseDefault takes what the hook is about: its remote unit or, if it has
// none, its remote application.
func (t *relationGet) chooseDefault() error {
	info := t.hook.Info()
	switch {
	case !t.app && info.RemoteUnit != "":
		t.from = info.RemoteUnit
	case info.RemoteApp != "":
		t.app, t.from = true, info.RemoteApp
	default:
		return errors.New("no unit or application specified")
	}
	return nil
}

func (t *relationGet) run() error {
	data, err := t.read()
	if err != nil {
		return err
	}
	if t.key == "" {
		return t.print(data)
	}
	if value, ok := data[t.key]; ok {
		return t.print(value)
	}
	return t.print(nil)
}

func (t *relationGet) read() (map[string]string, error) {
	r, err := t.id.relation()
	if err != nil {
		return nil, err
	}
	switch {
	case t.from == "":
		return nil, errors.New(`"" is not a valid unit or application`)
	case t.from == t.hook.UnitName():
		return r.OwnUnit()
	case !t.app:
		return r.RemoteUnit(t.from)
	case t.from == t.hook.Application() && t.hook.IsLeader():
		return r.OwnApplication()
	default:
		return r.RemoteApplication(t.from)
	}
}
