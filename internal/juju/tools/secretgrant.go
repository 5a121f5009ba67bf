package tools

import (
	"errors"
	"fmt"

	"github.com/charmkit/charmkit/internal/juju/model"
)

type secretGrant struct {
	*call
	id    relationFlag
	unit  string
	uri   model.SecretURI
	grant model.Grant
}

func newSecretGrant(c *call) command { return &secretGrant{call: c, id: newRelationFlag(c)} }

func (t *secretGrant) flags(f flagSet) {
	f.StringVar(&t.unit, "unit", "", "the unit to grant access")
	t.id.flags(f, "the relation that the grant lives with")
}

func (t *secretGrant) init(args []string) (err error) {
	if len(args) < 1 {
		return errNoSecretURI
	}
	if t.uri, err = model.ParseSecretURI(args[0]); err != nil {
		return err
	}
	r, err := t.id.relation()
	if err != nil {
		return err
	}
	t.grant = model.Grant{Target: r.RemoteApp, Relation: r.Key}
	if t.unit != "" {
		if !model.ValidUnitName(t.unit) {
			return fmt.Errorf("unit %q not valid", t.unit)
		}
		if model.ApplicationOf(t.unit) != r.RemoteApp {
			return fmt.Errorf("cannot specify unit %q in relation to application %q", t.unit, r.RemoteApp)
		}
		t.grant.Target = t.unit
	}
	return noMore(args[1:])
}

func (t *secretGrant) run() error { return t.hook.GrantSecret(t.uri, t.grant) }

type secretRevoke struct {
	*call
	id        relationFlag
	app, unit string
	uri       model.SecretURI
}

func newSecretRevoke(c *call) command { return &secretRevoke{call: c, id: newRelationFlag(c)} }

func (t *secretRevoke) flags(f flagSet) {
	f.StringVar(&t.app, "app", "", "the application to revoke access")
	f.StringVar(&t.app, "application", "", "")
	f.StringVar(&t.unit, "unit", "", "the unit to revoke access")
	t.id.flags(f, "the relation whose other side loses access")
}

func (t *secretRevoke) init(args []string) (err error) {
	if len(args) < 1 {
		return errNoSecretURI
	}
	if t.uri, err = model.ParseSecretURI(args[0]); err != nil {
		return err
	}
	switch {
	case t.app != "" && !model.ValidApplicationName(t.app):
		return fmt.Errorf("application %q not valid", t.app)
	case t.unit != "" && !model.ValidUnitName(t.unit):
		return fmt.Errorf("unit %q not valid", t.unit)
	case t.app != "" && t.unit != "":
		return errors.New("specify only one of application or unit")
	}
	if r, err := t.id.relation(); err == nil {
		if t.app != "" {
			return errors.New("do not specify both relation and app")
		}
		t.app = r.RemoteApp
	}
	if t.app == "" && t.unit == "" {
		return errors.New("missing relation or application or unit")
	}
	return noMore(args[1:])
}

func (t *secretRevoke) run() error { return t.hook.RevokeSecret(t.uri, t.app, t.unit) }
