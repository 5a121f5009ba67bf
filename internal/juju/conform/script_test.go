//go:build conformance

package conform

import (
	"encoding/json"
	"time"

	"github.com/charmkit/charmkit/internal/juju/hook"
)

// Script is a model and the hooks that run in it one after the other. It is
// sent to the program as JSON.
//
// Arguments, directories and standard input may hold <DIR>, the folder of the
// side that runs the script, and <H.C>, what call C of hook H printed.
type Script struct {
	Name  string
	World World
	Hooks []Hook
	Keep  bool
	Dir   string
	// Files are written into the folder first.
	Files map[string]string `json:"-"`
}

// Hook is one hook or action, and what its charm calls.
type Hook struct {
	Unit    string
	Info    hook.Info
	Members map[int][]string `json:",omitempty"`
	Calls   []Call
	Exit    int    `json:",omitempty"`
	Missing bool   `json:",omitempty"`
	Socket  string `json:",omitempty"`
	// CharmDir is the charm directory that the environment names.
	CharmDir string `json:",omitempty"`
}

// Call is one call of a hook tool.
type Call struct {
	Command  string
	Args     []string
	Dir      string
	StdinSet bool
	Stdin    []byte
}

// Answer is what came of a call.
type Answer struct {
	Code           int
	Stdout, Stderr []byte
	Error          string
}

// HookResult is what came of a hook.
type HookResult struct {
	Env     []string
	Answers []Answer
	Failure string
	Commits []json.RawMessage
	Log     []string
}

// Result is what came of a script.
type Result struct {
	Hooks []HookResult
	World *World
	Error string
}

// World is a model in a form that both sides know.
type World struct {
	Name, UUID, Type  string
	CloudAPIVersion   string   `json:",omitempty"`
	APIAddresses      []string `json:",omitempty"`
	MaxCharmStateSize int      `json:",omitempty"`
	Proxy             Proxy    `json:",omitzero"`
	LegacyProxy       Proxy    `json:",omitzero"`
	Applications      map[string]*Application
	Units             map[string]*Unit
	Relations         map[int]*Relation  `json:",omitempty"`
	Secrets           map[string]*Secret `json:",omitempty"`
	Actions           map[string]*Action `json:",omitempty"`
	Cloud             *Cloud             `json:",omitempty"`
}

// Cloud is the model's cloud.
type Cloud struct {
	Type, Name, Region, Endpoint string
	AuthType                     string
	Attributes                   map[string]string
}

// Proxy is one set of proxy settings.
type Proxy struct {
	HTTP, HTTPS, FTP, No string `json:",omitempty"`
}

// Application is one application; without Files the other side of relations.
type Application struct {
	Files          map[string]string `json:",omitempty"`
	Config         map[string]string `json:",omitempty"`
	Leader         string            `json:",omitempty"`
	Trust          bool              `json:",omitempty"`
	Status         Status            `json:",omitzero"`
	ServiceAddress string            `json:",omitempty"`
	LeaderSettings map[string]string `json:",omitempty"`
	Resources      map[string]string `json:",omitempty"`
	HasSpec        bool              `json:",omitempty"`
	PodSpec        string            `json:",omitempty"`
	RawSpec        string            `json:",omitempty"`
}

// Status is a status as a charm sets it.
type Status struct {
	Status  string `json:",omitempty"`
	Message string `json:",omitempty"`
}

// Unit is one unit. Ports are ENDPOINT RANGE, with * for all endpoints.
type Unit struct {
	Life            string             `json:",omitempty"`
	Address         string             `json:",omitempty"`
	Machine         string             `json:",omitempty"`
	Zone            string             `json:",omitempty"`
	Principal       string             `json:",omitempty"`
	PublicAddress   string             `json:",omitempty"`
	Links           []Link             `json:",omitempty"`
	Status          Status             `json:",omitzero"`
	WorkloadVersion string             `json:",omitempty"`
	Ports           []string           `json:",omitempty"`
	State           map[string]string  `json:",omitempty"`
	Storage         []Storage          `json:",omitempty"`
	Payloads        map[string]Payload `json:",omitempty"`
}

// Link is one network device of a unit's machine.
type Link struct {
	Name, MAC string
	Addresses []LinkAddress
}

// LinkAddress is one of its addresses.
type LinkAddress struct{ Address, CIDR string }

// Storage is one attachment; without Location it is not provisioned.
type Storage struct{ ID, Kind, Location string }

// Payload is a registered payload.
type Payload struct {
	Type, ID, Status string
	Labels           []string `json:",omitempty"`
}

// Relation is one relation, the requirer's endpoint first.
type Relation struct {
	Endpoints []Endpoint
	Life      string                       `json:",omitempty"`
	Suspended bool                         `json:",omitempty"`
	ModelUUID string                       `json:",omitempty"`
	AppData   map[string]map[string]string `json:",omitempty"`
	Units     map[string]*RelationUnit
}

// Endpoint is one end of a relation: requirer, provider or peer.
type Endpoint struct{ Application, Name, Interface, Role string }

// RelationUnit is one unit's part of a relation.
type RelationUnit struct {
	InScope bool
	Data    map[string]string `json:",omitempty"`
}

// Secret is one secret; Owner is a tag.
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

// Revision is one revision of a secret.
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

// Grant lets an application or a unit read a secret.
type Grant struct {
	Target   string
	Relation string `json:",omitempty"`
}

// Action is one run of an action.
type Action struct {
	Name, Unit string
	Params     map[string]any `json:",omitempty"`
	Status     string         `json:",omitempty"`
	Message    string         `json:",omitempty"`
	Results    map[string]any `json:",omitempty"`
	Log        []string       `json:",omitempty"`
}
