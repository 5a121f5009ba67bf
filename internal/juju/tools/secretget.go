package tools

import (
	"errors"
	"fmt"
	"strings"

	"github.com/charmkit/charmkit/internal/juju/model"
)

var errNoSecret = errors.New("require either a secret URI or label")

type secretGet struct {
	output
	query model.SecretQuery
	key   string
}

func newSecretGet(c *call) command { return &secretGet{output: newStructuredOutput(c)} }

func (t *secretGet) flags(f flagSet) {
	t.output.flags(f)
	f.StringVar(&t.query.Label, "label", "", "a name for the secret in hooks")
	f.BoolVar(&t.query.Peek, "peek", false, "read the latest revision just this time")
	f.BoolVar(&t.query.Refresh, "refresh", false, "read the latest revision from now on")
}

func (t *secretGet) init(args []string) error {
	if len(args) > 0 {
		uri, err := model.ParseSecretURI(args[0])
		if err != nil {
			return fmt.Errorf("secret URI %q not valid", args[0])
		}
		t.query.ID, t.query.ModelUUID = uri.ID, uri.ModelUUID
		args = args[1:]
	}
	if t.query.ID == "" && t.query.Label == "" {
		return errNoSecret
	}
	if t.query.Peek && t.query.Refresh {
		return errors.New("specify one of --peek or --refresh but not both")
	}
	if len(args) == 0 {
		return nil
	}
	t.key = args[0]
	return noMore(args[1:])
}

func (t *secretGet) run() error {
	content, err := t.hook.ReadSecret(t.ctx, t.query)
	if err != nil {
		return err
	}
	values, err := decodeSecret(content)
	if err != nil {
		return err
	}
	if t.key == "" {
		return t.print(values)
	}
	key, encoded := strings.CutSuffix(t.key, "#base64")
	if _, ok := content[key]; !ok {
		return fmt.Errorf("secret key value %q not found", key)
	}
	if encoded {
		return t.print(content[key])
	}
	return t.print(values[key])
}
