package charm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The kinds of event, as Juju names them.
const (
	kindInstall       = "install"
	kindStart         = "start"
	kindConfigChanged = "config-changed"
	kindUpdateStatus  = "update-status"
	kindUpgradeCharm  = "upgrade-charm"
	kindLeaderElected = "leader-elected"
	kindStop          = "stop"
	kindRemove        = "remove"

	kindLeaderSettingsChanged = "leader-settings-changed"
	kindPreSeriesUpgrade      = "pre-series-upgrade"
	kindPostSeriesUpgrade     = "post-series-upgrade"

	kindSecretChanged = "secret-changed"
	kindSecretRotate  = "secret-rotate"
	kindSecretExpired = "secret-expired"
	kindSecretRemove  = "secret-remove"

	kindRelationCreated  = "relation-created"
	kindRelationJoined   = "relation-joined"
	kindRelationChanged  = "relation-changed"
	kindRelationDeparted = "relation-departed"
	kindRelationBroken   = "relation-broken"

	kindPebbleReady          = "pebble-ready"
	kindPebbleCustomNotice   = "pebble-custom-notice"
	kindPebbleCheckFailed    = "pebble-check-failed"
	kindPebbleCheckRecovered = "pebble-check-recovered"

	kindStorageAttached  = "storage-attached"
	kindStorageDetaching = "storage-detaching"

	kindAction = "action"
)

// subjectKinds are the kinds whose events have the name of an endpoint,
// container or storage before them.
var subjectKinds = [...]string{
	kindRelationCreated, kindRelationJoined, kindRelationChanged, kindRelationDeparted, kindRelationBroken,
	kindPebbleReady, kindPebbleCustomNotice, kindPebbleCheckFailed, kindPebbleCheckRecovered,
	kindStorageAttached, kindStorageDetaching,
}

// plainKinds are the kinds whose events are about the unit itself.
var plainKinds = [...]string{
	kindInstall, kindStart, kindConfigChanged, kindUpdateStatus, kindUpgradeCharm, kindLeaderElected, kindStop, kindRemove,
	kindLeaderSettingsChanged, kindPreSeriesUpgrade, kindPostSeriesUpgrade,
	kindSecretChanged, kindSecretRotate, kindSecretExpired, kindSecretRemove,
}

// obsoleteKinds are the kinds that Juju 3.6.11 knows and never sends. Where an older
// one sends them, it refuses most tools in them, so nothing is done.
var obsoleteKinds = [...]string{"leader-deposed", "collect-metrics", "meter-status-changed"}

// isKnown tells whether the event is of a kind that this framework knows of.
func (e *event) isKnown() bool {
	return e.subject != "" || e.kind == kindAction ||
		slices.Contains(plainKinds[:], e.kind) || slices.Contains(obsoleteKinds[:], e.kind)
}

// event is what the environment says of the hook.
type event struct {
	// name is the whole name, such as "database-relation-changed"; of an
	// action, its own.
	name string
	trigger

	relationID      string
	remoteApp       string
	remoteUnit      string
	departingUnit   string
	secretURI       SecretURI
	secretLabel     string
	secretRevision  int
	noticeID        string
	noticeType      string
	noticeKey       string
	check           string
	storageID       string
	storageKind     string
	storageLocation string
	actionID        string
	targetBase      string
	targetSeries    string
}

// trigger is what handlers are registered for: a kind of event and the endpoint,
// container or storage that it is about.
type trigger struct{ kind, subject string }

// eventFromEnvironment reads the event that Juju runs the binary for.
// JUJU_HOOK_NAME would not do: it is empty for actions.
func eventFromEnvironment(getenv func(string) string) (event, error) {
	path := getenv("JUJU_DISPATCH_PATH")
	if path == "" {
		return event{}, ErrNotUnderJuju
	}
	kind, name, ok := strings.Cut(path, "/")
	if !ok || name == "" || kind != "hooks" && kind != "actions" {
		return event{}, fmt.Errorf("cannot tell the event: JUJU_DISPATCH_PATH is %q, not hooks/NAME or actions/NAME", path)
	}
	if kind == "actions" {
		return event{name: name, trigger: trigger{kind: kindAction}, actionID: getenv("JUJU_ACTION_UUID")}, nil
	}
	e := event{
		name:            name,
		relationID:      getenv("JUJU_RELATION_ID"),
		remoteApp:       getenv("JUJU_REMOTE_APP"),
		remoteUnit:      getenv("JUJU_REMOTE_UNIT"),
		departingUnit:   getenv("JUJU_DEPARTING_UNIT"),
		secretURI:       SecretURI(getenv("JUJU_SECRET_ID")),
		secretLabel:     getenv("JUJU_SECRET_LABEL"),
		noticeID:        getenv("JUJU_NOTICE_ID"),
		noticeType:      getenv("JUJU_NOTICE_TYPE"),
		noticeKey:       getenv("JUJU_NOTICE_KEY"),
		check:           getenv("JUJU_PEBBLE_CHECK_NAME"),
		storageID:       getenv("JUJU_STORAGE_ID"),
		targetBase:      getenv("JUJU_TARGET_BASE"),
		targetSeries:    getenv("JUJU_TARGET_SERIES"),
		storageKind:     getenv("JUJU_STORAGE_KIND"),
		storageLocation: getenv("JUJU_STORAGE_LOCATION"),
	}
	if e.remoteApp == "" {
		// Hooks that `juju exec --relation` stands in for have the unit alone.
		e.remoteApp, _, _ = strings.Cut(e.remoteUnit, "/")
	}
	if revision := getenv("JUJU_SECRET_REVISION"); revision != "" {
		n, err := strconv.Atoi(revision)
		if err != nil {
			return event{}, fmt.Errorf("cannot tell the event: JUJU_SECRET_REVISION is %q, not a number", revision)
		}
		e.secretRevision = n
	}
	e.trigger = triggerOf(name)
	return e, nil
}

// triggerOf takes the name of a hook apart.
func triggerOf(name string) trigger {
	for _, kind := range subjectKinds {
		if subject, ok := strings.CutSuffix(name, "-"+kind); ok && subject != "" {
			return trigger{kind, subject}
		}
	}
	return trigger{kind: name}
}
