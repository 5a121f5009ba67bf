package charmtest

import (
	"time"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// State is what a hook can see of a model, and change in it. The zero value is
// a unit that was just deployed and does not lead.
type State struct {
	// Unit is the unit's name; default the charm's name and "/0".
	Unit string
	// Leader says that the unit leads its application.
	Leader bool
	// Config holds the values that the operator set, in the types of
	// config.yaml. Defaults need not be given.
	Config map[string]any
	// Relations are the unit's relations.
	Relations []Relation
	// Secrets are those that the unit's application or others own.
	Secrets []Secret
	// Sockets are the paths of the containers' Pebble sockets. A container
	// that is left out does not answer.
	Sockets map[string]string
	// Status is the unit's status.
	Status Status
	// AppStatus is the application's status, as its leader has set it.
	AppStatus Status
	// Ports are those that are open, such as "8080/tcp" or, for the relations
	// of one endpoint, "8080/tcp (website)".
	Ports []string
	// Storage are the unit's storage instances.
	Storage []Storage
	// Resources are what the operator attached, by resource: the path of a
	// file, or the name of an image in a registry.
	Resources map[string]string
	// Peers are the names of the application's other units. Those that have
	// data in a peer relation need not be given.
	Peers []string
	// Cloud is the cloud with its credential; with it, the operator trusts the
	// application.
	Cloud *hooktool.Cloud
	// Version is Juju's; default 3.6.11. A Juju of another release may lack
	// hook tools.
	Version string
	// Machine makes the model one of machines; nil is Kubernetes.
	Machine *Machine
	// Stored is the unit's state at the controller, as state-get gives it: what a
	// charm.UnitState and deferred events are kept in.
	Stored map[string]string
	// WorkloadVersion is what the charm has said of it.
	WorkloadVersion string
	// RefuseCommit makes the controller refuse what the hook has recorded,
	// after the charm has exited with success. It holds for one Run.
	RefuseCommit error
}

// Storage is an instance of a storage.
type Storage struct {
	// ID is such as "data/0".
	ID string
	// Kind is filesystem or block; default filesystem.
	Kind     string
	Location string
	// Pending says that the instance is not there yet.
	Pending bool
}

// Relation is one relation, as the unit's side sees it.
type Relation struct {
	// Endpoint is the unit's own.
	Endpoint string
	// ID is the relation's number; default its place in the list.
	ID int
	// RemoteApp is the application at the other side; default "remote". Of a
	// peer relation it is not given.
	RemoteApp string
	// RemoteAppData is the remote application's databag.
	RemoteAppData map[string]string
	// RemoteUnits are the databags of the remote units, by name.
	RemoteUnits map[string]map[string]string
	// LocalAppData and LocalUnitData are this side's databags.
	LocalAppData, LocalUnitData map[string]string
}

// Secret is one secret.
type Secret struct {
	// ID is the bare id, 20 letters and digits as Juju makes them.
	ID string
	// Owner is an application or a unit; default the unit's own application.
	Owner string
	// Label is the owner's.
	Label       string
	Description string
	// Rotate is the rotation policy; default never. Expire is when the latest
	// revision expires.
	Rotate string
	Expire time.Time
	// Content is that of the latest revision.
	Content map[string]string
	// Revision is the number of the latest revision; default 1.
	Revision int
	// Old are the contents of older revisions, by number.
	Old map[int]map[string]string
	// Tracked is the revision that this unit reads; 0 if it has not read any.
	Tracked int
	// GrantedTo are the applications and units that may read it, over their
	// first relation with its owner. Of a secret of a related application
	// that is this unit's application, unless Denied.
	GrantedTo []string
	// Denied leaves this unit's application without a grant.
	Denied bool
}

// Status is a status with its message.
type Status struct{ Status, Message string }

// Log is one record of the log.
type Log struct{ Level, Message string }

// Action is what became of an action.
type Action struct {
	// Status is completed or failed.
	Status  string
	Message string
	Results map[string]any
	// Log is what the action told while it ran.
	Log []string
}
