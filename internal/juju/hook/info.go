package hook

// Kind is the kind of a hook.
type Kind string

// The kinds of hook that Juju 3.6.11 runs for Kubernetes charms, and Action,
// which stands for any action.
const (
	Install        Kind = "install"
	Start          Kind = "start"
	ConfigChanged  Kind = "config-changed"
	UpgradeCharm   Kind = "upgrade-charm"
	Stop           Kind = "stop"
	Remove         Kind = "remove"
	UpdateStatus   Kind = "update-status"
	LeaderElected  Kind = "leader-elected"
	LeaderSettings Kind = "leader-settings-changed"

	RelationCreated  Kind = "relation-created"
	RelationJoined   Kind = "relation-joined"
	RelationChanged  Kind = "relation-changed"
	RelationDeparted Kind = "relation-departed"
	RelationBroken   Kind = "relation-broken"

	StorageAttached  Kind = "storage-attached"
	StorageDetaching Kind = "storage-detaching"

	PebbleReady          Kind = "pebble-ready"
	PebbleCustomNotice   Kind = "pebble-custom-notice"
	PebbleCheckFailed    Kind = "pebble-check-failed"
	PebbleCheckRecovered Kind = "pebble-check-recovered"

	SecretChanged Kind = "secret-changed"
	SecretRotate  Kind = "secret-rotate"
	SecretExpired Kind = "secret-expired"
	SecretRemove  Kind = "secret-remove"

	// Juju 4.0 has none of these, and only machines get them.
	PreSeriesUpgrade  Kind = "pre-series-upgrade"
	PostSeriesUpgrade Kind = "post-series-upgrade"

	Action Kind = "action"
)

// IsRelation reports whether hooks of the kind belong to a relation.
func (k Kind) IsRelation() bool {
	switch k {
	case RelationCreated, RelationJoined, RelationChanged, RelationDeparted, RelationBroken:
		return true
	}
	return false
}

// IsWorkload reports whether hooks of the kind come from a container's Pebble.
func (k Kind) IsWorkload() bool {
	switch k {
	case PebbleReady, PebbleCustomNotice, PebbleCheckFailed, PebbleCheckRecovered:
		return true
	}
	return false
}

// IsSecret reports whether hooks of the kind are about a secret.
func (k Kind) IsSecret() bool {
	switch k {
	case SecretChanged, SecretRotate, SecretExpired, SecretRemove:
		return true
	}
	return false
}

// IsStorage reports whether hooks of the kind are about a storage instance.
func (k Kind) IsStorage() bool { return k == StorageAttached || k == StorageDetaching }

// Info says what happened. Fields that do not belong to the kind are empty.
type Info struct {
	Kind Kind

	// Endpoint and RelationID are the relation's. RemoteApp is the other
	// application, the own one for peers. RemoteUnit is empty in
	// relation-created, in relation-broken and when the application's databag
	// changed. DepartingUnit is set in relation-departed.
	Endpoint      string `json:",omitempty"`
	RelationID    int    `json:",omitempty"`
	RemoteApp     string `json:",omitempty"`
	RemoteUnit    string `json:",omitempty"`
	DepartingUnit string `json:",omitempty"`

	// Workload is the container. The notice is a custom notice's, CheckName a
	// check's.
	Workload   string `json:",omitempty"`
	NoticeID   string `json:",omitempty"`
	NoticeType string `json:",omitempty"`
	NoticeKey  string `json:",omitempty"`
	CheckName  string `json:",omitempty"`

	// SecretURI is secret:ID, or the long form for another model's. Only
	// secret-expired and secret-remove have a revision.
	SecretURI      string `json:",omitempty"`
	SecretLabel    string `json:",omitempty"`
	SecretRevision int    `json:",omitempty"`

	// StorageName is the name in metadata.yaml, StorageID the instance's, such
	// as data/0.
	StorageName     string `json:",omitempty"`
	StorageID       string `json:",omitempty"`
	StorageKind     string `json:",omitempty"`
	StorageLocation string `json:",omitempty"`

	// TargetBase is what pre-series-upgrade tells of, such as ubuntu@24.04, and
	// TargetSeries its old name.
	TargetBase   string `json:",omitempty"`
	TargetSeries string `json:",omitempty"`

	// ActionID is the task id in the model.
	ActionID   string `json:",omitempty"`
	ActionName string `json:",omitempty"`
}

// Name is the hook's full name, such as database-relation-changed. It is empty
// for an action, as JUJU_HOOK_NAME is.
func (i Info) Name() string {
	switch {
	case i.Kind == Action:
		return ""
	case i.Kind.IsRelation():
		return i.Endpoint + "-" + string(i.Kind)
	case i.Kind.IsWorkload():
		return i.Workload + "-" + string(i.Kind)
	case i.Kind.IsStorage():
		return i.StorageName + "-" + string(i.Kind)
	default:
		return string(i.Kind)
	}
}

// DispatchPath is the value of JUJU_DISPATCH_PATH: hooks/NAME or actions/NAME.
func (i Info) DispatchPath() string {
	if i.Kind == Action {
		return "actions/" + i.ActionName
	}
	return "hooks/" + i.Name()
}

// label names the run in context ids and logs.
func (i Info) label() string {
	if i.Kind == Action {
		return i.ActionName
	}
	return i.Name()
}
