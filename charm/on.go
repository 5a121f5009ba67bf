package charm

import "context"

// InstallEvent is the unit's first event.
type InstallEvent struct{}

// StartEvent follows the first config-changed, and comes again whenever the
// agent starts on Kubernetes.
type StartEvent struct{}

// ConfigChangedEvent follows a change of options, trust or addresses, install
// and every upgrade.
type ConfigChangedEvent struct{}

// UpdateStatusEvent comes every few minutes when nothing else happens.
type UpdateStatusEvent struct{}

// UpgradeCharmEvent follows a new charm or resource, and a pod that was
// replaced.
type UpgradeCharmEvent struct{}

// LeaderElectedEvent tells that this unit now leads its application.
type LeaderElectedEvent struct{}

// LeaderSettingsChangedEvent comes to units that do not lead, once after each
// start of the agent, and when the leader has used leader-set. That is an older
// way of sharing data; use the databag of a peer relation.
type LeaderSettingsChangedEvent struct{}

// PreSeriesUpgradeEvent tells that the operating system of the machine is about
// to be upgraded. Juju 4.0 does not send it.
type PreSeriesUpgradeEvent struct {
	// TargetBase is what it will be, such as "ubuntu@24.04", and TargetSeries
	// its old name.
	TargetBase, TargetSeries string
}

// PostSeriesUpgradeEvent follows the upgrade.
type PostSeriesUpgradeEvent struct{}

// StopEvent comes when the unit goes away or its pod is replaced.
type StopEvent struct{}

// RemoveEvent is the unit's last event.
type RemoveEvent struct{}

// SecretChangedEvent tells that a secret which this unit reads has a new
// revision.
type SecretChangedEvent struct {
	// URI may have another form than the one under which it was read: Juju
	// leaves the model out here.
	URI SecretURI
	// Label is the one this unit gave to the secret with [Base.Tools], or empty.
	Label string
}

// SecretRotateEvent tells the owner of a secret that it is time for new content.
type SecretRotateEvent struct {
	URI   SecretURI
	Label string
}

// SecretExpiredEvent tells the owner of a secret that a revision has expired.
type SecretExpiredEvent struct {
	URI      SecretURI
	Label    string
	Revision int
}

// SecretRemoveEvent tells the owner of a secret that nobody reads a revision any
// more. The framework removes the revision, so a handler need not.
type SecretRemoveEvent struct {
	URI      SecretURI
	Label    string
	Revision int
}

// On registers handlers of the unit's own events. Several handlers of one event
// run in the order in which they were registered.
type On struct{ b *Base }

// Install registers a handler of install.
func (o On) Install(f func(context.Context, *InstallEvent) error) {
	register(o.b, kindInstall, f, new(InstallEvent))
}

// Start registers a handler of start.
func (o On) Start(f func(context.Context, *StartEvent) error) {
	register(o.b, kindStart, f, new(StartEvent))
}

// ConfigChanged registers a handler of config-changed.
func (o On) ConfigChanged(f func(context.Context, *ConfigChangedEvent) error) {
	register(o.b, kindConfigChanged, f, new(ConfigChangedEvent))
}

// UpdateStatus registers a handler of update-status.
func (o On) UpdateStatus(f func(context.Context, *UpdateStatusEvent) error) {
	register(o.b, kindUpdateStatus, f, new(UpdateStatusEvent))
}

// UpgradeCharm registers a handler of upgrade-charm.
func (o On) UpgradeCharm(f func(context.Context, *UpgradeCharmEvent) error) {
	register(o.b, kindUpgradeCharm, f, new(UpgradeCharmEvent))
}

// LeaderElected registers a handler of leader-elected.
func (o On) LeaderElected(f func(context.Context, *LeaderElectedEvent) error) {
	register(o.b, kindLeaderElected, f, new(LeaderElectedEvent))
}

// LeaderSettingsChanged registers a handler of leader-settings-changed.
func (o On) LeaderSettingsChanged(f func(context.Context, *LeaderSettingsChangedEvent) error) {
	register(o.b, kindLeaderSettingsChanged, f, new(LeaderSettingsChangedEvent))
}

// PreSeriesUpgrade registers a handler of pre-series-upgrade.
func (o On) PreSeriesUpgrade(f func(context.Context, *PreSeriesUpgradeEvent) error) {
	o.b.handle(trigger{kind: kindPreSeriesUpgrade}, func(ctx context.Context, e *event) error {
		return f(ctx, &PreSeriesUpgradeEvent{e.targetBase, e.targetSeries})
	})
}

// PostSeriesUpgrade registers a handler of post-series-upgrade.
func (o On) PostSeriesUpgrade(f func(context.Context, *PostSeriesUpgradeEvent) error) {
	register(o.b, kindPostSeriesUpgrade, f, new(PostSeriesUpgradeEvent))
}

// Stop registers a handler of stop. No reconciler runs after it.
func (o On) Stop(f func(context.Context, *StopEvent) error) {
	register(o.b, kindStop, f, new(StopEvent))
}

// Remove registers a handler of remove. No reconciler runs after it.
func (o On) Remove(f func(context.Context, *RemoveEvent) error) {
	register(o.b, kindRemove, f, new(RemoveEvent))
}

// SecretChanged registers a handler of secret-changed.
func (o On) SecretChanged(f func(context.Context, *SecretChangedEvent) error) {
	o.b.handle(trigger{kind: kindSecretChanged}, func(ctx context.Context, e *event) error {
		return f(ctx, &SecretChangedEvent{URI: e.secretURI, Label: e.secretLabel})
	})
}

// SecretRotate registers a handler of secret-rotate.
func (o On) SecretRotate(f func(context.Context, *SecretRotateEvent) error) {
	o.b.handle(trigger{kind: kindSecretRotate}, func(ctx context.Context, e *event) error {
		return f(ctx, &SecretRotateEvent{e.secretURI, e.secretLabel})
	})
}

// SecretExpired registers a handler of secret-expired.
func (o On) SecretExpired(f func(context.Context, *SecretExpiredEvent) error) {
	o.b.handle(trigger{kind: kindSecretExpired}, func(ctx context.Context, e *event) error {
		return f(ctx, &SecretExpiredEvent{e.secretURI, e.secretLabel, e.secretRevision})
	})
}

// SecretRemove registers a handler of secret-remove.
func (o On) SecretRemove(f func(context.Context, *SecretRemoveEvent) error) {
	o.b.handle(trigger{kind: kindSecretRemove}, func(ctx context.Context, e *event) error {
		return f(ctx, &SecretRemoveEvent{e.secretURI, e.secretLabel, e.secretRevision})
	})
}

// register adds a handler of an event that has no fields.
func register[E any](b *Base, kind string, f func(context.Context, *E) error, e *E) {
	b.handle(trigger{kind: kind}, func(ctx context.Context, _ *event) error { return f(ctx, e) })
}

func (b *Base) handle(t trigger, h handler) {
	b.handlers[t] = append(b.handlers[t], h)
}
