package charmtest

import (
	"time"

	"github.com/charmkit/charmkit/charm/hooktool"
)

// State is what a hook can see of a model, and change in it. The zero value is
// a unit that was just deployed and does not lead. What [Run] is given it copies:
// no test sees its own maps and slices changed.
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
	// Containers are the workload containers by name. The Pebble of one that is
	// left out does not answer.
	Containers map[string]Container
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
	// Networks are what network-get tells, by binding: an endpoint, an extra
	// binding or juju-info. Those that are left out are the unit's own: address
	// 10.1.0.5.
	Networks map[string]Network
	// Peers are the names of the application's other units. Those that have
	// data in a peer relation need not be given.
	Peers []string
	// Trust says that the operator trusts the application with the cloud's
	// credential, and Cloud is that cloud.
	Trust bool
	Cloud *hooktool.Cloud
	// Model is the name of the model; default "test". Its UUID is [ModelUUID].
	Model string
	// Version is Juju's; default 3.6.11. A Juju of another release may lack
	// hook tools.
	Version string
	// Machine makes the model one of machines; nil is Kubernetes.
	Machine *Machine
	// Stored is the unit's state at the controller, as state-get gives it: what a
	// charm.UnitState is kept in. Deferred are the events that are kept there too,
	// oldest first.
	Stored   map[string]string
	Deferred []Deferred
	// WorkloadVersion is what the charm has said of it.
	WorkloadVersion string
	// RefuseCommit makes the controller refuse what the hook has recorded,
	// after the charm has exited with success. It holds for one Run.
	RefuseCommit error
}

// ModelUUID is the UUID of the model in every run: the URIs of secrets, which
// databags hold, have it in them.
const ModelUUID = "7f1c0b52-6a44-4a9e-9d0e-2d3f5b8c1e6a"

// Deferred is an event that waits for a handler to take it.
type Deferred struct {
	// Handler is the name that the handler was registered under.
	Handler string
	Event   Event
}

// Storage is an instance of a storage.
type Storage struct {
	// ID is such as "data/0".
	ID string
	// Kind is filesystem or block; default what metadata.yaml says.
	Kind string
	// Location is where it is mounted; default where Juju would mount it.
	Location string
	// Pending says that the instance is not there yet.
	Pending bool
}

// Network is what network-get tells of a binding.
type Network struct {
	// Bind is the address to listen on.
	Bind string
	// Ingress are the addresses for others, Egress the subnets that the unit's
	// own connections come from.
	Ingress, Egress []string
}

// Relation is one relation, as the unit's side sees it.
type Relation struct {
	// Endpoint is the unit's own.
	Endpoint string
	// ID is the relation's number; default its place in the list.
	ID int
	// RemoteApp is the application at the other side; default that of the remote
	// units or else "remote". Of a peer relation it is not given.
	RemoteApp string
	// RemoteAppData is the remote application's databag.
	RemoteAppData map[string]string
	// RemoteUnits are the databags of the remote units, by name.
	RemoteUnits map[string]map[string]string
	// LocalAppData and LocalUnitData are this side's databags.
	LocalAppData, LocalUnitData map[string]string
	// RemoteModel is the UUID of the model that the other side is in; default this
	// one.
	RemoteModel string
}

// Secret is one secret.
type Secret struct {
	// ID is the bare id, 20 letters and digits as Juju makes them.
	ID string
	// Owner is an application or a unit, or [OwnerModel]; default the unit's own
	// application.
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

// OwnerModel is the owner of a secret that the operator has added, and granted to
// this application unless it is Denied.
const OwnerModel = "the model"

// Status is a status with its message.
type Status struct{ Status, Message string }

// Active, Blocked, Waiting and Maintenance are the statuses that a charm sets.
func Active(message string) Status { return Status{"active", message} }

// Blocked is a status that asks the operator to do something.
func Blocked(message string) Status { return Status{"blocked", message} }

// Waiting is a status that waits for something else.
func Waiting(message string) Status { return Status{"waiting", message} }

// Maintenance is a status of a charm that is at work.
func Maintenance(message string) Status { return Status{"maintenance", message} }
