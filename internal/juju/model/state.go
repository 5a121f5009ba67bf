package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/charmkit/charmkit/charm/metadata"
)

// State is a whole model as plain data. The zero value is an empty Kubernetes
// model; [New] fills in the name, the uuid and the version.
type State struct {
	Name string
	UUID string
	// Type is [Kubernetes] or [Machines]; empty means Kubernetes.
	Type Type
	// Version is the agents' Juju version; empty means [JujuVersion].
	Version string
	// CloudAPIVersion is the Kubernetes API's version.
	CloudAPIVersion string
	// APIAddresses are the controller's addresses, HOST:PORT.
	APIAddresses []string
	Settings     Settings

	Applications map[string]*Application
	Units        map[string]*Unit
	Relations    map[int]*Relation
	// Secrets are by bare id.
	Secrets map[string]*Secret
	// Actions are by task id, a decimal number.
	Actions map[string]*Action
	// Storage are the storage instances, by id.
	Storage map[string]*Storage
	// Cloud is where the model runs, for the charms that the operator trusts.
	Cloud *Cloud

	// NextRelation, NextAction and NextStorage are the numbers that come next.
	NextRelation int
	NextAction   int
	NextStorage  int

	now   func() time.Time
	newID func() string
}

// JujuVersion is the version whose behaviour this engine has.
const JujuVersion = "3.6.11"

// Type is the type of a model.
type Type string

// The types of a model, in Juju's words.
const (
	Kubernetes Type = "caas"
	Machines   Type = "iaas"
)

// Settings are the model-config values that reach charms and agents.
type Settings struct {
	// UpdateStatusInterval is the time between update-status hooks; 0 means 5
	// minutes, a negative one that there are none.
	UpdateStatusInterval time.Duration
	// NoRetry is automatically-retry-hooks=false.
	NoRetry bool
	// MaxCharmStateSize is the limit of a unit's state in bytes, as BSON; 0
	// means 2 MiB.
	MaxCharmStateSize int
	// RawK8sSpec is the controller's feature flag raw-k8s-spec.
	RawK8sSpec bool
	// Proxy is juju-http-proxy and its siblings, LegacyProxy is http-proxy and
	// its siblings. An empty Proxy.No means Juju's default.
	Proxy, LegacyProxy Proxy
}

// Proxy is one set of proxy settings.
type Proxy struct {
	HTTP, HTTPS, FTP, No string
}

// Life is how far the removal of something is.
type Life string

// The values of Life. The zero value means Alive.
const (
	Alive Life = "alive"
	Dying Life = "dying"
	Dead  Life = "dead"
)

// Gone reports whether removal has begun.
func (l Life) Gone() bool { return l == Dying || l == Dead }

// Application is one application.
type Application struct {
	Name string
	// Charm is what the charm's files say. It is nil for a stand-in: the other
	// side of a relation in a test, of which only units and data matter.
	Charm *metadata.Charm
	// CharmURL names the charm, such as local:unleash-k8s-0.
	CharmURL string
	// CharmRevision grows with every refresh of the charm or its resources.
	CharmRevision int
	// Config holds the values that the operator set; string, int, float64 or
	// bool as the option's type says.
	Config map[string]any
	Trust  bool
	Life   Life
	// Leader is the unit that holds leadership, or empty.
	Leader string
	// Scale is the wanted number of units.
	Scale int
	// Status is what the leader set last, and what was before.
	Status Statuses
	// ServiceAddress is the address of the application's Kubernetes service.
	ServiceAddress string
	// Remote says that the application is one of another model.
	Remote *RemoteApplication
	// Resources holds what was attached, by resource: the path of a file, or the
	// name of an image in a registry.
	Resources map[string]string
	// StorageCounts are the numbers of instances that the operator asked for, by
	// storage; a new unit gets the least of what is not in it.
	StorageCounts map[string]int
	// LeaderSettings are what leader-set wrote.
	LeaderSettings Databag
	// K8sSpec is nil for sidecar charms that were never upgraded.
	K8sSpec *K8sSpec
	// Forced is the CharmRevision that was refreshed to with --force, which does
	// not wait for units in error.
	Forced int
}

// Unit is one unit.
type Unit struct {
	Name        string
	Application string
	Life        Life
	// Address is the pod's address, or the one that Juju prefers of the machine's
	// for others in the cloud.
	Address string
	// Networks are the bindings, by name, that have networks of their own; only
	// machines may have such.
	Networks map[string]Network `json:",omitempty"`
	// Machine is the id of the unit's machine, Zone its availability zone, Links
	// its network interfaces; PublicAddress is its address for the world, if that
	// is not Address. A subordinate has a Principal, whose machine it shares. All
	// are empty on Kubernetes.
	Machine, Zone, Principal, PublicAddress string `json:",omitempty"`
	Links                                   []Link `json:",omitempty"`
	// Workload is the unit's status as the charm sets it, Agent as its agent.
	Workload, Agent Statuses
	WorkloadVersion string
	Ports           []Port
	// CharmState is what state-set stored.
	CharmState map[string]string
	// Payloads are what payload-register told of, by class.
	Payloads map[string]Payload
	// Rebooting says that the charm asked for a reboot of its machine, which has
	// not come.
	Rebooting bool
	// Resolve is the operator's answer to a failed hook, until the agent took it.
	Resolve Resolve
	// Pod counts the unit's pods: a new number is a new pod.
	Pod int
	// AgentState is the unit agent's own record; package uniter writes it.
	AgentState json.RawMessage `json:",omitempty"`
}

// Network is what network-get tells of a binding.
type Network struct {
	// Bind are the links whose addresses the unit can listen on. On Kubernetes
	// they have no names and no subnets.
	Bind []Link
	// Ingress are the addresses for others, Egress the subnets that the unit's
	// own connections come from.
	Ingress, Egress []string
}

// Resolve is the operator's answer to a failed hook.
type Resolve string

// The answers: none, run the hook again now, skip it.
const (
	Unresolved     Resolve = ""
	ResolveRetry   Resolve = "retry"
	ResolveNoRetry Resolve = "no-retry"
)

// prepare fills in what a State must have before it is used.
func (s *State) prepare(now func() time.Time, newID func() string) {
	s.now, s.newID = now, newID
	if s.Name == "" {
		s.Name = "controller"
	}
	if s.UUID == "" {
		s.UUID = newUUID()
	}
	if s.Type == "" {
		s.Type = Kubernetes
	}
	if s.Version == "" {
		s.Version = JujuVersion
	}
	for name, a := range s.Applications {
		a.Name = name
	}
	for name, u := range s.Units {
		u.Name, u.Application = name, ApplicationOf(name)
	}
	for id, r := range s.Relations {
		r.ID = id
		s.NextRelation = max(s.NextRelation, id+1)
	}
	for id, sec := range s.Secrets {
		sec.ID = id
	}
	for id, instance := range s.Storage {
		instance.ID = id
		s.NextStorage = max(s.NextStorage, storageNumber(id)+1)
	}
}

// Now is the model's time, in UTC.
func (s *State) Now() time.Time {
	if s.now == nil {
		return time.Now().UTC()
	}
	return s.now().UTC()
}

// Application returns an application, or a [NotFoundError].
func (s *State) Application(name string) (*Application, error) {
	if a, ok := s.Applications[name]; ok {
		return a, nil
	}
	return nil, notFound("application %q", name)
}

// Unit returns a unit, or a [NotFoundError].
func (s *State) Unit(name string) (*Unit, error) {
	if u, ok := s.Units[name]; ok {
		return u, nil
	}
	return nil, notFound("unit %q", name)
}

// UnitsOf returns the names of an application's units in the order of their
// numbers.
func (s *State) UnitsOf(application string) []string {
	var names []string
	for name, u := range s.Units {
		if u.Application == application {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return unitNumber(a) - unitNumber(b) })
	return names
}

// ApplicationOf returns the application's part of a unit's name.
func ApplicationOf(unit string) string {
	name, _, _ := strings.Cut(unit, "/")
	return name
}

func unitNumber(unit string) int {
	var n int
	_, number, _ := strings.Cut(unit, "/")
	if _, err := fmt.Sscanf(number, "%d", &n); err != nil {
		return -1
	}
	return n
}

func put[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
