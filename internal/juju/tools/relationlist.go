package tools

type relationList struct {
	output
	id  relationFlag
	app bool
}

func newRelationList(c *call) command {
	return &relationList{output: newOutput(c), id: newRelationFlag(c)}
}

func (t *relationList) flags(f flagSet) {
	t.output.flags(f)
	t.id.flags(f, "Specify a relation by id")
	f.BoolVar(&t.app, "app", false, "List remote application instead of participating units")
}

func (t *relationList) init(args []string) error {
	if _, err := t.id.relation(); err != nil {
		return err
	}
	return noMore(args)
}

func (t *relationList) run() error {
	r, err := t.id.relation()
	if err != nil {
		return err
	}
	if t.app {
		return t.print(r.RemoteApp)
	}
	units := r.Members()
	if units == nil {
		units = []string{}
	}
	return t.print(units)
}

type relationModelGet struct {
	output
	id relationFlag
}

func newRelationModelGet(c *call) command {
	return &relationModelGet{output: newOutput(c), id: newRelationFlag(c)}
}

func (t *relationModelGet) flags(f flagSet) {
	t.output.flags(f)
	t.id.flags(f, "Specify a relation by id")
}

func (t *relationModelGet) init(args []string) error {
	if _, err := t.id.relation(); err != nil {
		return err
	}
	return noMore(args)
}

func (t *relationModelGet) run() error {
	r, err := t.id.relation()
	if err != nil {
		return err
	}
	return t.print(map[string]string{"uuid": r.ModelUUID})
}
