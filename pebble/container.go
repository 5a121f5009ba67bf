package pebble

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/canonical/pebble/client"
)

// Container is a workload container, as far as its Pebble goes. Its methods may be used from several goroutines. Each ends
// with its context; what Pebble has begun by then, it finishes. A Pebble that cannot be reached is [ErrNotReady] at once.
type Container struct {
	name      string
	socket    string
	transport Transport // instead of the socket, if not nil

	// handshake is how much longer than its client's five seconds Pebble may take to begin a command.
	handshake time.Duration

	mu   sync.Mutex
	info *SystemInfo
}

// SystemInfo is what a Pebble says about itself.
type SystemInfo struct {
	Version string // such as "v1.19.2"
	BootID  string // another one after each start of Pebble, if it is process 1, as in a pod; else after each of the machine
}

// NewContainer returns the container of that name whose Pebble listens on a Unix socket; under Juju that is
// /charm/containers/NAME/pebble.socket. Nothing is opened until a method is called.
func NewContainer(name, socket string) *Container {
	return &Container{name: name, socket: socket, handshake: handshakeLimit}
}

// Name returns the container's name.
func (c *Container) Name() string { return c.name }

// Socket returns the path of Pebble's socket, or "" if it is reached by a [Transport].
func (c *Container) Socket() string { return c.socket }

// call runs one call of the client. what completes "cannot ...".
func (c *Container) call(ctx context.Context, what string, do func(*session) error) error {
	s, err := c.open(ctx)
	if err == nil {
		defer s.close()
		err = s.explain(do(s))
	}
	if err != nil {
		return fmt.Errorf("cannot %s in container %q: %w", what, c.name, err)
	}
	return nil
}

// Ready returns nil if Pebble answers, and ErrNotReady if it does not. The answer holds for that moment only: what follows may
// still meet ErrNotReady, and should rather handle it than ask first.
func (c *Container) Ready(ctx context.Context) error {
	_, err := c.fetchInfo(ctx)
	return err
}

// SystemInfo returns what Pebble says about itself. It asks once: a Pebble is replaced together with its pod.
func (c *Container) SystemInfo(ctx context.Context) (SystemInfo, error) {
	c.mu.Lock()
	info := c.info
	c.mu.Unlock()
	if info != nil {
		return *info, ctx.Err()
	}
	return c.fetchInfo(ctx)
}

func (c *Container) fetchInfo(ctx context.Context) (SystemInfo, error) {
	var info SystemInfo
	err := c.call(ctx, "reach Pebble", func(s *session) error {
		answer, err := s.SysInfo()
		if err == nil {
			info = SystemInfo{Version: answer.Version, BootID: answer.BootID}
		}
		return err
	})
	if err != nil {
		return SystemInfo{}, err
	}
	c.mu.Lock()
	c.info = &info
	c.mu.Unlock()
	return info, nil
}

// Version returns Pebble's version, such as "v1.19.2". Like SystemInfo, it asks once.
func (c *Container) Version(ctx context.Context) (string, error) {
	info, err := c.SystemInfo(ctx)
	return info.Version, err
}

// Plan returns the combined layers. It holds the environment of the services, secrets included.
func (c *Container) Plan(ctx context.Context) (*Plan, error) {
	var plan *Plan
	err := c.call(ctx, "read the plan", func(s *session) (err error) {
		plan, err = s.plan()
		return err
	})
	return plan, err
}

func (s *session) plan() (*Plan, error) {
	data, err := s.PlanBytes(&client.PlanOptions{})
	if err != nil {
		return nil, err
	}
	if parser, ok := s.over.(planParser); ok {
		return parser.ParsePlan(data)
	}
	return ParsePlan(data)
}

// AddLayer combines a layer with the one of that label, entry by entry, or puts it on top if there is none. Services are not
// started or restarted by it, but checks are. It is what [Container.Apply] is made of; charms rather want Apply.
//
// A layer that Pebble refuses is a PlanError, one with fields that it does not know a NotSupportedError.
func (c *Container) AddLayer(ctx context.Context, label string, layer *Layer) error {
	return c.addLayer(ctx, "add", label, layer, true)
}

// AppendLayer puts a layer on top, and refuses with a PlanError if there is one of that label already.
func (c *Container) AppendLayer(ctx context.Context, label string, layer *Layer) error {
	return c.addLayer(ctx, "append", label, layer, false)
}

func (c *Container) addLayer(ctx context.Context, verb, label string, layer *Layer, combine bool) error {
	if err := c.supports(ctx, layer.newFeatures()); err != nil {
		return fmt.Errorf("cannot %s layer %q in container %q: %w", verb, label, c.name, err)
	}
	return c.call(ctx, fmt.Sprintf("%s layer %q", verb, label), func(s *session) error {
		return s.addLayer(label, layer, combine)
	})
}

func (s *session) addLayer(label string, layer *Layer, combine bool) error {
	data, err := layer.YAML()
	if err != nil {
		return err
	}
	err = s.explain(s.AddLayer(&client.AddLayerOptions{Combine: combine, Label: label, LayerData: data}))
	return planError(err)
}

// Health reports whether all checks of a level are up. LevelReady includes the alive ones, and so does an unset level.
// Names limits it to some checks.
func (c *Container) Health(ctx context.Context, level Level, names ...string) (bool, error) {
	var healthy bool
	err := c.call(ctx, "read health", func(s *session) (err error) {
		healthy, err = s.Health(&client.HealthOptions{Level: client.CheckLevel(level), Names: names})
		return err
	})
	return healthy, err
}

// Client runs a function with Pebble's own client, for what this package has no method for. All that the client does is under
// the context and goes through the middleware, and its errors are explained as those of the other methods are. The client is
// not to be used after the function has returned.
func (c *Container) Client(ctx context.Context, do func(*client.Client) error) error {
	return c.call(ctx, "use Pebble's client", func(s *session) error { return do(s.Client) })
}
