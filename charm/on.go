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
	observe(o.b, trigger{kind: kindInstall}, plain[InstallEvent], f)
}

// Start registers a handler of start.
func (o On) Start(f func(context.Context, *StartEvent) error) {
	observe(o.b, trigger{kind: kindStart}, plain[StartEvent], f)
}

// ConfigChanged registers a handler of config-changed.
func (o On) ConfigChanged(f func(context.Context, *ConfigChangedEvent) error) {
	observe(o.b, trigger{kind: kindConfigChanged}, plain[ConfigChangedEvent], f)
}

// UpdateStatus registers a handler of update-status.
func (o On) UpdateStatus(f func(context.Context, *UpdateStatusEvent) error) {
	observe(o.b, trigger{kind: kindUpdateStatus}, plain[UpdateStatusEvent], f)
}

// UpgradeCharm registers a handler of upgrade-charm.
func (o On) UpgradeCharm(f func(context.Context, *UpgradeCharmEvent) error) {
	observe(o.b, trigger{kind: kindUpgradeCharm}, plain[UpgradeCharmEvent], f)
}

// LeaderElected registers a handler of leader-elected.
func (o On) LeaderElected(f func(context.Context, *LeaderElectedEvent) error) {
	observe(o.b, trigger{kind: kindLeaderElected}, plain[LeaderElectedEvent], f)
}

// LeaderSettingsChanged registers a handler of leader-settings-changed.
func (o On) LeaderSettingsChanged(f func(context.Context, *LeaderSettingsChangedEvent) error) {
	observe(o.b, trigger{kind: kindLeaderSettingsChanged}, plain[LeaderSettingsChangedEvent], f)
}

// PreSeriesUpgrade registers a handler of pre-series-upgrade.
func (o On) PreSeriesUpgrade(f func(context.Context, *PreSeriesUpgradeEvent) error) {
	observe(o.b, trigger{kind: kindPreSeriesUpgrade}, newPreSeriesUpgrade, f)
}

// PostSeriesUpgrade registers a handler of post-series-upgrade.
func (o On) PostSeriesUpgrade(f func(context.Context, *PostSeriesUpgradeEvent) error) {
	observe(o.b, trigger{kind: kindPostSeriesUpgrade}, plain[PostSeriesUpgradeEvent], f)
}

// Stop registers a handler of stop. No reconciler runs after it.
func (o On) Stop(f func(context.Context, *StopEvent) error) {
	observe(o.b, trigger{kind: kindStop}, plain[StopEvent], f)
}

// Remove registers a handler of remove. No reconciler runs after it.
func (o On) Remove(f func(context.Context, *RemoveEvent) error) {
	observe(o.b, trigger{kind: kindRemove}, plain[RemoveEvent], f)
}

// SecretChanged registers a handler of secret-changed.
func (o On) SecretChanged(f func(context.Context, *SecretChangedEvent) error) {
	observe(o.b, trigger{kind: kindSecretChanged}, newSecretChanged, f)
}

// SecretRotate registers a handler of secret-rotate.
func (o On) SecretRotate(f func(context.Context, *SecretRotateEvent) error) {
	observe(o.b, trigger{kind: kindSecretRotate}, newSecretRotate, f)
}

// SecretExpired registers a handler of secret-expired.
func (o On) SecretExpired(f func(context.Context, *SecretExpiredEvent) error) {
	observe(o.b, trigger{kind: kindSecretExpired}, newSecretExpired, f)
}

// SecretRemove registers a handler of secret-remove.
func (o On) SecretRemove(f func(context.Context, *SecretRemoveEvent) error) {
	observe(o.b, trigger{kind: kindSecretRemove}, newSecretRemove, f)
}

// observe registers a handler of an event, whose value build makes of what Juju
// says.
func observe[E any](b *Base, t trigger, build func(*event) *E, f func(context.Context, *E) error) {
	b.handlers[t] = append(b.handlers[t], func(ctx context.Context, e *event) error { return f(ctx, build(e)) })
}

// plain is the value of an event that has no fields.
func plain[E any](*event) *E { return new(E) }

func newPreSeriesUpgrade(e *event) *PreSeriesUpgradeEvent {
	return &PreSeriesUpgradeEvent{e.targetBase, e.targetSeries}
}

func newSecretChanged(e *event) *SecretChangedEvent {
	return &SecretChangedEvent{URI: e.secretURI, Label: e.secretLabel}
}

func newSecretRotate(e *event) *SecretRotateEvent {
	return &SecretRotateEvent{e.secretURI, e.secretLabel}
}

func newSecretExpired(e *event) *SecretExpiredEvent {
	return &SecretExpiredEvent{e.secretURI, e.secretLabel, e.secretRevision}
}

func newSecretRemove(e *event) *SecretRemoveEvent {
	return &SecretRemoveEvent{e.secretURI, e.secretLabel, e.secretRevision}
}
