package charm

import (
	"context"

	"github.com/charmkit/charmkit/pebble"
)

// Container is a workload container: its Pebble, and its events.
type Container struct {
	*pebble.Container
	b *Base
}

// PebbleReadyEvent tells that the container's Pebble has started, or that the
// agent has.
type PebbleReadyEvent struct{ Container *Container }

// PebbleCustomNoticeEvent tells that something in the container has notified its
// Pebble. Old notices come again when the agent starts.
type PebbleCustomNoticeEvent struct {
	Container *Container
	ID        string
	// Type is custom; Juju sends no other.
	Type string
	// Key is what it was notified of, such as "example.com/backup-done".
	Key string
}

// PebbleCheckFailedEvent tells that a check has failed as often as its threshold
// says.
type PebbleCheckFailedEvent struct {
	Container *Container
	Check     string
}

// PebbleCheckRecoveredEvent tells that a check which had failed is up again.
type PebbleCheckRecoveredEvent struct {
	Container *Container
	Check     string
}

// Container returns the handle of a workload container that metadata.yaml
// declares.
func (b *Base) Container(name string) *Container {
	if c, ok := b.containers[name]; ok {
		return c
	}
	b.names.use(nameContainer, name)
	c := &Container{b.pebble(name), b}
	b.containers[name] = c
	return c
}

// StopChecks is that of [pebble.Container], and tells the security log.
func (c *Container) StopChecks(ctx context.Context, names ...string) ([]string, error) {
	stopped, err := c.Container.StopChecks(ctx, names...)
	c.unwatched(ctx, stopped)
	return stopped, err
}

// Apply is that of [pebble.Container], and tells the security log of checks that it
// has stopped.
func (c *Container) Apply(ctx context.Context, want pebble.Want) (*pebble.Applied, error) {
	applied, err := c.Container.Apply(ctx, want)
	if applied != nil {
		c.unwatched(ctx, applied.StoppedChecks)
	}
	return applied, err
}

func (c *Container) unwatched(ctx context.Context, checks []string) {
	for _, check := range checks {
		c.b.run.security(ctx, securityUnwatched, c.b.run.unit+","+check, "the charm stopped the check "+check+" of container "+c.Name())
	}
}

// OnPebbleReady registers a handler of the container's pebble-ready.
func (c *Container) OnPebbleReady(f func(context.Context, *PebbleReadyEvent) error) {
	observe(c.b, trigger{kindPebbleReady, c.Name()}, c.pebbleReady, f)
}

// OnCustomNotice registers a handler of the container's pebble-custom-notice.
func (c *Container) OnCustomNotice(f func(context.Context, *PebbleCustomNoticeEvent) error) {
	observe(c.b, trigger{kindPebbleCustomNotice, c.Name()}, c.customNotice, f)
}

// OnCheckFailed registers a handler of the container's pebble-check-failed.
func (c *Container) OnCheckFailed(f func(context.Context, *PebbleCheckFailedEvent) error) {
	observe(c.b, trigger{kindPebbleCheckFailed, c.Name()}, c.checkFailed, f)
}

// OnCheckRecovered registers a handler of the container's
// pebble-check-recovered.
func (c *Container) OnCheckRecovered(f func(context.Context, *PebbleCheckRecoveredEvent) error) {
	observe(c.b, trigger{kindPebbleCheckRecovered, c.Name()}, c.checkRecovered, f)
}

func (c *Container) pebbleReady(*event) *PebbleReadyEvent { return &PebbleReadyEvent{c} }

func (c *Container) customNotice(e *event) *PebbleCustomNoticeEvent {
	return &PebbleCustomNoticeEvent{c, e.noticeID, e.noticeType, e.noticeKey}
}

func (c *Container) checkFailed(e *event) *PebbleCheckFailedEvent {
	return &PebbleCheckFailedEvent{c, e.check}
}

func (c *Container) checkRecovered(e *event) *PebbleCheckRecoveredEvent {
	return &PebbleCheckRecoveredEvent{c, e.check}
}
