package hook

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// ErrNotLeader is what tools say that only the leader may use.
var ErrNotLeader = errors.New("this unit is not the leader")

// Options say what runs.
type Options struct {
	Model *model.Model
	// Unit is the unit that the hook runs on. It must be in the model.
	Unit string
	Info Info
	// Memory is the agent's; nil means that every unit in scope is known.
	Memory *Memory
	// ID is the context id; empty means one as Juju makes them.
	ID string
	// BeforeCommit, if not nil, is asked before a commit. An error refuses the
	// commit as the controller might: nothing is applied.
	BeforeCommit func() error
}

// Context is one run of a hook or an action. Its methods are the hook tools'
// view and may be called concurrently, but the tools take turns.
type Context struct {
	model   *model.Model
	unit    string
	app     string
	info    Info
	memory  *Memory
	id      string
	kind    model.Type
	uuid    string
	release model.Release
	refuse  func() error
	files   Files

	turn sync.Mutex

	mu         sync.Mutex
	config     map[string]any
	lostLead   bool
	unitStatus *model.Status
	setStatus  bool
	relations  map[int]*Relation
	charmState map[string]string
	stateDirty bool
	ports      portChanges
	secrets    secretChanges
	action     *actionRun
	done       bool

	leaderSettings   map[string]string
	storageIDs       []string
	storage          map[string]model.Storage
	moreStorage      map[string][]int
	podSpec, rawSpec *string
	reboot           rebootRequest
	kill             func() error
	resourcesDir     string
	attachments      Attachments
}

// New prepares a run. For an action it reads the parameters from the model.
func New(o Options) (*Context, error) {
	c := &Context{
		model: o.Model, unit: o.Unit, app: model.ApplicationOf(o.Unit), info: o.Info,
		memory: o.Memory, id: o.ID, refuse: o.BeforeCommit,
	}
	var err error
	o.Model.View(func(s *model.State) {
		c.kind, c.uuid, c.release = s.Type, s.UUID, s.Release()
		if _, err = s.Unit(o.Unit); err != nil || o.Info.Kind != Action {
			return
		}
		var action *model.Action
		if action, err = s.Action(o.Info.ActionID); err == nil {
			c.info.ActionName = action.Name
			c.action = &actionRun{id: action.ID, params: action.Params}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("cannot make the hook's context: %w", err)
	}
	if c.memory != nil {
		c.memory.prepare(o.Info)
	}
	if c.info.Kind.IsSecret() && c.info.SecretLabel == "" {
		c.info.SecretLabel = c.Secrets()[bareID(c.info.SecretURI)].Label
	}
	return c, nil
}

// bareID returns the id in a secret's URI.
func bareID(uri string) string {
	u, err := model.ParseSecretURI(uri)
	if err != nil {
		return ""
	}
	return u.ID
}

// Turn waits until no other hook tool runs, as Juju's server runs one at a time.
// The tool calls done when it has run.
func (c *Context) Turn() (done func()) {
	c.turn.Lock()
	return c.turn.Unlock
}

// Info returns what happened.
func (c *Context) Info() Info { return c.info }

// UnitName returns the unit that the hook runs on.
func (c *Context) UnitName() string { return c.unit }

// Application returns the unit's application.
func (c *Context) Application() string { return c.app }

// ModelType returns the type of the model.
func (c *Context) ModelType() model.Type { return c.kind }

// ModelUUID returns the uuid of the model.
func (c *Context) ModelUUID() string { return c.uuid }

// Release returns the release of Juju that the model's agents have.
func (c *Context) Release() model.Release { return c.release }

// Model returns the model that the context reads and writes.
func (c *Context) Model() *model.Model { return c.model }

// ID returns the context id, JUJU_CONTEXT_ID: unit, hook and 32 random hex
// digits.
func (c *Context) ID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.id == "" {
		c.id = c.unit + "-" + c.info.label() + "-" + c.newTail()
	}
	return c.id
}

// newTail makes the random end of a context id: 32 hex digits, and before Juju
// 3.6 a decimal number.
func (c *Context) newTail() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: it ends the program instead
	if c.release.Before(model.Release{Major: 3, Minor: 6}) {
		return strconv.FormatUint(binary.BigEndian.Uint64(b[:])>>1, 10)
	}
	return hex.EncodeToString(b[:])
}

// Config returns the values of all the charm's options, nil for those that have
// none. They are read once in a hook. The caller must not change the map.
func (c *Context) Config() map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.config == nil {
		c.model.View(func(s *model.State) { c.config = s.Config(c.app) })
	}
	return c.config
}

// Log writes to the model's log, as juju-log does. Messages of relation hooks
// begin with the relation's id.
func (c *Context) Log(level, message string) {
	if c.info.Kind.IsRelation() {
		message = c.info.Endpoint + ":" + fmt.Sprint(c.info.RelationID) + ": " + message
	}
	c.LogPlain(level, message)
}

// LogPlain writes a message as it is, as juju-log does its own.
func (c *Context) LogPlain(level, message string) {
	c.model.Log(model.LogRecord{Unit: c.unit, Module: "unit." + c.unit + ".juju-log", Level: level, Message: message})
}

// SetWorkloadVersion sets the version that juju status shows, at once.
func (c *Context) SetWorkloadVersion(ctx context.Context, version string) error {
	return c.updateUnit(ctx, func(u *model.Unit) error {
		u.WorkloadVersion = version
		return nil
	})
}

// unitTag is the unit's name in Juju's texts and paths.
func unitTag(unit string) string { return "unit-" + strings.Replace(unit, "/", "-", 1) }
