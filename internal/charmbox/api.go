package charmbox

import "time"

// The requests and answers of the daemon's verbs, as JSON.

// DeployRequest deploys an application.
type DeployRequest struct {
	// Charm is the path of a .charm file or of an unpacked charm, absolute.
	Charm string `json:"charm"`
	// Application is its name; empty means the charm's.
	Application string `json:"application,omitempty"`
	// Units is how many to start; 0 means 1.
	Units  int               `json:"units,omitempty"`
	Config map[string]string `json:"config,omitempty"`
	// Resources are the paths of the images, by name of the resource.
	Resources map[string]string `json:"resources,omitempty"`
}

// ConfigRequest sets and resets options.
type ConfigRequest struct {
	Application string            `json:"application"`
	Set         map[string]string `json:"set,omitempty"`
	Reset       []string          `json:"reset,omitempty"`
}

// OptionInfo is one option with its value.
type OptionInfo struct {
	Value       any    `json:"value"`
	Default     any    `json:"default,omitempty"`
	Source      string `json:"source"`
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
}

// IntegrateRequest relates two endpoints, APPLICATION[:ENDPOINT] each; or ends
// that relation.
type IntegrateRequest struct {
	Endpoints [2]string `json:"endpoints"`
	Remove    bool      `json:"remove,omitempty"`
}

// RunRequest runs an action and waits for its end.
type RunRequest struct {
	// Unit is a unit, or APPLICATION/leader.
	Unit   string         `json:"unit"`
	Action string         `json:"action"`
	Params map[string]any `json:"params,omitempty"`
}

// RunResult is what became of an action.
type RunResult struct {
	ID      string         `json:"id"`
	Unit    string         `json:"unit"`
	Status  string         `json:"status"`
	Message string         `json:"message,omitempty"`
	Results map[string]any `json:"results,omitempty"`
	Log     []string       `json:"log,omitempty"`
}

// LogRequest asks for the log.
type LogRequest struct {
	// After is the number of the last record seen.
	After int `json:"after"`
	// Wait is for how long to wait for a newer one.
	Wait time.Duration `json:"wait"`
}

// LogAnswer is the log after that record.
type LogAnswer struct {
	Records []LogRecord `json:"records"`
	// Last is the number of the last record.
	Last int `json:"last"`
}

// LogRecord is one record of the log.
type LogRecord struct {
	Time time.Time `json:"time"`
	// Unit is the unit that it is about.
	Unit    string `json:"unit,omitempty"`
	Module  string `json:"module"`
	Level   string `json:"level"`
	Message string `json:"message"`
}

// ForwardRequest makes a port of a unit reachable on this machine's loopback.
type ForwardRequest struct {
	Unit string `json:"unit"`
	Port int    `json:"port"`
	// Listen is the address here; empty means a free port of 127.0.0.1.
	Listen string `json:"listen,omitempty"`
}

// ForwardAnswer is where the port can be reached.
type ForwardAnswer struct {
	Address string `json:"address"`
}

// ResolveRequest answers a failed hook.
type ResolveRequest struct {
	Unit    string `json:"unit"`
	NoRetry bool   `json:"no-retry,omitempty"`
}

// DestroyAnswer says that the model is going to end.
type DestroyAnswer struct {
	// PID is the daemon's process, which ends last.
	PID int `json:"pid"`
}

// Status is the model as `juju status --format json` shows it.
type Status struct {
	Model        ModelStatus                  `json:"model"`
	Applications map[string]ApplicationStatus `json:"applications"`
}

// ModelStatus is the model's part of a Status.
type ModelStatus struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Cloud   string `json:"cloud"`
	Version string `json:"version"`
}

// ApplicationStatus is an application's part of a Status.
type ApplicationStatus struct {
	Charm         string                `json:"charm"`
	CharmName     string                `json:"charm-name"`
	CharmRevision int                   `json:"charm-rev"`
	Scale         int                   `json:"scale"`
	Status        StatusInfo            `json:"application-status"`
	Version       string                `json:"version,omitempty"`
	Relations     map[string][]Related  `json:"relations,omitempty"`
	Units         map[string]UnitStatus `json:"units,omitempty"`
}

// Related is the other side of an endpoint.
type Related struct {
	Application string `json:"related-application"`
	Endpoint    string `json:"related-endpoint"`
	Interface   string `json:"interface"`
	// Role is that of the own side: provides or requires.
	Role string `json:"role"`
}

// UnitStatus is a unit's part of a Status.
type UnitStatus struct {
	Workload StatusInfo `json:"workload-status"`
	Agent    StatusInfo `json:"juju-status"`
	Leader   bool       `json:"leader,omitempty"`
	Ports    []string   `json:"open-ports,omitempty"`
	Address  string     `json:"address,omitempty"`
}

// StatusInfo is one status.
type StatusInfo struct {
	Current string    `json:"current"`
	Message string    `json:"message,omitempty"`
	Since   time.Time `json:"since"`
}
