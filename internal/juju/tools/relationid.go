package tools

import (
	"errors"
	"strconv"
	"strings"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

var errNoRelationID = errors.New("no relation id specified")

// relationFlag is -r and --relation; the default is the hook's relation. Only
// the number after the last colon counts.
type relationFlag struct {
	hook *hook.Context
	id   int
	text string
}

func newRelationFlag(c *call) relationFlag {
	v := relationFlag{hook: c.hook, id: -1}
	if r, ok := c.hook.HookRelation(); ok {
		v.id, v.text = r.ID, r.Name()
	}
	return v
}

func (v *relationFlag) flags(f flagSet, usage string) {
	f.Var(v, "r", usage)
	f.Var(v, "relation", "")
}

// String implements gnuflag.Value.
func (v *relationFlag) String() string { return v.text }

// Set implements gnuflag.Value. A relation that is not there is refused here,
// so that it is exit code 2.
func (v *relationFlag) Set(text string) error {
	id, err := strconv.Atoi(text[strings.LastIndex(text, ":")+1:])
	if err != nil {
		return errors.New("invalid relation id")
	}
	if _, err := v.hook.Relation(id); err != nil {
		return err
	}
	v.id, v.text = id, text
	return nil
}

// relation returns the chosen relation, or Juju's error that there is none.
func (v *relationFlag) relation() (*hook.Relation, error) {
	if v.id == -1 {
		return nil, errNoRelationID
	}
	return v.hook.Relation(v.id)
}
