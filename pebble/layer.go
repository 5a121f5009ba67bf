package pebble

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"

	"gopkg.in/yaml.v3"
)

// Layer is a part of the configuration of a Pebble: services, checks and log targets by name. Layers stacked on each
// other make the [Plan]. The fields are those of Pebble 1.32.1; [Container.Apply] and [Container.AddLayer] refuse what an
// older Pebble does not know with a [NotSupportedError].
type Layer struct {
	Summary     string                `yaml:"summary,omitempty"`
	Description string                `yaml:"description,omitempty"`
	Services    map[string]*Service   `yaml:"services,omitempty"`
	Checks      map[string]*Check     `yaml:"checks,omitempty"`
	LogTargets  map[string]*LogTarget `yaml:"log-targets,omitempty"`
}

// Service is a process that Pebble runs.
type Service struct {
	Summary     string   `yaml:"summary,omitempty"`
	Description string   `yaml:"description,omitempty"`
	Startup     Startup  `yaml:"startup,omitempty"`
	Override    Override `yaml:"override,omitempty"`

	// Command is split into words as a shell would, but no shell runs it. [CommandLine] joins words.
	Command string `yaml:"command,omitempty"`

	After    []string `yaml:"after,omitempty"`
	Before   []string `yaml:"before,omitempty"`
	Requires []string `yaml:"requires,omitempty"`

	// Workload names an entry of the plan's workloads, for Pebbles newer than 1.19.2.
	Workload string `yaml:"workload,omitempty"`

	// Environment is added to the environment of Pebble itself.
	Environment map[string]string `yaml:"environment,omitempty"`
	UserID      *int              `yaml:"user-id,omitempty"`
	User        string            `yaml:"user,omitempty"`
	GroupID     *int              `yaml:"group-id,omitempty"`
	Group       string            `yaml:"group,omitempty"`
	WorkingDir  string            `yaml:"working-dir,omitempty"`

	OnSuccess      Action            `yaml:"on-success,omitempty"`
	OnFailure      Action            `yaml:"on-failure,omitempty"`
	OnCheckFailure map[string]Action `yaml:"on-check-failure,omitempty"`
	BackoffDelay   Duration          `yaml:"backoff-delay,omitempty"`
	BackoffFactor  float64           `yaml:"backoff-factor,omitempty"`
	BackoffLimit   Duration          `yaml:"backoff-limit,omitempty"`
	KillDelay      Duration          `yaml:"kill-delay,omitempty"`
}

// Check is a health check that Pebble runs every Period (10 seconds if unset), and that is down after Threshold
// failures in a row (3 if zero). It has exactly one of HTTP, TCP and Exec.
type Check struct {
	Override  Override   `yaml:"override,omitempty"`
	Level     Level      `yaml:"level,omitempty"`
	Startup   Startup    `yaml:"startup,omitempty"`
	Period    Duration   `yaml:"period,omitempty"`
	Timeout   Duration   `yaml:"timeout,omitempty"`
	Threshold int        `yaml:"threshold,omitempty"`
	HTTP      *HTTPCheck `yaml:"http,omitempty"`
	TCP       *TCPCheck  `yaml:"tcp,omitempty"`
	Exec      *ExecCheck `yaml:"exec,omitempty"`
}

// HTTPCheck asks for a URL and wants an answer below 400.
type HTTPCheck struct {
	URL     string            `yaml:"url,omitempty"`
	Headers map[string]string `yaml:"headers,omitempty"`
}

// TCPCheck opens a connection; Host is localhost if empty.
type TCPCheck struct {
	Port int    `yaml:"port,omitempty"`
	Host string `yaml:"host,omitempty"`
}

// ExecCheck runs a command and wants exit code 0. ServiceContext names a service whose environment, user, group and
// folder the command takes over.
type ExecCheck struct {
	Command        string            `yaml:"command,omitempty"`
	ServiceContext string            `yaml:"service-context,omitempty"`
	Environment    map[string]string `yaml:"environment,omitempty"`
	UserID         *int              `yaml:"user-id,omitempty"`
	User           string            `yaml:"user,omitempty"`
	GroupID        *int              `yaml:"group-id,omitempty"`
	Group          string            `yaml:"group,omitempty"`
	WorkingDir     string            `yaml:"working-dir,omitempty"`
}

// LogTarget is a server to which Pebble forwards the output of Services: names, "all", or either with "-" before it.
type LogTarget struct {
	Override Override          `yaml:"override,omitempty"`
	Type     LogTargetType     `yaml:"type,omitempty"`
	Location string            `yaml:"location,omitempty"`
	Services []string          `yaml:"services,omitempty"`
	Labels   map[string]string `yaml:"labels,omitempty"`
}

// Startup says whether a service or check starts by itself. Unset is disabled for a service, enabled for a check.
type Startup string

// The values of Startup.
const (
	StartupEnabled  Startup = "enabled"
	StartupDisabled Startup = "disabled"
)

// Override says what an entry does to one of the same name below it.
type Override string

// The values of Override.
const (
	OverrideMerge   Override = "merge"
	OverrideReplace Override = "replace"
)

// Action is what Pebble does when a service exits or one of its checks fails.
type Action string

// The values of Action. Unset is restart for on-success and on-failure.
const (
	ActionRestart         Action = "restart"
	ActionShutdown        Action = "shutdown"
	ActionIgnore          Action = "ignore"
	ActionFailureShutdown Action = "failure-shutdown" // on-success only
	ActionSuccessShutdown Action = "success-shutdown" // on-failure and on-check-failure only
)

// Level says which probe a check belongs to. Under Juju a failing alive check makes Kubernetes restart the container, a
// failing ready check takes the pod out of service.
type Level string

// The values of Level.
const (
	LevelAlive Level = "alive"
	LevelReady Level = "ready"
)

// LogTargetType is the protocol of a log target.
type LogTargetType string

// The values of LogTargetType.
const (
	LogTargetLoki          LogTargetType = "loki"
	LogTargetSyslog        LogTargetType = "syslog"        // newer than Pebble 1.26
	LogTargetOpenTelemetry LogTargetType = "opentelemetry" // newer than Pebble 1.23
)

// goType is how yaml.v3 mentions Go types, which mean nothing to the author of a layer. No hook compiles it that reads no
// wrong layer.
var goType = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(` (in type|into) \S*pebble\.\S+`) })

// ParseLayer reads a layer's YAML strictly: unknown keys and everything that [Layer.Validate] refuses are one
// [PlanError] with all problems.
func ParseLayer(data []byte) (*Layer, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	layer := &Layer{}
	var problems []string
	if err := decoder.Decode(layer); err != nil && !errors.Is(err, io.EOF) {
		var many *yaml.TypeError
		if !errors.As(err, &many) {
			return nil, &PlanError{Problems: []string{err.Error()}}
		}
		for _, problem := range many.Errors {
			problems = append(problems, goType().ReplaceAllString(problem, ""))
		}
	} else if err == nil && decoder.Decode(new(yaml.Node)) != io.EOF {
		problems = append(problems, "more than one YAML document")
	}
	problems = append(problems, layer.problems()...)
	if len(problems) > 0 {
		return nil, &PlanError{Problems: problems}
	}
	return layer, nil
}

// YAML returns the layer as Pebble reads it.
func (l *Layer) YAML() ([]byte, error) {
	data, err := yaml.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("cannot write layer: %w", err)
	}
	return data, nil
}
