package tools

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/charmkit/charmkit/charm/metadata"
	"github.com/charmkit/charmkit/internal/juju/model"
)

var errMissingArguments = errors.New("missing required arguments")

type payloadRegister struct {
	*call
	payload model.Payload
}

func newPayloadRegister(c *call) command { return &payloadRegister{call: c} }

func (t *payloadRegister) flags(flagSet) {}

func (t *payloadRegister) init(args []string) error {
	if len(args) < 3 {
		return errMissingArguments
	}
	t.payload = model.Payload{Type: args[0], Class: args[1], ID: args[2], Status: "running", Labels: args[3:]}
	return nil
}

func (t *payloadRegister) run() error {
	if err := t.validate(); err != nil {
		return err
	}
	return t.hook.TrackPayload(t.ctx, t.payload)
}

// validate looks the class up in the metadata.yaml of the caller's directory.
func (t *payloadRegister) validate() error {
	data, err := t.readFile(filepath.Join(t.request.Dir, "metadata.yaml"), 0)
	if err != nil {
		return err
	}
	meta, err := metadata.ParseMeta(data)
	if err != nil {
		return err
	}
	class, ok := meta.Payloads[t.payload.Class]
	switch {
	case !ok:
		return fmt.Errorf("payload %q not found in metadata.yaml", t.payload.Class)
	case class.Type != t.payload.Type:
		return fmt.Errorf("incorrect type %q for payload %q, expected %q", t.payload.Type, t.payload.Class, class.Type)
	case t.payload.ID == "":
		return errors.New("missing ID not valid")
	}
	return nil
}

type payloadStatusSet struct {
	*call
	class, status string
}

func newPayloadStatusSet(c *call) command { return &payloadStatusSet{call: c} }

func (t *payloadStatusSet) flags(flagSet) {}

func (t *payloadStatusSet) init(args []string) error {
	if len(args) < 3 {
		return errMissingArguments
	}
	t.class, t.status = args[0], args[2] // a unit has one payload of a class, whatever its id
	return noMore(args[3:])
}

func (t *payloadStatusSet) run() error {
	if !slices.Contains([]string{"running", "starting", "stopped", "stopping"}, t.status) {
		return fmt.Errorf(`status %q not supported; expected one of ["running", "starting", "stopped", "stopping"]`, t.status)
	}
	return t.hook.SetPayloadStatus(t.ctx, t.class, t.status)
}

type payloadUnregister struct {
	*call
	class string
}

func newPayloadUnregister(c *call) command { return &payloadUnregister{call: c} }

func (t *payloadUnregister) flags(flagSet) {}

func (t *payloadUnregister) init(args []string) error {
	if len(args) < 2 {
		return errMissingArguments
	}
	t.class = args[0]
	return noMore(args[2:])
}

func (t *payloadUnregister) run() error { return t.hook.UntrackPayload(t.ctx, t.class) }
