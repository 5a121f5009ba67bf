package charmtest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm"
	"github.com/charmkit/charmkit/charm/charmtest"
	"github.com/charmkit/charmkit/charm/hooktool"
	"github.com/charmkit/charmkit/pebble/pebbletest/memory"
)

// strict is a charm that declares something of everything.
var strict = charmtest.New(func(b *charm.Base) (*charm.Base, error) {
	for _, name := range []string{"backup", "untyped", "odd"} {
		charm.OnAction(b, name, func(context.Context, charm.None) (charm.None, error) { return charm.None{}, nil })
	}
	return b, nil
}, fstest.MapFS{
	"metadata.yaml": {Data: []byte(`
name: wiki
summary: s
description: d
containers: {app: {}}
requires:
  database: {interface: pg, limit: 1}
  cache: {interface: redis}
  host: {interface: juju-info, scope: container}
provides: {website: {interface: http}}
peers: {cluster: {interface: cluster}}
storage: {data: {type: filesystem}, logs: {type: filesystem, multiple: {range: 2-3}}}
resources: {manual: {filename: manual.pdf}}
extra-bindings: {admin: }
`)},
	"config.yaml": {Data: []byte(`
options:
  level: {type: string}
  size: {type: int}
  ratio: {type: float}
  debug: {type: boolean}
  login: {type: secret}
`)},
	"actions.yaml": {Data: []byte(`
backup: {params: {to: {type: string}, keep: {type: integer, minimum: 1}}, required: [to]}
untyped: {params: {x: {description: no type}}}
odd: {params: {x: {type: text}}}
`)},
})

const (
	idA = "9m4e2mr0ui3e8a215n4g"
	idB = "9m4e2mr0ui3e8a215n5g"
)

// secret is one of the application's own.
func secret(change func(*charmtest.Secret)) charmtest.State {
	s := charmtest.Secret{ID: idA, Label: "key", Content: map[string]string{"value": "v"}}
	change(&s)
	return charmtest.State{Leader: true, Secrets: []charmtest.Secret{s}}
}

func related(relations ...charmtest.Relation) charmtest.State {
	return charmtest.State{Relations: relations}
}

func withStorage(ids ...string) charmtest.State {
	var s charmtest.State
	for _, id := range ids {
		s.Storage = append(s.Storage, charmtest.Storage{ID: id})
	}
	return s
}

// TestCheck has a case for each rule: what is said, and what it advises. OPS numbers
// are those of the checker of ops.testing that has the same rule; C numbers those
// of the contract with Juju.
func TestCheck(t *testing.T) {
	t.Parallel()
	type state = charmtest.State
	type relation = charmtest.Relation
	units := func(names ...string) map[string]map[string]string {
		m := map[string]map[string]string{}
		for _, name := range names {
			m[name] = map[string]string{}
		}
		return m
	}
	database := relation{Endpoint: "database", RemoteApp: "pg", RemoteUnits: units("pg/0")}
	unreachable := state{Containers: map[string]charmtest.Container{"app": {Pebble: memory.State{Unreachable: true}}}}
	for name, test := range map[string]struct {
		state charmtest.State
		event charmtest.Event
		want  string // of the only problem; empty if there is none
	}{
		"all is well": {related(database), charmtest.RelationChanged("database", "pg/0"), ""},

		"unit's name":          {state{Unit: "wiki"}, charmtest.Start(), `State.Unit: "wiki" is no unit's name: write "wiki/0"`},
		"version":              {state{Version: "three"}, charmtest.Start(), `State.Version: "three" is no version of Juju: write "3.6.11"`},
		"peer of another":      {state{Peers: []string{"blog/1"}}, charmtest.Start(), `State.Peers[0]: "blog/1" is no unit of wiki: write "wiki/1"`},
		"itself a peer":        {state{Peers: []string{"wiki/0"}}, charmtest.Start(), `State.Peers[0]: "wiki/0" is the unit under test itself: leave it out`},
		"peer twice":           {state{Peers: []string{"wiki/1", "wiki/1"}}, charmtest.Start(), `State.Peers[1]: "wiki/1" is there already`},
		"status":               {state{Status: charmtest.Status{Status: "activ"}}, charmtest.Start(), `State.Status: Juju has no status "activ": write "active"`},
		"message alone":        {state{AppStatus: charmtest.Status{Message: "m"}}, charmtest.Start(), `State.AppStatus: it has a message and no status`},
		"resource (OPS-366)":   {state{Resources: map[string]string{"manuel": "x"}}, charmtest.Start(), `State.Resources["manuel"]: metadata.yaml has no resource "manuel": write "manual"`},
		"no event":             {state{}, charmtest.Event{}, `the event: it is empty: write charmtest.ConfigChanged()`},
		"relation on no other": {state{}, charmtest.Start().In(3), `the event: start is of no relation: leave In out`},

		"event of an undeclared endpoint (OPS-367)": {state{}, charmtest.RelationCreated("databse"), `the event: metadata.yaml has no endpoint "databse": write "database"`},
		"event without its relation (OPS-367)":      {state{}, charmtest.RelationCreated("database"), `the state has not: give State.Relations one with Endpoint "database"`},
		"event of another id (OPS-367)":             {related(database), charmtest.RelationCreated("database").In(7), `database has no relation 7: it has [database:0]`},
		"event of one of several (OPS-367)": {
			related(relation{Endpoint: "cache", RemoteApp: "a"}, relation{Endpoint: "cache", RemoteApp: "b"}), charmtest.RelationCreated("cache"),
			"may be of each of [cache:0 cache:1]: say which one with In",
		},
		"event of another application (OPS-367)": {related(database), charmtest.RelationChanged("database", "mysql"), "of the application mysql, with which database has no relation"},
		"joined without a unit (OPS-376)":        {related(database), charmtest.RelationJoined("database", ""), "database-relation-joined needs the name of a remote unit: there is pg/0"},
		"changed for no unit of it (OPS-376)":    {related(database), charmtest.RelationChanged("database", "pg/9"), `database has no remote unit "pg/9": write "pg/0"`},
		"departed for no unit of it (OPS-376)":   {related(database), charmtest.RelationDeparted("database", "gp/0"), `database has no remote unit "gp/0"`},
		"joined by a unit of none (OPS-376)":     {related(relation{Endpoint: "cache"}), charmtest.RelationJoined("cache", "redis/0"), `cache has no remote unit "redis/0": give the relation RemoteUnits with it`},
		"who departs":                            {related(database), charmtest.RelationDeparted("database", "pg/0").Departing("blog/0"), `"blog/0" departs neither as the remote unit nor as the one under test: write "wiki/0"`},

		"container of the event (OPS-368, 377)": {state{}, charmtest.PebbleReady("ap"), `metadata.yaml has no container "ap": write "app"`},
		"event without its container (OPS-368)": {state{}, charmtest.PebbleReady("app"), `the event: app-pebble-ready is of a container that the state has not: give State.Containers one, "app": {}`},
		"container of the state (OPS-377)":      {state{Containers: map[string]charmtest.Container{"web": {}}}, charmtest.Start(), `State.Containers["web"]: metadata.yaml has no container "web": there is app`},
		"two Pebbles for a container":           {state{Containers: map[string]charmtest.Container{"app": {Socket: "s", Recorded: "r"}}}, charmtest.Start(), "leave one out"},
		"key of a notice (OPS-377)":             {unreachable, charmtest.PebbleCustomNotice("app", "1", "done"), `"done" is no key of a custom notice: write a domain and a path, such as "example.com/backup-done"`},
		"id of a notice":                        {unreachable, charmtest.PebbleCustomNotice("app", "one", "example.com/x"), `"one" is no notice's id: write a number`},
		"check without a name (OPS-377)":        {unreachable, charmtest.PebbleCheckFailed("app", ""), "app-pebble-check-failed is of a check: write its name"},
		"check before 3.6 (C-423)":              {state{Version: "3.5", Containers: unreachable.Containers}, charmtest.PebbleCheckFailed("app", "up"), "Juju sends pebble-check-failed since 3.6"},
		"container on a machine":                {state{Machine: &charmtest.Machine{}}, charmtest.PebbleReady("app"), "machines have none: leave State.Machine out"},
		"containers on a machine":               {state{Machine: &charmtest.Machine{}, Containers: map[string]charmtest.Container{"app": {}}}, charmtest.Start(), "State.Containers: machines have no containers"},

		"action (OPS-369)":                 {state{}, charmtest.RunAction("bakup", nil), `actions.yaml has no action "bakup": write "backup"`},
		"parameter without type (OPS-369)": {state{}, charmtest.RunAction("untyped", nil), `gives the parameter "x" of untyped no type: write "type: string"`},
		"parameter's type (OPS-369)":       {state{}, charmtest.RunAction("odd", nil), `gives the parameter "x" of odd the type "text"`},
		"parameter undeclared (OPS-369)":   {state{}, charmtest.RunAction("backup", map[string]any{"to": "x", "kep": 1}), `actions.yaml gives backup no parameter "kep": write "keep"`},
		"parameter of a type (OPS-369)":    {state{}, charmtest.RunAction("backup", map[string]any{"to": 1}), "does not take these parameters of backup: validation failed: (root).to"},
		"parameter missing (C-409)":        {state{}, charmtest.RunAction("backup", nil), "does not take these parameters of backup"},
		"parameter's bounds (C-409)":       {state{}, charmtest.RunAction("backup", map[string]any{"to": "x", "keep": 0}), "does not take these parameters of backup"},

		"storage of the event (OPS-370)":  {state{}, charmtest.StorageAttached("dat/0"), `metadata.yaml has no storage "dat": write "data"`},
		"instance of the event (OPS-370)": {withStorage("data/0"), charmtest.StorageAttached("data/1"), `State.Storage has no "data/1": write "data/0"`},
		"storage undeclared (OPS-371)":    {withStorage("dta/0"), charmtest.Start(), `State.Storage[0].ID: metadata.yaml has no storage "dta": write "data"`},
		"storage twice (OPS-371)":         {withStorage("logs/0", "logs/0"), charmtest.Start(), `State.Storage[1].ID: "logs/0" is there already`},
		"instance's id":                   {withStorage("data"), charmtest.Start(), `"data" is no instance's id: write the storage's name, a slash and a number`},
		"too much storage (C-264)":        {withStorage("data/0", "data/1"), charmtest.Start(), "metadata.yaml lets a unit have 1 of data, and here is one more"},
		"too little storage (C-264)":      {withStorage("logs/0"), charmtest.Start(), "gives each unit 2 of logs at least, and here are 1"},
		"kind of storage":                 {state{Storage: []charmtest.Storage{{ID: "data/0", Kind: "block"}}}, charmtest.Start(), "gives data the type filesystem"},
		"attached and pending (C-260)":    {state{Storage: []charmtest.Storage{{ID: "data/0", Pending: true}}}, charmtest.StorageAttached("data/0"), "data/0 is Pending: leave that out"},

		"option (OPS-372)":            {state{Config: map[string]any{"levl": "x"}}, charmtest.Start(), `State.Config["levl"]: config.yaml has no option "levl": write "level"`},
		"string (OPS-372)":            {state{Config: map[string]any{"level": 1}}, charmtest.Start(), "the option is of type string and the value a int"},
		"int (OPS-372)":               {state{Config: map[string]any{"size": 1.5}}, charmtest.Start(), "the option is of type int and the value a float64: write an int"},
		"float (OPS-372)":             {state{Config: map[string]any{"ratio": "1"}}, charmtest.Start(), "the option is of type float"},
		"boolean (OPS-372)":           {state{Config: map[string]any{"debug": "yes"}}, charmtest.Start(), "the option is of type boolean and the value a string: write true or false"},
		"secret's URI (OPS-372)":      {state{Config: map[string]any{"login": "hunter2"}}, charmtest.Start(), `"hunter2" is no secret's URI`},
		"secret before 3.4 (OPS-372)": {state{Version: "3.3", Config: map[string]any{"login": "secret:" + idA}}, charmtest.Start(), "Juju has options of type secret since 3.4"},

		"secret of the event (OPS-373)": {secret(func(*charmtest.Secret) {}), charmtest.SecretRotate(idB, ""), `State.Secrets has no "` + idB + `": write "` + idA + `"`},
		"event before 3.0 (OPS-373)": {func() state {
			s := secret(func(s *charmtest.Secret) { s.Rotate = "daily" })
			s.Version = "2.9"
			return s
		}(), charmtest.SecretRotate(idA, ""), "Juju has secrets since 3.0"},
		"changed unread":                 {secret(func(*charmtest.Secret) {}), charmtest.SecretChanged(idA, ""), "secret-changed comes to units that read the secret: set Tracked of it, to 1"},
		"rotated never":                  {secret(func(*charmtest.Secret) {}), charmtest.SecretRotate(idA, ""), `the secret is never rotated: set Rotate of it, to "daily" say`},
		"expired revision":               {secret(func(*charmtest.Secret) {}), charmtest.SecretExpired(idA, "", 4), "the secret has no revision 4: its latest is 1"},
		"owner's event to another":       {state{Relations: []relation{database}, Secrets: []charmtest.Secret{{ID: idA, Owner: "pg", Content: map[string]string{"key": "v"}}}}, charmtest.SecretRemove(idA, "", 1), "secret-remove comes to the owner of the secret, and that is pg"},
		"leader's event to another unit": {state{Secrets: []charmtest.Secret{{ID: idA, Content: map[string]string{"key": "v"}}}}, charmtest.SecretRemove(idA, "", 1), "comes to the leader: set State.Leader"},
		"label of the event":             {secret(func(s *charmtest.Secret) { s.Rotate = "daily" }), charmtest.SecretRotate(idA, "kee"), `the secret has the label "key", not "kee"`},

		"secret's id (C-280)":            {secret(func(s *charmtest.Secret) { s.ID = "short" }), charmtest.Start(), `State.Secrets[0].ID: "short" is no secret's id`},
		"secret twice":                   {state{Secrets: []charmtest.Secret{{ID: idA, Content: map[string]string{"key": "v"}}, {ID: idA, Content: map[string]string{"key": "v"}}}}, charmtest.Start(), "State.Secrets[1].ID: State.Secrets[0] has the same"},
		"label twice (C-284)":            {state{Secrets: []charmtest.Secret{{ID: idA, Label: "l", Content: map[string]string{"key": "v"}}, {ID: idB, Label: "l", Owner: "wiki/0", Content: map[string]string{"key": "v"}}}}, charmtest.Start(), "State.Secrets[1].Label: State.Secrets[0] of the same owner"},
		"owner unknown":                  {secret(func(s *charmtest.Secret) { s.Owner = "pg" }), charmtest.Start(), `State.Secrets[0].Owner: "pg" is neither of this application nor of one`},
		"no content (OPS-353)":           {secret(func(s *charmtest.Secret) { s.Content = nil }), charmtest.Start(), "State.Secrets[0].Content: a secret has content"},
		"key of a secret (C-282)":        {secret(func(s *charmtest.Secret) { s.Content = map[string]string{"K": "v"} }), charmtest.Start(), `"K" is no key of a secret`},
		"empty value":                    {secret(func(s *charmtest.Secret) { s.Content = map[string]string{"key": ""} }), charmtest.Start(), "Juju has no empty values in secrets: leave the key out"},
		"rotation":                       {secret(func(s *charmtest.Secret) { s.Rotate = "dayly" }), charmtest.Start(), `Juju has no policy "dayly": write "daily"`},
		"revision":                       {secret(func(s *charmtest.Secret) { s.Revision = -1 }), charmtest.Start(), "-1 is no revision: they count from 1"},
		"old revision (C-285)":           {secret(func(s *charmtest.Secret) { s.Old = map[int]map[string]string{3: {"key": "v"}} }), charmtest.Start(), "revision 3 is not older than the latest, 1"},
		"tracked revision (C-286)":       {secret(func(s *charmtest.Secret) { s.Tracked = 3 }), charmtest.Start(), "there is no revision 3: write 1"},
		"grant without relation (C-290)": {secret(func(s *charmtest.Secret) { s.GrantedTo = []string{"pg"} }), charmtest.Start(), "State.Secrets[0].GrantedTo[0]: a grant needs a relation, and there is none with pg"},
		"denied to its owner":            {secret(func(s *charmtest.Secret) { s.Denied = true }), charmtest.Start(), "the secret is this application's own: leave it out"},

		"network (OPS-374)":       {state{Networks: map[string]charmtest.Network{"admn": {Bind: "10.0.0.1"}}}, charmtest.Start(), `State.Networks["admn"]: metadata.yaml has no endpoint or extra binding "admn": write "admin"`},
		"network without address": {state{Networks: map[string]charmtest.Network{"admin": {}}}, charmtest.Start(), `State.Networks["admin"].Bind: a network has an address`},

		"endpoint (OPS-375)":           {related(relation{Endpoint: "databse"}), charmtest.Start(), `State.Relations[0].Endpoint: metadata.yaml has no endpoint "databse": write "database"`},
		"relation's id (OPS-375)":      {related(relation{Endpoint: "cache", ID: 1}, relation{Endpoint: "website"}), charmtest.Start(), "State.Relations[1].ID: 1 is that of State.Relations[0] too"},
		"peer's own bag (OPS-375)":     {related(relation{Endpoint: "cluster", RemoteUnits: units("wiki/0")}), charmtest.Start(), `State.Relations[0].RemoteUnits["wiki/0"]: it is the unit under test itself: write LocalUnitData`},
		"peer's unit (OPS-375)":        {related(relation{Endpoint: "cluster", RemoteUnits: units("pg/0")}), charmtest.Start(), "the units of a peer relation are the application's own"},
		"peer's application (OPS-375)": {related(relation{Endpoint: "cluster", RemoteApp: "pg"}), charmtest.Start(), "cluster is a peer relation, whose units are all of wiki: leave it out"},
		"peer's remote data":           {related(relation{Endpoint: "cluster", RemoteAppData: map[string]string{"a": "b"}}), charmtest.Start(), "the application of a peer relation is the own one: write LocalAppData"},
		"two peer relations":           {related(relation{Endpoint: "cluster"}, relation{Endpoint: "cluster"}), charmtest.Start(), "a unit has one peer relation on cluster"},
		"scope container (OPS-375)":    {related(relation{Endpoint: "host", RemoteUnits: units("a/0", "a/1")}), charmtest.Start(), "the scope of host is container: the one remote unit is that on the same machine"},
		"limit (C-403)":                {related(database, relation{Endpoint: "database", RemoteApp: "b"}), charmtest.Start(), `gives the endpoint database "limit: 1", and here is one more`},
		"related to itself":            {related(relation{Endpoint: "cache", RemoteApp: "wiki"}), charmtest.Start(), "wiki is the application under test, and cache is no peer relation"},
		"application's name":           {related(relation{Endpoint: "cache", RemoteApp: "Redis"}), charmtest.Start(), `"Redis" is no application's name`},
		"unit of another":              {related(relation{Endpoint: "cache", RemoteApp: "a", RemoteUnits: units("b/0")}), charmtest.Start(), `it is no unit of the application a: write "a/0"`},
		"model's UUID":                 {related(relation{Endpoint: "cache", RemoteModel: "other"}), charmtest.Start(), `"other" is no model's UUID`},
		"empty value in a bag (C-200)": {related(relation{Endpoint: "cache", RemoteAppData: map[string]string{"host": ""}}), charmtest.Start(), `State.Relations[0].RemoteAppData["host"]: an empty value is none for Juju`},
		"empty key in a bag":           {related(relation{Endpoint: "cache", LocalUnitData: map[string]string{"": "x"}}), charmtest.Start(), "a key is empty"},

		"cloud before 3.6 (OPS-379)": {state{Version: "3.5", Trust: true, Cloud: &hooktool.Cloud{Type: "kubernetes"}}, charmtest.Start(), "charms on Kubernetes see the cloud since Juju 3.6.10"},
		"cloud untrusted (C-330)":    {state{Cloud: &hooktool.Cloud{Type: "kubernetes"}}, charmtest.Start(), "State.Cloud: a charm sees the cloud only if the operator trusts it: set Trust"},
		"cloud of another kind":      {state{Machine: &charmtest.Machine{}, Trust: true, Cloud: &hooktool.Cloud{Type: "kubernetes"}}, charmtest.Start(), `the cloud is "kubernetes", and Machine says otherwise`},

		"state's key (C-301)":          {state{Stored: map[string]string{strings.Repeat("k", 257): "v"}}, charmtest.Start(), "Juju takes keys of 1 to 256 bytes"},
		"state's value (C-301)":        {state{Stored: map[string]string{"key": strings.Repeat("v", 65537)}}, charmtest.Start(), "Juju takes values of 64 KiB"},
		"deferred twice (OPS-380)":     {state{Stored: map[string]string{"charmkit-deferred": "[]"}, Deferred: []charmtest.Deferred{{Handler: "x", Event: charmtest.Start()}}}, charmtest.Start(), "the deferred events are in State.Deferred too"},
		"deferred by nobody (OPS-346)": {state{Deferred: []charmtest.Deferred{{Event: charmtest.Start()}}}, charmtest.Start(), "State.Deferred[0].Handler: a deferred event is one handler's"},
		"deferred though it cannot be": {state{Deferred: []charmtest.Deferred{{Handler: "x", Event: charmtest.Stop()}}}, charmtest.Start(), "State.Deferred[0].Event: stop cannot be deferred"},
		"port (OPS-358)":               {state{Ports: []string{"99999/tcp"}}, charmtest.Start(), `State.Ports[0]: port range bounds must be between 0 and 65535, got 99999-99999: write one such as "8080/tcp"`},
		"range of ports (C-240)":       {state{Ports: []string{"80-90/tcp"}}, charmtest.Start(), "Kubernetes has neither ranges nor icmp"},
		"port of an endpoint":          {state{Ports: []string{"80/tcp (web)"}}, charmtest.Start(), `metadata.yaml has no endpoint "web"`},
		"port twice (C-241)":           {state{Machine: &charmtest.Machine{}, Ports: []string{"80-90/tcp", "85/tcp"}}, charmtest.Start(), "85/tcp is open already, by State.Ports[0]"},
		"elected, and not leading":     {state{}, charmtest.LeaderElected(), "leader-elected comes to the leader: set State.Leader"},
		"settings of the leader's":     {state{Leader: true}, charmtest.LeaderSettingsChanged(), "comes to units that do not lead"},
		"settings in 4.0":              {state{Version: "4.0"}, charmtest.LeaderSettingsChanged(), "Juju 4.0 does not send leader-settings-changed"},
		"series upgrade on Kubernetes": {state{}, charmtest.PostSeriesUpgrade(), "post-series-upgrade comes to machines: set State.Machine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := charmtest.Check(strict, test.state, test.event)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			var wrong *charmtest.InconsistentError
			require.ErrorAs(t, err, &wrong)
			require.Len(t, wrong.Problems, 1, "%q", wrong.Problems)
			require.Contains(t, wrong.Problems[0], test.want)
		})
	}
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	err := charmtest.Check(strict, charmtest.State{
		Unit: "wiki", Config: map[string]any{"nosuch": 1, "size": "x"}, Resources: map[string]string{"x": "y"},
	}, charmtest.RunAction("x", nil))
	var wrong *charmtest.InconsistentError
	require.ErrorAs(t, err, &wrong)
	require.Len(t, wrong.Problems, 5)
	require.ErrorContains(t, err, "cannot run this test, its own input is wrong:\n  State.Unit: ")
}

// failing is a test that notes how it fails.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}

func (f *failing) Fatal(args ...any) {
	f.said = args[0].(error).Error()
	panic(f)
}

func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic(f)
}

func (f *failing) Errorf(format string, args ...any) { f.said = strings.ReplaceAll(format, "%d", "N") }

func TestRunRefusesAWrongState(t *testing.T) {
	t.Parallel()
	f := &failing{TB: t}
	require.Panics(t, func() { charmtest.Run(f, strict, charmtest.State{}, charmtest.PebbleReady("web")) })
	require.Contains(t, f.said, `the event: metadata.yaml has no container "web"`)
}
