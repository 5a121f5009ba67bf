package tools

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/charmkit/charmkit/internal/juju/model"
)

const secretSyntax = "[KEY[#base64|#file]=VALUE ...]"

var errNoSecretURI = errors.New("missing secret URI")

// secretChange is what secret-add and secret-set have in common.
type secretChange struct {
	*call
	owner, label, description, rotate, expire, file string

	change model.SecretChange
}

func (t *secretChange) flags(f flagSet) {
	f.StringVar(&t.expire, "expire", "", "when the revision expires: a time, or a duration from now")
	f.StringVar(&t.rotate, "rotate", "", "how often the secret is to be rotated")
	f.StringVar(&t.description, "description", "", "what the secret is for")
	f.StringVar(&t.label, "label", "", "a name for the secret in hooks")
	f.StringVar(&t.file, "file", "", "a YAML file with keys and values")
	f.StringVar(&t.owner, "owner", "application", "who owns the secret: application or unit")
}

func (t *secretChange) init(args []string) (err error) {
	if t.change.Expire, err = t.expiry(); err != nil {
		return err
	}
	policies := []string{"", "never", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly"}
	if !slices.Contains(policies, t.rotate) {
		return fmt.Errorf("rotate policy %q not valid", t.rotate)
	}
	if t.owner != "application" && t.owner != "unit" {
		return fmt.Errorf("secret owner %q not valid", t.owner)
	}
	if t.change.Content, err = t.secretContent(args, t.file); err != nil {
		return err
	}
	t.change.Label, t.change.Description, t.change.Rotate = unlessEmpty(t.label), unlessEmpty(t.description), unlessEmpty(t.rotate)
	return nil
}

func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (t *secretChange) expiry() (*time.Time, error) {
	if t.expire == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, t.expire); err == nil {
			at = at.UTC()
			return &at, nil
		}
	}
	d, err := time.ParseDuration(t.expire)
	if err != nil {
		return nil, fmt.Errorf("expire time or duration %q not valid", t.expire)
	}
	if d <= 0 {
		return nil, fmt.Errorf("negative expire duration %q not valid", t.expire)
	}
	var now time.Time
	t.hook.Model().View(func(s *model.State) { now = s.Now() })
	at := now.Add(d)
	return &at, nil
}

type secretAdd struct{ secretChange }

func newSecretAdd(c *call) command { return &secretAdd{secretChange{call: c}} }

func (t *secretAdd) init(args []string) error {
	if len(args) < 1 && t.file == "" {
		return errors.New("missing secret value or filename")
	}
	return t.secretChange.init(args)
}

func (t *secretAdd) run() error {
	if len(t.change.Content) == 0 {
		return errors.New("empty secret value not valid")
	}
	owner := model.Owner{Kind: model.ApplicationOwner, Name: t.hook.Application()}
	if t.owner == "unit" {
		owner = model.Owner{Kind: model.UnitOwner, Name: t.hook.UnitName()}
	}
	uri, err := t.hook.AddSecret(owner, t.change)
	if err != nil {
		return err
	}
	fmt.Fprintln(&t.stdout, uri)
	return nil
}

type secretSet struct {
	secretChange
	uri model.SecretURI
}

func newSecretSet(c *call) command { return &secretSet{secretChange: secretChange{call: c}} }

func (t *secretSet) init(args []string) (err error) {
	if len(args) < 1 {
		return errNoSecretURI
	}
	if t.uri, err = model.ParseSecretURI(args[0]); err != nil {
		return err
	}
	return t.secretChange.init(args[1:])
}

func (t *secretSet) run() error { return t.hook.SetSecret(t.uri, t.change) }

type secretRemove struct {
	*call
	uri      model.SecretURI
	revision int
}

func newSecretRemove(c *call) command { return &secretRemove{call: c} }

func (t *secretRemove) flags(f flagSet) {
	f.IntVar(&t.revision, "revision", 0, "remove the specified revision")
}

func (t *secretRemove) init(args []string) (err error) {
	if len(args) < 1 {
		return errNoSecretURI
	}
	if t.uri, err = model.ParseSecretURI(args[0]); err != nil {
		return err
	}
	return noMore(args[1:])
}

func (t *secretRemove) run() error { return t.hook.RemoveSecret(t.uri, max(t.revision, 0)) }
