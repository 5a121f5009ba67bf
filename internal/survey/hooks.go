package survey

import "github.com/charmkit/charmkit/internal/juju/hook"

// What the hooks are about, and the charm calls tools for.
const (
	OwnedID     = "cq1m8t8p8nqc77k3c1b0" // a secret of myapp
	ForbiddenID = "cq1m8t8p8nqc77k3c1c0" // of postgresql, not granted
	GrantedID   = "cq1m8t8p8nqc77k3c1d0" // of postgresql, granted to myapp
	UnitID      = "cq1m8t8p8nqc77k3c1e0" // of myapp/0
	ActionID    = "7"
)

// Hook is a hook that the charm is run for.
type Hook struct {
	Unit string
	Info hook.Info
}

// Hooks returns hooks of every kind, in an order in which a unit may have them. The
// unit myapp/0 is the leader, and has the relation db:1 with postgresql, the storage
// data/0 and the container app.
func Hooks() []Hook {
	database := func(kind hook.Kind, unit string) hook.Info {
		return hook.Info{Kind: kind, Endpoint: "db", RelationID: 1, RemoteApp: "postgresql", RemoteUnit: unit}
	}
	departed := database(hook.RelationDeparted, "postgresql/1")
	departed.DepartingUnit = "postgresql/1"
	storage := func(kind hook.Kind) hook.Info {
		return hook.Info{Kind: kind, StorageName: "data", StorageID: "data/0", StorageKind: "filesystem", StorageLocation: "/var/lib/juju/storage/data/0"}
	}
	secret := func(kind hook.Kind, id, label string, revision int) hook.Info {
		return hook.Info{Kind: kind, SecretURI: "secret:" + id, SecretLabel: label, SecretRevision: revision}
	}
	var hooks []Hook
	for _, info := range []hook.Info{
		storage(hook.StorageAttached),
		{Kind: hook.Install}, {Kind: hook.LeaderElected}, {Kind: hook.LeaderSettings}, {Kind: hook.ConfigChanged},
		{Kind: hook.UpgradeCharm}, {Kind: hook.Start}, {Kind: hook.UpdateStatus},
		{Kind: hook.Action, ActionID: ActionID, ActionName: "backup"},
		{Kind: hook.PebbleReady, Workload: "app"},
		{Kind: hook.PebbleCustomNotice, Workload: "app", NoticeID: "3", NoticeType: "custom", NoticeKey: "example.com/done"},
		{Kind: hook.PebbleCheckFailed, Workload: "app", CheckName: "up"},
		{Kind: hook.PebbleCheckRecovered, Workload: "app", CheckName: "up"},
		database(hook.RelationCreated, ""), database(hook.RelationJoined, "postgresql/0"),
		database(hook.RelationChanged, ""), database(hook.RelationChanged, "postgresql/0"),
		departed,
		secret(hook.SecretChanged, GrantedID, "dbcreds", 0),
		secret(hook.SecretRotate, UnitID, "unitsecret", 0),
		secret(hook.SecretExpired, UnitID, "unitsecret", 1),
		secret(hook.SecretRemove, OwnedID, "mine", 1),
		database(hook.RelationBroken, ""),
		storage(hook.StorageDetaching),
		{Kind: hook.Stop}, {Kind: hook.Remove},
	} {
		hooks = append(hooks, Hook{Unit: "myapp/0", Info: info})
	}
	return append(hooks,
		Hook{Unit: "myapp/1", Info: hook.Info{Kind: hook.UpdateStatus}},
		Hook{Unit: "myapp/1", Info: hook.Info{Kind: hook.PreSeriesUpgrade, TargetBase: "ubuntu@24.04", TargetSeries: "noble"}},
		Hook{Unit: "myapp/1", Info: hook.Info{Kind: hook.PostSeriesUpgrade}},
	)
}
