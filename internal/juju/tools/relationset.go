package tools

type relationSet struct {
	*call
	ignoredFormat
	id     relationFlag
	file   valuesFile
	app    bool
	values map[string]string
}

func newRelationSet(c *call) command {
	return &relationSet{call: c, id: newRelationFlag(c)}
}

func (t *relationSet) flags(f flagSet) {
	t.id.flags(f, "specify a relation by id")
	t.file.flags(f)
	f.BoolVar(&t.app, "app", false, "write the databag of the application, not of the unit")
	t.ignoredFormat.flags(f)
}

func (t *relationSet) init(args []string) (err error) {
	if _, err := t.id.relation(); err != nil {
		return err
	}
	t.values, err = parseKeyValues(args)
	return err
}

func (t *relationSet) run() error {
	t.warn(t.call)
	values, err := t.file.merge(t.call, t.values)
	if err != nil {
		return err
	}
	r, err := t.id.relation()
	if err != nil {
		return err
	}
	if t.app {
		return r.WriteApplication(values)
	}
	return r.WriteUnit(values)
}
