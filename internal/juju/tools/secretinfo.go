package tools

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmkit/charmkit/internal/juju/hook"
	"github.com/charmkit/charmkit/internal/juju/model"
)

type secretIDs struct{ output }

func newSecretIDs(c *call) command { return &secretIDs{newOutput(c)} }

func (t *secretIDs) init(args []string) error { return noMore(args) }

// run prints null, not [], if there are none. The order is random, as in Juju,
// so that nobody relies on one.
func (t *secretIDs) run() error {
	var ids []string
	for id := range t.hook.Secrets() {
		ids = append(ids, id)
	}
	return t.print(ids)
}

type secretInfo struct {
	output
	id, label string
}

func newSecretInfo(c *call) command { return &secretInfo{output: newStructuredOutput(c)} }

func (t *secretInfo) flags(f flagSet) {
	t.output.flags(f)
	f.StringVar(&t.label, "label", "", "a name for the secret in hooks")
}

func (t *secretInfo) init(args []string) error {
	if len(args) > 0 {
		uri, err := model.ParseSecretURI(args[0])
		if err != nil {
			return fmt.Errorf("secret URI %q not valid", args[0])
		}
		t.id = uri.ID
		args = args[1:]
	}
	if t.id == "" && t.label == "" {
		return errNoSecret
	}
	if t.id != "" && t.label != "" {
		return errors.New("specify either a secret URI or label but not both")
	}
	return noMore(args)
}

// secretMetadata is the printed form of a secret's metadata.
type secretMetadata struct {
	Revision    int        `yaml:"revision" json:"revision"`
	Label       string     `yaml:"label" json:"label"`
	Owner       string     `yaml:"owner" json:"owner"`
	Description string     `yaml:"description,omitempty" json:"description,omitempty"`
	Rotation    string     `yaml:"rotation,omitempty" json:"rotation,omitempty"`
	Expiry      *time.Time `yaml:"expiry,omitempty" json:"expiry,omitempty"`
	Rotates     *time.Time `yaml:"rotates,omitempty" json:"rotates,omitempty"`
	Access      []access   `yaml:"access,omitempty" json:"access,omitempty"`
}

type access struct {
	Target string `yaml:"target" json:"target"`
	Scope  string `yaml:"scope" json:"scope"`
	Role   string `yaml:"role" json:"role"`
}

func (t *secretInfo) run() error {
	for id, info := range t.hook.Secrets() {
		if id == t.id || (t.id == "" && info.Label == t.label) {
			return t.print(map[string]secretMetadata{id: printedInfo(info)})
		}
	}
	return fmt.Errorf("secret %q not found", t.id+t.label)
}

func printedInfo(info hook.SecretInfo) secretMetadata {
	m := secretMetadata{
		Revision: info.Latest, Label: info.Label, Owner: info.Owner.Kind, Description: info.Description,
		Rotation: info.Rotate, Expiry: info.Expire, Rotates: info.NextRotate,
	}
	// Grants made in one hook are stored in any order, as Juju keeps them in a map until then.
	grants := slices.SortedFunc(slices.Values(info.Grants), func(a, b model.Grant) int {
		return strings.Compare(entityTag(a.Target), entityTag(b.Target))
	})
	for _, g := range grants {
		m.Access = append(m.Access, access{Target: entityTag(g.Target), Scope: relationTag(g.Relation), Role: "view"})
	}
	return m
}

// entityTag is Juju's tag of an application or a unit.
func entityTag(name string) string {
	if strings.Contains(name, "/") {
		return "unit-" + strings.ReplaceAll(name, "/", "-")
	}
	return "application-" + name
}

// relationTag is Juju's tag of a relation, by its key.
func relationTag(key string) string {
	return "relation-" + strings.NewReplacer(":", ".", " ", "#").Replace(key)
}
