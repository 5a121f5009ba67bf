package script

import "time"

// World is a model: what the controller knows before and after hooks.
type World struct {
	Name, UUID string
	// Type is caas or iaas.
	Type            string
	CloudAPIVersion string   `json:",omitempty"`
	APIAddresses    []string `json:",omitempty"`
	// MaxCharmStateSize is the controller's setting; 0 is Juju's default.
	MaxCharmStateSize int   `json:",omitempty"`
	Proxy             Proxy `json:",omitzero"`
	LegacyProxy       Proxy `json:",omitzero"`

	Applications map[string]*Application
	Units        map[string]*Unit
	Relations    map[int]*Relation  `json:",omitempty"`
	Secrets      map[string]*Secret `json:",omitempty"`
	Actions      map[string]*Action `json:",omitempty"`
	// Cloud is the cloud's specification that credential-get asks for, as the
	// controller sends it.
	Cloud *Cloud `json:",omitempty"`
}

// Proxy is one set of proxy settings.
type Proxy struct {
	HTTP, HTTPS, FTP, No string `json:",omitempty"`
}

// Cloud is what the controller tells of the model's cloud.
type Cloud struct {
	Type, Name, Region, Endpoint string
	AuthType                     string
	Attributes                   map[string]string
}

// Application is one application. Without Files it is only the other side of
// relations.
type Application struct {
	// Files are the charm's metadata.yaml, config.yaml, actions.yaml and
	// manifest.yaml. With a manifest it is a sidecar charm.
	Files map[string]string `json:",omitempty"`
	// Config holds what the operator set, as text.
	Config         map[string]string `json:",omitempty"`
	Leader         string            `json:",omitempty"`
	Trust          bool              `json:",omitempty"`
	Status         Status            `json:",omitzero"`
	ServiceAddress string            `json:",omitempty"`
	LeaderSettings map[string]string `json:",omitempty"`
	// Resources are the contents of the attached resources.
	Resources map[string]string `json:",omitempty"`
	// HasSpec says that there is a specification of pods, perhaps empty.
	HasSpec bool   `json:",omitempty"`
	PodSpec string `json:",omitempty"`
	RawSpec string `json:",omitempty"`
}

// Status is a status as a charm sets it.
type Status struct {
	Status  string `json:",omitempty"`
	Message string `json:",omitempty"`
}

// Unit is one unit.
type Unit struct {
	Life string `json:",omitempty"`
	// Address is the pod's, or the machine's preferred private address.
	Address string `json:",omitempty"`
	// Machine is a machine's id, Zone its availability zone, PublicAddress its
	// preferred public address if it is not among Address and Links. Principal is
	// the unit that this one is a subordinate of.
	Machine         string `json:",omitempty"`
	Zone            string `json:",omitempty"`
	Principal       string `json:",omitempty"`
	PublicAddress   string `json:",omitempty"`
	Links           []Link `json:",omitempty"`
	Status          Status `json:",omitzero"`
	WorkloadVersion string `json:",omitempty"`
	// Ports are the open ranges, sorted: ENDPOINT RANGE, with * for all
	// endpoints.
	Ports   []string          `json:",omitempty"`
	State   map[string]string `json:",omitempty"`
	Storage []Storage         `json:",omitempty"`
	// Payloads are the payloads by class.
	Payloads map[string]Payload `json:",omitempty"`
}

// Link is one network device of a machine.
type Link struct {
	Name, MAC string
	Addresses []LinkAddress
}

// LinkAddress is an address of a device. All subnets are in the space alpha; an
// address without CIDR is in none.
type LinkAddress struct{ Address, CIDR string }

// Storage is one storage attachment.
type Storage struct {
	// ID is NAME/N. An attachment without Location is not provisioned; that of a
	// block device is its path.
	ID, Kind, Location string
}

// Payload is a payload that a charm registered.
type Payload struct {
	Type, ID, Status string
	Labels           []string `json:",omitempty"`
}

// Relation is one relation. The requirer's endpoint comes first.
type Relation struct {
	Endpoints []Endpoint
	Life      string                       `json:",omitempty"`
	Suspended bool                         `json:",omitempty"`
	ModelUUID string                       `json:",omitempty"`
	AppData   map[string]map[string]string `json:",omitempty"`
	Units     map[string]*RelationUnit
}

// Endpoint is one end of a relation. Role is requirer, provider or peer.
type Endpoint struct {
	Application, Name, Interface, Role string
}

// RelationUnit is one unit's part of a relation; out of scope it has left.
type RelationUnit struct {
	InScope bool
	Data    map[string]string `json:",omitempty"`
}

// Secret is one secret. Owner is a tag: unit-myapp-0, application-myapp or
// model-UUID.
type Secret struct {
	Owner       string
	Label       string     `json:",omitempty"`
	Description string     `json:",omitempty"`
	Rotate      string     `json:",omitempty"`
	NextRotate  *time.Time `json:",omitempty"`
	Revisions   []Revision
	Consumers   map[string]Consumer `json:",omitempty"`
	Grants      []Grant             `json:",omitempty"`
}

// Revision is one revision of a secret; values are base64.
type Revision struct {
	Number   int
	Content  map[string]string
	Expire   *time.Time `json:",omitempty"`
	Obsolete bool       `json:",omitempty"`
}

// Consumer is one unit's view of a secret.
type Consumer struct {
	Tracked int
	Label   string `json:",omitempty"`
}

// Grant lets an application or a unit, Target, read a secret. Relation is the
// key of the relation it lives with.
type Grant struct {
	Target   string
	Relation string `json:",omitempty"`
}

// Action is one run of an action. Params are complete.
type Action struct {
	Name, Unit string
	Params     map[string]any `json:",omitempty"`
	Status     string         `json:",omitempty"`
	Message    string         `json:",omitempty"`
	Results    map[string]any `json:",omitempty"`
	Log        []string       `json:",omitempty"`
}
