package charm

import (
	"encoding/json"
	"io/fs"
	"time"

	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/charm/metadata"
)

// run is one hook: what Juju said of it, and what was read so far. Juju's view
// does not change during a hook, so each thing is read once.
type run struct {
	event event
	// getenv reads the environment of the hook, files the charm directory.
	getenv func(string) string
	files  fs.FS
	meta   *metadata.Meta
	unit   string
	model  string
	// modelUUID completes the URIs of secrets.
	modelUUID string
	tools     *hooktool.Client
	// instruments see what the hook does.
	instruments *instruments
	// debugger stops the hook where its operator has asked for that.
	debugger *debugger

	leader    leadership
	config    map[string]json.RawMessage
	relations map[string]*Relation
	// endpointIDs are the ids of the relations of each endpoint that was asked.
	endpointIDs map[string][]string
	secrets     map[ownedKey]*ownedSecret
	observed    map[observedKey]map[string]string
	networks    map[networkKey]Network
	goals       *hooktool.GoalState
	// storage are the ids of all storage instances, once they were read.
	storage []string
	// state is the unit's state at the controller, with this hook's changes.
	state map[string]string
	// queue holds the deferred events, once they were read.
	queue *queue
	// wakeUp is when the charm wants another hook; 0 if it does not.
	wakeUp    time.Duration
	appStatus *hooktool.Status
	status    *hooktool.Status
}

// ownedKey is what Juju finds an owned secret by.
type ownedKey struct {
	owner hooktool.SecretOwner
	label string
}

type leadership struct {
	known, is bool
	asked     time.Time
}

func newRun(e event, options Options) *run {
	return &run{
		event:       e,
		getenv:      options.Getenv,
		files:       options.Files,
		unit:        options.Getenv("JUJU_UNIT_NAME"),
		model:       options.Getenv("JUJU_MODEL_NAME"),
		modelUUID:   options.Getenv("JUJU_MODEL_UUID"),
		tools:       hooktool.NewClient(options.Transport),
		debugger:    newDebugger(options.Getenv),
		relations:   map[string]*Relation{},
		endpointIDs: map[string][]string{},
		secrets:     map[ownedKey]*ownedSecret{},
		observed:    map[observedKey]map[string]string{},
		networks:    map[networkKey]Network{},
	}
}
