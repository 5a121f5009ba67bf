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
	c := &Container{pebble.NewContainer(name, b.socket(name)), b}
	b.containers[name] = c
	return c
}

// OnPebbleReady registers a handler of the container's pebble-ready.
func (c *Container) OnPebbleReady(f func(context.Context, *PebbleReadyEvent) error) {
	c.handle(kindPebbleReady, func(ctx context.Context, _ *event) error {
		return f(ctx, &PebbleReadyEvent{c})
	})
}

// OnCustomNotice registers a handler of the container's pebble-custom-notice.
func (c *Container) OnCustomNotice(f func(context.Context, *PebbleCustomNoticeEvent) error) {
	c.handle(kindPebbleCustomNotice, func(ctx context.Context, e *event) error {
		return f(ctx, &PebbleCustomNoticeEvent{c, e.noticeID, e.noticeType, e.noticeKey})
	})
}

// OnCheckFailed registers a handler of the container's pebble-check-failed.
func (c *Container) OnCheckFailed(f func(context.Context, *PebbleCheckFailedEvent) error) {
	c.handle(kindPebbleCheckFailed, func(ctx context.Context, e *event) error {
		return f(ctx, &PebbleCheckFailedEvent{c, e.check})
	})
}

// OnCheckRecovered registers a handler of the container's
// pebble-check-recovered.
func (c *Container) OnCheckRecovered(f func(context.Context, *PebbleCheckRecoveredEvent) error) {
	c.handle(kindPebbleCheckRecovered, func(ctx context.Context, e *event) error {
		return f(ctx, &PebbleCheckRecoveredEvent{c, e.check})
	})
}

func (c *Container) handle(kind string, h handler) { c.b.handle(trigger{kind, c.Name()}, h) }
